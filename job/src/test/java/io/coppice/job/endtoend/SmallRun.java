package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.job.processes.Launcher;
import java.nio.file.Path;
import java.util.Map;

/**
 * The small model, some text, and the usual options that it is pruned with.
 *
 * @param model the dense model's folder or address
 * @param text the calibration text's file or address
 */
record SmallRun(String model, String text) {
  private static final String USUAL = "--samples 32 --sequence-length 32 --learning-rate 1e-3";

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
    return arguments("prune", output, more);
  }

  /** The arguments of {@code ablate}, with more of them between blanks. */
  String[] ablate(Path output, String more) {
    return arguments("ablate", output.toString(), Program.words(more));
  }

  private String[] arguments(String command, String output, String... more) {
    // Names may hold blanks, so they are no words of a line.
    String[] places = {command, "--model", model, "--calibration", text, "--output", output};
    return Program.with(Program.with(places, Program.words(USUAL)), more);
  }

  /**
   * Options for a schedule, of two waves where it is of waves.
   *
   * @param name of the schedule, and further options after a blank
   */
  static String schedule(String name) {
    return "--schedule " + name + (name.startsWith("waves") ? " --waves 2 " : " ");
  }

  /** The checkpoint of a run in this process, which other runs must give too. */
  Map<String, String> expected(Path output, String... more) {
    Program.on("local[1]", prune(output.toString(), more)).succeeded();
    return Folders.checkpoint(output);
  }

  /** Runs {@code inspect} and {@code evaluate} on the output of {@code prune}. */
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
