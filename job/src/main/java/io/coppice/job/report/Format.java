package io.coppice.job.report;

import io.coppice.failure.Words;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The ways in which values are shown to people. Where there is none, a dash is. */
enum Format {
  TEXT(false) {
    @Override
    String of(Object value) {
      return value.toString();
    }
  },
  WHOLE(true) {
    @Override
    String of(Object value) {
      return String.format(Locale.ROOT, "%,d", ((Number) value).longValue()).replace(',', '\u202f');
    }
  },
  /** Four significant digits. */
  NUMBER(true) {
    @Override
    String of(Object value) {
      return number(((Number) value).doubleValue());
    }
  },
  /** A share. */
  PERCENT(true) {
    @Override
    String of(Object value) {
      return String.format(Locale.ROOT, "%.2f %%", 100 * ((Number) value).doubleValue());
    }
  },
  SECONDS(true) {
    @Override
    String of(Object value) {
      return Words.duration(((Number) value).doubleValue());
    }
  },
  BYTES(true) {
    @Override
    String of(Object value) {
      return Words.size(((Number) value).longValue());
    }
  },
  /** Milliseconds since 1970. */
  TIME(true) {
    @Override
    String of(Object value) {
      return CLOCK.format(Instant.ofEpochMilli(((Number) value).longValue()));
    }
  };

  static final String NONE = "–";
  private static final DateTimeFormatter CLOCK =
      DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final boolean numeric;

  Format(boolean numeric) {
    this.numeric = numeric;
  }

  /** Whether values stand one below the other by their last digits. */
  boolean isNumeric() {
    return numeric;
  }

  abstract String of(Object value);

  /** The value, or a dash for NaN and for text where a number should be. */
  String text(Object value) {
    boolean known =
        numeric
            ? value instanceof Number number && Double.isFinite(number.doubleValue())
            : !value.toString().isEmpty();
    return known ? of(value) : NONE;
  }

  /** Four significant digits, without an exponent where that is short. */
  static String number(double value) {
    if (!Double.isFinite(value)) {
      return NONE;
    }
    double size = Math.abs(value);
    if (size != 0 && (size < 1e-4 || size >= 1e7)) {
      return String.format(Locale.ROOT, "%.3e", value);
    }
    int digits = size == 0 ? 0 : (int) Math.floor(Math.log10(size));
    return String.format(Locale.ROOT, "%." + Math.max(0, 3 - digits) + "f", value);
  }
}
