package io.coppice.evaluate;

import io.coppice.text.Join;
import java.util.List;
import java.util.stream.Stream;

/**
 * The ways in which published perplexities turn a text into windows; as the code of SparseGPT and
 * Wanda does, and as Hugging Face's scripts take documents out of plain files.
 */
public enum Protocol {
  /** All documents, joined as the user says. */
  STREAM("stream") {
    @Override
    public Join join(Join ofStream) {
      return ofStream;
    }
  },

  /** Lines of the raw test text, joined by blank lines; each keeps its own end. */
  WIKITEXT2("wikitext2") {
    @Override
    public List<String> documents(String plainFile) {
      return PythonText.lines(plainFile).stream()
          .map(line -> PythonText.strip(line).isEmpty() ? "" : line)
          .toList();
    }
  },

  /** Sentences joined by spaces; in a plain file, a line each. */
  PTB("ptb") {
    @Override
    public Join join(Join ofStream) {
      return Join.SPACE;
    }

    @Override
    public List<String> documents(String plainFile) {
      return PythonText.lines(plainFile).stream().map(PythonText::strip).toList();
    }

    @Override
    public List<String> fields(String field) {
      return Stream.of(field, "sentence").distinct().toList();
    }
  },

  /** The first 1100 documents joined by spaces, the first 256 windows. */
  C4("c4") {
    @Override
    public Join join(Join ofStream) {
      return Join.SPACE;
    }

    @Override
    public int mostDocuments() {
      return 1100;
    }

    @Override
    public int mostWindows() {
      return 256;
    }
  };

  private final String word;

  Protocol(String word) {
    this.word = word;
  }

  /**
   * The way in which documents become one stream.
   *
   * @param ofStream what {@link #STREAM} takes
   */
  public Join join(Join ofStream) {
    return Join.BLANK_LINE;
  }

  /** The documents that the text of a plain file stands for. */
  public List<String> documents(String plainFile) {
    return List.of(plainFile);
  }

  /**
   * The fields of a JSON object, or Parquet columns, of which the first that is there is the text.
   *
   * @param field the one that is asked for
   */
  public List<String> fields(String field) {
    return List.of(field);
  }

  /** The documents from the first on that count. */
  public int mostDocuments() {
    return Integer.MAX_VALUE;
  }

  /** The windows from the first on that count. */
  public int mostWindows() {
    return Integer.MAX_VALUE;
  }

  /** The word that users write. */
  @Override
  public String toString() {
    return word;
  }
}
