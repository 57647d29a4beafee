package io.coppice.job.card;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The parts of a model card. Its text may be anything, so it is kept as bytes, which is to say as
 * Latin-1; only the metadata must be UTF-8.
 *
 * @param metadata the front matter; empty where there is none
 * @param text all that follows, one byte a character, without a section of ours
 * @param readable whether the front matter could be told from the text; if not, all is in the text
 */
record CardText(Optional<FrontMatter> metadata, String text, boolean readable) {
  static final String BEGIN = "<!-- coppice: begin -->";
  static final String END = "<!-- coppice: end -->";

  private static final String FENCE = "---";
  private static final String BYTE_ORDER_MARK = "\u00ef\u00bb\u00bf";
  private static final int LONGEST_METADATA = 1 << 18;

  /** Takes a file's content apart. */
  static CardText of(byte[] content) {
    String all = withoutSection(new String(content, StandardCharsets.ISO_8859_1));
    String marked = all.startsWith(BYTE_ORDER_MARK) ? all.substring(BYTE_ORDER_MARK.length()) : all;
    if (!isFence(marked, 0)) {
      return new CardText(Optional.empty(), all, true);
    }
    int begin = nextLine(marked, 0);
    for (int line = begin; line < marked.length() && line - begin < LONGEST_METADATA; ) {
      int next = nextLine(marked, line);
      if (isFence(marked, line)) {
        return decoded(marked.substring(begin, line))
            .map(yaml -> new CardText(Optional.of(yaml), marked.substring(next), true))
            .orElseGet(() -> new CardText(Optional.empty(), all, false));
      }
      line = next;
    }
    return new CardText(Optional.empty(), all, false);
  }

  /** The file's content with this metadata, the text and a section at its end. */
  byte[] with(Optional<FrontMatter> changed, String section) {
    StringBuilder all = new StringBuilder();
    changed.ifPresent(
        matter -> all.append(latin("%s\n%s%s\n".formatted(FENCE, matter.yaml(), FENCE))));
    all.append(text);
    if (!text.isEmpty()) {
      all.append(text.endsWith("\n") ? "\n" : "\n\n");
    }
    return all.append(latin("%s\n%s%s\n".formatted(BEGIN, section, END)))
        .toString()
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  /** The same without front matter that turned out to be none. */
  CardText asText(byte[] content) {
    return new CardText(
        Optional.empty(), withoutSection(new String(content, StandardCharsets.ISO_8859_1)), false);
  }

  /** The content without the section that an earlier run added, and the blank line before it. */
  private static String withoutSection(String all) {
    int begin = all.lastIndexOf(BEGIN + "\n");
    int end = begin < 0 ? -1 : all.indexOf(END + "\n", begin);
    if (end < 0) {
      return all;
    }
    String before = all.substring(0, begin);
    return (before.endsWith("\n\n") ? before.substring(0, begin - 1) : before)
        + all.substring(end + END.length() + 1);
  }

  /** A file's content without a passage of our section. */
  static byte[] without(byte[] content, String passage) {
    String all = new String(content, StandardCharsets.ISO_8859_1);
    int begin = all.lastIndexOf(BEGIN + "\n");
    int at = begin < 0 ? -1 : all.indexOf(latin(passage), begin);
    return at < 0
        ? content
        : (all.substring(0, at) + all.substring(at + latin(passage).length()))
            .getBytes(StandardCharsets.ISO_8859_1);
  }

  private static Optional<FrontMatter> decoded(String bytes) {
    try {
      return Optional.of(
          new FrontMatter(
              // A fresh decoder reports what is not UTF-8 instead of replacing it.
              StandardCharsets.UTF_8
                  .newDecoder()
                  .decode(ByteBuffer.wrap(bytes.getBytes(StandardCharsets.ISO_8859_1)))
                  .toString()));
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  private static String latin(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  private static boolean isFence(String all, int line) {
    return all.startsWith(FENCE, line)
        && all.substring(line + FENCE.length(), nextLine(all, line)).isBlank();
  }

  private static int nextLine(String all, int line) {
    int end = all.indexOf('\n', line);
    return end < 0 ? all.length() : end + 1;
  }
}
