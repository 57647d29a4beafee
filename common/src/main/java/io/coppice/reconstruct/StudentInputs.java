package io.coppice.reconstruct;

import io.coppice.kernel.Elementwise;
import io.coppice.parallel.KernelPool;
import io.coppice.seed.Seeds;
import io.coppice.tensor.Tensor;
import java.util.Random;

/** The inputs of a block that is being trained. */
public interface StudentInputs {

  /** The epoch number that means a measurement: its inputs are always the same. */
  int MEASUREMENT = 0;

  /**
   * @param window the window's index
   * @param epoch the epoch, from 1, or {@link #MEASUREMENT}
   * @param destination T × hidden_size, overwritten
   */
  void read(int window, int epoch, Tensor destination);

  /** The activations as they are: the paper's inputs. */
  static StudentInputs exact(ActivationReader activations) {
    return (window, epoch, destination) -> activations.read(window, destination);
  }

  /**
   * X̄ + α·(X − X̄) with α drawn uniformly from [0, 1] for every window and epoch: a block that is
   * trained along the whole segment between dense input X̄ and stale sparse input X is right
   * wherever the error of its predecessors ends up. Kin to QDrop (arXiv 2203.05740).
   *
   * @param dense X̄
   * @param sparse X, of the sparse model of the previous wave
   * @param seed from which all α are drawn
   * @param sparseInput T × hidden_size, room for a window of X
   */
  static StudentInputs mixed(
      ActivationReader dense, ActivationReader sparse, long seed, Tensor sparseInput) {
    int sequenceLength = sparseInput.rows();
    Elementwise elementwise = new Elementwise(KernelPool.single());
    float[] alpha = new float[1];
    return (window, epoch, destination) -> {
      dense.read(window, destination);
      sparse.read(window, sparseInput);
      alpha[0] = new Random(Seeds.mix(seed, window, epoch)).nextFloat();
      elementwise.mix(destination, sparseInput, alpha, sequenceLength, destination);
    };
  }
}
