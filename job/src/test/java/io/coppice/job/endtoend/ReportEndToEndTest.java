package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.processes.Browser;
import io.coppice.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The reports of real runs, read as text and opened in a real browser. */
class ReportEndToEndTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern DATA = Pattern.compile("id=\"data\">(.*?)</script>", Pattern.DOTALL);

  @TempDir private static Path folder;
  private static Path sparse;
  private static Path compared;
  private static Path ablation;
  private static SmallRun small;

  @BeforeAll
  static void run() {
    small = SmallRun.write(folder);
    sparse = folder.resolve("sparse");
    Program.succeed(small.prune(sparse, "--epochs 2 --waves 2 --reconstruct auto"));
    Path other = folder.resolve("other");
    Program.succeed(small.prune(other, "--reconstruct lr --sample-texts 0"));
    compared = folder.resolve("compared.html");
    Program.succeed(
        Program.words("report --run " + sparse + " --compare " + other + " --output " + compared));
    ablation = folder.resolve("ablation");
    Program.succeed(
        small.ablate(
            ablation,
            "--methods magnitude,wanda --levels lr,gp --seeds 0,1 --epochs 2 --waves 2 --text "
                + small.text()));
  }

  @Test
  void figuresAreThoseOfTheRecord() throws IOException {
    JsonNode run = Measured.run(sparse);
    JsonNode items = chart(page(sparse), "chart-perplexity").required("items");

    assertThat(items.required(0).required("value"))
        .isEqualTo(run.required("perplexity_held_out_dense"));
    assertThat(items.required(items.size() - 1).required("value"))
        .isEqualTo(run.required("perplexity_held_out_sparse"));
  }

  @Test
  void errorsOfEveryLevelAndWaveAreThoseOfTheRecord() throws IOException {
    List<JsonNode> levels = Measured.lines(sparse.resolve("coppice/levels.jsonl"));
    assertThat(levels).hasSize(4 * 2 * SmallModel.BLOCKS);
    JsonNode groups = chart(page(sparse), "chart-errors").required("groups");

    List<JsonNode> drawn = new ArrayList<>();
    for (JsonNode group : groups) {
      for (JsonNode wave : group.required("waves")) {
        for (JsonNode point : wave.required("heldOut")) {
          drawn.add(
              JSON.createArrayNode()
                  .add(group.required("name"))
                  .add(wave.required("wave"))
                  .add(point.required(0).intValue())
                  .add(point.required(1)));
        }
      }
    }
    assertThat(drawn)
        .containsAll(
            levels.stream()
                .<JsonNode>map(
                    line ->
                        JSON.createArrayNode()
                            .add(line.required("level"))
                            .add(line.required("wave"))
                            .add(line.required("block").intValue())
                            .add(line.required("relative_error_held_out")))
                .toList());
  }

  @Test
  void theCommandWritesTheSamePageAgain() throws IOException {
    Path made = Files.copy(page(sparse), folder.resolve("made.html"));
    Program.succeed(Program.words("report --run " + sparse));

    assertThat(Files.mismatch(page(sparse), made)).isEqualTo(-1);
  }

  @Test
  void theTimelineHasEveryStageAndTask() {
    JsonNode timeline = Measured.json(sparse.resolve("coppice/timeline.json"));

    assertThat(timeline.required("stages"))
        .extracting(stage -> stage.required("name").textValue())
        .contains("calibration", "dense pass", "pruning", "assembly");
    assertThat(timeline.required("tasks"))
        .filteredOn(task -> task.required("what").textValue().equals("training"))
        .hasSizeGreaterThanOrEqualTo(2 * (2 * SmallModel.BLOCKS) + SmallModel.BLOCKS)
        .allSatisfy(
            task -> assertThat(task.required("off_heap_peak_bytes").longValue()).isPositive());
    assertThat(timeline.required("executors"))
        .extracting(executor -> executor.required("executor").textValue())
        .containsExactly("driver");
  }

  @Test
  void theTextsAreTheLikeliestOfEachModel() {
    JsonNode file = Measured.json(sparse.resolve("coppice/samples.json"));
    assertThat(file.required("samples")).hasSize(3);
    int tokens = file.required("tokens").intValue();

    for (JsonNode sample : file.required("samples")) {
      assertThat(continuations(Path.of(small.model()), sample, tokens))
          .contains(sample.required("dense").textValue().strip());
      assertThat(continuations(sparse, sample, tokens))
          .contains(sample.required("sparse").textValue().strip());
    }
  }

  /**
   * The text that a model writes after an opening, by whole passes: with a begin token, which the
   * first window of a document has and its text does not show, and without one.
   */
  private static List<String> continuations(Path model, JsonNode sample, int tokens) {
    ModelOnCluster opened = Logits.open(model);
    try (Tokenizer tokenizer = opened.tokenizer()) {
      String opening = sample.required("opening").textValue();
      return Stream.of(true, false)
          .map(special -> goesOn(opened, tokenizer, tokenizer.encode(opening, special), tokens))
          .toList();
    }
  }

  private static String goesOn(ModelOnCluster model, Tokenizer tokenizer, int[] begin, int tokens) {
    int[] ids = Arrays.copyOf(begin, begin.length + tokens);
    for (int i = begin.length; i < ids.length; i++) {
      ids[i] = likeliest(Logits.of(model, Arrays.copyOf(ids, i)).get(i - 1));
      if (tokenizer.roles().ends().contains(ids[i])) {
        ids = Arrays.copyOf(ids, i);
      }
    }
    return tokenizer.decode(ids).substring(tokenizer.decode(begin).length()).strip();
  }

  private static int likeliest(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }

  @Test
  void samplesChangeNothingInTheCheckpoint() {
    Path without = folder.resolve("without");
    Program.succeed(
        small.prune(without, "--epochs 2 --waves 2 --reconstruct auto --sample-texts 0"));

    assertThat(Folders.checkpoint(without)).isEqualTo(Folders.checkpoint(sparse));
    assertThat(
            Measured.json(without.resolve("coppice/samples.json")).required("missing").textValue())
        .contains("--sample-texts is 0");
  }

  @Test
  void aBrowserShowsThemAll() throws IOException {
    assumeTrue(Browser.isInstalled(), "there is no chromedriver on this machine");
    Map<Path, Integer> charts = Map.of(page(sparse), 6, compared, 9, page(ablation), 3);
    try (Browser browser = Browser.start(Files.createDirectories(folder.resolve("browser")))) {
      for (Map.Entry<Path, Integer> page : charts.entrySet()) {
        for (String scheme : List.of("light", "dark")) {
          for (int width : new int[] {390, 1280}) {
            browser.open(page.getKey(), scheme, width);
            assertShown(browser, page.getValue(), width);
          }
        }
      }
    }
  }

  private static void assertShown(Browser browser, int charts, int width) {
    assertThat(browser.console()).isEmpty();
    assertThat(browser.value("innerWidth").intValue()).isEqualTo(width);
    assertThat(browser.value("document.documentElement.scrollWidth").intValue())
        .isLessThanOrEqualTo(width);
    assertThat(
            browser
                .value("document.querySelectorAll('figure:not([hidden]) svg path').length > 0")
                .booleanValue())
        .isTrue();
    assertThat(browser.value("document.querySelectorAll('.chart svg').length").intValue())
        .isEqualTo(charts);
    assertThat(
            browser
                .value("[...document.querySelectorAll('th')].every(th => th.scope)")
                .booleanValue())
        .isTrue();
    assertThat(
            browser
                .value(
                    "[...document.querySelectorAll('.chart')].every(chart => chart.getAttribute('aria-label'))")
                .booleanValue())
        .isTrue();
  }

  @Test
  void aBrowserShowsTheRecordsNumbersInBothSchemes() throws IOException {
    assumeTrue(Browser.isInstalled(), "there is no chromedriver on this machine");
    String perplexity =
        String.format(
            Locale.ROOT,
            "%.4g",
            Measured.run(sparse).required("perplexity_held_out_sparse").doubleValue());
    try (Browser browser = Browser.start(Files.createDirectories(folder.resolve("numbers")))) {
      browser.open(page(sparse), "light", 390);
      String light = browser.value("getComputedStyle(document.body).backgroundColor").textValue();
      assertThat(browser.value("document.querySelector('.value').textContent").textValue())
          .endsWith(perplexity);
      assertThat(
              browser
                  .value("document.querySelector('#chart-perplexity svg').textContent")
                  .textValue())
          .contains(perplexity);
      browser.open(page(sparse), "dark", 390);
      assertThat(browser.value("getComputedStyle(document.body).backgroundColor").textValue())
          .isNotEqualTo(light);
    }
  }

  private static Path page(Path output) {
    return output.resolve("coppice/report.html");
  }

  private static JsonNode chart(Path page, String id) throws IOException {
    Matcher data = DATA.matcher(Files.readString(page));
    assertThat(data.find()).isTrue();
    return find(data.group(1), id);
  }

  private static JsonNode find(String charts, String id) throws JsonProcessingException {
    for (JsonNode chart : JSON.readTree(charts)) {
      if (chart.required("id").textValue().equals(id)) {
        return chart.required("data");
      }
    }
    throw new AssertionError("There is no chart " + id);
  }
}
