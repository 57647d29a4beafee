package io.coppice.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * OPT (Zhang et al. 2022, arXiv 2205.01068): learned positions, LayerNorm, biases everywhere, ReLU.
 *
 * @param vocabulary with the width of embedding and head ({@code word_embed_proj_dim}); where it is
 *     not hidden_size, projections lead in and out
 * @param prefix the beginning of the names of all tensors except a separate head
 */
public record OptModel(
    ModelSize size, int heads, Vocabulary vocabulary, OptNorms norms, String prefix)
    implements LanguageModel {

  static final String ARCHITECTURE = "OPTForCausalLM";

  /** PyTorch's default, which OPT's configuration does not name. */
  static final float NORM_EPSILON = 1e-5f;

  /** The number of rows of the position embedding that belong to no position. */
  static final int POSITION_OFFSET = 2;

  static final String ATTENTION_NORM = "self_attn_layer_norm";
  static final String MLP_NORM = "final_layer_norm";
  static final LinearSpec Q_PROJ = biased("self_attn.q_proj", "self_attn");
  static final LinearSpec K_PROJ = biased("self_attn.k_proj", "self_attn");
  static final LinearSpec V_PROJ = biased("self_attn.v_proj", "self_attn");
  static final LinearSpec OUT_PROJ = biased("self_attn.out_proj", "self_attn.out_proj");
  static final LinearSpec FC1 = biased("fc1", "fc1");
  static final LinearSpec FC2 = biased("fc2", "fc2");

  /** The size that transformers assumes where {@code config.json} is silent. */
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
   *     a feature this family does not have
   */
  static OptModel parse(JsonNode json, Collection<String> tensors) {
    ConfigReader config = new ConfigReader(json);
    config.require("activation_function", "relu");
    config.requireOn("enable_bias");
    config.requireOn("layer_norm_elementwise_affine");
    int hiddenSize = config.positive("hidden_size");
    int heads = config.positive("num_attention_heads");
    config.check("num_attention_heads", hiddenSize % heads == 0, "a divisor of hidden_size");
    return new OptModel(
        new ModelSize(
            hiddenSize,
            config.positive("ffn_dim", DEFAULT_FEED_FORWARD_SIZE),
            config.positive("num_hidden_layers"),
            config.positive("max_position_embeddings", DEFAULT_POSITIONS)),
        heads,
        new Vocabulary(
            config.positive("vocab_size"),
            config.positive("word_embed_proj_dim", hiddenSize),
            config.token("bos_token_id", 2),
            HeadStorage.of(config.flag("tie_word_embeddings", true))),
        norms(config),
        tensors.stream().anyMatch(name -> name.startsWith(BARE_PREFIX))
            ? BARE_PREFIX
            : DEFAULT_PREFIX);
  }

  private static OptNorms norms(ConfigReader config) {
    boolean before = config.flag("do_layer_norm_before", true);
    if (!before) {
      return OptNorms.AFTER_SUMS;
    }
    return config.flag("_remove_final_layer_norm", false)
        ? OptNorms.BEFORE
        : OptNorms.BEFORE_AND_FINAL;
  }

  private static LinearSpec biased(String name, String input) {
    return LinearSpec.of(name, input).withBias();
  }

  @Override
  public String architecture() {
    return ARCHITECTURE;
  }

  @Override
  public int keyValueSize() {
    return hiddenSize();
  }

  @Override
  public List<WeightShape> blockWeights() {
    int hidden = size.hiddenSize();
    int feedForward = size.intermediateSize();
    return Stream.of(
            norm(ATTENTION_NORM),
            Q_PROJ.shapes(hidden, hidden),
            K_PROJ.shapes(hidden, hidden),
            V_PROJ.shapes(hidden, hidden),
            OUT_PROJ.shapes(hidden, hidden),
            norm(MLP_NORM),
            FC1.shapes(feedForward, hidden),
            FC2.shapes(hidden, feedForward))
        .flatMap(weights -> weights)
        .toList();
  }

  private Stream<WeightShape> norm(String name) {
    ParameterNames names = ParameterNames.of(name);
    return Stream.of(
        WeightShape.vector(names.weight(), hiddenSize()),
        WeightShape.vector(names.bias(), hiddenSize()));
  }

  @Override
  public String blockPrefix(int block) {
    return prefix + "layers." + block + ".";
  }

  @Override
  public String embeddingName() {
    return head().embeddingName(prefix + EMBEDDING);
  }

  @Override
  public String headName() {
    return head().headName(prefix + EMBEDDING);
  }

  @Override
  public OptModel withHead(HeadStorage storage) {
    return new OptModel(size, heads, vocabulary.withHead(storage), norms, prefix);
  }

  @Override
  public List<WeightShape> outerWeights() {
    List<WeightShape> weights = new ArrayList<>();
    weights.add(
        WeightShape.matrix(positionsName(), maxPositions() + POSITION_OFFSET, hiddenSize()));
    if (hasProjections()) {
      weights.add(WeightShape.matrix(inputProjectionName(), hiddenSize(), embeddingSize()));
      weights.add(WeightShape.matrix(outputProjectionName(), embeddingSize(), hiddenSize()));
    }
    if (hasFinalNorm()) {
      norm(finalNormName()).forEach(weights::add);
    }
    return weights;
  }

  /** Whether a norm follows the last block. */
  boolean hasFinalNorm() {
    return norms == OptNorms.BEFORE_AND_FINAL;
  }

  /** Whether the width of the embedding differs from that of the blocks. */
  boolean hasProjections() {
    return embeddingSize() != hiddenSize();
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

  /** The beginning of the names of the final norm's parameters. */
  String finalNormName() {
    return prefix + "final_layer_norm";
  }

  @Override
  public DecoderBlock newBlock(BlockWorkspace workspace) {
    return new ComposedBlock(new OptBlock(this, workspace).parts(), hiddenSize(), workspace);
  }

  @Override
  public OuterLayers newOuterLayers(Blas blas, Arena arena, int maxTokens) {
    return new OptOuterLayers(this, blas, arena, maxTokens);
  }

  @Override
  public FinalLayers newFinalLayers(BlockWorkspace workspace) {
    Optional<Norm> norm =
        hasFinalNorm()
            ? Optional.of(
                new LayerNormLayer(
                    finalNormName(),
                    hiddenSize(),
                    NORM_EPSILON,
                    NormMemory.of(workspace, workspace.maxTokens())))
            : Optional.empty();
    Optional<String> projection =
        hasProjections() ? Optional.of(outputProjectionName()) : Optional.empty();
    List<WeightShape> shapes =
        outerWeights().stream()
            .filter(
                shape ->
                    shape.name().startsWith(finalNormName())
                        || projection.filter(shape.name()::equals).isPresent())
            .toList();
    return new FinalLayers(shapes, norm, projection, workspace);
  }
}
