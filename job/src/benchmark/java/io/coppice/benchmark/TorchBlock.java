package io.coppice.benchmark;

import io.coppice.model.WeightShape;
import io.coppice.tensor.Precision;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.pytorch.AdamW;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The same block in libtorch's calls, in eager mode. With bfloat16 as under autocast: linear layers
 * read copies of weights and inputs in that format and put it out, as do the gate and rope; the
 * residual stream, attention, norms, loss, master weights, their gradients and moments are float32.
 * Belongs to one thread.
 */
final class TorchBlock {
  private final BlockShape shape;
  private final torch.ScalarType type;
  private final Map<String, Tensor> weights = new LinkedHashMap<>();
  private final Map<String, Tensor> masks = new LinkedHashMap<>();
  private final Map<String, Tensor> rounded = new LinkedHashMap<>();
  private final TorchRope rope;
  private final AdamW optimizer;
  private final Tensor input;
  private final Tensor target;

  TorchBlock(BlockData data, Precision precision) {
    shape = data.shape();
    type = precision == Precision.BF16 ? torch.ScalarType.BFloat16 : torch.ScalarType.Float;
    TensorVector parameters = new TensorVector();
    for (WeightShape weight : data.model().blockWeights()) {
      Tensor copy = TorchTensors.copy(data.weights().tensor(weight.name()));
      if (weight.isPrunable()) {
        masks.put(weight.name(), copy.ne(TorchTensors.scalar(0)).to(torch.ScalarType.Float));
        rounded.put(weight.name(), copy.to(type));
      } else {
        copy = copy.reshape(weight.columns());
      }
      weights.put(weight.name(), copy.set_requires_grad(true));
      parameters.push_back(copy);
    }
    optimizer = new AdamW(parameters, options());
    rope = TorchRope.of(shape, type);
    input = activations(data.input());
    target = activations(data.target());
  }

  private static AdamWOptions options() {
    AdamWOptions options = new AdamWOptions(CoppiceBlock.LEARNING_RATE);
    DoublePointer betas = options.betas();
    // A tuple of C++: which of its elements lies first is the library's own matter.
    int second = betas.get(0) > betas.get(1) ? 0 : 1;
    betas.put(second, 0.95);
    betas.put(1 - second, 0.9);
    options.eps().put(1e-8);
    options.weight_decay().put(0);
    return options;
  }

  private Tensor activations(io.coppice.tensor.Tensor source) {
    return TorchTensors.copy(source).view(shape.windows(), shape.tokens(), shape.hiddenSize());
  }

  /** The output, with weights that were rounded beforehand. */
  Tensor forward() {
    try (NoGradGuard guard = new NoGradGuard()) {
      return forward(rounded);
    }
  }

  /** The gradients by the weights, which are rounded first. */
  Map<String, Tensor> gradient() {
    optimizer.zero_grad();
    Map<String, Tensor> factors = new LinkedHashMap<>();
    masks.keySet().forEach(name -> factors.put(name, weights.get(name).to(type)));
    torch.mse_loss(forward(factors), target).backward();
    Map<String, Tensor> gradients = new LinkedHashMap<>();
    weights.forEach((name, weight) -> gradients.put(name, weight.grad()));
    return gradients;
  }

  void step() {
    gradient();
    optimizer.step();
    try (NoGradGuard guard = new NoGradGuard()) {
      masks.forEach((name, mask) -> weights.get(name).mul_(mask));
    }
  }

  Map<String, Tensor> weights() {
    return weights;
  }

  private Tensor forward(Map<String, Tensor> factors) {
    Tensor a = norm(input, "input_layernorm.weight");
    Tensor query = heads(linear(a, factors, "self_attn.q_proj.weight"), shape.heads());
    Tensor key = heads(linear(a, factors, "self_attn.k_proj.weight"), shape.keyValueHeads());
    Tensor value = heads(linear(a, factors, "self_attn.v_proj.weight"), shape.keyValueHeads());
    Tensor attended = attention(rope.rotate(query, 0), rope.rotate(key, 0), value);
    Tensor merged =
        attended.transpose(1, 2).reshape(shape.windows(), shape.tokens(), shape.hiddenSize());
    Tensor h = input.add(linear(merged, factors, "self_attn.o_proj.weight"));
    Tensor b = norm(h, "post_attention_layernorm.weight");
    Tensor gate = torch.silu(linear(b, factors, "mlp.gate_proj.weight"));
    Tensor gated = gate.mul(linear(b, factors, "mlp.up_proj.weight"));
    return h.add(linear(gated, factors, "mlp.down_proj.weight"));
  }

  /** In float32 on rounded operands: this build's attention is several times slower in bfloat16. */
  private Tensor attention(Tensor query, Tensor key, Tensor value) {
    return torch
        .scaled_dot_product_attention(
            query.to(torch.ScalarType.Float),
            key.to(torch.ScalarType.Float),
            value.to(torch.ScalarType.Float),
            new TensorOptional(),
            0,
            true,
            new DoubleOptional(),
            shape.heads() != shape.keyValueHeads())
        .to(type);
  }

  /** In the format that linear layers read. */
  private Tensor norm(Tensor x, String weight) {
    return torch
        .rms_norm(
            x,
            new long[] {shape.hiddenSize()},
            new TensorOptional(weights.get(weight)),
            new DoubleOptional(BlockShape.NORM_EPSILON))
        .to(type);
  }

  private static Tensor linear(Tensor x, Map<String, Tensor> factors, String weight) {
    return torch.linear(x, factors.get(weight));
  }

  private Tensor heads(Tensor x, int count) {
    return x.view(shape.windows(), shape.tokens(), count, shape.headSize()).transpose(1, 2);
  }

  /** The products of all linear layers, into memory that is there. */
  Runnable products(boolean training) {
    List<Runnable> products = new ArrayList<>();
    for (Tensor weight : rounded.values()) {
      Tensor x = torch.randn(shape.rows(), weight.size(1)).to(type);
      Tensor y = torch.randn(shape.rows(), weight.size(0)).to(type);
      Tensor output = torch.empty_like(y);
      Tensor inputGradient = torch.empty_like(x);
      Tensor weightGradient = torch.empty_like(weight);
      products.add(() -> torch.mm_out(output, x, weight.t()));
      if (training) {
        products.add(() -> torch.mm_out(inputGradient, y, weight));
        products.add(() -> torch.mm_out(weightGradient, y.t(), x));
      }
    }
    return () -> {
      try (NoGradGuard guard = new NoGradGuard()) {
        products.forEach(Runnable::run);
      }
    };
  }
}
