package io.coppice.kernel;

/**
 * The constants of exp(x) = 2ⁿ · exp(r), n = round(x / ln 2), |r| ≤ ln 2 / 2, where exp(r) = 1 + r
 * + r² · P(r). Coefficients: Cephes Mathematical Library, expf.c (S. Moshier).
 *
 * <p>x is kept within [{@link #LOWEST}, {@link #HIGHEST}], where 2ⁿ is a normal number: below, the
 * result is 1.6e-38 rather than 0.
 */
final class ExpPolynomial {
  static final float LOWEST = -87f;
  static final float HIGHEST = 88f;
  static final float LOG2_E = 1.44269504088896341f;

  /** Adding 1.5 · 2²³ rounds to an integer, and leaves it in the lowest bits. */
  static final float ROUNDER = 12582912f;

  /** Ends in zeros, so that its product with n is exact. */
  static final float LN2_HIGH = 0.693359375f;

  static final float LN2_LOW = -2.12194440e-4f;
  static final float C1 = 5.0000001201e-1f;
  static final float C2 = 1.6666665459e-1f;
  static final float C3 = 4.1665795894e-2f;
  static final float C4 = 8.3334519073e-3f;
  static final float C5 = 1.3981999507e-3f;
  static final float C6 = 1.9875691500e-4f;

  private ExpPolynomial() {}
}
