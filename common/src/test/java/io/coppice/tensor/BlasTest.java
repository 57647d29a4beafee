package io.coppice.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.ludovic.netlib.blas.BLAS;
import dev.ludovic.netlib.lapack.LAPACK;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BlasTest {

  @Test
  void nativeLibraryLoadsHereAndSaysWhatItIs() {
    assertThat(BlasProvider.blas(1, true).description()).contains("OpenBLAS", "1 thread");
  }

  @Test
  void mllibsLinearAlgebraIsNativeToo() {
    BlasProvider.blas();

    assertThat(BLAS.getInstance().getClass().getSimpleName()).startsWith("JNI");
    assertThat(LAPACK.getInstance().getClass().getSimpleName()).startsWith("JNI");
  }

  @ParameterizedTest
  @CsvSource({"1,1,1", "3,5,7", "64,33,17", "130,70,65", "1,128,64"})
  void nativeAndJavaAgreeOnEveryOrientationAndOnStridedOperands(int m, int n, int k) {
    try (Arena arena = Arena.unbounded("test")) {
      Random random = new Random(m * 31L + n);
      for (String form : new String[] {"NN", "NT", "TN"}) {
        Tensor a = form.charAt(0) == 'T' ? strided(arena, k, m) : strided(arena, m, k);
        Tensor b = form.charAt(1) == 'T' ? strided(arena, n, k) : strided(arena, k, n);
        fill(a, random);
        fill(b, random);
        Tensor expected = strided(arena, m, n);
        fill(expected, random);
        Tensor actual = strided(arena, m, n);
        actual.copyFrom(expected);
        run(form, BlasProvider.javaBlas(), a, b, expected);
        run(form, BlasProvider.blas(), a, b, actual);
        float[] want = expected.toArray();
        float[] got = actual.toArray();
        for (int i = 0; i < want.length; i++) {
          assertThat(got[i]).as(form).isCloseTo(want[i], within(1e-5f * k));
        }
      }
    }
  }

  @Test
  void betaZeroOverwritesNaN() {
    try (Arena arena = Arena.unbounded("test")) {
      for (Blas blas : new Blas[] {BlasProvider.blas(), BlasProvider.javaBlas()}) {
        Tensor a = arena.tensor(2, 2);
        Tensor c = arena.tensor(2, 2);
        c.set(1, 1, Float.NaN);
        blas.multiply(1, a, a, 0, c);
        assertThat(c.toArray()).containsOnly(0f);
      }
    }
  }

  @Test
  void shapesThatDoNotFitAreRefused() {
    try (Arena arena = Arena.unbounded("test")) {
      Tensor a = arena.tensor(2, 3);
      assertThatThrownBy(() -> BlasProvider.blas().multiply(1, a, a, 0, a))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("2 x 3");
    }
  }

  private static void run(String form, Blas blas, Tensor a, Tensor b, Tensor c) {
    switch (form) {
      case "NN" -> blas.multiply(0.5f, a, b, 2, c);
      case "NT" -> blas.multiplyTransposedB(0.5f, a, b, 2, c);
      default -> blas.multiplyTransposedA(0.5f, a, b, 2, c);
    }
  }

  private static Tensor strided(Arena arena, int rows, int columns) {
    return arena.tensor(rows, columns + 3).columns(1, columns);
  }

  private static void fill(Tensor tensor, Random random) {
    for (int i = 0; i < tensor.rows(); i++) {
      for (int j = 0; j < tensor.columns(); j++) {
        tensor.set(i, j, random.nextFloat() - 0.5f);
      }
    }
  }
}
