package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The card of a pruned model tells what was done, and the command on it does it again. */
class ModelCardEndToEndTest {
  @TempDir private Path folder;

  @Test
  void itTellsOfTheRunAndItsCommandMakesTheSameCheckpoint() throws IOException {
    SmallRun small = SmallRun.write(folder);
    Path sparse = folder.resolve("sparse");
    Program.succeed(
        small.prune(
            sparse,
            "--epochs 2 --waves 2 --method wanda --pattern 2:4 --evaluation-length 32 --text "
                + SmallModel.text(folder.resolve("test.jsonl"), 50, 40)));

    String card = Files.readString(sparse.resolve("README.md"));
    assertThat(card)
        .startsWith("---\nbase_model: model\n")
        .contains(
            "- '2:4'\n---\nNo model of use.\r\n\n<!-- coppice: begin -->\n",
            "50.00 % of the weights",
            "| perplexity on `test`, protocol `stream` |",
            "| reconstruction | `best` |",
            "| last block | `kl` |",
            "| metric of errors | `fisher` |",
            "Level `best` is Coppice's own")
        .doesNotContain(folder.toString(), "NaN", "null");
    assertThat(Files.readString(sparse.resolve("config.json")))
        .doesNotContain("quantization_config", "sparsity_config");

    String command = card.substring(card.indexOf("coppice prune"), card.lastIndexOf("\n```"));
    String[] words =
        command
            .replace("\\\n", " ")
            .replace("coppice prune", "prune")
            .replace("--model model", "--model " + small.model())
            .replace("--output model-sparse", "--output " + folder.resolve("again"))
            .replace(" text.jsonl", " " + small.text())
            .replace(" test.jsonl", " " + folder.resolve("test.jsonl"))
            .trim()
            .split("\\s+");
    Program.on("local[1]", words).succeeded();
    assertThat(Folders.checkpoint(folder.resolve("again"))).isEqualTo(Folders.checkpoint(sparse));

    Program.succeed(
        new SmallRun(sparse.toString(), small.text())
            .prune(folder.resolve("more"), "--epochs 1 --waves 1"));
    assertThat(Files.readString(folder.resolve("more/README.md")).split("coppice: begin", -1))
        .hasSize(2);
  }
}
