package io.coppice.job.card;

import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.job.cli.ResolvedConfiguration;
import io.coppice.job.record.RunRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The section of the model card that tells of the run. It holds no dates, times or places, so the
 * same run gives the same bytes wherever and however often it is made.
 *
 * @param record of the run
 * @param model name of the dense model
 * @param basedOn the models that the dense one says it came from
 * @param hasText whether the dense model's own text comes before the section
 */
record RunSection(RunRecord record, String model, List<String> basedOn, boolean hasText) {
  /** The step that an archive needs, and nothing else does. */
  static final String UNPACKING =
      "The weights are packed, without their zeros; nothing loads them before they are unpacked:\n\n"
          + Markdown.block(
              "sh", "coppice unpack --model path/to/archive --output path/to/this/folder")
          + "\nWhat follows is true of the unpacked folder.\n\n";

  private static final String BEST = "best";

  private static final String OF_LEVEL_BEST =
      "Level `best` is Coppice's own: neighbouring blocks trained jointly, masks that may shrink in"
          + " training, errors that count by what they do to the predictions, and a last pair of blocks"
          + " trained to predict as the dense model does.\n";

  /** As Markdown. */
  String text() {
    return String.join(
        "\n",
        hasText
            ? "## How this model was pruned\n"
            : "# %s, pruned\n".formatted(Markdown.text(model)),
        introduction(),
        table(List.of("", ""), "|---|---|", method()) + (hasBest() ? "\n" + OF_LEVEL_BEST : ""),
        "### Results\n",
        results(),
        errors(),
        "### Use\n",
        use(),
        "### The same again\n",
        "Paths are shortened to their last part.\n",
        Markdown.block(
            "sh",
            RepeatedCommand.of(ResolvedConfiguration.of(record.figures().path("configuration")))));
  }

  private String introduction() {
    List<String> sentences = new ArrayList<>();
    sentences.add(
        "This is %s, pruned and reconstructed by Coppice: %.2f %% of the weights in the linear layers of"
                .formatted(Markdown.code(model), 100 * record.sparsity())
            + " its blocks are exactly zero. Embeddings, head, norms and biases are dense.");
    if (!basedOn.isEmpty()) {
      sentences.add(
          "%s itself is based on %s."
              .formatted(
                  Markdown.code(model),
                  basedOn.stream().map(Markdown::code).collect(Collectors.joining(", "))));
    }
    if (hasText) {
      sentences.add(
          "What is said above was said of the dense model, and so are any results there.");
    }
    return String.join("\n", sentences) + "\n";
  }

  private List<List<String>> method() {
    List<List<String>> rows = new ArrayList<>();
    add(rows, "pruning method", record.option("method"));
    add(rows, "pattern", record.option("pattern"));
    add(rows, "layers of their own", record.option("overrides"));
    add(rows, "sparsity over blocks", record.option("allocation"));
    boolean trained = !levels().equals("lr");
    add(rows, "reconstruction", levels());
    if (trained) {
      add(rows, "schedule", record.option("schedule"));
      add(rows, "epochs of a block", record.option("epochs"));
      add(rows, "learning rate", found("learning_rate", "learning-rate"));
      add(rows, "masks", found("masks", "masks"));
      add(rows, "last block", lastBlock());
      add(rows, "metric of errors", metric());
    }
    add(
        rows,
        "calibration",
        "%s windows of %s tokens"
            .formatted(record.option("samples"), record.option("sequence-length")));
    add(rows, "calibration text", files("calibration"));
    String written = record.option("self-generated");
    add(
        rows,
        "besides, written by the dense model",
        written.equals("0") || written.isEmpty() ? "" : written + " windows");
    add(rows, "seed", record.option("seed"));
    return rows;
  }

  /** That of the blocks, which {@code auto} chose from several. */
  private String levels() {
    return record.lastWaves().stream()
        .map(block -> block.path("level").asText())
        .distinct()
        .collect(Collectors.joining(", "));
  }

  private boolean hasBest() {
    return record.lastWaves().stream().anyMatch(block -> block.path("level").asText().equals(BEST));
  }

  /** The last block's loss: KL at level best, which {@code auto} may have chosen. */
  private String lastBlock() {
    List<JsonNode> blocks = record.lastWaves();
    return blocks.get(blocks.size() - 1).path("level").asText().equals(BEST)
        ? "kl"
        : record.option("last-block");
  }

  /** The metric that was asked for; if none was, level best has its own. */
  private String metric() {
    String asked = record.option("metric");
    return asked.isEmpty() && hasBest() ? "fisher at level best" : asked;
  }

  /** The choice of trials, or else the value that was asked for. */
  private String found(String trials, String option) {
    JsonNode chosen = record.figures().path(trials).path("chosen");
    return chosen.isMissingNode() ? record.option(option) : chosen.asText();
  }

  private String files(String option) {
    return record.options(option).stream()
        .map(Shown::path)
        .distinct()
        .collect(Collectors.joining(", "));
  }

  /** Adds a row, unless its value is empty. */
  private static void add(List<List<String>> rows, String name, String value) {
    if (!value.isEmpty()) {
      rows.add(List.of(name, Markdown.code(value)));
    }
  }

  /** Perplexities and tasks of both models. */
  private String results() {
    List<List<String>> rows = new ArrayList<>();
    JsonNode run = record.figures();
    addNumbers(
        rows,
        "perplexity on held-out calibration text",
        run.path("perplexity_held_out_dense"),
        run.path("perplexity_held_out_sparse"));
    addAll(rows, record.details().evaluation());
    return rows.isEmpty()
        ? "No text was held out, and nothing else was measured.\n"
        : table(List.of("", "dense", "sparse"), "|---|---:|---:|", rows);
  }

  private static void addAll(List<List<String>> rows, JsonNode evaluation) {
    JsonNode dense = evaluation.path("against");
    evaluation
        .path("perplexity")
        .fields()
        .forEachRemaining(
            text ->
                addNumbers(
                    rows,
                    "perplexity on %s, protocol %s"
                        .formatted(
                            Markdown.code(text.getKey()),
                            Markdown.code(text.getValue().path("protocol").asText())),
                    dense.path("perplexity").path(text.getKey()).path("perplexity"),
                    text.getValue().path("perplexity")));
    evaluation
        .path("tasks")
        .fields()
        .forEachRemaining(
            task ->
                task.getValue()
                    .fieldNames()
                    .forEachRemaining(
                        measure -> {
                          if (task.getValue().has(measure + "_stderr")) {
                            addNumbers(
                                rows,
                                "%s, %s"
                                    .formatted(
                                        Markdown.code(task.getKey()), Markdown.code(measure)),
                                dense.path("tasks").path(task.getKey()).path(measure),
                                task.getValue().path(measure));
                          }
                        }));
  }

  /** Calibration error against held-out error, by which overfitting shows. */
  private String errors() {
    JsonNode run = record.figures();
    List<List<String>> rows = new ArrayList<>();
    addNumbers(
        rows, "error of the last block", run.path("error_calibration"), run.path("error_held_out"));
    addNumbers(
        rows,
        "relative error, mean over blocks",
        run.path("mean_relative_error_calibration"),
        run.path("mean_relative_error_held_out"));
    return table(
            List.of(
                "squared difference between dense and sparse activations",
                "calibration text",
                "held-out text"),
            "|---|---:|---:|",
            rows)
        + "\n"
        + Markdown.text(run.at("/generalisation/message").asText())
        + ".\n";
  }

  private static void addNumbers(
      List<List<String>> rows, String name, JsonNode first, JsonNode second) {
    if (first.isNumber() || second.isNumber()) {
      rows.add(List.of(name, number(first), number(second)));
    }
  }

  private static String number(JsonNode node) {
    return node.isNumber() ? String.format(Locale.ROOT, "%.4g", node.doubleValue()) : "–";
  }

  private static String table(List<String> head, String columns, List<List<String>> rows) {
    StringBuilder table = new StringBuilder(row(head)).append(columns).append('\n');
    rows.forEach(row -> table.append(row(row)));
    return table.toString();
  }

  private static String row(List<String> cells) {
    return "| " + String.join(" | ", cells) + " |\n";
  }

  /** The step that weights which are packed need first. */
  private String unpacking() {
    return record.option("save").equals("bitmask") ? UNPACKING : "";
  }

  private String use() {
    String pattern = record.option("pattern");
    return unpacking()
        + Markdown.block(
            "python",
            """
            from transformers import AutoModelForCausalLM, AutoTokenizer

            model = AutoModelForCausalLM.from_pretrained("path/to/this/folder")
            tokenizer = AutoTokenizer.from_pretrained("path/to/this/folder")
            """)
        + "\n"
        + Markdown.block("sh", "vllm serve path/to/this/folder")
        + """

        The weights are ordinary dense tensors that hold exact zeros, so everything that loads the dense
        model loads this one. It also follows that the files are as large as the dense model's, and that
        a runtime which multiplies dense matrices is no faster: it multiplies the zeros too. Zeros pay
        only in software that looks for them, and how much depends on the hardware: measure before you
        rely on it. Such software is MACKO (NVIDIA GPUs), SparAMX and OpenVINO's sparse weight
        decompression (8-bit weights; both on CPUs with AMX)%s.
        To train the model further and keep it sparse, hold the weights that are zero at zero.
        """
            .formatted(
                pattern.equals("2:4")
                    ? ", and PyTorch's semi-structured tensors (large products)"
                    : "");
  }
}
