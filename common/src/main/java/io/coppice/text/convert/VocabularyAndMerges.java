package io.coppice.text.convert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.checkpoint.ModelFolder;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Byte-level BPE from {@code vocab.json} and {@code merges.txt}, as GPT-2, OPT and Qwen publish it,
 * turned into the JSON that transformers' GPT2Converter and Qwen2Converter make.
 */
final class VocabularyAndMerges {
  static final String VOCABULARY = "vocab.json";
  static final String MERGES = "merges.txt";

  private static final int LONGEST = 32 << 20;

  /** The pattern by which Qwen2 cuts a text into words. */
  private static final String QWEN2_WORDS =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private final ModelFolder folder;
  private final TokenizerConfig config;
  private final TokenizerKind kind;
  private final Map<String, Integer> vocabulary = new HashMap<>();

  private VocabularyAndMerges(ModelFolder folder, TokenizerConfig config, TokenizerKind kind) {
    this.folder = folder;
    this.config = config;
    this.kind = kind;
  }

  /** Whether a model has both files. */
  static boolean isIn(ModelFolder folder) {
    return folder.contains(VOCABULARY) && folder.contains(MERGES);
  }

  /**
   * Reads and converts the files.
   *
   * @throws InvalidDataException if one of them is broken, or they do not belong together
   */
  static ObjectNode convert(ModelFolder folder, TokenizerConfig config, TokenizerKind kind) {
    return new VocabularyAndMerges(folder, config, kind).convert();
  }

  private ObjectNode convert() {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    ObjectNode model = JsonNodeFactory.instance.objectNode();
    model.put("type", "BPE").putNull("dropout").putNull("unk_token");
    model.put("continuing_subword_prefix", "").put("end_of_word_suffix", "");
    model.put("fuse_unk", false).put("byte_fallback", false).put("ignore_merges", false);
    model.set("vocab", vocabulary());
    merges(model.putArray("merges"));

    root.put("version", "1.0").putNull("truncation").putNull("padding");
    AddedTokens added = new AddedTokens(vocabulary);
    added.addAll(config);
    added.write(root.putArray("added_tokens"));
    words(root, config.flag("add_prefix_space", false));
    root.set("decoder", byteLevel(true));
    root.set("model", model);
    if (kind == TokenizerKind.GPT2 && config.flag("add_bos_token", false)) {
      BeginEndTemplate.ofBegin(root, config);
    } else {
      root.putNull("post_processor");
    }
    return root;
  }

  private void words(ObjectNode root, boolean prefixSpace) {
    if (kind == TokenizerKind.GPT2) {
      root.putNull("normalizer");
      root.set("pre_tokenizer", byteLevel(prefixSpace));
      return;
    }
    root.putObject("normalizer").put("type", "NFC");
    ObjectNode sequence = root.putObject("pre_tokenizer").put("type", "Sequence");
    ArrayNode parts = sequence.putArray("pretokenizers");
    ObjectNode split = parts.addObject().put("type", "Split");
    split.putObject("pattern").put("Regex", QWEN2_WORDS);
    split.put("behavior", "Isolated").put("invert", false);
    parts.add(byteLevel(prefixSpace).put("use_regex", false));
  }

  private static ObjectNode byteLevel(boolean prefixSpace) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("type", "ByteLevel")
        .put("add_prefix_space", prefixSpace)
        .put("trim_offsets", true)
        .put("use_regex", true);
  }

  private JsonNode vocabulary() {
    JsonNode words = folder.json(VOCABULARY, LONGEST);
    words
        .fields()
        .forEachRemaining(
            word -> {
              if (!word.getValue().isInt() || word.getValue().intValue() < 0) {
                throw new InvalidDataException(
                    "%s gives the token %s the id %s, which must be a whole number from 0 on"
                        .formatted(
                            path(VOCABULARY),
                            Words.quote(word.getKey()),
                            Words.line(word.getValue().toString())));
              }
              vocabulary.put(word.getKey(), word.getValue().intValue());
            });
    return words;
  }

  private void merges(ArrayNode merges) {
    String[] lines = text().split("\n");
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < lines.length; i++) {
      String line = lines[i].strip();
      // A pair of tokens may begin with any character, so only the first line can be the header.
      if (line.isEmpty() || (i == 0 && line.startsWith("#version")) || !seen.add(line)) {
        continue;
      }
      String[] halves = line.split(" ", -1);
      if (halves.length != 2) {
        throw broken(i, "must hold two tokens with a space between them, but is ", line);
      }
      for (String token : new String[] {halves[0], halves[1], halves[0] + halves[1]}) {
        if (!vocabulary.containsKey(token)) {
          throw broken(i, "has a token that " + VOCABULARY + " lacks, ", token);
        }
      }
      merges.addArray().add(halves[0]).add(halves[1]);
    }
  }

  private String text() {
    byte[] content = folder.read(MERGES, LONGEST);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
    } catch (CharacterCodingException e) {
      throw new InvalidDataException(path(MERGES) + " is not text in UTF-8", e);
    }
  }

  private InvalidDataException broken(int line, String what, String name) {
    return new InvalidDataException(
        "Line %d of %s %s%s".formatted(line + 1, path(MERGES), what, Words.quote(name)));
  }

  private String path(String file) {
    return folder.pathOf(file);
  }
}
