package io.coppice.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A trained byte-level byte-pair vocabulary, and its Hugging Face files.
 *
 * <p>Token ids: 0 {@code <pad>}, 1 {@code <s>}, 2 {@code </s>}, 3 … 258 the bytes 0 … 255, then the
 * merged tokens in the order they were learned.
 *
 * @param tokens the text of each token in the byte alphabet of GPT-2, indexed by id
 * @param merges the merges in order, each as the texts of its left and right token
 */
public record BytePairVocabulary(List<String> tokens, List<Merge> merges) {
  static final List<String> SPECIAL_TOKENS = List.of("<pad>", "<s>", "</s>");
  static final int FIRST_BYTE = SPECIAL_TOKENS.size();

  /** One learned merge: {@code left} followed by {@code right} becomes one token. */
  public record Merge(String left, String right) {}

  public BytePairVocabulary {
    tokens = List.copyOf(tokens);
    merges = List.copyOf(merges);
  }

  /**
   * Writes {@code tokenizer.json}, {@code tokenizer_config.json} and {@code
   * special_tokens_map.json}. Every encoded text begins with {@code <s>}; every UTF-8 text has an
   * encoding and decodes to itself.
   *
   * @param maxLength the model's context in tokens, for {@code tokenizer_config.json}
   */
  public void write(Path folder, int maxLength) throws IOException {
    Files.createDirectories(folder);
    ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    writeJson(mapper, folder.resolve("tokenizer.json"), tokenizer(mapper));

    ObjectNode special = mapper.createObjectNode();
    special.put("bos_token", "<s>").put("eos_token", "</s>").put("pad_token", "<pad>");
    writeJson(mapper, folder.resolve("special_tokens_map.json"), special);

    ObjectNode config = mapper.createObjectNode();
    config.put("tokenizer_class", "PreTrainedTokenizerFast");
    config.setAll(special);
    config.put("model_max_length", maxLength).put("clean_up_tokenization_spaces", false);
    writeJson(mapper, folder.resolve("tokenizer_config.json"), config);
  }

  private ObjectNode tokenizer(ObjectMapper mapper) {
    ObjectNode root = mapper.createObjectNode();
    root.put("version", "1.0").putNull("truncation").putNull("padding");
    ArrayNode added = root.putArray("added_tokens");
    for (int id = 0; id < SPECIAL_TOKENS.size(); id++) {
      added
          .addObject()
          .put("id", id)
          .put("content", SPECIAL_TOKENS.get(id))
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", true);
    }
    root.putNull("normalizer");
    byteLevel(root.putObject("pre_tokenizer"));
    template(root.putObject("post_processor"));
    byteLevel(root.putObject("decoder"));
    ObjectNode model = root.putObject("model");
    model.put("type", "BPE").putNull("dropout").putNull("unk_token");
    model.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
    model.put("fuse_unk", false).put("byte_fallback", false).put("ignore_merges", false);
    ObjectNode vocabulary = model.putObject("vocab");
    for (int id = 0; id < tokens.size(); id++) {
      vocabulary.put(tokens.get(id), id);
    }
    ArrayNode pairs = model.putArray("merges");
    merges.forEach(merge -> pairs.add(merge.left() + " " + merge.right()));
    return root;
  }

  private static void byteLevel(ObjectNode node) {
    node.put("type", "ByteLevel").put("add_prefix_space", false).put("trim_offsets", true);
    node.put("use_regex", true);
  }

  private static void template(ObjectNode node) {
    node.put("type", "TemplateProcessing");
    ArrayNode single = node.putArray("single");
    special(single, 0);
    sequence(single, "A", 0);
    ArrayNode pair = node.putArray("pair");
    special(pair, 0);
    sequence(pair, "A", 0);
    special(pair, 1);
    sequence(pair, "B", 1);
    ObjectNode begin = node.putObject("special_tokens").putObject("<s>").put("id", "<s>");
    begin.putArray("ids").add(SPECIAL_TOKENS.indexOf("<s>"));
    begin.putArray("tokens").add("<s>");
  }

  private static void special(ArrayNode template, int type) {
    template.addObject().putObject("SpecialToken").put("id", "<s>").put("type_id", type);
  }

  private static void sequence(ArrayNode template, String name, int type) {
    template.addObject().putObject("Sequence").put("id", name).put("type_id", type);
  }

  private static void writeJson(ObjectMapper mapper, Path file, ObjectNode json)
      throws IOException {
    Files.write(file, (mapper.writeValueAsString(json) + "\n").getBytes(StandardCharsets.UTF_8));
  }
}
