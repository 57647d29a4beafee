package io.coppice.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Removes and adds members of a JSON text and leaves all its other bytes as they are. */
final class JsonMembers {
  private static final JsonFactory JSON =
      JsonFactory.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  private JsonMembers() {}

  /** The place of a member in the text: from its name's quote to the end of its value. */
  private record Member(String name, int begin, int end) {}

  /**
   * The text without some members of the outermost object.
   *
   * @param json an object in UTF-8
   * @throws IOException if it is not JSON
   */
  static byte[] without(Set<String> names, byte[] json) throws IOException {
    List<Member> members = members(json);
    List<Member> kept = members.stream().filter(member -> !names.contains(member.name())).toList();
    if (kept.size() == members.size()) {
      return json;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(json.length);
    int begin = members.get(0).begin();
    out.write(json, 0, begin);
    for (int i = 0; i < kept.size(); i++) {
      Member member = kept.get(i);
      out.write(json, member.begin(), member.end() - member.begin());
      if (i + 1 < kept.size()) {
        // The comma and the white space that stood after this member, as before the next one.
        Member next = members.get(members.indexOf(member) + 1);
        out.write(json, member.end(), next.begin() - member.end());
      }
    }
    int end = members.get(members.size() - 1).end();
    out.write(json, end, json.length - end);
    return out.toByteArray();
  }

  /**
   * The text with one more member at the end of the outermost object, which {@link #without} takes
   * away to the byte.
   *
   * @param json an object with members, in UTF-8
   * @throws IOException if it is not JSON
   */
  static byte[] with(String name, JsonNode value, byte[] json) throws IOException {
    List<Member> members = members(json);
    if (members.isEmpty()) {
      throw new IOException("it has no members");
    }
    int end = members.get(members.size() - 1).end();
    ByteArrayOutputStream out = new ByteArrayOutputStream(json.length);
    out.write(json, 0, end);
    out.writeBytes(",\n  \"%s\": %s".formatted(name, value).getBytes(StandardCharsets.UTF_8));
    out.write(json, end, json.length - end);
    return out.toByteArray();
  }

  private static List<Member> members(byte[] json) throws IOException {
    List<Member> members = new ArrayList<>();
    try (JsonParser parser = JSON.createParser(json)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        int begin = position(parser.currentTokenLocation().getByteOffset());
        parser.nextToken();
        parser.skipChildren();
        parser.finishToken();
        members.add(new Member(name, begin, position(parser.currentLocation().getByteOffset())));
      }
    }
    return members;
  }

  private static int position(long byteOffset) throws IOException {
    if (byteOffset < 0) {
      throw new IOException("it is not in UTF-8");
    }
    return (int) byteOffset;
  }
}
