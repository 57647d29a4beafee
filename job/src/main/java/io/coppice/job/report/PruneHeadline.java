package io.coppice.job.report;

import static io.coppice.job.report.Format.NUMBER;
import static io.coppice.job.report.Values.number;

import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.job.record.RunRecord;
import io.coppice.job.report.Headline.Tile;
import io.coppice.job.report.Headline.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.fs.Path;

/** The first screen of a {@code prune}. */
final class PruneHeadline {
  private final RunRecord run;
  private final JsonNode figures;
  private final JsonNode model;

  PruneHeadline(RunRecord run) {
    this.run = run;
    figures = run.figures();
    model = figures.path("model");
  }

  Headline headline() {
    List<Tile> tiles = new ArrayList<>();
    tiles.add(perplexity());
    tiles.addAll(new EvaluationSection(run.details().evaluation()).tiles());
    tiles.add(error());
    tiles.add(zeros());
    if (model.isObject()) {
      tiles.add(size());
    }
    tiles.add(new Tile("Time", Format.SECONDS.text(number(figures, "seconds")), begun()));
    return new Headline(title(), about(), tiles, verdict());
  }

  private String title() {
    return "%s, pruned to %s zeros".formatted(modelName(run), percent(run.sparsity()));
  }

  static String modelName(RunRecord run) {
    String model = run.option("model");
    return model.isEmpty() ? "A model" : new Path(model).getName();
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  private String about() {
    List<String> parts = new ArrayList<>();
    parts.add("method " + run.option("method"));
    parts.add("pattern " + run.option("pattern"));
    parts.add("level " + run.option("reconstruct"));
    String waves = run.option("waves");
    parts.add(
        "schedule "
            + run.option("schedule")
            + (run.option("schedule").equals("waves") && !waves.isEmpty() ? " × " + waves : ""));
    parts.add(run.option("epochs") + " epochs");
    parts.add(run.option("samples") + " windows of calibration text");
    parts.add("seed " + run.option("seed"));
    return String.join(", ", parts);
  }

  private Tile perplexity() {
    double dense = number(figures, "perplexity_held_out_dense");
    double sparse = number(figures, "perplexity_held_out_sparse");
    return new Tile(
        "Perplexity on held-out text, dense → sparse",
        NUMBER.text(dense) + " → " + NUMBER.text(sparse),
        Double.isFinite(sparse / dense)
            ? String.format(Locale.ROOT, "%+.1f %%; lower is better", 100 * (sparse / dense - 1))
            : "no text was held out");
  }

  private Tile error() {
    double calibration = number(figures, "mean_relative_error_calibration");
    double heldOut = number(figures, "mean_relative_error_held_out");
    return Double.isFinite(heldOut)
        ? new Tile(
            "Relative error on held-out text",
            NUMBER.text(heldOut),
            "%s on calibration text; mean over blocks".formatted(NUMBER.text(calibration)))
        : new Tile(
            "Relative error on calibration text",
            NUMBER.text(calibration),
            "no text was held out; mean over blocks");
  }

  private Tile zeros() {
    return new Tile(
        "Zeros in the blocks' linear layers",
        percent(run.sparsity()),
        model.isObject()
            ? "%s of %s weights; the model has %s in all"
                .formatted(count("zeros"), count("prunable_parameters"), count("parameters"))
            : "");
  }

  private String count(String key) {
    return Format.WHOLE.text(number(model, key));
  }

  private Tile size() {
    return new Tile(
        "Size of the checkpoint",
        Format.BYTES.text(number(model, "bytes")),
        "the dense one's: zeros take the same space");
  }

  private String begun() {
    String begun = Values.text(run.details().timeline(), "begun");
    return begun.length() < 16
        ? "up to the assembly"
        : "begun %s UTC".formatted(begun.substring(0, 16).replace('T', ' '));
  }

  private Verdict verdict() {
    JsonNode generalisation = figures.path("generalisation");
    String ratio = NUMBER.text(number(generalisation, "ratio"));
    List<String> sentences = new ArrayList<>();
    if (run.option("reconstruct").equals("lr")) {
      sentences.add(
          "Level lr trains nothing: the weights are as pruning left them. On held-out text their error is %s times that on"
                  .formatted(ratio)
              + " calibration text.");
      sentences.add("Reconstruction (--reconstruct best) usually lowers the error further.");
      return new Verdict("plain", "Not reconstructed", sentences);
    }
    sentences.add(Values.text(generalisation, "message") + ".");
    JsonNode overfitted = generalisation.path("overfitted");
    if (!overfitted.isBoolean()) {
      return new Verdict("plain", "Not known", sentences);
    }
    if (overfitted.booleanValue()) {
      return new Verdict("bad", "Overfitted", sentences);
    }
    sentences.add(toTry());
    return new Verdict("good", "Generalises", sentences);
  }

  private String toTry() {
    List<String> options = new ArrayList<>(List.of("more --samples"));
    if (!List.of("best", "auto").contains(run.option("reconstruct"))) {
      options.add("--reconstruct best");
    }
    String last = options.remove(options.size() - 1);
    return "To come closer to the dense model, try %s%s."
        .formatted(options.isEmpty() ? "" : String.join(", ", options) + " or ", last);
  }
}
