package io.coppice.checkpoint;

import java.util.List;

/**
 * The kind of folder that an {@link OutputFolder} may replace.
 *
 * @param what its name, in a word
 * @param marks names of files, one of which a folder must hold to be of this kind; where there are
 *     none, nothing is replaced
 */
public record Replaceable(String what, List<String> marks) {
  /** No folder is replaced. */
  public static final Replaceable NOTHING = new Replaceable("nothing", List.of());

  /** A checkpoint in Hugging Face's layout. */
  public static final Replaceable MODEL = new Replaceable("model", List.of("config.json"));

  public Replaceable {
    marks = List.copyOf(marks);
  }

  /** This kind if the user has asked for it, otherwise nothing. */
  public Replaceable ifAsked(boolean overwrite) {
    return overwrite ? this : NOTHING;
  }

  /** Whether nothing is replaced. */
  public boolean isNothing() {
    return marks.isEmpty();
  }
}
