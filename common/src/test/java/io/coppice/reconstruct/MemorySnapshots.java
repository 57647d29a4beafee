package io.coppice.reconstruct;

import io.coppice.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Snapshots in memory, of a training that is interrupted. */
final class MemorySnapshots implements TrainingSnapshots {
  private final Map<String, float[]> values = new HashMap<>();
  private final int interruptedAfter;
  private List<EpochErrors> history = List.of();

  MemorySnapshots(int interruptedAfter) {
    this.interruptedAfter = interruptedAfter;
  }

  @Override
  public List<EpochErrors> restore(Map<String, Tensor> state) {
    values.forEach((name, copy) -> state.get(name).fill(copy));
    return history;
  }

  @Override
  public void save(Map<String, Tensor> state, List<EpochErrors> errors) {
    values.clear();
    state.forEach((name, tensor) -> values.put(name, tensor.toArray()));
    history = List.copyOf(errors);
    if (history.size() == interruptedAfter + 1) {
      throw new IllegalStateException("interrupted");
    }
  }
}
