package io.coppice.job.endtoend;

import io.coppice.checkpoint.DataType;
import io.coppice.checkpoint.SafetensorsWriter;
import io.coppice.checkpoint.TensorEntry;
import io.coppice.checkpoint.TensorSpec;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;

/** A made-up model of two blocks with random weights, a tokenizer of whole words, and text. */
final class SmallModel {
  static final int VOCABULARY = 40;
  static final int BLOCKS = 2;

  private SmallModel() {}

  /** Writes a LLaMA. */
  static Path write(Path folder) {
    return write(folder, SmallFamily.LLAMA);
  }

  /** Writes a model. */
  static Path write(Path folder, SmallFamily family) {
    write(folder.resolve("config.json"), family.config());
    write(folder.resolve("generation_config.json"), "{\"bos_token_id\": 1}\n");
    write(folder.resolve("README.md"), "No model of use.\r\n");
    write(folder.resolve("tokenizer_config.json"), "{\"bos_token\":\"<s>\"}\n");
    tokenizer(folder, VOCABULARY);
    weights(folder.resolve("model.safetensors"), family.model());
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

  private static void weights(Path file, LanguageModel model) {
    Random random = new Random(1);
    try (Arena arena = Arena.unbounded("test");
        SafetensorsWriter writer =
            SafetensorsWriter.create(
                new org.apache.hadoop.fs.Path(file.toUri()), new Configuration(), specs(model))) {
      for (TensorEntry entry : writer.entries()) {
        Tensor values = arena.tensor((int) entry.rows(), (int) entry.columns());
        float[] row = new float[values.columns()];
        for (int i = 0; i < values.rows(); i++) {
          for (int j = 0; j < row.length; j++) {
            boolean norm = entry.shape().size() == 1 && entry.name().endsWith(".weight");
            row[j] = (norm ? 0.1f : 0.4f) * (float) random.nextGaussian() + (norm ? 1 : 0);
          }
          values.writeRow(i, row);
        }
        writer.write(entry.name(), values);
      }
      writer.commit();
    }
  }

  private static List<TensorSpec> specs(LanguageModel model) {
    List<TensorSpec> specs = new ArrayList<>();
    for (String table : new TreeSet<>(List.of(model.embeddingName(), model.headName()))) {
      specs.add(
          TensorSpec.matrix(table, DataType.F32, model.vocabularySize(), model.embeddingSize()));
    }
    model.outerWeights().forEach(shape -> specs.add(spec("", shape)));
    for (int block = 0; block < model.blockCount(); block++) {
      for (WeightShape shape : model.blockWeights()) {
        specs.add(spec(model.blockPrefix(block), shape));
      }
    }
    return specs;
  }

  private static TensorSpec spec(String prefix, WeightShape shape) {
    return shape.rows() == 1
        ? TensorSpec.vector(prefix + shape.name(), DataType.F32, shape.columns())
        : TensorSpec.matrix(prefix + shape.name(), DataType.F32, shape.rows(), shape.columns());
  }
}
