"""Writes the PyTorch results that MetricGoldenTest compares with.

Run with torch 1.13:  python3 make_metric_golden.py   (writes metric.json beside itself)
Every array is {"shape": [rows, columns], "values": [...]}, in row order. All is computed in float64.
"""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(20261127)
torch.set_default_dtype(torch.float64)

WINDOWS, LENGTH, HIDDEN, WORDS, BLOCKS, HEADS, SHARED, MIDDLE = 3, 8, 12, 19, 3, 2, 1, 16
SIZE = HIDDEN // HEADS
DAMPING = 0.1


def array(tensor):
    tensor = tensor.detach()
    rows = tensor if tensor.dim() == 2 else tensor.reshape(-1, tensor.shape[-1])
    return {"shape": list(rows.shape), "values": [float(f"{v:.9g}") for v in rows.flatten().tolist()]}


def rounded(*shape, scale=1.0, mean=0.0):
    return (mean + scale * torch.randn(*shape)).float().double()


config = {"architectures": ["LlamaForCausalLM"], "hidden_size": HIDDEN, "intermediate_size": MIDDLE,
          "num_hidden_layers": BLOCKS, "num_attention_heads": HEADS, "num_key_value_heads": SHARED,
          "vocab_size": WORDS, "max_position_embeddings": 32, "rms_norm_eps": 1e-5}
weights = {"model.norm.weight": rounded(1, HIDDEN, scale=0.3, mean=1),
           "lm_head.weight": rounded(WORDS, HIDDEN, scale=0.8)}
for block in range(BLOCKS):
    prefix = f"model.layers.{block}."
    for name, rows, columns in [("self_attn.q_proj", HIDDEN, HIDDEN), ("self_attn.k_proj", SHARED * SIZE, HIDDEN),
                                ("self_attn.v_proj", SHARED * SIZE, HIDDEN), ("self_attn.o_proj", HIDDEN, HIDDEN),
                                ("mlp.gate_proj", MIDDLE, HIDDEN), ("mlp.up_proj", MIDDLE, HIDDEN),
                                ("mlp.down_proj", HIDDEN, MIDDLE)]:
        weights[prefix + name + ".weight"] = rounded(rows, columns, scale=0.4)
    for name in ["input_layernorm", "post_attention_layernorm"]:
        weights[prefix + name + ".weight"] = rounded(1, HIDDEN, scale=0.3, mean=1)

angles = torch.outer(torch.arange(LENGTH).double(), 10000 ** (-torch.arange(0, SIZE, 2).double() / SIZE))
cosine, sine = torch.cat([angles.cos()] * 2, -1), torch.cat([angles.sin()] * 2, -1)


def norm(x, weight):
    return weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5))


def rotated(x):
    return x * cosine + torch.cat([-x[..., SIZE // 2:], x[..., :SIZE // 2]], -1) * sine


def split(x, heads):
    return x.view(WINDOWS, LENGTH, heads, SIZE).transpose(1, 2)


def forward(block, x):
    def linear(name, y):
        return F.linear(y, weights[f"model.layers.{block}.{name}.weight"])

    y = norm(x, weights[f"model.layers.{block}.input_layernorm.weight"])
    query = rotated(split(linear("self_attn.q_proj", y), HEADS))
    key = rotated(split(linear("self_attn.k_proj", y), SHARED)).repeat_interleave(HEADS // SHARED, 1)
    value = split(linear("self_attn.v_proj", y), SHARED).repeat_interleave(HEADS // SHARED, 1)
    scores = query @ key.transpose(-1, -2) / SIZE ** 0.5
    scores = scores.masked_fill(torch.ones(LENGTH, LENGTH).triu(1).bool(), float("-inf"))
    attended = (torch.softmax(scores, -1) @ value).transpose(1, 2).reshape(WINDOWS, LENGTH, HIDDEN)
    h = x + linear("self_attn.o_proj", attended)
    y = norm(h, weights[f"model.layers.{block}.post_attention_layernorm.weight"])
    return h + linear("mlp.down_proj", F.silu(linear("mlp.gate_proj", y)) * linear("mlp.up_proj", y))


boundaries = [rounded(WINDOWS, LENGTH, HIDDEN).requires_grad_()]
for block in range(BLOCKS):
    boundaries.append(forward(block, boundaries[-1]))
    boundaries[-1].retain_grad()
log_p = F.log_softmax(F.linear(norm(boundaries[-1], weights["model.norm.weight"]), weights["lm_head.weight"]), -1)
points = torch.rand(WINDOWS, LENGTH)
labels = (log_p.detach().exp().cumsum(-1) > points[..., None]).double().argmax(-1)
(-log_p.gather(-1, labels[..., None]).sum()).backward()

metrics = []
for boundary in boundaries[1:]:
    gradients = boundary.grad.reshape(-1, HIDDEN)
    moments = gradients.T @ gradients
    metrics.append((HIDDEN * moments / moments.trace() + DAMPING * torch.eye(HIDDEN)) / (1 + DAMPING))
golden = {"config": config, "length": LENGTH, "weights": {name: array(value) for name, value in weights.items()},
          "boundaries": [array(boundary) for boundary in boundaries], "points": array(points),
          "gradients": [array(boundary.grad) for boundary in boundaries[1:]],
          "metrics": [array(metric) for metric in metrics]}
path = pathlib.Path(__file__).with_name("metric.json")
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
