package io.coppice.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.checkpoint.DataType;
import io.coppice.checkpoint.SafetensorsWriter;
import io.coppice.checkpoint.TensorEntry;
import io.coppice.checkpoint.TensorSpec;
import io.coppice.model.LlamaModel;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import io.coppice.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains the demo model, a small LLaMA, from random weights on the demo's training text, and writes
 * it as a bfloat16 checkpoint. Repeatable: the same text, seed and BLAS kernel give the same model.
 *
 * <p>Arguments: the folder with {@code tokenizer.json}, where {@code config.json} and {@code
 * model.safetensors} are written; the training text; the test text; the number of epochs.
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
    ObjectNode config = config();
    LlamaModel model = LlamaModel.parse(config);
    // The tokenizer checks its ids against the configuration's vocabulary.
    Files.writeString(folder.resolve("config.json"), config.toPrettyString() + "\n");
    try (Arena arena = Arena.unbounded("the demo model's training");
        Tokenizer tokenizer = Tokenizer.load(hadoopPath(folder), new Configuration())) {
      int[] train = stream(tokenizer, Path.of(arguments[1]));
      int[] test = stream(tokenizer, Path.of(arguments[2]));
      LOG.info("{} training tokens, {} test tokens", train.length, test.length);
      ModelTrainer.Settings settings =
          new ModelTrainer.Settings(
              SEQUENCE_LENGTH, BATCH, Integer.parseInt(arguments[3]), LEARNING_RATE, SEED);
      try (ModelTrainer trainer = new ModelTrainer(model, arena, settings)) {
        trainer.train(
            train,
            (epoch, loss) ->
                LOG.info(
                    "epoch {}: training perplexity {}, test perplexity {}",
                    epoch,
                    Math.exp(loss),
                    Math.exp(trainer.loss(test))));
        write(hadoopPath(folder.resolve("model.safetensors")), model, trainer.weights());
      }
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

  private static ObjectNode config() {
    ObjectNode config = JSON.createObjectNode();
    config.putArray("architectures").add("LlamaForCausalLM");
    config.put("model_type", "llama");
    config.put("hidden_size", 128);
    config.put("intermediate_size", 352);
    config.put("num_hidden_layers", 6);
    config.put("num_attention_heads", 4);
    config.put("num_key_value_heads", 2);
    config.put("vocab_size", 1024);
    config.put("max_position_embeddings", 512);
    config.put("rms_norm_eps", 1e-5);
    config.put("rope_theta", 10000.0);
    config.put("hidden_act", "silu");
    config.put("attention_bias", false);
    config.put("mlp_bias", false);
    config.put("tie_word_embeddings", true);
    config.put("bos_token_id", 1);
    config.put("eos_token_id", 2);
    config.put("torch_dtype", "bfloat16");
    return config;
  }
}
