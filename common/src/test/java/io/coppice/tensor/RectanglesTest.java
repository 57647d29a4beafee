package io.coppice.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RectanglesTest {
  @ParameterizedTest
  @CsvSource({
    "1, 1, 1", "1024, 1024, 4", "1024, 4096, 16", "4096, 4096, 32", "1024, 11008, 22",
    "2048, 576, 4", "256, 4096, 8", "70000, 3, 67", "3, 70000, 137", "1300, 700, 3"
  })
  void bfloat16PiecesCoverTheWholeOnce(int rows, int columns, int count) {
    Rectangles cut = Rectangles.ofProduct(rows, columns, true);

    assertThat(cut.count()).isEqualTo(count);
    assertCoversOnce(cut);
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "1024, 1024, 4", "1024, 4096, 16", "4096, 4096, 32", "1100, 1500, 6"})
  void float32PiecesCoverTheWholeOnce(int rows, int columns, int count) {
    Rectangles cut = Rectangles.ofProduct(rows, columns, false);

    assertThat(cut.count()).isEqualTo(count);
    assertCoversOnce(cut);
  }

  private static void assertCoversOnce(Rectangles cut) {
    long covered = 0;
    for (int piece = 0; piece < cut.count(); piece++) {
      int row = cut.row(piece);
      int column = cut.column(piece);
      assertThat(cut.height(row)).isBetween(1, cut.rows() - row);
      assertThat(cut.width(column)).isBetween(1, cut.columns() - column);
      boolean lastAcross = column + cut.width(column) == cut.columns();
      if (piece + 1 < cut.count()) {
        assertThat(cut.column(piece + 1)).isEqualTo(lastAcross ? 0 : column + cut.width(column));
        assertThat(cut.row(piece + 1)).isEqualTo(lastAcross ? row + cut.height(row) : row);
      }
      covered += (long) cut.height(row) * cut.width(column);
    }
    assertThat(covered).isEqualTo((long) cut.rows() * cut.columns());
  }
}
