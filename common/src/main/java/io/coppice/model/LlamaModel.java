package io.coppice.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.kernel.CausalAttention;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * LLaMA, and the families that share its block: RMSNorm, rotary positions, grouped-query attention,
 * SwiGLU.
 *
 * @param rmsNormEpsilon added to the mean square under the norms' roots
 * @param variant the family
 */
public record LlamaModel(
    ModelSize size,
    LlamaAttention attention,
    Vocabulary vocabulary,
    float rmsNormEpsilon,
    LlamaVariant variant)
    implements LanguageModel {

  static final String ARCHITECTURE = "LlamaForCausalLM";

  /** Checkpoint name of the final norm's weight. */
  public static final String FINAL_NORM = "model.norm.weight";

  private static final String EMBEDDING = "model.embed_tokens.weight";
  static final String INPUT_NORM = "input_layernorm.weight";
  static final String Q_NORM = "self_attn.q_norm.weight";
  static final String K_NORM = "self_attn.k_norm.weight";
  static final String POST_ATTENTION_NORM = "post_attention_layernorm.weight";
  static final LinearSpec Q_PROJ = LinearSpec.of("self_attn.q_proj", "self_attn");
  static final LinearSpec K_PROJ = LinearSpec.of("self_attn.k_proj", "self_attn");
  static final LinearSpec V_PROJ = LinearSpec.of("self_attn.v_proj", "self_attn");
  static final LinearSpec O_PROJ = LinearSpec.of("self_attn.o_proj", "self_attn.o_proj");
  static final LinearSpec GATE_PROJ = LinearSpec.of("mlp.gate_proj", "mlp");
  static final LinearSpec UP_PROJ = LinearSpec.of("mlp.up_proj", "mlp");
  static final LinearSpec DOWN_PROJ = LinearSpec.of("mlp.down_proj", "mlp.down_proj");

  /**
   * Reads {@code config.json}.
   *
   * @throws io.coppice.failure.InvalidDataException if a key is missing, out of range, or asks for
   *     a feature this family does not have
   */
  public static LlamaModel parse(JsonNode json) {
    ConfigReader config = new ConfigReader(json);
    config.forbid("attention_bias");
    return read(config, LlamaVariant.of(ARCHITECTURE), LlamaDefaults.LLAMA);
  }

  /** Reads the keys that the families of this block have in common. */
  static LlamaModel read(ConfigReader config, LlamaVariant variant, LlamaDefaults defaults) {
    // Two names of one function.
    config.require("hidden_act", "silu", "swish");
    config.forbid("mlp_bias");
    int hiddenSize = config.positive("hidden_size");
    int heads = config.positive("num_attention_heads");
    // As in transformers, null means as many as there are heads; a missing key need not.
    int keyValueHeads =
        config.positive(
            "num_key_value_heads",
            config.isStated("num_key_value_heads")
                ? heads
                : defaults.keyValueHeads().orElse(heads));
    int headSize =
        config.positive("head_dim", defaults.headSize().orElse(Math.max(1, hiddenSize / heads)));
    config.check(
        "num_key_value_heads",
        heads % keyValueHeads == 0,
        "a divisor of num_attention_heads, which %d is not".formatted(keyValueHeads));
    config.check(
        "num_attention_heads",
        config.isPresent("head_dim")
            || defaults.headSize().isPresent()
            || hiddenSize % (2L * heads) == 0,
        "a divisor of hidden_size, for heads of an even width");
    config.check("head_dim", headSize % 2 == 0, "even");
    config.requireProduct("head_dim", headSize, "num_attention_heads", heads);
    config.requireAll(
        "layer_types",
        variant.slidingWindow() == CausalAttention.UNLIMITED
            ? "full_attention"
            : "sliding_attention");
    return new LlamaModel(
        new ModelSize(
            hiddenSize,
            config.positive("intermediate_size"),
            config.positive("num_hidden_layers"),
            config.positive("max_position_embeddings", defaults.maxPositions())),
        new LlamaAttention(heads, keyValueHeads, headSize, RopeParameters.parse(config)),
        new Vocabulary(
            config.positive("vocab_size"),
            hiddenSize,
            config.token("bos_token_id", 1),
            HeadStorage.of(config.flag("tie_word_embeddings", false))),
        (float) config.positiveNumber("rms_norm_eps", 1e-6),
        variant);
  }

  @Override
  public String architecture() {
    return variant.architecture();
  }

  @Override
  public int keyValueSize() {
    return attention.keyValueHeads() * attention.headSize();
  }

  @Override
  public List<WeightShape> blockWeights() {
    int hidden = size.hiddenSize();
    int intermediate = size.intermediateSize();
    int queries = attention.heads() * attention.headSize();
    return Stream.of(
            Stream.of(WeightShape.vector(INPUT_NORM, hidden)),
            projection(Q_PROJ).shapes(queries, hidden),
            projection(K_PROJ).shapes(keyValueSize(), hidden),
            projection(V_PROJ).shapes(keyValueSize(), hidden),
            headNorms(),
            O_PROJ.shapes(hidden, queries),
            Stream.of(WeightShape.vector(POST_ATTENTION_NORM, hidden)),
            GATE_PROJ.shapes(intermediate, hidden),
            UP_PROJ.shapes(intermediate, hidden),
            DOWN_PROJ.shapes(hidden, intermediate))
        .flatMap(weights -> weights)
        .toList();
  }

  /** A projection to queries, keys or values, as this family has it. */
  LinearSpec projection(LinearSpec layer) {
    return variant.has(LlamaVariant.Feature.QUERY_KEY_VALUE_BIAS) ? layer.withBias() : layer;
  }

  private Stream<WeightShape> headNorms() {
    return variant.has(LlamaVariant.Feature.HEAD_NORM)
        ? Stream.of(
            WeightShape.vector(Q_NORM, attention.headSize()),
            WeightShape.vector(K_NORM, attention.headSize()))
        : Stream.of();
  }

  @Override
  public String blockPrefix(int block) {
    return "model.layers." + block + ".";
  }

  @Override
  public String embeddingName() {
    return head().embeddingName(EMBEDDING);
  }

  @Override
  public String headName() {
    return head().headName(EMBEDDING);
  }

  @Override
  public LlamaModel withHead(HeadStorage storage) {
    return new LlamaModel(size, attention, vocabulary.withHead(storage), rmsNormEpsilon, variant);
  }

  @Override
  public List<WeightShape> outerWeights() {
    return List.of(WeightShape.vector(FINAL_NORM, hiddenSize()));
  }

  @Override
  public OuterLayers newOuterLayers(Blas blas, Arena arena, int maxTokens) {
    return new LlamaOuterLayers(this, new NormMemory(blas.pool(), arena, maxTokens));
  }

  @Override
  public FinalLayers newFinalLayers(BlockWorkspace workspace) {
    Norm norm =
        new RmsNormLayer(
            FINAL_NORM,
            hiddenSize(),
            rmsNormEpsilon,
            NormMemory.of(workspace, workspace.maxTokens()));
    return new FinalLayers(outerWeights(), Optional.of(norm), Optional.empty(), workspace);
  }

  @Override
  public DecoderBlock newBlock(BlockWorkspace workspace) {
    return new ComposedBlock(new LlamaBlock(this, workspace).parts(), hiddenSize(), workspace);
  }
}
