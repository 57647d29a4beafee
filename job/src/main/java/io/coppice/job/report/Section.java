package io.coppice.job.report;

import java.util.List;

/**
 * A part of the page below a heading of its own.
 *
 * @param id of the heading
 * @param text paragraphs
 */
record Section(
    String id, String title, List<String> text, List<Chart> charts, List<DataTable> tables) {
  Section {
    text = List.copyOf(text);
    charts = List.copyOf(charts);
    tables = List.copyOf(tables);
  }
}
