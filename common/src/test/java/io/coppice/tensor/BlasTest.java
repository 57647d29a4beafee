package io.coppice.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.ludovic.netlib.blas.BLAS;
import dev.ludovic.netlib.lapack.LAPACK;
import io.coppice.parallel.KernelPool;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class BlasTest {
  private static final Blas PLAIN = BlasProvider.javaBlas();

  static List<Blas> libraries() {
    return BlasProvider.all(KernelPool.single());
  }

  /** Every library with shapes from one element to more than one rectangle. */
  static Stream<Object[]> librariesAndShapes() {
    int[][] shapes = {
      {1, 1, 1}, {3, 5, 7}, {64, 33, 17}, {130, 70, 65}, {1, 128, 64}, {128, 8, 128}, {7, 9, 2100}
    };
    return libraries().stream()
        .flatMap(blas -> Stream.of(shapes).map(shape -> new Object[] {blas, shape}));
  }

  @Test
  void nativeLibraryLoadsHereAndSaysWhatItIs() {
    assertThat(BlasProvider.blas(1, CpuKernels.AUTO, true).description())
        .contains("oneDNN", "kernels", "1 thread");
  }

  @Test
  void mllibsLinearAlgebraIsNativeToo() {
    BlasProvider.blas();

    assertThat(BLAS.getInstance().getClass().getSimpleName()).startsWith("JNI");
    assertThat(LAPACK.getInstance().getClass().getSimpleName()).startsWith("JNI");
  }

  @ParameterizedTest
  @MethodSource("librariesAndShapes")
  void float32AgreesWithThePlainTwin(Blas blas, int[] shape) {
    try (Arena arena = Arena.unbounded("test")) {
      for (Transposition transposed : Transposition.values()) {
        for (float alpha : new float[] {1, 0.5f}) {
          for (float beta : new float[] {0, 1, 2}) {
            Operands o = new Operands(arena, transposed, shape);
            Tensor actual = o.result(arena);
            blas.multiply(transposed, alpha, o.a, o.b, beta, actual);
            Tensor expected = o.result(arena);
            PLAIN.multiply(transposed, alpha, o.a, o.b, beta, expected);
            assertClose(actual, expected, 2e-6f * shape[2]);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("librariesAndShapes")
  void bfloat16AgreesWithFloat32ProductsOfTheRoundedOperands(Blas blas, int[] shape) {
    try (Arena arena = Arena.unbounded("test")) {
      for (Transposition transposed : Transposition.values()) {
        for (float alpha : new float[] {1, 0.5f}) {
          for (float beta : new float[] {0, 1}) {
            Operands o = new Operands(arena, transposed, shape);
            Bf16Tensor a = rounded(blas, arena, o.a);
            Bf16Tensor b = rounded(blas, arena, o.b);
            Tensor actual = o.result(arena);
            blas.multiply(transposed, alpha, a, b, beta, actual);
            Tensor expected = o.result(arena);
            PLAIN.multiply(transposed, alpha, widened(arena, a), widened(arena, b), beta, expected);
            assertClose(actual, expected, 2e-6f * shape[2]);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("libraries")
  void roundingIsToTheNearestTiesToEven(Blas blas) {
    float[] values = {
      1, 1.00390625f, 1.01171875f, 1.003907f, -1.00390625f, 0, -0f, 3.4e38f, 1e-39f, 0.1f
    };
    try (Arena arena = Arena.unbounded("test")) {
      Tensor source = arena.vector(values.length);
      source.fill(values);
      Bf16Tensor rounded = arena.bf16(1, values.length);
      blas.round(source, rounded);
      for (int i = 0; i < values.length; i++) {
        float expected = BFloat16.decode(Bf16Tensor.rounded(values[i]));
        assertThat(rounded.get(0, i)).as("%s", values[i]).isEqualTo(expected);
      }
      assertThat(rounded.get(0, 1)).isEqualTo(1);
      assertThat(rounded.get(0, 2)).isEqualTo(1.015625f);
      assertThat(rounded.get(0, 3)).isEqualTo(1.0078125f);
    }
  }

  @ParameterizedTest
  @MethodSource("libraries")
  void roundingKeepsWhatIsNotFinite(Blas blas) {
    try (Arena arena = Arena.unbounded("test")) {
      Tensor source = arena.vector(3);
      source.fill(
          new float[] {
            Float.intBitsToFloat(0x7f800001), Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY
          });
      Bf16Tensor rounded = arena.bf16(1, 3);
      blas.round(source, rounded);
      assertThat(rounded.get(0, 0)).isNaN();
      assertThat(rounded.get(0, 1)).isEqualTo(Float.POSITIVE_INFINITY);
      assertThat(rounded.get(0, 2)).isEqualTo(Float.NEGATIVE_INFINITY);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7})
  void bytesDoNotDependOnTheNumberOfThreads(int threads) {
    try (Arena arena = Arena.unbounded("test");
        KernelPool pool = new KernelPool(threads)) {
      int[] shape = {700, 1100, 130};
      Operands o = new Operands(arena, Transposition.RIGHT, shape);
      List<Blas> alone = libraries();
      List<Blas> together = BlasProvider.all(pool);
      for (int i = 0; i < 2; i++) {
        Tensor expected = o.result(arena);
        alone.get(i).multiply(Transposition.RIGHT, 1, o.a, o.b, 1, expected);
        Tensor actual = o.result(arena);
        together.get(i).multiply(Transposition.RIGHT, 1, o.a, o.b, 1, actual);
        assertThat(actual.toArray()).isEqualTo(expected.toArray());
      }
      Bf16Tensor a = rounded(alone.get(0), arena, o.a);
      Bf16Tensor b = rounded(together.get(0), arena, o.b);
      Tensor expected = o.result(arena);
      alone.get(0).multiply(Transposition.RIGHT, 1, a, b, 0, expected);
      Tensor actual = o.result(arena);
      together.get(0).multiply(Transposition.RIGHT, 1, a, b, 0, actual);
      assertThat(actual.toArray()).isEqualTo(expected.toArray());
    }
  }

  @ParameterizedTest
  @CsvSource({"NONE", "LEFT", "RIGHT"})
  void whatIsCutIntoRectanglesIsWhole(Transposition transposed) {
    try (Arena arena = Arena.unbounded("test");
        KernelPool pool = new KernelPool(2)) {
      Operands o = new Operands(arena, transposed, new int[] {1030, 1290, 51});
      Tensor actual = o.result(arena);
      BlasProvider.all(pool).get(0).multiply(transposed, 1, o.a, o.b, 1, actual);
      Tensor expected = o.result(arena);
      PLAIN.multiply(transposed, 1, o.a, o.b, 1, expected);
      assertClose(actual, expected, 1e-4f);
    }
  }

  @ParameterizedTest
  @MethodSource("libraries")
  void aLargeLeftOperandIsTransposedWithoutAnotherResult(Blas blas) {
    try (Arena arena = Arena.unbounded("test");
        KernelPool pool = new KernelPool(3)) {
      Operands o = new Operands(arena, Transposition.LEFT, new int[] {530, 420, 333});
      Bf16Tensor a = rounded(blas, arena, o.a);
      Bf16Tensor b = rounded(blas, arena, o.b);
      Bf16Tensor room = Blas.roomToTranspose(Precision.BF16, arena, a.rows(), a.columns());
      for (float beta : new float[] {0, 1}) {
        Tensor actual = o.result(arena);
        blas.multiplyTransposedA(a, b, beta, actual, room);
        Tensor expected = o.result(arena);
        PLAIN.multiply(Transposition.LEFT, 1, widened(arena, a), widened(arena, b), beta, expected);
        assertClose(actual, expected, 1e-4f);
        Tensor together = o.result(arena);
        blas.on(pool).multiplyTransposedA(a, b, beta, together, room);
        assertThat(together.toArray()).isEqualTo(actual.toArray());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("libraries")
  void transposedCopiesAreExact(Blas blas) {
    try (Arena arena = Arena.unbounded("test");
        KernelPool pool = new KernelPool(3)) {
      Tensor source = filled(arena, 37, 530, new Random(3));
      source.set(5, 6, Float.NaN);
      source.set(6, 7, Float.NEGATIVE_INFINITY);
      Bf16Tensor rounded = rounded(blas, arena, source);
      Bf16Tensor transposed = arena.bf16(530, 60).window(0, 530, 4, 37);
      blas.on(pool).transpose(rounded, transposed);
      for (int i = 0; i < 37; i++) {
        for (int j = 0; j < 530; j++) {
          assertThat(Float.floatToIntBits(transposed.get(j, i)))
              .isEqualTo(Float.floatToIntBits(rounded.get(i, j)));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("libraries")
  void betaZeroOverwritesNaN(Blas blas) {
    try (Arena arena = Arena.unbounded("test")) {
      Tensor a = arena.tensor(2, 2);
      Tensor c = arena.tensor(2, 2);
      c.set(1, 1, Float.NaN);
      blas.multiply(1, a, a, 0, c);
      assertThat(c.toArray()).containsOnly(0f);
      c.set(1, 1, Float.NaN);
      blas.multiply(Transposition.NONE, 1, arena.bf16(2, 2), arena.bf16(2, 2), 0, c);
      assertThat(c.toArray()).containsOnly(0f);
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

  @Test
  void operandsOfTwoFormatsAreRefused() {
    try (Arena arena = Arena.unbounded("test")) {
      Tensor a = arena.tensor(2, 2);
      assertThatThrownBy(
              () ->
                  BlasProvider.blas()
                      .multiply(Transposition.NONE, 1, a, arena.bf16(2, 2), 0, arena.tensor(2, 2)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("bfloat16");
    }
  }

  /** Operands with gaps between their rows, of m × n × k. */
  private static final class Operands {
    private final Random random;
    private final int[] shape;
    private final Tensor a;
    private final Tensor b;

    Operands(Arena arena, Transposition transposed, int[] shape) {
      this.shape = shape;
      random = new Random(shape[0] * 31L + shape[1]);
      int m = shape[0];
      int n = shape[1];
      int k = shape[2];
      a = transposed.left() ? filled(arena, k, m, random) : filled(arena, m, k, random);
      b = transposed.right() ? filled(arena, n, k, random) : filled(arena, k, n, random);
    }

    /** The same values each time. */
    Tensor result(Arena arena) {
      return filled(arena, shape[0], shape[1], new Random(7));
    }
  }

  private static Bf16Tensor rounded(Blas blas, Arena arena, Tensor source) {
    Bf16Tensor rounded =
        arena
            .bf16(source.rows(), source.columns() + 5)
            .window(0, source.rows(), 2, source.columns());
    blas.round(source, rounded);
    return rounded;
  }

  private static Tensor widened(Arena arena, Bf16Tensor source) {
    Tensor widened = arena.tensor(source.rows(), source.columns());
    for (int i = 0; i < source.rows(); i++) {
      for (int j = 0; j < source.columns(); j++) {
        widened.set(i, j, source.get(i, j));
      }
    }
    return widened;
  }

  private static void assertClose(Tensor actual, Tensor expected, float tolerance) {
    float[] want = expected.toArray();
    float[] got = actual.toArray();
    for (int i = 0; i < want.length; i++) {
      assertThat(got[i]).isCloseTo(want[i], within(Math.max(1e-6f, tolerance)));
    }
  }

  private static Tensor filled(Arena arena, int rows, int columns, Random random) {
    Tensor tensor = arena.tensor(rows, columns + 3).columns(1, columns);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        tensor.set(i, j, random.nextFloat() - 0.5f);
      }
    }
    return tensor;
  }
}
