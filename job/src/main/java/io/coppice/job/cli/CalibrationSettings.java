package io.coppice.job.cli;

import java.io.Serializable;
import java.util.List;

/**
 * Which text calibrates the model.
 *
 * @param texts files, folders or globs on any Hadoop file system
 * @param textField field of a JSON object, or Parquet column, that is the text
 * @param samples windows that prune and train
 * @param sequenceLength tokens of a window
 * @param heldOut windows that only measure, as a fraction of {@code samples}, drawn besides them
 * @param heldOutGiven whether the user asked for that fraction; else it is at least {@value
 *     #FEWEST_HELD_OUT} windows, as far as the text holds them
 * @param pack whether short documents are packed together to fill windows
 */
public record CalibrationSettings(
    List<String> texts,
    String textField,
    int samples,
    SequenceLength sequenceLength,
    double heldOut,
    boolean heldOutGiven,
    boolean pack)
    implements Serializable {
  /** Fewer measure too little to choose by. */
  private static final int FEWEST_HELD_OUT = 16;

  public CalibrationSettings {
    texts = List.copyOf(texts);
  }

  /** Windows that only measure. */
  public int heldOutSamples() {
    return heldOutGiven ? heldOutNeeded() : Math.max(FEWEST_HELD_OUT, heldOutNeeded());
  }

  /** How many of them there must be; at least one unless the fraction is 0. */
  public int heldOutNeeded() {
    return (int) Math.ceil(heldOut * samples);
  }

  /**
   * Fails where windows would be longer than a model allows.
   *
   * @param maxPositions of the model
   * @throws io.coppice.failure.UsageException if so
   */
  public void requireLength(int maxPositions) {
    sequenceLength.resolve(maxPositions);
  }
}
