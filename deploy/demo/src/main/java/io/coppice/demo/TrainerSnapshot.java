package io.coppice.demo;

import io.coppice.checkpoint.SafetensorsFile;
import io.coppice.checkpoint.SafetensorsWriter;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file from which a model's training goes on: float32 tensors, and in its metadata the steps
 * taken and the training that it belongs to.
 *
 * @param training everything that the training depends on, in words
 */
record TrainerSnapshot(Path file, String training) {
  private static final Logger LOG = LoggerFactory.getLogger(TrainerSnapshot.class);
  private static final String TRAINING = "training";
  private static final String STEP = "step";
  private static final String LOSS = "loss";

  /**
   * @param step steps taken
   * @param loss summed loss of the steps of an epoch that is not at its end
   */
  record Progress(int step, double loss) {}

  /** Overwrites the tensors by the file's, if there is one of this training. */
  Progress restore(Map<String, Tensor> state) {
    if (!Files.exists(file)) {
      return new Progress(0, 0);
    }
    try (SafetensorsFile snapshot = SafetensorsFile.open(hadoopPath(), new Configuration())) {
      Map<String, String> metadata = snapshot.header().metadata();
      if (!training.equals(metadata.get(TRAINING))) {
        throw new IllegalArgumentException(
            file + " is of another training: \"" + metadata.get(TRAINING) + "\"; delete it");
      }
      state.forEach(snapshot::read);
      Progress progress =
          new Progress(
              Integer.parseInt(metadata.get(STEP)), Double.parseDouble(metadata.get(LOSS)));
      LOG.info("goes on after step {}", progress.step());
      return progress;
    }
  }

  /** Replaces the file. */
  void save(Map<String, Tensor> state, Progress progress) {
    Map<String, String> metadata =
        Map.of(
            TRAINING,
            training,
            STEP,
            Integer.toString(progress.step()),
            LOSS,
            Double.toString(progress.loss()));
    SafetensorsWriter.writeFloat32(hadoopPath(), new Configuration(), state, metadata);
  }

  /** Deletes the file, when training is done. */
  void delete() throws IOException {
    Files.deleteIfExists(file);
  }

  private org.apache.hadoop.fs.Path hadoopPath() {
    return new org.apache.hadoop.fs.Path(file.toUri());
  }
}
