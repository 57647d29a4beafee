package io.coppice.failure;

import java.util.regex.Pattern;

/**
 * Removes credentials from text that people or files will see. The only class that knows what they
 * look like.
 */
public final class Redaction {
  private static final String HIDDEN = "***";

  /** {@code user:password@} of a URI; digits between a colon and a slash are a port. */
  private static final Pattern USER =
      Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*:/{1,2})[^\\s/:@]*:(?!\\d+/)[^\\s@]+@");

  /** Settings as Hadoop, Spark and the clouds name them: {@code fs.s3a.secret.key=...}. */
  private static final Pattern SETTING =
      Pattern.compile(
          "(?i)([\\w.-]*(?:secret|passw(?:or)?d|credential|access[._-]?key|account[._-]?key"
              + "|(?:auth|session|security|bearer|oauth2?|sas)[._-]?token)[\\w.-]*"
              + "[\"']?\\s*[=:]\\s*[\"']?)[^\\s,;&\"')}\\]]+");

  /** The signature of a URL. */
  private static final Pattern SIGNATURE =
      Pattern.compile("(?i)([?&](?:sig|signature|token|x-amz-[\\w-]+|x-goog-[\\w-]+)=)[^\\s&\"']+");

  private Redaction() {}

  /** Whether a path or URI carries a password. */
  public static boolean isNeeded(String path) {
    return !of(path).equals(path);
  }

  /** The text with {@code ***} instead of each credential. */
  public static String of(String text) {
    String safe = USER.matcher(text).replaceAll("$1" + HIDDEN + "@");
    safe = SETTING.matcher(safe).replaceAll("$1" + HIDDEN);
    return SIGNATURE.matcher(safe).replaceAll("$1" + HIDDEN);
  }
}
