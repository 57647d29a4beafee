package io.coppice.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.coppice.kernel.CausalAttention;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import java.util.List;
import java.util.stream.Stream;

/**
 * LLaMA, and the families that share its block: RMSNorm, rotary positions, grouped-query attention,
 * SwiGLU.
 *
 * @param headSize width of one attention head
 * @param head where the head is stored
 * @param variant what the block has beyond LLaMA's
 */
public record LlamaModel(
    int hiddenSize,
    int intermediateSize,
    int blockCount,
    int heads,
    int keyValueHeads,
    int headSize,
    int vocabularySize,
    int maxPositions,
    float rmsNormEpsilon,
    RopeParameters rope,
    HeadStorage head,
    int beginToken,
    LlamaVariant variant)
    implements LanguageModel {

  static final String ARCHITECTURE = "LlamaForCausalLM";

  /** Checkpoint name of the final norm's weight. */
  public static final String FINAL_NORM = "model.norm.weight";

  private static final String EMBEDDING = "model.embed_tokens.weight";
  static final String INPUT_NORM = "input_layernorm.weight";
  static final String Q_PROJ = "self_attn.q_proj";
  static final String Q_NORM = "self_attn.q_norm.weight";
  static final String K_PROJ = "self_attn.k_proj";
  static final String K_NORM = "self_attn.k_norm.weight";
  static final String V_PROJ = "self_attn.v_proj";
  static final String O_PROJ = "self_attn.o_proj";
  static final String POST_ATTENTION_NORM = "post_attention_layernorm.weight";
  static final String GATE_PROJ = "mlp.gate_proj";
  static final String UP_PROJ = "mlp.up_proj";
  static final String DOWN_PROJ = "mlp.down_proj";

  static final String ATTENTION_INPUT = "self_attn";
  static final String ATTENTION_OUTPUT = O_PROJ;
  static final String MLP_INPUT = "mlp";
  static final String MLP_ACTIVATION = DOWN_PROJ;

  /**
   * Reads {@code config.json}.
   *
   * @throws io.coppice.failure.InvalidDataException if a key is missing, out of range, or asks for
   *     something this family does not do
   */
  public static LlamaModel parse(JsonNode json) {
    ConfigReader config = new ConfigReader(json);
    config.forbid("attention_bias");
    return read(
        config,
        new LlamaVariant(ARCHITECTURE, false, false, CausalAttention.UNLIMITED),
        LlamaDefaults.LLAMA);
  }

  /** Reads what the families of this block have in common. */
  static LlamaModel read(ConfigReader config, LlamaVariant variant, LlamaDefaults defaults) {
    // Two names of one function.
    config.require("hidden_act", "silu", "swish");
    config.forbid("mlp_bias");
    int hiddenSize = config.positive("hidden_size");
    int heads = config.positive("num_attention_heads");
    // As transformers has it, null stands for as many as there are heads, and absent need not.
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
        hiddenSize,
        config.positive("intermediate_size"),
        config.positive("num_hidden_layers"),
        heads,
        keyValueHeads,
        headSize,
        config.positive("vocab_size"),
        config.positive("max_position_embeddings", defaults.maxPositions()),
        (float) config.positiveNumber("rms_norm_eps", 1e-6),
        RopeParameters.parse(config),
        HeadStorage.of(config.flag("tie_word_embeddings", false)),
        config.token("bos_token_id", 1),
        variant);
  }

  @Override
  public String architecture() {
    return variant.architecture();
  }

  @Override
  public int keyValueSize() {
    return keyValueHeads * headSize;
  }

  @Override
  public List<WeightShape> blockWeights() {
    int queries = heads * headSize;
    int keys = keyValueHeads * headSize;
    boolean bias = variant.queryKeyValueBias();
    return Stream.of(
            Stream.of(WeightShape.vector(INPUT_NORM, hiddenSize)),
            LinearLayer.shapes(Q_PROJ, queries, hiddenSize, ATTENTION_INPUT, bias),
            LinearLayer.shapes(K_PROJ, keys, hiddenSize, ATTENTION_INPUT, bias),
            LinearLayer.shapes(V_PROJ, keys, hiddenSize, ATTENTION_INPUT, bias),
            headNorms(),
            LinearLayer.shapes(O_PROJ, hiddenSize, queries, ATTENTION_OUTPUT, false),
            Stream.of(WeightShape.vector(POST_ATTENTION_NORM, hiddenSize)),
            LinearLayer.shapes(GATE_PROJ, intermediateSize, hiddenSize, MLP_INPUT, false),
            LinearLayer.shapes(UP_PROJ, intermediateSize, hiddenSize, MLP_INPUT, false),
            LinearLayer.shapes(DOWN_PROJ, hiddenSize, intermediateSize, MLP_ACTIVATION, false))
        .flatMap(weights -> weights)
        .toList();
  }

  private Stream<WeightShape> headNorms() {
    return variant.headNorm()
        ? Stream.of(WeightShape.vector(Q_NORM, headSize), WeightShape.vector(K_NORM, headSize))
        : Stream.of();
  }

  @Override
  public String blockPrefix(int block) {
    return "model.layers." + block + ".";
  }

  @Override
  public String embeddingName() {
    return head.embeddingName(EMBEDDING);
  }

  @Override
  public String headName() {
    return head.headName(EMBEDDING);
  }

  @Override
  public LlamaModel withHead(HeadStorage storage) {
    return new LlamaModel(
        hiddenSize,
        intermediateSize,
        blockCount,
        heads,
        keyValueHeads,
        headSize,
        vocabularySize,
        maxPositions,
        rmsNormEpsilon,
        rope,
        storage,
        beginToken,
        variant);
  }

  @Override
  public int embeddingSize() {
    return hiddenSize;
  }

  @Override
  public List<WeightShape> outerWeights() {
    return List.of(WeightShape.vector(FINAL_NORM, hiddenSize));
  }

  @Override
  public OuterLayers newOuterLayers(Blas blas, Arena arena, int maxTokens) {
    return new LlamaOuterLayers(this, arena, maxTokens);
  }

  @Override
  public DecoderBlock newBlock(
      Blas blas, Arena arena, int maxTokens, int maxSequenceLength, boolean training) {
    Workspace workspace = new Workspace(blas, arena, maxTokens, maxSequenceLength, training);
    return new ComposedBlock(new LlamaBlock(this, workspace), hiddenSize, workspace);
  }
}
