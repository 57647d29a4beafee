package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code prune} and {@code ablate} measure on texts and tasks what {@code evaluate} measures. */
class FinalEvaluationEndToEndTest {
  @TempDir private Path folder;

  private Path task() {
    return SmallModel.write(
        folder.resolve("cloze.jsonl"),
        IntStream.range(0, 40)
            .mapToObj(
                i ->
                    "{\"query\":\"w%d w%d\",\"choices\":[\"w%d\",\"w%d\"],\"gold\":%d}\n"
                        .formatted(2 + i % 30, 3 + i % 7, 2 + i % 11, 4 + i % 13, i % 2))
            .collect(Collectors.joining()));
  }

  @Test
  void pruneAndAblateMeasureWhatEvaluateMeasures() throws IOException {
    SmallRun small = SmallRun.write(folder);
    Path text = SmallModel.text(folder.resolve("test.jsonl"), 50, 40);
    String measured = "--text %s --task cloze=%s".formatted(text, task());
    Path sparse = folder.resolve("sparse");
    Path ablation = folder.resolve("ablation");

    Program.succeed(
        small.prune(sparse, "--reconstruct lr --method wanda --evaluation-length 32 " + measured));
    Program.succeed(
        small.ablate(ablation, "--levels lr --methods wanda --evaluation-length 32 " + measured));
    Program alone =
        Program.succeed(
            Program.words(
                "evaluate --model %s --against %s --sequence-length 32"
                    .formatted(sparse, small.model()),
                measured));

    JsonNode expected = new ObjectMapper().readTree(alone.out());
    assertThat(Measured.json(sparse.resolve("coppice/evaluation.json"))).isEqualTo(expected);
    JsonNode tables = Measured.json(ablation.resolve("ablation.json"));
    JsonNode row = tables.at("/rows/0");
    for (String measure : new String[] {"acc", "acc_norm"}) {
      assertThat(row.at("/tasks/cloze/" + measure + "/mean").doubleValue())
          .isCloseTo(expected.at("/tasks/cloze/" + measure).doubleValue(), within(0.0));
      assertThat(tables.at("/dense/tasks/cloze/" + measure).doubleValue())
          .isCloseTo(expected.at("/against/tasks/cloze/" + measure).doubleValue(), within(0.0));
    }
    assertThat(row.at("/perplexity/test/mean").doubleValue())
        .isCloseTo(expected.at("/perplexity/test/perplexity").doubleValue(), within(0.0));
    assertThat(ablation.resolve("ablation.md"))
        .content()
        .contains("perplexity on test; cloze (acc).", "Dense in the tasks: 0.");
  }

  @Test
  void wrongFilesAreSaidBeforeAnythingIsComputed() {
    SmallRun small = SmallRun.write(folder);

    Program program = Program.run(small.prune(folder.resolve("sparse"), "--task boolq=" + task()));

    assertThat(program.exitCode()).isEqualTo(3);
    assertThat(program.sentence()).contains("as a record of task boolq, expected the field");
    assertThat(program.err()).doesNotContain("reconstruction");
    assertThat(folder.resolve("sparse")).doesNotExist();
  }
}
