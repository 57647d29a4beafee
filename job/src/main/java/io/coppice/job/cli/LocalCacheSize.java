package io.coppice.job.cli;

import io.coppice.failure.UsageException;
import io.coppice.failure.Words;
import java.io.Serializable;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The most that the tasks of an executor keep together on its own disk.
 *
 * @param bytes 0 for nothing, {@link Long#MAX_VALUE} for as much as the disk's free space suggests
 */
public record LocalCacheSize(long bytes) implements Serializable {
  public static final LocalCacheSize OFF = new LocalCacheSize(0);
  public static final LocalCacheSize AUTO = new LocalCacheSize(Long.MAX_VALUE);

  private static final Pattern SIZE = Pattern.compile("(\\d{1,12}) ?(?:([kmgt])(?:i?b)?)?");
  private static final String UNITS = "kmgt";

  public boolean isOff() {
    return equals(OFF);
  }

  public boolean isAuto() {
    return equals(AUTO);
  }

  /**
   * Reads {@code auto}, {@code off}, or a size as Spark's settings have it: 200g for 200 GiB.
   *
   * @throws UsageException if it is none of them
   */
  static LocalCacheSize parse(String option, String value) {
    String word = value.strip().toLowerCase(Locale.ROOT);
    if (word.equals("auto")) {
      return AUTO;
    }
    if (word.equals("off")) {
      return OFF;
    }
    Matcher size = SIZE.matcher(word);
    if (!size.matches()) {
      throw new UsageException(
          "%s must be off, auto or a size such as 200g, but is %s"
              .formatted(option, Words.quote(value)));
    }
    int shift = size.group(2) == null ? 0 : 10 * (1 + UNITS.indexOf(size.group(2)));
    long number = Long.parseLong(size.group(1));
    // More than any disk has is no bound.
    return number > Long.MAX_VALUE >> shift ? AUTO : new LocalCacheSize(number << shift);
  }
}
