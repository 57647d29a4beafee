package io.coppice.benchmark;

import io.coppice.prune.SemiStructured;
import io.coppice.prune.SparsityPattern;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * SparseGPT in libtorch's calls, all float32: blocks of 128 columns, damping 0.01; a block's mask
 * is chosen by sorting its scores, a group's by the lowest ones of each row.
 *
 * @param pattern which weights are pruned
 */
record TorchSparseGpt(SparsityPattern pattern) {
  static final int WIDTH = 128;
  private static final double DAMPING = 0.01;

  /**
   * Prunes in place.
   *
   * @param weight out × in
   * @param hessian in × in; overwritten
   */
  void prune(Tensor weight, Tensor hessian) {
    try (NoGradGuard guard = new NoGradGuard()) {
      Tensor factor = factor(hessian);
      long columns = weight.size(1);
      for (long first = 0; first < columns; first += WIDTH) {
        long width = Math.min(WIDTH, columns - first);
        try (PointerScope scope = new PointerScope()) {
          block(weight, factor, first, width);
        }
      }
    }
  }

  /** The upper factor of the damped inverse. */
  private static Tensor factor(Tensor hessian) {
    Tensor diagonal = hessian.diagonal();
    diagonal.add_(diagonal.mean().mul(TorchTensors.scalar(DAMPING)));
    Tensor inverse = torch.cholesky_inverse(torch.linalg_cholesky(hessian));
    return torch.linalg_cholesky(inverse, true);
  }

  private void block(Tensor weight, Tensor factor, long first, long width) {
    Tensor rows = factor.narrow(0, first, width);
    Tensor own = rows.narrow(1, first, width);
    Tensor diagonal = own.diagonal();
    Tensor block = weight.narrow(1, first, width).clone();
    Tensor pruned = torch.empty_like(block);
    Tensor errors = torch.empty_like(block);
    Tensor mask = mask(block, diagonal);
    for (long i = 0; i < width; i++) {
      try (PointerScope scope = new PointerScope()) {
        if (pattern instanceof SemiStructured groups && i % groups.group() == 0) {
          chooseGroup(groups, block, diagonal, mask, i);
        }
        Tensor column = block.select(1, i);
        Tensor kept = column.masked_fill(mask.select(1, i), TorchTensors.scalar(0));
        Tensor error = column.sub(kept).div(diagonal.select(0, i));
        block
            .narrow(1, i, width - i)
            .sub_(error.unsqueeze(1).matmul(own.select(0, i).narrow(0, i, width - i).unsqueeze(0)));
        pruned.select(1, i).copy_(kept);
        errors.select(1, i).copy_(error);
      }
    }
    weight.narrow(1, first, width).copy_(pruned);
    long end = first + width;
    long right = weight.size(1) - end;
    if (right > 0) {
      weight.narrow(1, end, right).sub_(errors.matmul(rows.narrow(1, end, right)));
    }
  }

  /** Of the whole block; nothing yet where groups are chosen one by one. */
  private Tensor mask(Tensor block, Tensor diagonal) {
    if (pattern instanceof SemiStructured) {
      return torch.zeros_like(block).to(torch.ScalarType.Bool);
    }
    Tensor scores = scores(block, diagonal);
    Tensor sorted = scores.flatten().sort().get0();
    long count = (long) ((double) scores.numel() * pattern.sparsity());
    return scores.le(sorted.select(0, count - 1));
  }

  private static void chooseGroup(
      SemiStructured groups, Tensor block, Tensor diagonal, Tensor mask, long first) {
    Tensor scores =
        scores(block.narrow(1, first, groups.group()), diagonal.narrow(0, first, groups.group()));
    Tensor lowest = torch.topk(scores, groups.pruned(), 1, false, true).get1();
    mask.narrow(1, first, groups.group()).scatter_(1, lowest, TorchTensors.scalar(1));
  }

  private static Tensor scores(Tensor weights, Tensor diagonal) {
    return weights.div(diagonal).square();
  }
}
