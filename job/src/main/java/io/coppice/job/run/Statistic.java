package io.coppice.job.run;

import io.coppice.job.run.Ablation.Measurement;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * Mean and sample deviation over seeds.
 *
 * @param deviation NaN for a single seed
 */
record Statistic(double mean, double deviation) {
  private static final MathContext SIGNIFICANT = new MathContext(4, RoundingMode.HALF_EVEN);

  /** Below it, zeros would be most of a number. */
  private static final double SMALLEST_PLAIN = 1e-6;

  static Statistic of(List<Measurement> cell, ToDoubleFunction<Measurement> value) {
    double mean = cell.stream().mapToDouble(value).average().orElse(Double.NaN);
    double squares = cell.stream().mapToDouble(value).map(x -> (x - mean) * (x - mean)).sum();
    return new Statistic(
        mean, cell.size() < 2 ? Double.NaN : Math.sqrt(squares / (cell.size() - 1)));
  }

  /**
   * The mean with four significant digits, or all digits before the decimal point if there are
   * more, and the deviation with as many decimals: {@code 0.0009123 ± 0.0000310}.
   */
  String toSignificantDigits() {
    if ((mean != 0 && Math.abs(mean) < SMALLEST_PLAIN) || !Double.isFinite(mean)) {
      return with("%.3e");
    }
    return with("%." + Math.max(0, new BigDecimal(mean).round(SIGNIFICANT).scale()) + "f");
  }

  /** Both with three decimals. */
  String toThreeDecimals() {
    return with("%.3f");
  }

  private String with(String format) {
    String text = String.format(Locale.ROOT, format, mean);
    return Double.isNaN(deviation)
        ? text
        : text + String.format(Locale.ROOT, " ± " + format, deviation);
  }
}
