package io.coppice.checkpoint;

import io.coppice.failure.InvalidDataException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The short text that Git LFS leaves in place of a large file that it has not fetched. A clone
 * without Git LFS has such pointers under the names of weights, tokenizers and texts.
 */
public final class GitLfsPointer {
  private static final byte[] BEGINNING =
      "version https://git-lfs.github.com/spec/".getBytes(StandardCharsets.UTF_8);
  private static final int SHORTEST = 8;

  /** The most bytes of a pointer, by its specification. */
  static final int LONGEST = 1024;

  private GitLfsPointer() {}

  /**
   * Whether a file is a pointer.
   *
   * @param head its first bytes, as many as are available; fewer than 8 are not taken for a
   *     pointer, and 40 leave no doubt
   */
  public static boolean is(byte[] head) {
    int length = Math.min(head.length, BEGINNING.length);
    return length >= SHORTEST && Arrays.equals(head, 0, length, BEGINNING, 0, length);
  }

  /** The error that a file is a pointer; says what to do. */
  public static InvalidDataException refusal(String file) {
    return new InvalidDataException(
        ("%s is a Git LFS pointer instead of the file itself; fetch it with 'git lfs pull', or"
                + " download it again")
            .formatted(file));
  }
}
