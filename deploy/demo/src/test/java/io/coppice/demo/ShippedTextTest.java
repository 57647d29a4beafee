package io.coppice.demo;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import io.coppice.text.WindowRequest;
import io.coppice.text.WindowSample;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo's texts and tokenizer as they are in the repository. */
class ShippedTextTest {
  private static final Path DEMO = Path.of("../../job/src/main/resources/demo");
  private static final Path TRAIN = Path.of("train.jsonl.gz");

  @Test
  void noTestChapterIsTrainedOrCalibratedOn() throws IOException {
    List<Passage> train = Passage.readAll(TRAIN);
    List<Passage> test = Passage.readAll(DEMO.resolve("test.jsonl.gz"));
    List<Passage> calibration = Passage.readAll(DEMO.resolve("calibration.jsonl.gz"));
    assertThat(chapters(train)).hasSize(263);
    assertThat(chapters(test)).hasSize(6).doesNotContainAnyElementsOf(chapters(train));
    Set<Passage> trained = new HashSet<>(train);
    assertThat(calibration).hasSize(400).allMatch(trained::contains);
    assertThat(test).extracting(passage -> passage.text().length()).allMatch(n -> n >= 1500);
  }

  @Test
  void theTokenizerIsWhatTrainingGives(@TempDir Path folder) throws IOException {
    List<String> texts = Passage.readAll(TRAIN).stream().map(Passage::text).toList();
    BytePairTraining.train(texts, 1024).write(folder, 512);
    for (String file :
        List.of("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")) {
      assertThat(folder.resolve(file)).hasSameBinaryContentAs(DEMO.resolve("model").resolve(file));
    }
  }

  @Test
  void theCalibrationTextSuffices() throws IOException {
    System.setProperty("OPT_OUT_TRACKING", "true");
    WindowSample sample =
        new WindowSample(new WindowRequest(256, 32, 256, 0, WindowRequest.Cut.ANYWHERE));
    try (HuggingFaceTokenizer tokenizer =
        HuggingFaceTokenizer.newInstance(
            DEMO.resolve("model/tokenizer.json"), Map.of("truncation", "false"))) {
      for (Passage passage : Passage.readAll(DEMO.resolve("calibration.jsonl.gz"))) {
        sample.add(
            passage.text(),
            text ->
                Arrays.stream(tokenizer.encode(text).getIds())
                    .mapToInt(Math::toIntExact)
                    .toArray());
      }
    }
    assertThat(sample.windows("demo").all()).hasDimensions(288, 256);
  }

  private static Set<String> chapters(List<Passage> passages) {
    return passages.stream()
        .map(passage -> passage.source().replaceFirst("/\\d+$", ""))
        .collect(Collectors.toSet());
  }
}
