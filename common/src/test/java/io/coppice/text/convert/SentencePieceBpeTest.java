package io.coppice.text.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.CodedOutputStream;
import io.coppice.checkpoint.ModelBesideCheckout;
import io.coppice.text.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** SentencePiece BPE of tokenizer.model. */
class SentencePieceBpeTest {
  private static final int BPE = 2;
  private static final String CONFIG =
      """
      {"tokenizer_class":"LlamaTokenizer","bos_token":"<s>","eos_token":"</s>","unk_token":"<unk>"}
      """;

  @TempDir private Path folder;
  private ModelFiles model;

  @BeforeEach
  void llama() {
    model =
        new ModelFiles(folder.resolve("model"))
            .with("config.json", "{\"model_type\":\"llama\",\"vocab_size\":600,\"bos_token_id\":1}")
            .with("tokenizer_config.json", CONFIG)
            .with("tokenizer.model", sound().trained(BPE));
  }

  /** Ids: 3 and 4 the bytes of é, 5 ▁, 6 a, 7 b, 8 c, 9 ab, 10 bc, 11 ▁a, 12 ▁ab, 13 <x>. */
  private static SentencePieceBytes sound() {
    return SentencePieceBytes.llama()
        .piece("<0xC3>", 0, SentencePieceBytes.BYTE)
        .piece("<0xA9>", 0, SentencePieceBytes.BYTE)
        .piece("▁", -10)
        .piece("a", -11)
        .piece("b", -12)
        .piece("c", -13)
        .piece("ab", -1)
        .piece("bc", 0)
        .piece("▁a", -2)
        .piece("▁ab", -3)
        .piece("<x>", 0, SentencePieceBytes.USER_DEFINED);
  }

  @Test
  void theHighestScoreIsJoinedFirst() {
    assertThat(model.ids("abc")).containsExactly(1, 11, 10);
    assertThat(model.ids("ab")).containsExactly(1, 12);
    assertThat(model.ids("ab a  b")).containsExactly(1, 12, 11, 5, 5, 7);
    assertThat(model.ids("é")).containsExactly(1, 5, 3, 4);
    assertThat(model.ids("d")).containsExactly(1, 5, 0);
    assertThat(model.ids("")).containsExactly(1);
  }

  @Test
  void tokensThatAreNotTextHaveTheirRoles() {
    try (Tokenizer tokenizer = model.load()) {
      assertThat(tokenizer.encode("a<x>b</s>", true)).containsExactly(1, 11, 13, 5, 7, 2);
      assertThat(tokenizer.decode(new int[] {1, 11, 10, 13, 2})).isEqualTo("abc<x>");
      assertThat(tokenizer.roles().begin()).isEqualTo(1);
      assertThat(tokenizer.roles().ordinary()).containsExactly(3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13);
    }
  }

  @Test
  void spacesInFrontAreAsTheConfigurationSays() {
    model.with("tokenizer_config.json", CONFIG.replace("}", ",\"legacy\":false}"));
    assertThat(model.ids("a<x>b c")).containsExactly(1, 11, 13, 7, 5, 8);
    model.with("tokenizer_config.json", CONFIG.replace("}", ",\"add_prefix_space\":false}"));
    assertThat(model.ids("ab c")).containsExactly(1, 9, 5, 8);
    model.with("tokenizer_config.json", CONFIG.replace("}", ",\"legacy\":null}"));
    assertThat(model.ids("a<x>b c")).containsExactly(1, 11, 13, 5, 7, 5, 8);
  }

  @Test
  void addedTokensComeAfterThePieces() {
    model
        .with("added_tokens.json", "{\"<pad>\":14}")
        .with("special_tokens_map.json", "{\"pad_token\":\"<pad>\",\"bos_token\":\"<s>\"}");
    assertThat(model.ids("ab<pad>")).containsExactly(1, 12, 14);
    try (Tokenizer tokenizer = model.load()) {
      assertThat(tokenizer.roles().ordinary()).contains(13).doesNotContain(14);
    }
  }

  /** SentencePiece's own procedure, step by step, on pieces that can be cut in only one way. */
  @Test
  void longTextsAreJoinedAsSentencePieceDoes() {
    Random random = new Random(2);
    for (int round = 0; round < 5; round++) {
      Map<String, Integer> pieces = pieces(random, 120);
      SentencePieceBytes bytes = SentencePieceBytes.llama();
      pieces.keySet().forEach(piece -> bytes.piece(piece, -pieces.get(piece)));
      model.with("tokenizer.model", bytes.trained(BPE));
      try (Tokenizer tokenizer = model.load()) {
        for (int i = 0; i < 100; i++) {
          String text =
              random
                  .ints(random.nextInt(200), 0, 7)
                  .mapToObj("abcdef "::charAt)
                  .map(String::valueOf)
                  .collect(Collectors.joining());
          assertThat(tokenizer.encode(text, false)).as(text).isEqualTo(joined(text, pieces));
        }
      }
    }
  }

  /** Letters, then unions of two pieces, by id; lower ones are better. */
  private static Map<String, Integer> pieces(Random random, int count) {
    List<String> pieces = new ArrayList<>(List.of("▁", "a", "b", "c", "d", "e", "f"));
    while (pieces.size() < count) {
      String union =
          pieces.get(random.nextInt(pieces.size())) + pieces.get(random.nextInt(pieces.size()));
      long ways =
          java.util.stream.IntStream.range(1, union.length())
              .filter(
                  i ->
                      pieces.contains(union.substring(0, i)) && pieces.contains(union.substring(i)))
              .count();
      if (ways == 1 && !pieces.contains(union) && union.length() < 9) {
        pieces.add(union);
      }
    }
    Map<String, Integer> ids = new java.util.LinkedHashMap<>();
    pieces.forEach(piece -> ids.put(piece, 3 + ids.size()));
    return ids;
  }

  private static int[] joined(String text, Map<String, Integer> pieces) {
    List<String> symbols =
        text.isEmpty()
            ? new ArrayList<>()
            : new ArrayList<>(List.of(("▁" + text.replace(' ', '▁')).split("")));
    while (true) {
      int best = -1;
      int bestId = Integer.MAX_VALUE;
      for (int i = 0; i + 1 < symbols.size(); i++) {
        int id = pieces.getOrDefault(symbols.get(i) + symbols.get(i + 1), Integer.MAX_VALUE);
        if (id < bestId) {
          best = i;
          bestId = id;
        }
      }
      if (best < 0) {
        return symbols.stream().mapToInt(pieces::get).toArray();
      }
      symbols.set(best, symbols.get(best) + symbols.remove(best + 1));
    }
  }

  /** The published model in both forms. */
  @Test
  void theTrainedModelHasTheTokensOfItsTokenizerJson() throws IOException {
    Path stories = ModelBesideCheckout.folder("stories260K");
    assumeThat(stories.resolve("tokenizer.model")).exists();
    for (String file : List.of("config.json", "tokenizer_config.json", "tokenizer.model")) {
      model.with(file, Files.readAllBytes(stories.resolve(file)));
    }
    List<String> texts = new ArrayList<>(List.of("", " ", "  a ", "é😀\n\t日本", "</s> <s>x"));
    ObjectMapper mapper = new ObjectMapper();
    for (String line : Files.readAllLines(stories.resolve("../../text/tinystories-test.jsonl"))) {
      texts.add(mapper.readTree(line).get("text").textValue());
    }
    try (Tokenizer made = model.load();
        Tokenizer given = new ModelFiles(stories).load()) {
      for (String text : texts) {
        assertThat(made.encode(text, true)).as(text).isEqualTo(given.encode(text, true));
      }
      assertThat(made.roles().ordinary()).isEqualTo(given.roles().ordinary());
      assertThat(made.roles().ends()).isEqualTo(given.roles().ends());
    }
  }

  @ParameterizedTest
  @CsvSource({"1, unigram", "3, word", "4, char", "9, 9"})
  void otherModelsThanBpeAreRefused(int type, String name) {
    model.with("tokenizer.model", sound().trained(type));
    model
        .refused()
        .hasMessageContaining("tokenizer.model is a SentencePiece model of the type " + name + ",")
        .hasMessageContaining("only BPE is supported; save the tokenizer as tokenizer.json");
  }

  @Test
  void filesOtherThanSentencePieceModelsAreRefused() throws IOException {
    byte[] bytes = sound().trained(BPE);
    ByteArrayOutputStream groups = new ByteArrayOutputStream();
    CodedOutputStream output = CodedOutputStream.newInstance(groups);
    for (int i = 0; i < 200_000; i++) {
      output.writeTag(9, 3);
    }
    output.flush();
    for (byte[] broken :
        List.of(
            new byte[0],
            Arrays.copyOf(bytes, 50),
            "IQ== 0\nIg== 1\nIw== 2\n".getBytes(java.nio.charset.StandardCharsets.UTF_8),
            new byte[] {0x0a, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x0f},
            groups.toByteArray())) {
      model.with("tokenizer.model", broken);
      model.refused().hasMessageContaining("tokenizer.model is not a SentencePiece model, or a");
    }
  }

  @Test
  void piecesThatNoModelHasAreRefused() {
    refusePiece("a", 0, 1, "there twice, 'a'");
    refusePiece("", 0, 1, "empty");
    refusePiece("x".repeat(300), 0, 1, "longer than 256");
    refusePiece("x", Float.NaN, 1, "score NaN");
    refusePiece("x", 0, 7, "type 7");
  }

  private void refusePiece(String text, float score, int type, String expected) {
    model.with("tokenizer.model", sound().piece(text, score, type).trained(BPE));
    model.refused().hasMessageContaining("tokenizer.model").hasMessageContaining(expected);
  }

  /** Otherwise a small file would produce gigabytes of merges. */
  @Test
  void piecesWithTooManyWaysToMergeAreRefused() {
    SentencePieceBytes bytes = SentencePieceBytes.llama();
    Map<String, Integer> seen = new HashMap<>();
    for (int i = 0; i <= 128; i++) {
      for (int j = 0; j <= 128; j++) {
        String piece = "a".repeat(i) + "b".repeat(j);
        if (!piece.isEmpty() && seen.put(piece, i) == null) {
          bytes.piece(piece, -i);
        }
      }
    }
    model.with("tokenizer.model", bytes.trained(BPE));
    model.refused().hasMessageContaining("merged in more ways");
  }
}
