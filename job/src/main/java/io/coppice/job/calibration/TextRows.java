package io.coppice.job.calibration;

import static org.apache.spark.sql.functions.monotonically_increasing_id;

import io.coppice.failure.InvalidDataException;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.SparkException;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/**
 * The records of text files as rows: the file's URI, where its part begins that a task reads, a
 * number that grows within such a part, and the record's bytes as they lie in the file.
 */
final class TextRows {
  private static final int FILE = 0;
  private static final int BLOCK = 1;
  private static final int ORDER = 2;
  private static final int VALUE = 3;

  private TextRows() {}

  static Dataset<Row> read(
      SparkSession spark, TextFormat format, List<String> files, String field) {
    String[] paths = files.stream().map(TextRows::escapeGlob).toArray(String[]::new);
    return switch (format) {
      case JSON_LINES -> select(spark.read().text(paths), "value");
      case PLAIN -> select(spark.read().option("wholetext", "true").text(paths), "value");
      case PARQUET -> parquet(spark, paths, field);
    };
  }

  static byte[] value(Row row) {
    if (row.isNullAt(VALUE)) {
      throw new InvalidDataException("expected a text in every row, but one is null");
    }
    return row.getAs(VALUE);
  }

  static String file(Row row) {
    return row.getString(FILE);
  }

  static long block(Row row) {
    return row.getLong(BLOCK);
  }

  static long order(Row row) {
    return row.getLong(ORDER);
  }

  static TextProblem problem(TextFormat format, Row row, long record, String reason) {
    byte[] digest = new byte[0];
    if (format == TextFormat.JSON_LINES) {
      byte[] line = value(row);
      digest = LineNumbers.digest(line, line.length);
    }
    return new TextProblem(file(row), block(row), record, digest, reason);
  }

  private static Dataset<Row> parquet(SparkSession spark, String[] paths, String field) {
    Dataset<Row> rows;
    try {
      rows = spark.read().parquet(paths);
    } catch (Exception e) { // SparkException is checked, and undeclared where Scala throws it
      if (e instanceof SparkException) {
        throw new InvalidDataException(
            "Cannot read the Parquet text " + String.join(", ", paths) + ": " + deepest(e) + ".",
            e);
      }
      throw e;
    }
    if (!Arrays.asList(rows.columns()).contains(field)) {
      throw new InvalidDataException(
          "The Parquet text %s has no column '%s', only %s; name one with --text-field."
              .formatted(paths[0], field, String.join(", ", rows.columns())));
    }
    DataType type = rows.schema().apply(field).dataType();
    if (!type.equals(DataTypes.StringType) && !type.equals(DataTypes.BinaryType)) {
      throw new InvalidDataException(
          "The column '%s' of the Parquet text %s holds %s: expected string; name another with --text-field."
              .formatted(field, paths[0], type.simpleString()));
    }
    return select(rows, "`" + field.replace("`", "``") + "`");
  }

  private static Dataset<Row> select(Dataset<Row> rows, String column) {
    Column metadata = rows.metadataColumn("_metadata");
    return rows.select(
        metadata.getField("file_path"),
        metadata.getField("file_block_start"),
        monotonically_increasing_id(),
        rows.col(column).cast(DataTypes.BinaryType));
  }

  /** Spark takes every path for a glob. */
  private static String escapeGlob(String path) {
    return path.replaceAll("[\\\\{}\\[\\]*?]", "\\\\$0");
  }

  private static String deepest(Throwable failure) {
    Throwable deepest = failure;
    while (deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    return String.valueOf(deepest.getMessage());
  }
}
