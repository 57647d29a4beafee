package io.coppice.job.report;

import static io.coppice.job.report.Values.number;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.job.record.RunRecord;
import io.coppice.job.report.DataTable.Column;
import io.coppice.storage.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The parts of the page on a {@code prune}, and on others beside it. */
record PruneReport(RunRecord run, List<RunRecord> others) {
  PruneReport {
    others = List.copyOf(others);
  }

  Page page() {
    List<Section> sections = new ArrayList<>();
    if (!others.isEmpty()) {
      sections.add(new ComparisonSection(run, others).section());
    }
    perplexity().ifPresent(sections::add);
    new EvaluationSection(run.details().evaluation()).section().ifPresent(sections::add);
    sections.add(new ErrorSection(run).section());
    sections.addAll(new LossSection(run).sections());
    sections.addAll(new SparsitySection(run).sections());
    sections.add(new TimeSection(run).section());
    sections.add(OptionsSection.of(run));
    return new Page(
        new PruneHeadline(run).headline(), SampleText.of(run.details().samples()), sections);
  }

  private Optional<Section> perplexity() {
    double dense = number(run.figures(), "perplexity_held_out_dense");
    if (Double.isNaN(dense)) {
      return Optional.empty();
    }
    List<List<Object>> rows = new ArrayList<>();
    rows.add(row("dense", dense, dense));
    for (JsonNode level : run.figures().path("levels")) {
      rows.add(
          row("level " + Values.text(level, "level"), number(level, "perplexity_held_out"), dense));
    }
    rows.add(row("sparse", number(run.figures(), "perplexity_held_out_sparse"), dense));
    ObjectNode data = Json.object();
    ArrayNode items = data.putArray("items");
    rows.forEach(row -> items.add(Values.item((String) row.get(0), (Double) row.get(1))));
    return Optional.of(
        new Section(
            "perplexity",
            "Perplexity",
            List.of("On the held-out windows, of which neither pruning nor training saw anything."),
            List.of(
                new Chart(
                    "chart-perplexity",
                    "bars",
                    "Perplexity on held-out text of the dense and the sparse model",
                    data)),
            List.of(
                new DataTable(
                    "perplexity",
                    "Perplexity on held-out text",
                    List.of(
                        new Column("model", "Model", Format.TEXT),
                        new Column("perplexity", "Perplexity", Format.NUMBER),
                        new Column("change", "Against dense", Format.PERCENT)),
                    rows))));
  }

  private static List<Object> row(String name, double perplexity, double dense) {
    return List.of(name, perplexity, perplexity / dense - 1);
  }
}
