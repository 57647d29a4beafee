package io.coppice.job.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import io.coppice.job.record.RunRecord;
import io.coppice.storage.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
  private static final int MOST_BYTES = 3 << 20;
  private static final Pattern CSV =
      Pattern.compile(
          "href=\"data:text/csv;charset=utf-8;base64,([^\"]+)\" download=\"(.+?)\\.csv\"");

  @TempDir private Path folder;

  @Test
  void noTextOfTheRecordBecomesMarkup() {
    String html = html(new RecordFiles(folder).writeHostile().read());

    assertThat(withoutScripts(html)).doesNotContain("<img").contains("&lt;img src&#x3D;x onerror");
    // The ends of the three scripts that the page has of its own.
    assertThat(html.split("</script>", -1)).hasSize(4);
    assertThat(html).contains("{{title}}");
  }

  @Test
  void textReachesTheChartsUnchanged() throws JsonProcessingException {
    String html = html(new RecordFiles(folder).writeHostile().read());

    assertThat(
            chart(html, "chart-time").required("stages").required(0).required("name").textValue())
        .isEqualTo(RecordFiles.HOSTILE);
    assertThat(chart(html, "chart-sparsity").required("layers")).hasSize(7);
  }

  @Test
  void figuresAreThoseOfTheRecord() throws JsonProcessingException {
    String html = html(new RecordFiles(folder).writeHostile().read());

    assertThat(html)
        .contains("17.02 → 17.99", "+5.7 %; lower is better", "50.0 %", "500 of 1\u202f000 weights")
        .contains("<p class=\"word\">Generalises</p>");
    assertThat(chart(html, "chart-perplexity").required("items"))
        .extracting(item -> item.required("value").doubleValue())
        .containsExactly(17.016, 17.988);
    assertThat(csv(html, "errors"))
        .startsWith("block,model,wave,")
        .contains("\r\n1,gp,1,0.02,0.025,1.25,0.5,0.625\r\n");
  }

  @Test
  void textsAndTasksStandBesideTheDenseModels() throws JsonProcessingException {
    String html = html(new RecordFiles(folder).writeHostile().writeEvaluation().read());

    assertThat(html).contains("Accuracy in boolq, dense → sparse", "61.0 % → 58.5 %");
    assertThat(csv(html, "texts")).contains("4.5,0.25,5.5,0.5,1.0,0.125\r\n");
    assertThat(csv(html, "tasks"))
        .contains("\r\n\"boolq, acc\",0.61,0.0625,0.585,0.03125,-0.025,0.015625\r\n")
        .doesNotContain("boolq, n");
    assertThat(chart(html, "chart-tasks").required("items"))
        .extracting(item -> item.required("value").doubleValue())
        .containsExactly(0.61, 0.585);
    assertThat(withoutScripts(html)).doesNotContain("<img");
  }

  @Test
  void withoutTextsAndTasksThereIsNoSectionOfThem() {
    String html = html(new RecordFiles(folder).writeHostile().read());

    assertThat(html).doesNotContain("Texts and tasks");
  }

  @Test
  void theKeptEpochIsTheOneThatGeneralisesBest() throws JsonProcessingException {
    String html = html(new RecordFiles(folder).writeHostile().read());

    JsonNode wave =
        chart(html, "chart-losses").required("blocks").required(0).required("waves").required(0);
    assertThat(wave.required("kept").intValue()).isEqualTo(1);
    assertThat(wave.required("points").toString()).startsWith("[[0.0,1.0,0.875],[1.0,0.5,0.75],");
    assertThat(csv(html, "epochs")).contains("\r\n0,1,gp,1,0.5,0.75,kept\r\n");
  }

  @Test
  void whatTrialsFoundIsThere() {
    assertThat(csv(html(new RecordFiles(folder).writeHostile().read()), "trials"))
        .startsWith("setting,value,left,chosen\r\n")
        .contains(
            "learning rate,0.001,0.55,chosen\r\n",
            "learning rate,0.002,,\r\n",
            "masks,at-once,0.25,\r\n",
            "masks,gradual,0.125,chosen\r\n");
  }

  /** The loss of blocks that have one, by which their epoch was kept. */
  @Test
  void theChartOfTrainingShowsWhatWasLowered() throws JsonProcessingException {
    RecordFiles files = new RecordFiles(folder).writeHostile();
    files.write(
        "coppice/metrics.jsonl",
        RecordFiles.metrics(1, 1, 2, "")
            .replaceFirst(
                "\\{\"epoch\":1,", "{\"epoch\":1,\"loss_calibration\":0.1,\"loss_held_out\":0.9,"));
    JsonNode wave =
        chart(html(files.read()), "chart-losses")
            .required("blocks")
            .required(0)
            .required("waves")
            .required(0);
    assertThat(wave.required("points").get(1).toString()).isEqualTo("[1.0,0.1,0.9]");
    assertThat(wave.required("kept").intValue()).isZero();
  }

  @Test
  void spreadsheetsGetNoFormulas() {
    String html = html(new RecordFiles(folder).writeHostile().read());

    assertThat(csv(html, "options")).contains("\"'=</script>");
  }

  @Test
  void textsAreMarkedFromTheFirstWordThatDiffers() {
    assertThat(html(new RecordFiles(folder).writeHostile().read()))
        .contains("<span>a <ins>cow ", "1 of 32 tokens the same before the first that differs");
  }

  @Test
  void whatAnEarlierStartDidIsToldAsSuch() {
    assertThat(html(new RecordFiles(folder).writeHostile().read()))
        .contains(
            "From an earlier start, so that their tasks are not shown here: 1 of 2 blocks of wave 1.");
  }

  @Test
  void olderRecordsHaveAReportToo() {
    RecordFiles files = new RecordFiles(folder);
    files.write(
        "coppice/run.json",
        "{\"configuration\":{\"model\":\"m\",\"reconstruct\":\"gp\"},\"seconds\":3}");
    files.write("coppice/metrics.jsonl", RecordFiles.metrics(1, 1, 2, "q"));

    assertThat(withoutScripts(html(files.read())))
        .contains("does not hold the times of its stages", "no text was held out")
        .doesNotContain("Text before and after", "chart-time", "NaN");
  }

  @Test
  void thePageOfAVeryDeepModelIsSmallEnough() {
    RecordFiles files = new RecordFiles(folder).writeHostile();
    files.write("coppice/metrics.jsonl", RecordFiles.metrics(126, 3, 11, "q_proj"));

    String html = html(files.read());

    assertThat(html.getBytes(StandardCharsets.UTF_8).length).isLessThan(MOST_BYTES);
    assertThat(html).contains("The first 2000 rows are here");
  }

  @Test
  void otherRunsStandBesideIt(@TempDir Path other) throws JsonProcessingException {
    RunRecord run = new RecordFiles(folder).writeHostile().read();
    RunRecord second = new RecordFiles(other).writeHostile().read();

    String html = Report.of(run, List.of(second)).html();

    assertThat(chart(html, "chart-compared-perplexity").required("items"))
        .extracting(item -> item.required("name").textValue())
        .containsExactly(run.name(), second.name());
    assertThat(csv(html, "runs").lines()).hasSize(3);
  }

  @Test
  void anAblationHasItsTable() throws JsonProcessingException {
    String html = html(ablation().read());

    assertThat(html).contains("Ablation of m", "6.330 ± 0.012", "sparsegpt, 2:4, gp");
    assertThat(
            chart(html, "chart-perplexity-0")
                .required("items")
                .required(0)
                .required("deviation")
                .doubleValue())
        .isEqualTo(0.012);
    assertThat(csv(html, "seeds")).contains("\"sparsegpt, 2:4, gp\",perplexity on test,1,6.342");
  }

  @Test
  void anAblationIsNotComparedWithOneRun(@TempDir Path other) {
    RunRecord run = new RecordFiles(other).writeHostile().read();

    assertThatThrownBy(() -> Report.of(run, List.of(ablation().read())))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("is an ablation");
  }

  @Test
  void aFolderWithoutARecordIsRefused() {
    assertThatThrownBy(() -> new RecordFiles(folder).read())
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("holds neither coppice/run.json");
  }

  @Test
  void aBrokenLineIsNamed() {
    RecordFiles files = new RecordFiles(folder).writeHostile();
    files.write("coppice/metrics.jsonl", "{\"block\":0}\n{\"block\"\n");

    assertThatThrownBy(files::read)
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("metrics.jsonl is broken in line 2");
  }

  private RecordFiles ablation() {
    RecordFiles files = new RecordFiles(folder);
    files.write(
        "ablation.json",
        """
        {"configuration":{"model":"m","methods":["sparsegpt"],"seeds":["0","1"]},
         "dense":{"perplexity":{"test":4.349}},
         "rows":[{"method":"sparsegpt","pattern":"2:4","sparsity":0.5,"masks":"at-once","level":"gp",
          "relative_error_calibration":{"mean":0.02,"deviation":null,"seeds":{"0":0.02}},
          "perplexity":{"test":{"mean":6.33,"deviation":0.012,"seeds":{"0":6.318,"1":6.342}}}}]}
        """);
    return files;
  }

  private static String html(RunRecord run) {
    return Report.of(run, List.of()).html();
  }

  /** The page without the code of the library and of the page itself, which may say anything. */
  private static String withoutScripts(String html) {
    return html.replaceAll("(?s)<script>.*?</script>", "");
  }

  private static JsonNode chart(String html, String id) throws JsonProcessingException {
    MatchResult data =
        Pattern.compile(
                "<script type=\"application/json\" id=\"data\">(.*?)</script>", Pattern.DOTALL)
            .matcher(html)
            .results()
            .findFirst()
            .orElseThrow();
    for (JsonNode chart : Json.parse(data.group(1))) {
      if (chart.required("id").textValue().equals(id)) {
        return chart.required("data");
      }
    }
    throw new AssertionError("There is no chart " + id);
  }

  private static String csv(String html, String name) {
    return CSV.matcher(html.replace("&#x3D;", "="))
        .results()
        .filter(match -> match.group(2).equals(name))
        .map(
            match -> new String(Base64.getDecoder().decode(match.group(1)), StandardCharsets.UTF_8))
        .findFirst()
        .orElseThrow();
  }
}
