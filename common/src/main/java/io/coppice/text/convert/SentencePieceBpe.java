package io.coppice.text.convert;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.checkpoint.ModelFolder;
import io.coppice.failure.InvalidDataException;
import io.coppice.text.convert.SentencePieceModel.Kind;
import io.coppice.text.convert.SentencePieceModel.Piece;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * SentencePiece BPE of {@code tokenizer.model}, as the first LLaMA models publish it, turned into
 * the JSON that transformers' LlamaConverter makes.
 *
 * <p>SentencePiece joins the two neighbours whose union has the highest score; the library joins by
 * a list of merges. The list has every way to cut a piece into two others, by the piece's score,
 * then by the length of the left half and of the right one, all from high to low; where all three
 * are equal, by the piece's id, then by the ids of the halves. The first three pieces have the
 * score 0.
 */
final class SentencePieceBpe {
  static final String FILE = "tokenizer.model";

  private static final int LONGEST = 16 << 20;
  private static final long LONGEST_MERGES = 64 << 20;
  private static final int UNSCORED = 3;
  private static final String SPACE = "\u2581";

  private final SentencePieceModel model;
  private final String file;
  private final Map<String, Integer> ids = new HashMap<>();

  private SentencePieceBpe(SentencePieceModel model, String file) {
    this.model = model;
    this.file = file;
    for (Piece piece : model.pieces()) {
      ids.put(piece.text(), ids.size());
    }
  }

  private record Merge(String left, String right, float score) {
    int leftLength() {
      return left.codePointCount(0, left.length());
    }

    int rightLength() {
      return right.codePointCount(0, right.length());
    }
  }

  /**
   * Reads and converts the file.
   *
   * @throws InvalidDataException if it is broken, or not BPE
   */
  static ObjectNode convert(ModelFolder folder, TokenizerConfig config) {
    String file = folder.pathOf(FILE);
    SentencePieceModel model = SentencePieceModel.parse(folder.read(FILE, LONGEST), file);
    return new SentencePieceBpe(model, file).convert(config);
  }

  private ObjectNode convert(TokenizerConfig config) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("version", "1.0").putNull("truncation").putNull("padding");
    AddedTokens added = new AddedTokens(ids);
    for (Piece piece : model.pieces()) {
      if (piece.kind() == Kind.CONTROL || piece.kind() == Kind.USER_DEFINED) {
        AddedToken token = AddedToken.of(piece.text());
        added.add(piece.kind() == Kind.CONTROL ? token.asSpecial() : token);
      }
    }
    added.addAll(config);
    added.write(root.putArray("added_tokens"));
    boolean prefixSpace =
        config.isNull("add_prefix_space") || config.flag("add_prefix_space", true);
    spaces(root, prefixSpace, config.isNull("legacy") || config.flag("legacy", true));
    root.putNull("post_processor");
    decoder(root.putObject("decoder"), prefixSpace);
    model(root.putObject("model"));
    BeginEndTemplate.ofFlags(root, config);
    return root;
  }

  /** Legacy: a space in front of every stretch between added tokens, not only of the text. */
  private static void spaces(ObjectNode root, boolean prefixSpace, boolean legacy) {
    if (!legacy) {
      root.putNull("normalizer");
      ObjectNode metaspace = root.putObject("pre_tokenizer").put("type", "Metaspace");
      metaspace.put("replacement", SPACE).put("prepend_scheme", prefixSpace ? "first" : "never");
      metaspace.put("split", false);
      return;
    }
    ObjectNode sequence = root.putObject("normalizer").put("type", "Sequence");
    ArrayNode normalizers = sequence.putArray("normalizers");
    if (prefixSpace) {
      normalizers.addObject().put("type", "Prepend").put("prepend", SPACE);
    }
    replace(normalizers.addObject(), " ", SPACE);
    root.putNull("pre_tokenizer");
  }

  private static void decoder(ObjectNode decoder, boolean prefixSpace) {
    ArrayNode decoders = decoder.put("type", "Sequence").putArray("decoders");
    replace(decoders.addObject(), SPACE, " ");
    decoders.addObject().put("type", "ByteFallback");
    decoders.addObject().put("type", "Fuse");
    if (prefixSpace) {
      ObjectNode strip = decoders.addObject().put("type", "Strip");
      strip.put("content", " ").put("start", 1).put("stop", 0);
    }
  }

  private static void replace(ObjectNode step, String from, String to) {
    step.put("type", "Replace").putObject("pattern").put("String", from);
    step.put("content", to);
  }

  private void model(ObjectNode bpe) {
    bpe.put("type", "BPE").putNull("dropout").put("unk_token", model.unknown());
    bpe.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
    bpe.put("fuse_unk", true).put("byte_fallback", true).put("ignore_merges", false);
    ObjectNode vocabulary = bpe.putObject("vocab");
    model.pieces().forEach(piece -> vocabulary.put(piece.text(), ids.get(piece.text())));
    ArrayNode merges = bpe.putArray("merges");
    for (Merge merge : merges()) {
      merges.addArray().add(merge.left()).add(merge.right());
    }
  }

  private List<Merge> merges() {
    List<Merge> merges = new ArrayList<>();
    long characters = 0;
    for (Piece piece : model.pieces()) {
      List<Merge> ways = ways(piece);
      merges.addAll(ways);
      characters += (long) ways.size() * piece.text().length();
      if (characters > LONGEST_MERGES) {
        throw new InvalidDataException(
            file + " has pieces that can be merged in more ways than any model needs");
      }
    }
    merges.sort(
        Comparator.comparingDouble(Merge::score)
            .thenComparingInt(Merge::leftLength)
            .thenComparingInt(Merge::rightLength)
            .reversed());
    return merges;
  }

  private List<Merge> ways(Piece piece) {
    String text = piece.text();
    // Plus 0, because −0 would be sorted after 0.
    float score = ids.get(text) < UNSCORED ? 0 : piece.score() + 0f;
    List<Merge> ways = new ArrayList<>();
    int cut = text.offsetByCodePoints(0, 1);
    while (cut < text.length()) {
      String left = text.substring(0, cut);
      String right = text.substring(cut);
      if (ids.containsKey(left) && ids.containsKey(right)) {
        ways.add(new Merge(left, right, score));
      }
      cut = text.offsetByCodePoints(cut, 1);
    }
    ways.sort(
        Comparator.<Merge>comparingInt(way -> ids.get(way.left()))
            .thenComparingInt(way -> ids.get(way.right())));
    return ways;
  }
}
