package io.coppice.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/**
 * OPT (Zhang et al. 2022, arXiv 2205.01068): learned positions, LayerNorm, biases everywhere, ReLU.
 *
 * @param feedForwardSize width of the feed-forward layer ({@code ffn_dim})
 * @param embeddingSize width of embedding and head ({@code word_embed_proj_dim}); where it is not
 *     hidden_size, projections lead in and out
 * @param normBefore whether norms stand before attention and feed-forward layer ({@code
 *     do_layer_norm_before}) rather than after the sums
 * @param finalNorm whether a norm stands after the last block
 * @param head where the head is stored
 * @param prefix what the names of all tensors but a head of its own start with
 */
public record OptModel(
    int hiddenSize,
    int feedForwardSize,
    int blockCount,
    int heads,
    int vocabularySize,
    int maxPositions,
    int embeddingSize,
    boolean normBefore,
    boolean finalNorm,
    HeadStorage head,
    int beginToken,
    String prefix)
    implements LanguageModel {

  static final String ARCHITECTURE = "OPTForCausalLM";

  /** PyTorch's own, which OPT's configuration does not name. */
  static final float NORM_EPSILON = 1e-5f;

  /** The first rows of the position embedding belong to no position. */
  static final int POSITION_OFFSET = 2;

  static final String ATTENTION_NORM = "self_attn_layer_norm";
  static final String Q_PROJ = "self_attn.q_proj";
  static final String K_PROJ = "self_attn.k_proj";
  static final String V_PROJ = "self_attn.v_proj";
  static final String OUT_PROJ = "self_attn.out_proj";
  static final String MLP_NORM = "final_layer_norm";
  static final String FC1 = "fc1";
  static final String FC2 = "fc2";

  static final String ATTENTION_INPUT = "self_attn";

  /** What transformers takes where {@code config.json} is silent. */
  private static final int DEFAULT_FEED_FORWARD_SIZE = 3072;

  private static final int DEFAULT_POSITIONS = 2048;

  private static final String DEFAULT_PREFIX = "model.decoder.";
  private static final String BARE_PREFIX = "decoder.";
  private static final String EMBEDDING = "embed_tokens.weight";

  /**
   * Reads {@code config.json}.
   *
   * @param tensors names in the checkpoint, which may leave {@code model.} out
   * @throws io.coppice.failure.InvalidDataException if a key is missing, out of range, or asks for
   *     something this family does not do
   */
  static OptModel parse(JsonNode json, Collection<String> tensors) {
    ConfigReader config = new ConfigReader(json);
    config.require("activation_function", "relu");
    config.requireOn("enable_bias");
    config.requireOn("layer_norm_elementwise_affine");
    int hiddenSize = config.positive("hidden_size");
    int heads = config.positive("num_attention_heads");
    config.check("num_attention_heads", hiddenSize % heads == 0, "a divisor of hidden_size");
    boolean normBefore = config.flag("do_layer_norm_before", true);
    return new OptModel(
        hiddenSize,
        config.positive("ffn_dim", DEFAULT_FEED_FORWARD_SIZE),
        config.positive("num_hidden_layers"),
        heads,
        config.positive("vocab_size"),
        config.positive("max_position_embeddings", DEFAULT_POSITIONS),
        config.positive("word_embed_proj_dim", hiddenSize),
        normBefore,
        normBefore && !config.flag("_remove_final_layer_norm", false),
        HeadStorage.of(config.flag("tie_word_embeddings", true)),
        config.token("bos_token_id", 2),
        tensors.stream().anyMatch(name -> name.startsWith(BARE_PREFIX))
            ? BARE_PREFIX
            : DEFAULT_PREFIX);
  }

  @Override
  public String architecture() {
    return ARCHITECTURE;
  }

  @Override
  public int keyValueSize() {
    return hiddenSize;
  }

  @Override
  public List<WeightShape> blockWeights() {
    return Stream.of(
            norm(ATTENTION_NORM),
            linear(Q_PROJ, hiddenSize, hiddenSize, ATTENTION_INPUT),
            linear(K_PROJ, hiddenSize, hiddenSize, ATTENTION_INPUT),
            linear(V_PROJ, hiddenSize, hiddenSize, ATTENTION_INPUT),
            linear(OUT_PROJ, hiddenSize, hiddenSize, OUT_PROJ),
            norm(MLP_NORM),
            linear(FC1, feedForwardSize, hiddenSize, FC1),
            linear(FC2, hiddenSize, feedForwardSize, FC2))
        .flatMap(weights -> weights)
        .toList();
  }

  private static Stream<WeightShape> linear(String name, int rows, int columns, String input) {
    return LinearLayer.shapes(name, rows, columns, input, true);
  }

  private Stream<WeightShape> norm(String name) {
    ParameterNames names = ParameterNames.of(name);
    return Stream.of(
        WeightShape.vector(names.weight(), hiddenSize),
        WeightShape.vector(names.bias(), hiddenSize));
  }

  @Override
  public String blockPrefix(int block) {
    return prefix + "layers." + block + ".";
  }

  @Override
  public String embeddingName() {
    return head.embeddingName(prefix + EMBEDDING);
  }

  @Override
  public String headName() {
    return head.headName(prefix + EMBEDDING);
  }

  @Override
  public OptModel withHead(HeadStorage storage) {
    return new OptModel(
        hiddenSize,
        feedForwardSize,
        blockCount,
        heads,
        vocabularySize,
        maxPositions,
        embeddingSize,
        normBefore,
        finalNorm,
        storage,
        beginToken,
        prefix);
  }

  @Override
  public List<WeightShape> outerWeights() {
    List<WeightShape> weights = new ArrayList<>();
    weights.add(WeightShape.matrix(positionsName(), maxPositions + POSITION_OFFSET, hiddenSize));
    if (hasProjections()) {
      weights.add(WeightShape.matrix(inputProjectionName(), hiddenSize, embeddingSize));
      weights.add(WeightShape.matrix(outputProjectionName(), embeddingSize, hiddenSize));
    }
    if (finalNorm) {
      norm(finalNormName()).forEach(weights::add);
    }
    return weights;
  }

  /** Whether tokens are embedded in another width than the blocks'. */
  boolean hasProjections() {
    return embeddingSize != hiddenSize;
  }

  String positionsName() {
    return prefix + "embed_positions.weight";
  }

  String inputProjectionName() {
    return prefix + "project_in.weight";
  }

  String outputProjectionName() {
    return prefix + "project_out.weight";
  }

  /** What the names of the final norm's weight and bias start with. */
  String finalNormName() {
    return prefix + "final_layer_norm";
  }

  @Override
  public DecoderBlock newBlock(
      Blas blas, Arena arena, int maxTokens, int maxSequenceLength, boolean training) {
    Workspace workspace = new Workspace(blas, arena, maxTokens, maxSequenceLength, training);
    return new ComposedBlock(new OptBlock(this, workspace), hiddenSize, workspace);
  }

  @Override
  public OuterLayers newOuterLayers(Blas blas, Arena arena, int maxTokens) {
    return new OptOuterLayers(this, blas, arena, maxTokens);
  }
}
