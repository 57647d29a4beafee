package io.coppice.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.checkpoint.DataType;
import io.coppice.checkpoint.SafetensorsWriter;
import io.coppice.checkpoint.TensorEntry;
import io.coppice.checkpoint.TensorSpec;
import io.coppice.model.LlamaModel;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Precision;
import io.coppice.tensor.Tensor;
import io.coppice.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains a small LLaMA from random weights, the demo model or another, and writes it as a bfloat16
 * checkpoint. Repeatable: the same shape, text, seed and BLAS kernel give the same model. A
 * training that was interrupted goes on from its last snapshot.
 *
 * <p>Arguments: the folder with {@code tokenizer.json} and {@code config.json}, which says the
 * model's shape, where {@code model.safetensors} is written; the training text; the test text; the
 * number of epochs; and, if they are not 3e-3 and float32, the highest learning rate and what
 * products read, {@code float32} or {@code bf16}.
 */
public final class DemoTraining {
  private static final Logger LOG = LoggerFactory.getLogger(DemoTraining.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SEQUENCE_LENGTH = 256;
  private static final int BATCH = 16;
  private static final double LEARNING_RATE = 3e-3;
  private static final long SEED = 1;

  private DemoTraining() {}

  /** The program; see the class. */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    LlamaModel model =
        LlamaModel.parse((ObjectNode) JSON.readTree(folder.resolve("config.json").toFile()));
    ModelTrainer.Settings settings =
        new ModelTrainer.Settings(
            SEQUENCE_LENGTH,
            BATCH,
            Integer.parseInt(arguments[3]),
            arguments.length > 4 ? Double.parseDouble(arguments[4]) : LEARNING_RATE,
            SEED,
            arguments.length > 5
                ? Precision.valueOf(arguments[5].toUpperCase(Locale.ROOT))
                : Precision.FLOAT32);
    try (Arena arena = Arena.unbounded("the training of " + folder);
        Tokenizer tokenizer = Tokenizer.load(hadoopPath(folder), new Configuration())) {
      int[] train = stream(tokenizer, Path.of(arguments[1]));
      int[] test = stream(tokenizer, Path.of(arguments[2]));
      LOG.info("{} training tokens, {} test tokens", train.length, test.length);
      TrainerSnapshot snapshot =
          new TrainerSnapshot(
              folder.resolve("training.safetensors"),
              model + ", " + settings + ", " + train.length + " tokens");
      try (ModelTrainer trainer = new ModelTrainer(model, arena, settings)) {
        trainer.train(
            train,
            snapshot,
            (epoch, loss) ->
                LOG.info(
                    "epoch {}: training perplexity {}, test perplexity {}",
                    epoch,
                    Math.exp(loss),
                    Math.exp(trainer.loss(test))));
        write(hadoopPath(folder.resolve("model.safetensors")), model, trainer.weights());
      }
      snapshot.delete();
    }
  }

  /** Every passage with its beginning token, one after the other. */
  private static int[] stream(Tokenizer tokenizer, Path file) throws IOException {
    return Passage.readAll(file).stream()
        .map(passage -> tokenizer.encode(passage.text(), true))
        .flatMapToInt(IntStream::of)
        .toArray();
  }

  private static void write(
      org.apache.hadoop.fs.Path file, LlamaModel model, ModelWeights weights) {
    Map<String, Tensor> tensors = new TreeMap<>(weights.byName(model));
    List<TensorSpec> specs =
        tensors.entrySet().stream().map(entry -> spec(entry.getKey(), entry.getValue())).toList();
    try (SafetensorsWriter writer = SafetensorsWriter.create(file, new Configuration(), specs)) {
      for (TensorEntry entry : writer.entries()) {
        writer.write(entry.name(), tensors.get(entry.name()));
      }
      writer.commit();
    }
  }

  private static TensorSpec spec(String name, Tensor tensor) {
    return tensor.rows() == 1
        ? TensorSpec.vector(name, DataType.BF16, tensor.columns())
        : TensorSpec.matrix(name, DataType.BF16, tensor.rows(), tensor.columns());
  }

  private static org.apache.hadoop.fs.Path hadoopPath(Path path) {
    return new org.apache.hadoop.fs.Path(path.toUri());
  }
}
