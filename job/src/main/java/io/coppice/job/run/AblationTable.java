package io.coppice.job.run;

import io.coppice.job.cli.AblateSettings;
import io.coppice.job.cli.LastBlock;
import io.coppice.job.cli.Level;
import io.coppice.job.cli.Masks;
import io.coppice.job.run.Ablation.Measurement;
import io.coppice.prune.PruningMethod;
import io.coppice.prune.SparsityPattern;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An ablation in the paper's form, as Markdown: for each pattern a table with methods down and
 * levels across, with each kind of masks; in a cell the error of the chain after the last block,
 * and perplexities. Figures that were not measured are left out.
 */
record AblationTable(Ablation ablation) {
  /** All tables, and the sentences that explain their cells. */
  String text() {
    StringBuilder text = new StringBuilder();
    ablation.settings().patterns().forEach(pattern -> append(text, pattern));
    return text.append(legend()).append(System.lineSeparator()).toString();
  }

  private void append(StringBuilder text, SparsityPattern pattern) {
    AblateSettings.Grid grid = ablation.settings().grid();
    text.append(
        String.format(Locale.ROOT, "## %s, %.0f %% zeros%n%n", pattern, 100 * pattern.sparsity()));
    List<String> header = new ArrayList<>(List.of(""));
    for (Masks.Kind masks : grid.masks()) {
      grid.levels(masks).forEach(level -> header.add(name(level) + suffix(masks, level)));
    }
    text.append(row(header));
    text.append(row(header.stream().map(cell -> "---").toList()));
    for (PruningMethod method : ablation.settings().methods()) {
      List<String> cells = new ArrayList<>(List.of(method.toString()));
      for (Masks.Kind kind : grid.masks()) {
        for (Level level : grid.levels(kind)) {
          Masks.Kind masks = ablation.masks(method, pattern, kind, level);
          cells.add(cell(ablation.cell(method, pattern, masks, level)));
        }
      }
      text.append(row(cells));
    }
    text.append(System.lineSeparator());
  }

  private String cell(List<Measurement> cell) {
    List<String> errors = new ArrayList<>();
    errors.add(Statistic.of(cell, m -> m.errors().calibration()).toSignificantDigits());
    if (ablation.holdsOut()) {
      errors.add(Statistic.of(cell, m -> m.errors().heldOut()).toSignificantDigits());
    }
    List<String> perplexities = new ArrayList<>();
    if (!ablation.dense().texts().isEmpty()) {
      for (String name : ablation.dense().texts().keySet()) {
        perplexities.add(Statistic.of(cell, m -> m.perplexity(name)).toThreeDecimals());
      }
    } else if (ablation.holdsOut()) {
      perplexities.add(Statistic.of(cell, Measurement::perplexityHeldOut).toThreeDecimals());
    }
    List<String> scores = new ArrayList<>();
    measures()
        .forEach(
            (task, measure) ->
                scores.add(Statistic.of(cell, m -> m.score(task, measure)).toThreeDecimals()));
    return Stream.of(errors, perplexities, scores)
        .filter(figures -> !figures.isEmpty())
        .map(figures -> String.join(" / ", figures))
        .collect(Collectors.joining("; "));
  }

  /** The measure of each task that the table shows, which is its first. */
  private Map<String, String> measures() {
    Map<String, String> measures = new LinkedHashMap<>();
    ablation
        .dense()
        .tasks()
        .forEach(
            (task, result) -> measures.put(task, result.measures().keySet().iterator().next()));
    return measures;
  }

  private String legend() {
    List<String> sentences = new ArrayList<>();
    sentences.add(
        "In a cell: error of the last block on %s%s."
            .formatted(
                ablation.holdsOut() ? "calibration / held-out text" : "calibration text",
                perplexityOn() + scoresIn()));
    LastBlock lastBlock = ablation.settings().reconstruction().lastBlock();
    List<Level> towards =
        ablation.settings().reconstruction().levels().stream()
            .filter(level -> lastBlock.towards(level).isPresent())
            .toList();
    if (!towards.isEmpty()) {
      sentences.add(
          "At %s the last block is trained by KL, which that error is not."
              .formatted(words(towards)));
    }
    List<Level> weighed =
        ablation.settings().reconstruction().levels().stream()
            .filter(ablation.settings().reconstruction().objective().metric()::isFisher)
            .toList();
    if (!weighed.isEmpty()) {
      sentences.add(
          "At %s errors are measured in the metric fisher in training.".formatted(words(weighed)));
    }
    if (!ablation.dense().texts().isEmpty()) {
      sentences.add(
          ablation.dense().perplexities().values().stream()
              .map(value -> String.format(Locale.ROOT, "%.3f", value))
              .collect(Collectors.joining(" / ", "Dense: ", ".")));
    } else if (ablation.holdsOut()) {
      sentences.add("Dense: not measured.");
    }
    if (!measures().isEmpty()) {
      sentences.add(
          measures().entrySet().stream()
              .map(of -> ablation.dense().tasks().get(of.getKey()).measures().get(of.getValue()))
              .map(value -> String.format(Locale.ROOT, "%.3f", value.mean()))
              .collect(Collectors.joining(" / ", "Dense in the tasks: ", ".")));
    }
    if (!ablation.holdsOut()) {
      sentences.add("No text was held out; give --held-out to measure errors on it.");
    }
    chosenMasks().ifPresent(sentences::add);
    int seeds = ablation.settings().seeds().size();
    if (seeds > 1) {
      sentences.add("Mean ± deviation over %d seeds.".formatted(seeds));
    }
    return String.join(" ", sentences);
  }

  private static String words(List<Level> levels) {
    return levels.stream()
        .map(Level::toString)
        .collect(Collectors.joining(" and ", levels.size() == 1 ? "level " : "levels ", ""));
  }

  /** A sentence on what trials of masks have found. */
  private Optional<String> chosenMasks() {
    List<Masks.Kind> chosen =
        ablation.measurements().stream()
            .filter(m -> m.combination().masks() == Masks.Kind.AUTO)
            .map(Measurement::masks)
            .toList();
    return chosen.isEmpty()
        ? Optional.empty()
        : Optional.of(
            chosen.stream()
                .distinct()
                .sorted()
                .map(
                    kind ->
                        "%s (%d of %d)"
                            .formatted(kind, Collections.frequency(chosen, kind), chosen.size()))
                .collect(Collectors.joining(", ", "Masks that trials found best: ", ".")));
  }

  private String perplexityOn() {
    if (!ablation.dense().texts().isEmpty()) {
      return "; perplexity on " + String.join(" / ", ablation.dense().texts().keySet());
    }
    return ablation.holdsOut() ? "; perplexity on held-out windows" : "";
  }

  private String scoresIn() {
    return measures().entrySet().stream()
        .map(of -> of.getKey() + " (" + of.getValue() + ")")
        .reduce((one, other) -> one + " / " + other)
        .map(tasks -> "; " + tasks)
        .orElse("");
  }

  private static String suffix(Masks.Kind masks, Level level) {
    return switch (masks) {
      case AT_ONCE -> "";
      case GRADUAL -> ", gradual masks";
      case AUTO -> level == Level.BEST ? "" : ", masks by trial";
    };
  }

  private static String name(Level level) {
    return switch (level) {
      case LR -> "LR";
      case BR -> "BR";
      case GP -> "BR + GP";
      case CR -> "BR + GP + CR";
      case BEST -> "best";
    };
  }

  private static String row(List<String> cells) {
    return "| " + String.join(" | ", cells) + " |" + System.lineSeparator();
  }
}
