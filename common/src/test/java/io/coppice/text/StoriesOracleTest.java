package io.coppice.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Token and window counts of a real tokenizer on real text, compared with those of an independent
 * PyTorch implementation. Runs where the folder {@code shared} with that data lies beside the
 * checkout.
 */
class StoriesOracleTest {
  private Tokenizer tokenizer;
  private Path texts;

  @BeforeEach
  void open() {
    Optional<Path> shared =
        Stream.iterate(Path.of("").toAbsolutePath(), path -> path != null, Path::getParent)
            .map(path -> path.resolve("shared"))
            .filter(path -> Files.exists(path.resolve("models/stories260K/tokenizer.json")))
            .findFirst();
    assumeThat(shared).isPresent();
    Path model = shared.get().resolve("models/stories260K");
    tokenizer = Tokenizer.load(new org.apache.hadoop.fs.Path(model.toUri()), new Configuration());
    texts = shared.get().resolve("text");
  }

  @AfterEach
  void close() {
    if (tokenizer != null) {
      tokenizer.close();
    }
  }

  private int[] encode(String text) {
    return tokenizer.encode(text, true);
  }

  private List<String> documents(String file) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    List<String> documents = new ArrayList<>();
    for (String line : Files.readAllLines(texts.resolve(file))) {
      documents.add(mapper.readTree(line).get("text").textValue());
    }
    return documents;
  }

  @Test
  void evaluationStreamsHaveTheKnownLengths() throws IOException {
    List<String> documents = documents("tinystories-test.jsonl");
    EvaluationStream separate = EvaluationStream.of(documents, Join.BOS, this::encode, "test");
    assertThat(separate.length()).isEqualTo(132_270);
    assertThat(separate.windows(256)).hasDimensions(516, 256);
    assertThat(separate.windows(512)).hasDimensions(258, 512);
    EvaluationStream joined = EvaluationStream.of(documents, Join.BLANK_LINE, this::encode, "test");
    assertThat(joined.length()).isEqualTo(133_122);
    assertThat(joined.windows(256)).hasDimensions(520, 256);
    assertThat(joined.windows(512)).hasDimensions(260, 512);
  }

  @Test
  void storiesGiveTheExpectedCalibrationSet() throws IOException {
    WindowSample sample =
        new WindowSample(new WindowRequest(256, 32, 128, 0, WindowRequest.Cut.ANYWHERE));
    documents("tinystories-calibration.jsonl").forEach(story -> sample.add(story, this::encode));
    CalibrationWindows windows = sample.windows("stories");
    assertThat(windows.all()).hasDimensions(288, 128);
    for (int[] window : windows.all()) {
      assertThat(Arrays.stream(window).skip(1)).doesNotContain(1);
      assertThat(Arrays.stream(window)).allMatch(id -> id >= 1 && id < 512);
    }
  }
}
