package io.coppice.job.report;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A table of the page, which is also a file of comma-separated values in it. The first column names
 * its rows.
 *
 * @param name of the file, without its ending
 * @param caption what it holds, as the beginning of a sentence
 * @param rows as many values each as there are columns; NaN or an empty text where there is none
 */
record DataTable(String name, String caption, List<Column> columns, List<List<Object>> rows) {
  /** The most rows that the page shows; a file with all of them is in the record. */
  private static final int MOST_ROWS = 2000;

  /** The most rows that are shown without being asked for. */
  private static final int SHORT = 12;

  DataTable {
    columns = List.copyOf(columns);
    rows = rows.stream().map(List::copyOf).toList();
  }

  /**
   * A column.
   *
   * @param key its name in the file
   */
  record Column(String key, String label, Format format) {}

  /** The same table if it has rows. */
  List<DataTable> ifAny() {
    return rows.isEmpty() ? List.of() : List.of(this);
  }

  /** Without the columns in which no row has a value. */
  DataTable withoutEmptyColumns() {
    List<Integer> kept =
        IntStream.range(0, columns.size())
            .filter(
                column ->
                    rows.stream()
                        .anyMatch(
                            row ->
                                !columns
                                    .get(column)
                                    .format()
                                    .text(row.get(column))
                                    .equals(Format.NONE)))
            .boxed()
            .toList();
    return new DataTable(
        name,
        caption,
        kept.stream().map(columns::get).toList(),
        rows.stream().map(row -> kept.stream().<Object>map(row::get).toList()).toList());
  }

  /** As the template shows it. */
  Map<String, Object> view() {
    List<List<Object>> shown = rows.stream().limit(MOST_ROWS).toList();
    return Map.of(
        "name",
        name,
        "caption",
        caption,
        "long",
        rows.size() > SHORT,
        "count",
        rows.size() == 1 ? "1 row" : rows.size() + " rows",
        "cut",
        rows.size() > MOST_ROWS,
        "shown",
        shown.size(),
        "columns",
        IntStream.range(0, columns.size())
            .mapToObj(
                i ->
                    Map.of(
                        "label",
                        columns.get(i).label(),
                        "numeric",
                        i > 0 && columns.get(i).format().isNumeric()))
            .toList(),
        "rows",
        shown.stream().map(this::row).toList(),
        "csv",
        "data:text/csv;charset=utf-8;base64," + base64(csv(shown)));
  }

  private Map<String, Object> row(List<Object> row) {
    return Map.of(
        "head", columns.get(0).format().text(row.get(0)),
        "cells",
            IntStream.range(1, row.size())
                .mapToObj(
                    i ->
                        Map.of(
                            "text", columns.get(i).format().text(row.get(i)),
                            "numeric", columns.get(i).format().isNumeric()))
                .toList());
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  /** RFC 4180, numbers as they are in the record. */
  private String csv(List<List<Object>> shown) {
    String header = columns.stream().map(Column::key).collect(Collectors.joining(","));
    return shown.stream()
        .map(row -> row.stream().map(DataTable::field).collect(Collectors.joining(",")))
        .collect(Collectors.joining("\r\n", header + "\r\n", "\r\n"));
  }

  private static String field(Object value) {
    if (value instanceof Double number && !Double.isFinite(number)) {
      return "";
    }
    if (value instanceof Number) {
      return value.toString();
    }
    String text = value.toString();
    // A spreadsheet would take such a text for a formula.
    String safe = text.matches("(?s)[=+\\-@\t\r].*") ? "'" + text : text;
    return safe.matches("(?s).*[\",\r\n].*") ? '"' + safe.replace("\"", "\"\"") + '"' : safe;
  }
}
