package io.coppice.job.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.Template;
import io.coppice.failure.UsageException;
import io.coppice.job.record.RunRecord;
import io.coppice.storage.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * A page of HTML that shows a run, and needs nothing but itself: neither a network nor other files.
 * Everything in it is of the run's record, and escaped. Where scripts are off, its tables still
 * stand.
 */
public final class Report {
  /** Name of the page in a record. */
  public static final String FILE = "report.html";

  private static final String ECHARTS =
      "/META-INF/resources/webjars/echarts/%s/dist/echarts.min.js";
  private static final String ECHARTS_VERSION =
      "/META-INF/maven/org.webjars.npm/echarts/pom.properties";

  private final Page page;

  private Report(Page page) {
    this.page = page;
  }

  /**
   * The report of a run.
   *
   * @param others runs that are shown beside it, all of {@code prune}
   * @throws UsageException if runs are of other kinds than can be compared
   */
  public static Report of(RunRecord run, List<RunRecord> others) {
    if (!others.isEmpty()) {
      requirePrune(run, "--run");
      others.forEach(other -> requirePrune(other, "--compare"));
    }
    return new Report(
        switch (run.kind()) {
          case PRUNE -> new PruneReport(run, others).page();
          case ABLATE -> new AblationReport(run).page();
        });
  }

  private static void requirePrune(RunRecord run, String option) {
    if (run.kind() != RunRecord.Kind.PRUNE) {
      throw new UsageException(
          "%s %s is an ablation, but only runs of prune are shown side by side; leave --compare out"
              .formatted(option, run.place()));
    }
  }

  /** The page. */
  public String html() {
    String echarts = resource(ECHARTS.formatted(version()));
    String script = resource("report.js");
    Map<String, Object> view = new HashMap<>(page.headline().view());
    view.put("policy", policy(echarts, script));
    view.put("css", resource("report.css"));
    view.put("echarts", echarts);
    view.put("script", script);
    view.put("data", data());
    view.put("texts", page.texts().map(texts -> List.of(texts.view())).orElse(List.of()));
    view.put("sections", page.sections().stream().map(Report::view).toList());
    Template template =
        Mustache.compiler().emptyStringIsFalse(true).compile(resource("report.mustache"));
    return template.execute(view);
  }

  private static Map<String, Object> view(Section section) {
    return Map.of(
        "id", section.id(),
        "title", section.title(),
        "text", section.text(),
        "charts",
            section.charts().stream()
                .map(chart -> Map.of("id", chart.id(), "label", chart.label()))
                .toList(),
        "tables", section.tables().stream().map(DataTable::view).toList());
  }

  /** The charts' numbers; no text in them can end the element that they stand in. */
  private String data() {
    ArrayNode charts = Json.object().arrayNode();
    page.sections().stream()
        .flatMap(section -> section.charts().stream())
        .forEach(
            chart ->
                charts
                    .addObject()
                    .put("id", chart.id())
                    .put("kind", chart.kind())
                    .put("label", chart.label())
                    .set("data", chart.data()));
    return Json.text(charts)
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026");
  }

  /** Lets these two scripts run, no other one, and nothing be fetched. */
  private static String policy(String... scripts) {
    StringBuilder policy = new StringBuilder("default-src 'none'; style-src 'unsafe-inline';");
    policy.append(" img-src data:; base-uri 'none'; form-action 'none'; script-src");
    for (String script : scripts) {
      policy.append(" 'sha256-").append(hash(script)).append('\'');
    }
    return policy.toString();
  }

  private static String hash(String script) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(script.getBytes(StandardCharsets.UTF_8));
      return Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }

  private static String version() {
    Properties properties = new Properties();
    try (InputStream in = Report.class.getResourceAsStream(ECHARTS_VERSION)) {
      properties.load(in);
      return properties.getProperty("version");
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + ECHARTS_VERSION, e);
    }
  }

  /** A text of the jar, with line ends as a browser has them. */
  private static String resource(String name) {
    try (InputStream in = Report.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("\r\n", "\n");
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + name, e);
    }
  }
}
