package io.coppice.job.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.metadata.FileMetaData;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.MessageColumnIO;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;

/** The rows of a row group, each as a JSON object; what is null is left out. */
final class ParquetRows {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final RecordReader<Group> rows;

  /**
   * @param pages of the row group
   */
  ParquetRows(FileMetaData file, PageReadStore pages) {
    MessageType schema = file.getSchema();
    MessageColumnIO columns = new ColumnIOFactory(file.getCreatedBy()).getColumnIO(schema);
    rows = columns.getRecordReader(pages, new GroupRecordConverter(schema));
  }

  /** The next row as JSON in UTF-8. */
  byte[] next() {
    return object(rows.read()).toString().getBytes(StandardCharsets.UTF_8);
  }

  private static ObjectNode object(Group group) {
    ObjectNode object = JSON.objectNode();
    GroupType type = group.getType();
    for (int field = 0; field < type.getFieldCount(); field++) {
      Type member = type.getType(field);
      if (member.isRepetition(Type.Repetition.REPEATED)) {
        object.set(member.getName(), array(group, field));
      } else if (group.getFieldRepetitionCount(field) > 0) {
        object.set(member.getName(), value(group, field, 0));
      }
    }
    return object;
  }

  private static JsonNode value(Group group, int field, int index) {
    Type type = group.getType().getType(field);
    if (type.isPrimitive()) {
      return primitive(group, field, index);
    }
    Group member = group.getGroup(field, index);
    return LogicalTypeAnnotation.listType().equals(type.getLogicalTypeAnnotation())
        ? list(member)
        : object(member);
  }

  private static ArrayNode array(Group group, int field) {
    ArrayNode array = JSON.arrayNode();
    for (int i = 0; i < group.getFieldRepetitionCount(field); i++) {
      array.add(value(group, field, i));
    }
    return array;
  }

  /** A list, whose repeated member is the element, or a group around it in which it may be null. */
  private static ArrayNode list(Group list) {
    Type repeated = list.getType().getType(0);
    if (repeated.isPrimitive() || repeated.asGroupType().getFieldCount() != 1) {
      return array(list, 0);
    }
    ArrayNode array = JSON.arrayNode();
    for (int i = 0; i < list.getFieldRepetitionCount(0); i++) {
      Group around = list.getGroup(0, i);
      array.add(around.getFieldRepetitionCount(0) == 0 ? JSON.nullNode() : value(around, 0, 0));
    }
    return array;
  }

  private static JsonNode primitive(Group group, int field, int index) {
    return switch (group.getType().getType(field).asPrimitiveType().getPrimitiveTypeName()) {
      case BOOLEAN -> JSON.booleanNode(group.getBoolean(field, index));
      case INT32 -> JSON.numberNode(group.getInteger(field, index));
      case INT64 -> JSON.numberNode(group.getLong(field, index));
      case FLOAT -> JSON.numberNode(group.getFloat(field, index));
      case DOUBLE -> JSON.numberNode(group.getDouble(field, index));
      case BINARY, FIXED_LEN_BYTE_ARRAY ->
          JSON.textNode(group.getBinary(field, index).toStringUsingUTF8());
      case INT96 -> JSON.textNode(group.getValueToString(field, index));
    };
  }
}
