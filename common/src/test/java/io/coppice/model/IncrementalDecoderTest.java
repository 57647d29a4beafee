package io.coppice.model;

import static io.coppice.kernel.Close.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Tensor;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A model computes the same token by token as on whole sequences. */
class IncrementalDecoderTest {
  // float32 on both sides, other shapes of the same products: a few units in the last of seven
  // digits, grown through three blocks of random weights.
  private static final double TOLERANCE = 1e-4;
  private static final int SEQUENCES = 3;
  private static final int LENGTH = 19;

  private final Arena arena = Arena.unbounded("test");
  private final Blas blas = BlasProvider.blas();
  private final Random random = new Random(5);

  @AfterEach
  void close() {
    arena.close();
  }

  /**
   * A model of a family.
   *
   * @param config the keys in which its {@code config.json} differs
   */
  record Family(String architecture, String config) {
    LanguageModel model() {
      String json =
          """
          {"architectures":["%s"],"hidden_size":24,"intermediate_size":40,"num_hidden_layers":3,
           "num_attention_heads":6,"num_key_value_heads":2,"vocab_size":50,
           "max_position_embeddings":32,"rms_norm_eps":1e-5,"hidden_act":"silu"%s}
          """
              .formatted(architecture, config.isEmpty() ? "" : "," + config);
      return RandomWeights.model(json);
    }
  }

  static Stream<Family> families() {
    return Stream.of(
        new Family("LlamaForCausalLM", "\"head_dim\":8"),
        new Family("LlamaForCausalLM", "\"tie_word_embeddings\":true"),
        new Family(
            "LlamaForCausalLM",
            "\"rope_scaling\":{\"rope_type\":\"llama3\",\"factor\":4.0,\"low_freq_factor\":1.0,"
                + "\"high_freq_factor\":4.0,\"original_max_position_embeddings\":16}"),
        new Family("MistralForCausalLM", "\"sliding_window\":6"),
        new Family("Qwen2ForCausalLM", "\"tie_word_embeddings\":true"),
        new Family("Qwen3ForCausalLM", "\"head_dim\":8"),
        new Family("OPTForCausalLM", "\"ffn_dim\":40"),
        new Family(
            "OPTForCausalLM",
            "\"ffn_dim\":40,\"word_embed_proj_dim\":16,\"do_layer_norm_before\":false"));
  }

  @ParameterizedTest
  @MethodSource("families")
  void agreesWithTheForwardOfWholeSequences(Family family) {
    LanguageModel model = family.model();
    ModelInMemory weights = randomWeights(model);
    int[] ids = random.ints((long) SEQUENCES * LENGTH, 0, model.vocabularySize()).toArray();
    Tensor expected = logitsOfWhole(weights, ids);

    IncrementalDecoder decoder =
        new IncrementalDecoder(weights, blas, arena, SEQUENCES, LENGTH + 4);
    Tensor logits = arena.tensor(SEQUENCES, model.vocabularySize());
    for (int position = 0; position < LENGTH; position++) {
      decoder.step(column(ids, position), position, logits);
      for (int sequence = 0; sequence < SEQUENCES; sequence++) {
        assertClose(
            "position " + position,
            logits.rows(sequence, 1),
            expected.rows(sequence * LENGTH + position, 1),
            TOLERANCE);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  void aSequenceDoesNotDependOnItsCompany(Family family) {
    LanguageModel model = family.model();
    ModelInMemory weights = randomWeights(model);
    int[] one = random.ints((long) SEQUENCES * LENGTH, 0, model.vocabularySize()).toArray();
    int[] other = random.ints((long) SEQUENCES * LENGTH, 0, model.vocabularySize()).toArray();
    System.arraycopy(one, LENGTH, other, LENGTH, LENGTH);

    assertThat(bits(weights, other)).isEqualTo(bits(weights, one));
  }

  @Test
  void stepsMayBeMadeAnew() {
    LanguageModel model = families().findFirst().orElseThrow().model();
    ModelInMemory weights = randomWeights(model);
    IncrementalDecoder decoder = new IncrementalDecoder(weights, blas, arena, 2, 4);
    Tensor logits = arena.tensor(2, model.vocabularySize());
    decoder.step(new int[] {1, 2}, 0, logits);
    decoder.step(new int[] {3, 4}, 1, logits);
    float[] expected = logits.toArray();

    decoder.step(new int[] {7, 8}, 0, logits);
    decoder.step(new int[] {9, 9}, 1, logits);
    decoder.step(new int[] {1, 2}, 0, logits);
    decoder.step(new int[] {3, 4}, 1, logits);

    assertThat(logits.toArray()).isEqualTo(expected);
  }

  @Test
  void refusesMorePositionsThanThereIsRoomFor() {
    LanguageModel model = families().findFirst().orElseThrow().model();
    IncrementalDecoder decoder = new IncrementalDecoder(randomWeights(model), blas, arena, 1, 4);
    Tensor logits = arena.tensor(1, model.vocabularySize());

    assertThatThrownBy(() -> decoder.step(new int[] {1}, 4, logits))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("cache of 4");
  }

  @ParameterizedTest
  @MethodSource("families")
  void bytesAreThoseThatAreTaken(Family family) {
    LanguageModel model = family.model();
    long before = arena.allocatedBytes();
    randomWeights(model);
    assertThat(arena.allocatedBytes() - before).isEqualTo(ModelInMemory.bytes(model));
    before = arena.allocatedBytes();
    KeyValueCache.allocate(model, arena, 5, 7);
    assertThat(arena.allocatedBytes() - before).isEqualTo(KeyValueCache.bytes(model, 5, 7));
  }

  /** The logits of the second sequence, all positions. */
  private float[][] bits(ModelInMemory weights, int[] ids) {
    IncrementalDecoder decoder = new IncrementalDecoder(weights, blas, arena, SEQUENCES, LENGTH);
    Tensor logits = arena.tensor(SEQUENCES, weights.model().vocabularySize());
    float[][] result = new float[LENGTH][];
    for (int position = 0; position < LENGTH; position++) {
      decoder.step(column(ids, position), position, logits);
      result[position] = logits.rows(1, 1).toArray();
    }
    return result;
  }

  private Tensor logitsOfWhole(ModelInMemory weights, int[] ids) {
    LanguageModel model = weights.model();
    Tensor hidden = new WholePass(blas, arena).hidden(weights, ids, LENGTH);
    Tensor scored = arena.tensor(ids.length, model.embeddingSize());
    model.newOuterLayers(blas, arena, ids.length).leave(weights.outer(), hidden, scored);
    Tensor logits = arena.tensor(ids.length, model.vocabularySize());
    blas.multiplyTransposedB(1, scored, weights.head(), 0, logits);
    return logits;
  }

  private ModelInMemory randomWeights(LanguageModel model) {
    return RandomWeights.of(model, 0.3f, 9, arena);
  }

  private static int[] column(int[] ids, int position) {
    return IntStream.range(0, SEQUENCES).map(i -> ids[i * LENGTH + position]).toArray();
  }
}
