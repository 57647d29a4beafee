package io.coppice.reconstruct;

import io.coppice.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * Keeps what a training holds between two epochs, so that one that was interrupted goes on after
 * its last whole epoch, to the same bits.
 */
public interface TrainingSnapshots {

  /**
   * Puts the last snapshot back.
   *
   * @param state all tensors of the training by name, as it begins; overwritten where there is a
   *     snapshot of this training, else left as they are
   * @return the errors of the epochs that are done, from epoch 0 on; none where there is no
   *     snapshot
   */
  List<EpochErrors> restore(Map<String, Tensor> state);

  /**
   * Takes a snapshot after an epoch, in the place of the one before.
   *
   * @param state the same tensors
   * @param history the errors of the epochs that are done, from epoch 0 on
   */
  void save(Map<String, Tensor> state, List<EpochErrors> history);

  /** Keeps nothing. */
  static TrainingSnapshots none() {
    return new TrainingSnapshots() {
      @Override
      public List<EpochErrors> restore(Map<String, Tensor> state) {
        return List.of();
      }

      @Override
      public void save(Map<String, Tensor> state, List<EpochErrors> history) {
        // An interrupted training begins anew.
      }
    };
  }
}
