package io.coppice.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import io.coppice.model.IncrementalDecoder;
import io.coppice.model.ModelInMemory;
import io.coppice.model.RandomWeights;
import io.coppice.tensor.Arena;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Tensor;
import io.coppice.text.TokenRoles;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextWriterTest {
  private static final int VOCABULARY = 40;
  private static final int BEGIN = 1;
  private static final int END = 2;
  private static final TokenRoles ROLES =
      new TokenRoles(BEGIN, Set.of(BEGIN, END), IntStream.range(3, VOCABULARY - 5).toArray());

  private final Arena arena = Arena.unbounded("test");
  private final ModelInMemory weights =
      RandomWeights.of(
          RandomWeights.model(
              """
              {"architectures":["LlamaForCausalLM"],"hidden_size":24,"intermediate_size":40,
               "num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,
               "vocab_size":40,"max_position_embeddings":64,"rms_norm_eps":1e-5}
              """),
          0.3f,
          3,
          arena);

  @AfterEach
  void close() {
    arena.close();
  }

  @Test
  void aTextIsARandomTokenFourGreedyOnesAndASample() {
    List<WrittenText> texts = write(writer(ROLES, 30, 4), any(), 4, 30);

    for (WrittenText text : texts) {
      int[] tokens = text.tokens();
      assertThat(tokens[0]).isEqualTo(BEGIN);
      assertThat(ROLES.ordinary()).contains(tokens[1]);
      double loss = 0;
      for (int i = 2; i < tokens.length; i++) {
        double[] losses = losses(Arrays.copyOf(tokens, i));
        if (i < 6) {
          assertThat(losses[tokens[i]]).isEqualTo(Arrays.stream(losses).min().orElseThrow());
        }
        loss += losses[tokens[i]];
      }
      assertThat(text.loss()).isCloseTo(loss / (tokens.length - 2), within(1e-4));
      boolean ended = ROLES.ends().contains(tokens[tokens.length - 1]);
      assertThat(text.finish())
          .isEqualTo(ended ? WrittenText.Finish.END : WrittenText.Finish.LENGTH);
      assertThat(ended || tokens.length == 30).isTrue();
    }
  }

  @Test
  void seedsDecideAndNothingElseOfTheGroupDoes() {
    TextWriter writer = writer(ROLES, 24, 4);
    List<WrittenText> texts = writer.write(any(), new long[] {5, 6, 7, 8}, limits(4, 24));
    List<WrittenText> others =
        writer.write(any(), new long[] {1, 6, 3, 4}, new int[] {9, 24, 0, 3});

    assertThat(tokens(others.get(1))).isEqualTo(tokens(texts.get(1)));
    assertThat(others.get(1).loss()).isEqualTo(texts.get(1).loss());
    assertThat(others.get(0).tokens()).hasSizeLessThanOrEqualTo(9);
    assertThat(others.get(2).tokens()).isEmpty();
    assertThat(others.get(3).tokens()).hasSize(3);
    assertThat(new HashSet<>(texts.stream().map(TextWriterTest::tokens).toList())).hasSize(4);
  }

  @Test
  void theSameTextsComeFromGroupsOfOtherSizes() {
    // The last bits may differ between shapes, but tokens hardly ever: a random point would have to
    // fall between the two values.
    List<List<Integer>> eight =
        write(writer(ROLES, 24, 8), any(), 8, 24).stream().map(TextWriterTest::tokens).toList();
    List<List<Integer>> four =
        write(writer(ROLES, 24, 4), any(), 4, 24).stream().map(TextWriterTest::tokens).toList();

    assertThat(eight.subList(0, 4)).isEqualTo(four);
  }

  @Test
  void openingsInAnotherLanguageAreDrawnAgain() {
    // Text that begins with an even token is in this language.
    Openings.ByChance even =
        new Openings.ByChance(
            text -> Integer.parseInt(text.split(" ")[1]) % 2 == 0, TextWriterTest::spell);
    List<WrittenText> texts = write(writer(ROLES, 20, 8), even, 8, 20);

    assertThat(texts).allMatch(text -> text.tokens()[1] % 2 == 0);
    List<WrittenText> all = write(writer(ROLES, 20, 8), any(), 8, 20);
    assertThat(all).anyMatch(text -> text.tokens()[1] % 2 == 1);
    for (int i = 0; i < texts.size(); i++) {
      boolean wasEven = all.get(i).tokens()[1] % 2 == 0;
      assertThat(tokens(texts.get(i)).equals(tokens(all.get(i)))).isEqualTo(wasEven);
      assertThat(texts.get(i).rejected() > all.get(i).rejected()).isEqualTo(!wasEven);
    }
  }

  @Test
  void aLanguageThatTheModelDoesNotWriteIsTold() {
    Openings.ByChance none = new Openings.ByChance(text -> false, TextWriterTest::spell);

    assertThatThrownBy(() -> write(writer(ROLES, 20, 2), none, 2, 20))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("300 openings", "--language", "any");
  }

  @Test
  void aModelWithoutBeginTokenStartsWithTheRandomOne() {
    TokenRoles roles = new TokenRoles(-1, Set.of(END), ROLES.ordinary());

    for (WrittenText text : write(writer(roles, 12, 3), any(), 3, 12)) {
      assertThat(ROLES.ordinary()).contains(text.tokens()[0]);
    }
  }

  @Test
  void aVocabularyWithoutOrdinaryTokensIsTold() {
    TokenRoles roles = new TokenRoles(-1, Set.of(END), new int[0]);

    assertThatThrownBy(() -> write(writer(roles, 12, 3), any(), 3, 12))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("tokenizer.json");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void prefixesAreGoneOnWith(int length) {
    List<int[]> prefixes =
        IntStream.range(0, 3).mapToObj(i -> new int[] {BEGIN, 7 + i, 9, 11}).toList();
    prefixes = prefixes.stream().map(prefix -> Arrays.copyOf(prefix, length)).toList();

    List<WrittenText> texts = write(writer(ROLES, 20, 3), new Openings.Given(prefixes), 3, 20);

    for (int i = 0; i < 3; i++) {
      int[] tokens = texts.get(i).tokens();
      assertThat(tokens).startsWith(prefixes.get(i)).hasSizeGreaterThan(length);
      double loss = 0;
      for (int j = length; j < tokens.length; j++) {
        loss += losses(Arrays.copyOf(tokens, j))[tokens[j]];
      }
      assertThat(texts.get(i).loss()).isCloseTo(loss / (tokens.length - length), within(1e-4));
      assertThat(texts.get(i).perplexity()).isEqualTo(Math.exp(texts.get(i).loss()));
    }
  }

  @Test
  void lowTemperatureIsAlmostGreedy() {
    TextWriter writer =
        new TextWriter(
            weights, ROLES, new TextWriter.Settings(1e-3, 16, 2), BlasProvider.blas(), arena);
    for (WrittenText text : write(writer, any(), 2, 16)) {
      int[] tokens = text.tokens();
      double[] losses = losses(Arrays.copyOf(tokens, tokens.length - 1));
      assertThat(losses[tokens[tokens.length - 1]])
          .isEqualTo(Arrays.stream(losses).min().orElseThrow());
    }
  }

  @Test
  void windowsAreFilledToTheLastToken() {
    WindowWriter windows = new WindowWriter(writer(ROLES, 50, 4), ROLES, 50);

    WindowWriter.Filled filled = windows.fill(any(), 4, 3, 1, 8);

    assertThat(filled.windows()).hasDimensions(3, 50);
    int begins = 0;
    for (int[] window : filled.windows()) {
      assertThat(window[0]).isEqualTo(BEGIN);
      assertThat(window).doesNotContain(END);
      begins += (int) IntStream.of(window).filter(token -> token == BEGIN).count();
    }
    assertThat(filled.documents()).isEqualTo(begins).isGreaterThan(3);
    // The texts that the model ended at once.
    assertThat(filled.rejected()).isLessThan(filled.documents());
    int[][] more = windows.fill(any(), 4, 4, 1, 8).windows();
    assertThat(Arrays.copyOf(more, 3)).isDeepEqualTo(filled.windows());
    for (int[] other : new int[][] {{2, 8}, {1, 4}}) {
      assertThat(windows.fill(any(), 4, 3, other[0], other[1]).windows()[0])
          .isNotEqualTo(filled.windows()[0]);
    }
  }

  @Test
  void aWindowMayBeShorterThanAnOpening() {
    int[][] windows =
        new WindowWriter(writer(ROLES, 3, 2), ROLES, 3).fill(any(), 2, 2, 1, 0).windows();

    assertThat(windows).hasDimensions(2, 3);
    assertThat(windows[0][0]).isEqualTo(BEGIN);
  }

  @Test
  void theEndIsNoTokenOfTheText() {
    WrittenText text = new WrittenText(new int[] {1, 5, END}, 1, WrittenText.Finish.END, 0);
    assertThat(text.withoutEnd(ROLES)).containsExactly(1, 5);
    WrittenText cut = new WrittenText(new int[] {1, 5}, 1, WrittenText.Finish.LENGTH, 0);
    assertThat(cut.withoutEnd(ROLES)).containsExactly(1, 5);
  }

  private TextWriter writer(TokenRoles roles, int capacity, int slots) {
    return new TextWriter(
        weights, roles, new TextWriter.Settings(1, capacity, slots), BlasProvider.blas(), arena);
  }

  private static Openings.ByChance any() {
    return new Openings.ByChance(LanguageCheck.ANY, TextWriterTest::spell);
  }

  private static List<WrittenText> write(
      TextWriter writer, Openings openings, int slots, int limit) {
    return writer.write(openings, LongStream.range(0, slots).toArray(), limits(slots, limit));
  }

  private static int[] limits(int slots, int limit) {
    return IntStream.generate(() -> limit).limit(slots).toArray();
  }

  private static String spell(int[] tokens) {
    return IntStream.of(tokens).mapToObj(String::valueOf).collect(Collectors.joining(" "));
  }

  private static List<Integer> tokens(WrittenText text) {
    return IntStream.of(text.tokens()).boxed().toList();
  }

  /** The losses of every token as the next one. */
  private double[] losses(int[] tokens) {
    try (Arena scratch = Arena.unbounded("test")) {
      IncrementalDecoder decoder =
          new IncrementalDecoder(weights, BlasProvider.blas(), scratch, 1, tokens.length);
      Tensor logits = scratch.tensor(1, VOCABULARY);
      for (int position = 0; position < tokens.length; position++) {
        decoder.step(new int[] {tokens[position]}, position, logits);
      }
      TokenSampler sampler = new TokenSampler(VOCABULARY);
      sampler.read(logits, 0);
      return IntStream.range(0, VOCABULARY).mapToDouble(sampler::loss).toArray();
    }
  }
}
