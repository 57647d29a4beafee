package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.job.processes.Launcher;
import java.nio.file.Path;
import java.util.Map;

/**
 * The small model, some text, and what they are pruned with.
 *
 * @param model the dense model's folder or address
 * @param text the calibration text's file or address
 */
record SmallRun(String model, String text) {
  /** Writes both. */
  static SmallRun write(Path folder) {
    return new SmallRun(
        SmallModel.write(folder.resolve("model")).toString(),
        SmallModel.text(folder.resolve("text.jsonl"), 120, 70).toString());
  }

  /** The arguments of {@code prune}, with more of them between blanks. */
  String[] prune(Path output, String more) {
    return prune(output.toString(), Program.words(more));
  }

  /** The arguments of {@code prune}. */
  String[] prune(String output, String... more) {
    // Names may hold blanks, so they are no words of a line.
    String[] places = {"prune", "--model", model, "--calibration", text, "--output", output};
    String[] usual = Program.words("--samples 32 --sequence-length 32 --learning-rate 1e-3");
    return Program.with(Program.with(places, usual), more);
  }

  /** The checkpoint that a run in this process gives, which others must give too. */
  Map<String, String> expected(Path output, String... more) {
    Program.on("local[1]", prune(output.toString(), more)).succeeded();
    return Folders.checkpoint(output);
  }

  /** Runs {@code inspect} and {@code evaluate} on what {@code prune} gave. */
  void look(Launcher launcher, String sparse) {
    Launcher.Finished inspected = launcher.run("inspect", "--model", sparse).succeeded();
    assertThat(inspected.out())
        .startsWith("LlamaForCausalLM, %d blocks".formatted(SmallModel.BLOCKS))
        .contains("block 0: 50.", "block 1: 50.");
    Launcher.Finished evaluated =
        launcher.run("evaluate", "--model", sparse, "--text", text).succeeded();
    assertThat(evaluated.out()).contains("\"text\" : {", "\"windows\" : 131");
  }
}
