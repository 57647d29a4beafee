package io.coppice.reconstruct;

import io.coppice.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * Keeps the state of a training between two epochs, so that an interrupted training continues after
 * its last complete epoch, with the same bits.
 */
public interface TrainingSnapshots {

  /**
   * Restores the last snapshot.
   *
   * @param state all tensors of the training by name, as it begins; overwritten if there is a
   *     snapshot of this training, otherwise left as they are
   * @return the errors of the epochs that are done, from epoch 0 on; none where there is no
   *     snapshot
   */
  List<EpochErrors> restore(Map<String, Tensor> state);

  /**
   * Takes a snapshot after an epoch, in place of the previous one.
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
        // An interrupted training starts again.
      }
    };
  }
}
