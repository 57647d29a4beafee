package io.coppice.job.config;

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
 * @param pack whether short documents are packed together to fill windows
 */
public record CalibrationSettings(
    List<String> texts,
    String textField,
    int samples,
    SequenceLength sequenceLength,
    double heldOut,
    boolean pack)
    implements Serializable {
  public CalibrationSettings {
    texts = List.copyOf(texts);
  }

  /** Windows that only measure; at least one unless the fraction is 0. */
  public int heldOutSamples() {
    return (int) Math.ceil(heldOut * samples);
  }
}
