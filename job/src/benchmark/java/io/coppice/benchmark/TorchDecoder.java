package io.coppice.benchmark;

import io.coppice.model.BlockWeights;
import io.coppice.model.LanguageModel;
import io.coppice.model.LlamaModel;
import io.coppice.model.ModelInMemory;
import io.coppice.model.WeightShape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * A LLaMA model of libtorch's calls that scores one token at a time, its keys and values kept in
 * memory that is there from the beginning. Belongs to one thread.
 */
final class TorchDecoder {
  private final BlockShape shape;
  private final TorchRope rope;
  private final Tensor embedding;
  private final Tensor finalNorm;
  private final Tensor tokenIds;
  private final List<Block> blocks = new ArrayList<>();

  /**
   * One block.
   *
   * @param keys windows × key-value heads × capacity × head size
   * @param values of the same shape
   */
  private record Block(Map<String, Tensor> weights, Tensor keys, Tensor values) {}

  /**
   * @param shape with the sequences as windows and the capacity as tokens
   */
  TorchDecoder(BlockShape shape, ModelInMemory model) {
    this.shape = shape;
    rope = TorchRope.of(shape, torch.ScalarType.Float);
    embedding = TorchTensors.copy(model.embedding());
    finalNorm =
        TorchTensors.copy(model.outer().tensor(LlamaModel.FINAL_NORM)).reshape(shape.hiddenSize());
    tokenIds = torch.zeros(shape.windows()).to(torch.ScalarType.Long);
    model.blocks().forEach(weights -> blocks.add(block(model.model(), weights)));
  }

  private Block block(LanguageModel model, BlockWeights weights) {
    Map<String, Tensor> copies = new HashMap<>();
    for (WeightShape weight : model.blockWeights()) {
      Tensor copy = TorchTensors.copy(weights.tensor(weight.name()));
      copies.put(weight.name(), weight.isPrunable() ? copy : copy.reshape(weight.columns()));
    }
    long[] cache = {shape.windows(), shape.keyValueHeads(), shape.tokens(), shape.headSize()};
    return new Block(copies, torch.zeros(cache), torch.zeros(cache));
  }

  /** The logits of the token after the given one, windows × vocabulary. */
  Tensor step(int[] tokens, int position) {
    LongPointer ids = new LongPointer(tokenIds.data_ptr());
    for (int i = 0; i < tokens.length; i++) {
      ids.put(i, tokens[i]);
    }
    try (NoGradGuard guard = new NoGradGuard()) {
      Tensor hidden = torch.embedding(embedding, tokenIds);
      for (Block block : blocks) {
        hidden = forward(block, hidden, position);
      }
      return torch.linear(norm(hidden, finalNorm), embedding);
    }
  }

  private Tensor forward(Block block, Tensor x, int position) {
    Map<String, Tensor> weights = block.weights;
    Tensor a = norm(x, weights.get("input_layernorm.weight"));
    Tensor query = heads(torch.linear(a, weights.get("self_attn.q_proj.weight")), shape.heads());
    Tensor key =
        heads(torch.linear(a, weights.get("self_attn.k_proj.weight")), shape.keyValueHeads());
    Tensor value =
        heads(torch.linear(a, weights.get("self_attn.v_proj.weight")), shape.keyValueHeads());
    block.keys.narrow(2, position, 1).copy_(rope.rotate(key, position));
    block.values.narrow(2, position, 1).copy_(value);
    Tensor attended =
        torch.scaled_dot_product_attention(
            rope.rotate(query, position),
            block.keys.narrow(2, 0, position + 1),
            block.values.narrow(2, 0, position + 1),
            new TensorOptional(),
            0,
            false,
            new DoubleOptional(),
            shape.heads() != shape.keyValueHeads());
    Tensor merged = attended.reshape(shape.windows(), shape.hiddenSize());
    Tensor h = x.add(torch.linear(merged, weights.get("self_attn.o_proj.weight")));
    Tensor b = norm(h, weights.get("post_attention_layernorm.weight"));
    Tensor gate = torch.silu(torch.linear(b, weights.get("mlp.gate_proj.weight")));
    Tensor gated = gate.mul(torch.linear(b, weights.get("mlp.up_proj.weight")));
    return h.add(torch.linear(gated, weights.get("mlp.down_proj.weight")));
  }

  private Tensor norm(Tensor x, Tensor weight) {
    return torch.rms_norm(
        x,
        new long[] {shape.hiddenSize()},
        new TensorOptional(weight),
        new DoubleOptional(BlockShape.NORM_EPSILON));
  }

  /** One token of each sequence. */
  private Tensor heads(Tensor x, int count) {
    return x.view(shape.windows(), count, 1, shape.headSize());
  }

  /** The products of all linear layers and the head, into memory that is there. */
  Runnable products() {
    List<Runnable> products = new ArrayList<>();
    products.add(product(embedding));
    for (Block block : blocks) {
      block.weights.values().stream()
          .filter(weight -> weight.dim() == 2)
          .forEach(weight -> products.add(product(weight)));
    }
    return () -> {
      try (NoGradGuard guard = new NoGradGuard()) {
        products.forEach(Runnable::run);
      }
    };
  }

  private Runnable product(Tensor weight) {
    Tensor x = torch.randn(shape.windows(), weight.size(1));
    Tensor y = torch.empty(shape.windows(), weight.size(0));
    return () -> torch.mm_out(y, x, weight.t());
  }
}
