package io.coppice.job.run;

import io.coppice.failure.UsageException;
import io.coppice.job.chain.ModelErrors;
import io.coppice.job.cli.CommandOptions;
import io.coppice.job.cli.CommandParser;
import io.coppice.job.cli.ConfigurationFile;
import io.coppice.job.cli.DemoSettings;
import io.coppice.job.cli.EvaluateSettings;
import io.coppice.job.cli.Parsed;
import io.coppice.job.cli.PruneSettings;
import io.coppice.job.cli.ReportSettings;
import io.coppice.storage.AtomicFile;
import io.coppice.storage.Storage;
import io.coppice.storage.WritablePlace;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * {@code demo}: prunes the shipped model to 50 % at four levels of reconstruction, measures each
 * result on text that neither training nor pruning saw, and prints the paper's kind of table. Every
 * row is an ordinary {@code prune} whose command line is printed too.
 */
final class DemoRun {
  private static final String DENSE = "dense";
  private static final String TEST_TEXT = "test.jsonl.gz";
  private static final String CALIBRATION_TEXT = "calibration.jsonl.gz";
  private static final List<String> MODEL_FILES =
      List.of(
          "config.json",
          "model.safetensors",
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json");
  private static final String PAGE = "report.html";
  private static final String EVALUATION_LENGTH = "256";

  private final DemoSettings settings;
  private final RunEnvironment environment;
  private final Configuration hadoop;
  private final PrintStream out;
  private final Path folder;

  /**
   * @param out standard output, for the table
   */
  DemoRun(DemoSettings settings, RunEnvironment environment, PrintStream out) {
    this.settings = settings;
    this.environment = environment;
    this.out = out;
    hadoop = environment.hadoop();
    folder = Storage.path(settings.output());
  }

  private enum Row {
    LR("LR", "--reconstruct", "lr", "--schedule", "sequential"),
    BR("BR", "--reconstruct", "br", "--schedule", "waves", "--waves", "3"),
    GP("BR + GP", "--reconstruct", "gp", "--schedule", "waves", "--waves", "3"),
    BEST("best", "--reconstruct", "best", "--schedule", "waves", "--waves", "3");

    private final String label;
    private final List<String> options;

    Row(String label, String... options) {
      this.label = label;
      this.options = List.of(options);
    }

    String folder() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private record MeasuredRow(
      Row row, PruneSummary summary, double perplexity, List<String> command) {}

  /** Prints the table on standard output. */
  void run() {
    unpack();
    double dense = perplexity(DENSE);
    List<MeasuredRow> results = new ArrayList<>();
    for (Row row : Row.values()) {
      List<String> command = command(row);
      PruneSummary summary = prune(command);
      results.add(new MeasuredRow(row, summary, perplexity(row.folder()), command));
    }
    compare();
    out.print(table(dense, results));
  }

  /** Writes a page on all rows: the last one, and the others beside it. */
  private void compare() {
    List<String> rows = Stream.of(Row.values()).map(row -> path(row.folder())).toList();
    int last = rows.size() - 1;
    new ReportRun(
            new ReportSettings(rows.get(last), rows.subList(0, last), Optional.of(path(PAGE))),
            hadoop)
        .run();
  }

  private void unpack() {
    requireFree();
    WritablePlace.require("output", Storage.child(folder, DENSE), hadoop);
    // The texts first, so that a demo which was interrupted is known by them.
    for (String text : List.of(CALIBRATION_TEXT, TEST_TEXT)) {
      copy("/demo/" + text, Storage.child(folder, text));
    }
    Path dense = Storage.child(folder, DENSE);
    MODEL_FILES.forEach(name -> copy("/demo/model/" + name, Storage.child(dense, name)));
  }

  /** Fails where unpacking would replace anything but an earlier demo. */
  private void requireFree() {
    boolean text = exists(CALIBRATION_TEXT);
    if (!text && !exists(TEST_TEXT) && !exists(DENSE)) {
      return;
    }
    if (!settings.overwrite()) {
      throw new UsageException(
          "The demo's folder %s exists already; choose another --output or give --overwrite"
              .formatted(folder));
    }
    if (!text) {
      throw new UsageException(
          "Output folder %s holds no %s, so it is no demo that --overwrite may replace; choose another"
                  .formatted(folder, CALIBRATION_TEXT)
              + " --output");
    }
  }

  private boolean exists(String name) {
    return Storage.status(Storage.of(folder, hadoop), Storage.child(folder, name)).isPresent();
  }

  private void copy(String resource, Path target) {
    try (InputStream in = DemoRun.class.getResourceAsStream(resource);
        AtomicFile file = AtomicFile.create(target, hadoop)) {
      in.transferTo(file.stream());
      file.commit();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + target, e);
    }
  }

  private List<String> command(Row row) {
    List<String> fixed =
        List.of(
            "prune",
            "--model",
            path(DENSE),
            "--calibration",
            path(CALIBRATION_TEXT),
            "--output",
            path(row.folder()),
            "--samples",
            "256",
            "--sequence-length",
            "128",
            "--learning-rate",
            "1e-3",
            "--seed",
            Long.toString(settings.seed()));
    return Stream.concat(fixed.stream(), row.options.stream()).toList();
  }

  /** The arithmetic that the demo was asked for, as the options of its runs. */
  private List<String> engine() {
    List<String> options =
        new ArrayList<>(
            List.of(
                "--cpu-kernels",
                settings.engine().cpuKernels().toString(),
                "--threads",
                String.valueOf(settings.engine().threads())));
    if (settings.engine().requireNative()) {
      options.add("--require-native");
    }
    return options;
  }

  private PruneSummary prune(List<String> command) {
    PruneSettings.Options options = new PruneSettings.Options();
    List<String> arguments = new ArrayList<>(command);
    if (settings.overwrite()) {
      arguments.add("--overwrite");
    }
    // The demo's model is unpacked anew each time, so it is another one to a work folder.
    arguments.add("--restart");
    arguments.addAll(engine());
    Parsed.Chosen chosen = (Parsed.Chosen) parser(options).parse(arguments.toArray(new String[0]));
    return new PruneRun(options.settings(), environment.with(chosen.configuration()))
        .run()
        .orElseThrow();
  }

  private double perplexity(String model) {
    EvaluateSettings.Options options = new EvaluateSettings.Options();
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "evaluate",
                "--model",
                path(model),
                "--text",
                path(TEST_TEXT),
                "--join",
                "bos",
                "--sequence-length",
                EVALUATION_LENGTH));
    arguments.addAll(engine());
    parser(options).parse(arguments.toArray(new String[0]));
    return new EvaluateRun(options.settings(), environment)
        .run()
        .model()
        .perplexities()
        .values()
        .iterator()
        .next();
  }

  private CommandParser parser(CommandOptions<?> options) {
    return new CommandParser("", List.of(options), file -> ConfigurationFile.read(file, hadoop));
  }

  private String path(String name) {
    return Storage.child(folder, name).toString();
  }

  private String table(double dense, List<MeasuredRow> results) {
    List<String> lines = new ArrayList<>();
    lines.add("");
    lines.add("SparseGPT, 50 % unstructured, 256 + 32 windows of 128 tokens, 10 epochs");
    lines.add("");
    lines.add(
        "| level   | error, calibration | error, held out | relative, calibration |"
            + " relative, held out | test perplexity | seconds |");
    lines.add("|---------|---:|---:|---:|---:|---:|---:|");
    lines.add(row("dense", "0", "0", "0", "0", number("%.3f", dense), ""));
    for (MeasuredRow result : results) {
      ModelErrors errors = result.summary().sparse().errors();
      lines.add(
          row(
              result.row().label,
              number("%.5f", errors.calibration()),
              number("%.5f", errors.heldOut()),
              number("%.4f", errors.meanRelativeCalibration()),
              number("%.4f", errors.meanRelativeHeldOut()),
              number("%.3f", result.perplexity()),
              number("%.0f", result.summary().execution().seconds())));
    }
    lines.add("");
    lines.add("error: ‖dense − sparse‖² per element after the last block, along the two chains");
    lines.add("relative: the same divided by ‖dense‖², mean over blocks");
    lines.add(
        "test perplexity: in windows of %s tokens, texts joined by bos"
            .formatted(EVALUATION_LENGTH));
    lines.add("");
    lines.add("All rows as a page, to be opened in a browser: " + path(PAGE));
    lines.add("");
    lines.add("Each row again, one by one:");
    results.forEach(result -> lines.add("  coppice " + String.join(" ", result.command())));
    lines.add("");
    return String.join(System.lineSeparator(), lines);
  }

  private static String row(String... cells) {
    return "| " + String.join(" | ", Arrays.asList(cells)) + " |";
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
