"""Writes the PyTorch results that the model tests compare with.

Run with torch 1.13:  python3 make_golden.py [CASE ...]   (writes a file beside itself for each case, or only for
those named: another build of torch rounds otherwise, and the files of the other cases are to stay as they are)
Matrices are {"shape": [rows, columns], "values": [...]}, in row order.
"""

import json
import math
import pathlib
import sys

import torch
import torch.nn.functional as F

torch.set_num_threads(1)

WINDOWS, LENGTH, EPSILON = 2, 7, 1e-5


def array(tensor):
    tensor = tensor.detach()
    rows = tensor.reshape(-1, tensor.shape[-1])
    return {"shape": list(rows.shape), "values": [float(f"{v:.9g}") for v in rows.flatten().tolist()]}


def linear(w, name, x):
    return F.linear(x, w[name + ".weight"], w[name + ".bias"][0] if name + ".bias" in w else None)


def attend(q, k, v, window=None):
    """Causal attention of q, windows × T × heads × d, to the last `window` keys."""
    k, v = (part.repeat_interleave(q.shape[2] // k.shape[2], dim=2) for part in (k, v))
    scores = torch.einsum("bihd,bjhd->bhij", q, k) / q.shape[-1] ** 0.5
    t = torch.arange(LENGTH)
    hidden = t[None, :] > t[:, None]
    if window is not None:
        hidden |= t[None, :] <= t[:, None] - window
    p = scores.masked_fill(hidden, float("-inf")).softmax(-1)
    return torch.einsum("bhij,bjhd->bihd", p, v).flatten(2)


# ---- LLaMA and the families that share its block ----------------------------------------------------


def rms_norm(x, weight):
    return weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPSILON))


def inverse_frequencies(config):
    head = config["head_dim"]
    inverse = 1.0 / (config["rope_theta"] ** (torch.arange(0, head, 2).float() / head))
    scaling = config.get("rope_scaling") or {"rope_type": "default"}
    if scaling["rope_type"] == "linear":
        return inverse / scaling["factor"]
    if scaling["rope_type"] == "llama3":
        low, high, original = (
            scaling[key] for key in ("low_freq_factor", "high_freq_factor", "original_max_position_embeddings"))
        wavelength = 2 * math.pi / inverse
        smooth = (original / wavelength - low) / (high - low)
        mixed = (1 - smooth) * inverse / scaling["factor"] + smooth * inverse
        scaled = torch.where(wavelength > original / low, inverse / scaling["factor"], mixed)
        return torch.where(wavelength < original / high, inverse, scaled)
    return inverse


def rope(x, inverse):
    angles = torch.outer(torch.arange(LENGTH).float(), inverse)
    angles = torch.cat((angles, angles), dim=-1)
    first, second = x.chunk(2, dim=-1)
    return x * angles.cos()[:, None, :] + torch.cat((-second, first), dim=-1) * angles.sin()[:, None, :]


def llama_shapes(config):
    hidden, ffn, head = config["hidden_size"], config["intermediate_size"], config["head_dim"]
    queries, keys = config["num_attention_heads"] * head, config["num_key_value_heads"] * head
    shapes = {
        "input_layernorm.weight": (1, hidden),
        "self_attn.q_proj.weight": (queries, hidden),
        "self_attn.k_proj.weight": (keys, hidden),
        "self_attn.v_proj.weight": (keys, hidden),
        "self_attn.o_proj.weight": (hidden, queries),
        "post_attention_layernorm.weight": (1, hidden),
        "mlp.gate_proj.weight": (ffn, hidden),
        "mlp.up_proj.weight": (ffn, hidden),
        "mlp.down_proj.weight": (hidden, ffn),
    }
    if config["architectures"] == ["Qwen2ForCausalLM"]:
        shapes.update({f"self_attn.{name}_proj.bias": (1, size) for name, size in (("q", queries), ("k", keys), ("v", keys))})
    if config["architectures"] == ["Qwen3ForCausalLM"]:
        shapes.update({f"self_attn.{name}_norm.weight": (1, head) for name in "qk"})
    return shapes


def llama_block(config, w, x):
    heads = lambda t: t.unflatten(-1, (-1, config["head_dim"]))
    a = rms_norm(x, w["input_layernorm.weight"][0])
    q, k, v = (heads(linear(w, f"self_attn.{name}_proj", a)) for name in "qkv")
    if "self_attn.q_norm.weight" in w:
        q, k = rms_norm(q, w["self_attn.q_norm.weight"][0]), rms_norm(k, w["self_attn.k_norm.weight"][0])
    inverse = inverse_frequencies(config)
    attended = attend(rope(q, inverse), rope(k, inverse), v, config.get("sliding_window"))
    h = x + linear(w, "self_attn.o_proj", attended)
    b = rms_norm(h, w["post_attention_layernorm.weight"][0])
    return h + linear(w, "mlp.down_proj", F.silu(linear(w, "mlp.gate_proj", b)) * linear(w, "mlp.up_proj", b))


def llama_config(architecture, hidden=8, ffn=10, heads=2, kv_heads=1, head=4, **more):
    return dict(
        architectures=[architecture], hidden_size=hidden, intermediate_size=ffn, num_hidden_layers=1,
        num_attention_heads=heads, num_key_value_heads=kv_heads, head_dim=head, vocab_size=32,
        max_position_embeddings=16, rms_norm_eps=EPSILON, rope_theta=10000.0, hidden_act="silu", **more)


# ---- OPT -------------------------------------------------------------------------------------------


def opt_shapes(config):
    hidden, ffn = config["hidden_size"], config["ffn_dim"]
    layers = {f"self_attn.{name}_proj": (hidden, hidden) for name in ("q", "k", "v", "out")}
    layers.update({"fc1": (ffn, hidden), "fc2": (hidden, ffn)})
    shapes = {}
    for name in ("self_attn_layer_norm", "final_layer_norm"):
        shapes.update({name + ".weight": (1, hidden), name + ".bias": (1, hidden)})
    for name, shape in layers.items():
        shapes.update({name + ".weight": shape, name + ".bias": (1, shape[0])})
    return shapes


def opt_block(config, w, x):
    norm = lambda name, t: F.layer_norm(t, t.shape[-1:], w[name + ".weight"][0], w[name + ".bias"][0], EPSILON)
    before = config["do_layer_norm_before"]
    a = norm("self_attn_layer_norm", x) if before else x
    q, k, v = (linear(w, f"self_attn.{name}_proj", a).unflatten(-1, (config["num_attention_heads"], -1)) for name in "qkv")
    h = x + linear(w, "self_attn.out_proj", attend(q, k, v))
    h = h if before else norm("self_attn_layer_norm", h)
    b = norm("final_layer_norm", h) if before else h
    y = h + linear(w, "fc2", F.relu(linear(w, "fc1", b)))
    return y if before else norm("final_layer_norm", y)


# ---- The cases ----------------------------------------------------------------------------------------


def write(name, config, shapes, block):
    if sys.argv[1:] and name not in sys.argv[1:]:
        return
    torch.manual_seed(11)
    weights = {
        weight: (torch.randn(*shape) * 0.4 + (1 if "norm.weight" in weight else 0)).requires_grad_()
        for weight, shape in shapes.items()
    }
    if "fc1.bias" in weights:  # keeps the rectifier's inputs away from its kink, for finite differences
        sign = 1 - 2 * (torch.arange(config["ffn_dim"]) % 2)
        weights["fc1.bias"] = (weights["fc1.bias"].detach() + 6 * sign).requires_grad_()
    x = torch.randn(WINDOWS, LENGTH, config["hidden_size"]).requires_grad_()
    y = block(config, weights, x)
    dy = torch.randn_like(y)
    y.backward(dy)
    golden = dict(
        config=config, sequenceLength=LENGTH,
        input=array(x), output=array(y), outputGradient=array(dy), inputGradient=array(x.grad),
        weights={name: array(w) for name, w in weights.items()},
        gradients={name: array(w.grad) for name, w in weights.items()})
    path = pathlib.Path(__file__).with_name(name + ".json")
    path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


def write_llama(name, architecture, **more):
    config = llama_config(architecture, **more)
    write(name, config, llama_shapes(config), llama_block)


def write_opt(name, before):
    config = dict(
        architectures=["OPTForCausalLM"], hidden_size=8, ffn_dim=10, num_hidden_layers=1, num_attention_heads=2,
        vocab_size=32, max_position_embeddings=16, do_layer_norm_before=before, activation_function="relu")
    write(name, config, opt_shapes(config), opt_block)


write_llama("llama", "LlamaForCausalLM", hidden=12, ffn=20, heads=4, kv_heads=2)
write_llama("llama3-rope", "LlamaForCausalLM", head=8, rope_scaling=dict(
    rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=128))
write_llama("linear-rope", "LlamaForCausalLM", rope_scaling=dict(rope_type="linear", factor=4.0))
write_llama("mistral", "MistralForCausalLM", sliding_window=3)
write_llama("qwen2", "Qwen2ForCausalLM")
write_llama("qwen3", "Qwen3ForCausalLM", head=6)
write_opt("opt", True)
write_opt("opt-norm-after", False)
