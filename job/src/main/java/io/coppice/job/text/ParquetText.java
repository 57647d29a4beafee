package io.coppice.job.text;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.Type;

/**
 * The column of a Parquet file that is the text.
 *
 * @param projection the file's schema with this column alone
 */
record ParquetText(MessageType projection) {
  private static final int SHOWN = 30;

  /**
   * Finds the column by the first name that there is: of all columns the one with exactly that
   * name, or else one within structs, named by a path with dots.
   *
   * @throws InvalidDataException if there is none, or it holds no text
   */
  static ParquetText of(MessageType schema, List<String> fields) {
    List<Type> path =
        fields.stream()
            .map(field -> find(schema, field))
            .flatMap(Optional::stream)
            .findFirst()
            .orElseThrow(
                () ->
                    new InvalidDataException(
                        "it has no column %s, only %s; name one with --text-field"
                            .formatted(
                                fields.stream()
                                    .map(Words::quote)
                                    .collect(Collectors.joining(" or ")),
                                names(schema))));
    Type column = path.get(path.size() - 1);
    boolean repeated = path.stream().anyMatch(type -> type.isRepetition(Type.Repetition.REPEATED));
    if (repeated || !isText(column)) {
      throw new InvalidDataException(
          "its column %s holds %s, and a string was expected; name another one of %s with --text-field"
              .formatted(
                  Words.quote(name(path)), repeated ? "lists" : describe(column), names(schema)));
    }
    Type projected = column;
    for (int i = path.size() - 2; i >= 0; i--) {
      projected = path.get(i).asGroupType().withNewFields(projected);
    }
    return new ParquetText(new MessageType(schema.getName(), projected));
  }

  /** The column's name, with dots where it is within structs. */
  String name() {
    return String.join(".", column().getPath());
  }

  private static String name(List<Type> path) {
    return path.stream().map(Type::getName).collect(Collectors.joining("."));
  }

  private static Optional<List<Type>> find(MessageType schema, String field) {
    return path(schema, List.of(field))
        .or(() -> path(schema, Arrays.asList(field.split("\\.", -1))));
  }

  ColumnDescriptor column() {
    return projection.getColumns().get(0);
  }

  private static Optional<List<Type>> path(GroupType schema, List<String> names) {
    List<Type> path = new ArrayList<>();
    GroupType group = schema;
    for (String name : names) {
      if (!path.isEmpty()) {
        Type last = path.get(path.size() - 1);
        if (last.isPrimitive()) {
          return Optional.empty();
        }
        group = last.asGroupType();
      }
      // By equality: names that differ in case are different columns.
      Optional<Type> field =
          group.getFields().stream().filter(type -> type.getName().equals(name)).findFirst();
      if (field.isEmpty()) {
        return Optional.empty();
      }
      path.add(field.get());
    }
    return Optional.of(path);
  }

  private static boolean isText(Type type) {
    if (!type.isPrimitive()
        || type.asPrimitiveType().getPrimitiveTypeName()
            != PrimitiveType.PrimitiveTypeName.BINARY) {
      return false;
    }
    LogicalTypeAnnotation logical = type.getLogicalTypeAnnotation();
    return logical == null
        || logical.equals(LogicalTypeAnnotation.stringType())
        || logical.equals(LogicalTypeAnnotation.enumType())
        || logical.equals(LogicalTypeAnnotation.jsonType());
  }

  private static String describe(Type type) {
    LogicalTypeAnnotation logical = type.getLogicalTypeAnnotation();
    if (logical != null) {
      return "the type " + logical.toString().toLowerCase(Locale.ROOT);
    }
    return type.isPrimitive()
        ? "the type "
            + type.asPrimitiveType().getPrimitiveTypeName().toString().toLowerCase(Locale.ROOT)
        : "a struct";
  }

  private static String names(GroupType schema) {
    String names =
        schema.getFields().stream()
            .limit(SHOWN)
            .map(Type::getName)
            .collect(Collectors.joining(", "));
    return Words.line(names) + (schema.getFieldCount() > SHOWN ? ", ..." : "");
  }
}
