package io.coppice.failure;

import java.util.regex.Pattern;

/**
 * Takes credentials out of text that people or files will see. The one place that knows what they
 * look like.
 */
public final class Redaction {
  private static final String HIDDEN = "***";

  /**
   * {@code user:password@} of a URI; what follows a colon is a port where it is digits to a slash.
   */
  private static final Pattern USER =
      Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*:/{1,2})[^\\s/:@]*:(?!\\d+/)[^\\s@]+@");

  /** Settings as Hadoop, Spark and the clouds name them: {@code fs.s3a.secret.key=...}. */
  private static final Pattern SETTING =
      Pattern.compile(
          "(?i)([\\w.-]*(?:secret|passw(?:or)?d|credential|access[._-]?key|account[._-]?key"
              + "|(?:auth|session|security|bearer|oauth2?|sas)[._-]?token)[\\w.-]*"
              + "[\"']?\\s*[=:]\\s*[\"']?)[^\\s,;&\"')}\\]]+");

  /** What signs a URL. */
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
