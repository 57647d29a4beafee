"""Writes the PyTorch results that the model tests compare with.

Run with torch 1.13:  python3 make_golden.py   (writes golden.json beside itself)
Matrices are {"shape": [rows, columns], "values": [...]}, in row order.
"""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(11)
torch.set_num_threads(1)

WINDOWS, LENGTH = 2, 7
HIDDEN, FFN, HEADS, KV_HEADS, HEAD = 12, 20, 4, 2, 4
EPSILON, THETA = 1e-5, 10000.0

SHAPES = {
    "input_layernorm.weight": (1, HIDDEN),
    "self_attn.q_proj.weight": (HEADS * HEAD, HIDDEN),
    "self_attn.k_proj.weight": (KV_HEADS * HEAD, HIDDEN),
    "self_attn.v_proj.weight": (KV_HEADS * HEAD, HIDDEN),
    "self_attn.o_proj.weight": (HIDDEN, HEADS * HEAD),
    "post_attention_layernorm.weight": (1, HIDDEN),
    "mlp.gate_proj.weight": (FFN, HIDDEN),
    "mlp.up_proj.weight": (FFN, HIDDEN),
    "mlp.down_proj.weight": (HIDDEN, FFN),
}


def array(tensor):
    tensor = tensor.detach()
    rows = tensor.reshape(-1, tensor.shape[-1])
    return {"shape": list(rows.shape), "values": [float(f"{v:.9g}") for v in rows.flatten().tolist()]}


def rms_norm(x, weight):
    return weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPSILON))


def rope(x):
    inverse = 1.0 / (THETA ** (torch.arange(0, HEAD, 2).float() / HEAD))
    angles = torch.outer(torch.arange(LENGTH).float(), inverse)
    angles = torch.cat((angles, angles), dim=-1)
    first, second = x.chunk(2, dim=-1)
    return x * angles.cos()[:, None, :] + torch.cat((-second, first), dim=-1) * angles.sin()[:, None, :]


def block(w, x):
    a = rms_norm(x, w["input_layernorm.weight"][0])
    q = rope((a @ w["self_attn.q_proj.weight"].T).view(WINDOWS, LENGTH, HEADS, HEAD))
    k = rope((a @ w["self_attn.k_proj.weight"].T).view(WINDOWS, LENGTH, KV_HEADS, HEAD))
    v = (a @ w["self_attn.v_proj.weight"].T).view(WINDOWS, LENGTH, KV_HEADS, HEAD)
    k = k.repeat_interleave(HEADS // KV_HEADS, dim=2)
    v = v.repeat_interleave(HEADS // KV_HEADS, dim=2)
    scores = torch.einsum("bihd,bjhd->bhij", q, k) / HEAD**0.5
    future = torch.ones(LENGTH, LENGTH, dtype=torch.bool).triu(1)
    p = scores.masked_fill(future, float("-inf")).softmax(-1)
    attended = torch.einsum("bhij,bjhd->bihd", p, v).reshape(WINDOWS, LENGTH, HEADS * HEAD)
    h = x + attended @ w["self_attn.o_proj.weight"].T
    b = rms_norm(h, w["post_attention_layernorm.weight"][0])
    return h + (F.silu(b @ w["mlp.gate_proj.weight"].T) * (b @ w["mlp.up_proj.weight"].T)) @ w["mlp.down_proj.weight"].T


weights = {
    name: (torch.randn(*shape) * 0.4 + (1 if shape[0] == 1 else 0)).requires_grad_()
    for name, shape in SHAPES.items()
}
x = torch.randn(WINDOWS, LENGTH, HIDDEN).requires_grad_()
y = block(weights, x)
dy = torch.randn_like(y)
y.backward(dy)

golden = dict(
    config=dict(
        architectures=["LlamaForCausalLM"], hidden_size=HIDDEN, intermediate_size=FFN, num_hidden_layers=1,
        num_attention_heads=HEADS, num_key_value_heads=KV_HEADS, head_dim=HEAD, vocab_size=32,
        max_position_embeddings=16, rms_norm_eps=EPSILON, rope_theta=THETA, hidden_act="silu"),
    sequenceLength=LENGTH,
    input=array(x), output=array(y), outputGradient=array(dy), inputGradient=array(x.grad),
    weights={name: array(w) for name, w in weights.items()},
    gradients={name: array(w.grad) for name, w in weights.items()},
)
path = pathlib.Path(__file__).with_name("golden.json")
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
