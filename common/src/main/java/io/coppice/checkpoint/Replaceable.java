package io.coppice.checkpoint;

import java.util.List;

/**
 * What an {@link OutputFolder} may be put in the place of.
 *
 * @param what it is, in a word
 * @param marks names of files, of which a folder must hold one to be taken for it; where there are
 *     none, nothing is replaced
 */
public record Replaceable(String what, List<String> marks) {
  /** Nothing that exists is replaced. */
  public static final Replaceable NOTHING = new Replaceable("nothing", List.of());

  /** A checkpoint in Hugging Face's layout. */
  public static final Replaceable MODEL = new Replaceable("model", List.of("config.json"));

  public Replaceable {
    marks = List.copyOf(marks);
  }

  /** This, if the user has asked for it, else nothing. */
  public Replaceable ifAsked(boolean overwrite) {
    return overwrite ? this : NOTHING;
  }

  /** Whether nothing is. */
  public boolean isNothing() {
    return marks.isEmpty();
  }
}
