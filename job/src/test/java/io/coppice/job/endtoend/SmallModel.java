package io.coppice.job.endtoend;

import io.coppice.checkpoint.DataType;
import io.coppice.checkpoint.SafetensorsWriter;
import io.coppice.checkpoint.TensorEntry;
import io.coppice.checkpoint.TensorSpec;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;

/** A made-up LLaMA of two blocks with random weights, a tokenizer of whole words, and text. */
final class SmallModel {
  static final int VOCABULARY = 40;
  static final int BLOCKS = 2;

  private static final int HIDDEN = 16;
  private static final int INTERMEDIATE = 24;
  private static final int KEYS = 8;

  private static final String CONFIG =
      """
      {"architectures":["LlamaForCausalLM"],"model_type":"llama","hidden_size":16,
       "intermediate_size":24,"num_hidden_layers":2,"num_attention_heads":4,
       "num_key_value_heads":2,"vocab_size":40,"max_position_embeddings":64,
       "rms_norm_eps":1e-5,"rope_theta":10000.0,"hidden_act":"silu","tie_word_embeddings":true,
       "bos_token_id":1,"torch_dtype":"float32"}
      """;

  private SmallModel() {}

  /** Writes the model. */
  static Path write(Path folder) {
    write(folder.resolve("config.json"), CONFIG);
    write(folder.resolve("generation_config.json"), "{\"bos_token_id\": 1}\n");
    write(folder.resolve("README.md"), "No model of use.\r\n");
    write(folder.resolve("tokenizer_config.json"), "{\"bos_token\":\"<s>\"}\n");
    tokenizer(folder, VOCABULARY);
    weights(folder.resolve("model.safetensors"));
    return folder;
  }

  /** Writes a tokenizer that knows the words w2 to w(vocabulary − 1) by those ids. */
  static void tokenizer(Path folder, int vocabulary) {
    String words =
        IntStream.range(2, vocabulary)
            .mapToObj("\"w%1$d\":%1$d"::formatted)
            .collect(Collectors.joining(","));
    write(
        folder.resolve("tokenizer.json"),
        """
        {"version":"1.0","truncation":null,"padding":null,
         "added_tokens":[{"id":1,"content":"<s>","single_word":false,"lstrip":false,
          "rstrip":false,"normalized":false,"special":true}],
         "normalizer":null,"pre_tokenizer":{"type":"WhitespaceSplit"},
         "post_processor":{"type":"TemplateProcessing",
          "single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
          "pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":0}}],
          "special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}},
         "decoder":null,
         "model":{"type":"WordLevel","unk_token":"<unk>","vocab":{"<unk>":0,"<s>":1,%s}}}
        """
            .formatted(words));
  }

  /** Writes documents of a number of words each, as JSON lines. */
  static Path text(Path file, int documents, int words) {
    Random random = new Random(documents);
    String lines =
        IntStream.range(0, documents)
            .mapToObj(i -> "{\"text\":\"" + document(random, words) + "\"}\n")
            .collect(Collectors.joining());
    return write(file, lines);
  }

  static Path write(Path file, String content) {
    try {
      Files.createDirectories(file.getParent());
      return Files.writeString(file, content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String document(Random random, int words) {
    List<String> document = new ArrayList<>();
    int word = 2;
    for (int i = 0; i < words; i++) {
      // Some order in it, so that activations are not all alike.
      word = random.nextInt(3) == 0 ? 2 + random.nextInt(VOCABULARY - 2) : 2 + word * 7 % 38;
      document.add("w" + word);
    }
    return String.join(" ", document);
  }

  private static void weights(Path file) {
    List<TensorSpec> specs = new ArrayList<>();
    specs.add(matrix("model.embed_tokens.weight", VOCABULARY, HIDDEN));
    specs.add(TensorSpec.vector("model.norm.weight", DataType.F32, HIDDEN));
    for (int block = 0; block < BLOCKS; block++) {
      String prefix = "model.layers." + block + ".";
      specs.add(TensorSpec.vector(prefix + "input_layernorm.weight", DataType.F32, HIDDEN));
      specs.add(
          TensorSpec.vector(prefix + "post_attention_layernorm.weight", DataType.F32, HIDDEN));
      specs.add(matrix(prefix + "self_attn.q_proj.weight", HIDDEN, HIDDEN));
      specs.add(matrix(prefix + "self_attn.k_proj.weight", KEYS, HIDDEN));
      specs.add(matrix(prefix + "self_attn.v_proj.weight", KEYS, HIDDEN));
      specs.add(matrix(prefix + "self_attn.o_proj.weight", HIDDEN, HIDDEN));
      specs.add(matrix(prefix + "mlp.gate_proj.weight", INTERMEDIATE, HIDDEN));
      specs.add(matrix(prefix + "mlp.up_proj.weight", INTERMEDIATE, HIDDEN));
      specs.add(matrix(prefix + "mlp.down_proj.weight", HIDDEN, INTERMEDIATE));
    }
    Random random = new Random(1);
    try (Arena arena = Arena.unbounded("test");
        SafetensorsWriter writer =
            SafetensorsWriter.create(
                new org.apache.hadoop.fs.Path(file.toUri()), new Configuration(), specs)) {
      for (TensorEntry entry : writer.entries()) {
        Tensor values = arena.tensor((int) entry.rows(), (int) entry.columns());
        float[] row = new float[values.columns()];
        for (int i = 0; i < values.rows(); i++) {
          for (int j = 0; j < row.length; j++) {
            row[j] =
                entry.shape().size() == 1
                    ? 1 + 0.1f * (float) random.nextGaussian()
                    : 0.4f * (float) random.nextGaussian();
          }
          values.writeRow(i, row);
        }
        writer.write(entry.name(), values);
      }
      writer.commit();
    }
  }

  private static TensorSpec matrix(String name, int rows, int columns) {
    return TensorSpec.matrix(name, DataType.F32, rows, columns);
  }
}
