package io.coppice.job.block;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.coppice.checkpoint.DataType;
import io.coppice.checkpoint.SafetensorsFile;
import io.coppice.checkpoint.SafetensorsWriter;
import io.coppice.checkpoint.TensorEntry;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import io.coppice.reconstruct.EpochErrors;
import io.coppice.reconstruct.TrainingSnapshots;
import io.coppice.storage.Json;
import io.coppice.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last snapshot of a span's training: a float32 safetensors file in the work folder with the
 * weights, the best ones so far and the optimiser's moments, and in its metadata the training that
 * they belong to and the errors so far. 8 bytes a weight and 8 more for each kept one.
 *
 * <p>A file that is broken, or belongs to another training, is ignored.
 *
 * @param training everything that the training depends on, in words
 * @param resumed receives the last epoch of a snapshot that training continues from
 */
record SpanSnapshot(Path file, String training, Configuration hadoop, IntConsumer resumed)
    implements TrainingSnapshots {
  private static final Logger LOG = LoggerFactory.getLogger(SpanSnapshot.class);
  private static final String TRAINING = "training";
  private static final String ERRORS = "errors";

  @Override
  public List<EpochErrors> restore(Map<String, Tensor> state) {
    Optional<SafetensorsFile> fitting = open(state);
    if (fitting.isEmpty()) {
      return List.of();
    }
    try (SafetensorsFile snapshot = fitting.orElseThrow()) {
      state.forEach(snapshot::read);
      List<EpochErrors> errors = errors(snapshot).orElseThrow();
      resumed.accept(errors.get(errors.size() - 1).epoch());
      return errors;
    }
  }

  @Override
  public void save(Map<String, Tensor> state, List<EpochErrors> history) {
    SafetensorsWriter.writeFloat32(
        file, hadoop, state, Map.of(TRAINING, training, ERRORS, Json.text(history)));
  }

  /** The file, if it is a whole snapshot of this training. */
  private Optional<SafetensorsFile> open(Map<String, Tensor> state) {
    SafetensorsFile opened;
    try {
      opened = SafetensorsFile.open(file, hadoop);
    } catch (UsageException e) {
      return Optional.empty();
    } catch (InvalidDataException e) {
      LOG.warn("A snapshot is not used: {}", e.getMessage());
      return Optional.empty();
    }
    if (fits(opened, state)) {
      return Optional.of(opened);
    }
    LOG.warn("Snapshot {} is of another training and is not used", file);
    opened.close();
    return Optional.empty();
  }

  private boolean fits(SafetensorsFile opened, Map<String, Tensor> state) {
    return training.equals(opened.header().metadata().get(TRAINING))
        && errors(opened).filter(errors -> !errors.isEmpty()).isPresent()
        && opened.entries().size() == state.size()
        && state.entrySet().stream()
            .allMatch(
                tensor ->
                    opened.contains(tensor.getKey())
                        && fits(opened.entry(tensor.getKey()), tensor.getValue()));
  }

  private static boolean fits(TensorEntry entry, Tensor tensor) {
    return entry.type() == DataType.F32
        && entry.shape().equals(List.of((long) tensor.rows(), (long) tensor.columns()));
  }

  private static Optional<List<EpochErrors>> errors(SafetensorsFile opened) {
    try {
      return Optional.of(
          Json.parseList(opened.header().metadata().getOrDefault(ERRORS, "[]"), EpochErrors.class));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }
}
