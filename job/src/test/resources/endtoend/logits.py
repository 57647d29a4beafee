"""Reads a checkpoint by the formats' and families' definitions alone and prints the logits after each token.

Usage: logits.py FOLDER ID,ID,...   Prints a JSON list of one list of logits per token.
"""

import json
import math
import os
import struct
import sys

import torch
import torch.nn.functional as F

DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


class Weights:
    """Tensors by name in double; remembers which were used."""

    def __init__(self, tensors):
        self.tensors, self.unused = tensors, set(tensors)

    def __getitem__(self, name):
        self.unused.discard(name)
        return self.tensors[name]

    def linear(self, name, x, bias=False):
        return F.linear(x, self[name + ".weight"], self[name + ".bias"] if bias else None)


def load_file(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = torch.frombuffer(data[begin:end], dtype=DTYPES[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"]).double()
    return tensors


def load(folder):
    index = os.path.join(folder, "model.safetensors.index.json")
    if not os.path.exists(index):
        return load_file(os.path.join(folder, "model.safetensors"))
    with open(index) as file:
        weight_map = json.load(file)["weight_map"]
    shards = {name: load_file(os.path.join(folder, name)) for name in set(weight_map.values())}
    return {tensor: shards[shard][tensor] for tensor, shard in weight_map.items()}


def attend(q, k, v, window=None):
    """Causal attention of q, heads × T × d, to the last `window` keys; gives T × heads·d."""
    k, v = (part.repeat_interleave(len(q) // len(k), 0) for part in (k, v))
    t = torch.arange(q.shape[1])
    hidden = t[None, :] > t[:, None]
    if window is not None:
        hidden |= t[None, :] <= t[:, None] - window
    scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[-1])
    return (scores.masked_fill(hidden, float("-inf")).softmax(-1) @ v).transpose(0, 1).flatten(1)


# ---- LLaMA, Mistral, Qwen2, Qwen3 -------------------------------------------------------------------


def rms_norm(x, weight, epsilon):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon) * weight


def frequencies(config, d):
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    theta = rope.get("rope_theta", config.get("rope_theta", 10000.0))
    plain = theta ** (-torch.arange(0, d, 2).double() / d)
    kind = rope.get("rope_type", "default")
    if kind == "linear":
        return plain / rope["factor"]
    if kind == "llama3":
        waves = rope["original_max_position_embeddings"] * plain / (2 * math.pi)
        low, high = rope["low_freq_factor"], rope["high_freq_factor"]
        share = ((waves - low) / (high - low)).clamp(0, 1)
        return plain * ((1 - share) / rope["factor"] + share)
    assert kind == "default", kind
    return plain


def rotate(x, inverse):
    """x is heads × T × d; halves of a head are rotated against each other."""
    d = x.shape[-1]
    angles = torch.outer(torch.arange(x.shape[1]).double(), inverse)
    angles = torch.cat((angles, angles), -1)
    rotated = torch.cat((-x[..., d // 2 :], x[..., : d // 2]), -1)
    return x * angles.cos() + rotated * angles.sin()


def llama_attention(x, w, prefix, config):
    family = config["architectures"][0]
    heads = config["num_attention_heads"]
    d = config.get("head_dim", config["hidden_size"] // heads)
    bias = family == "Qwen2ForCausalLM"
    q, k, v = (
        w.linear(f"{prefix}{name}_proj", x, bias).view(len(x), -1, d).transpose(0, 1) for name in "qkv"
    )
    assert (len(q), len(k), len(v)) == (heads, config["num_key_value_heads"], config["num_key_value_heads"])
    if family == "Qwen3ForCausalLM":
        epsilon = config["rms_norm_eps"]
        q, k = rms_norm(q, w[prefix + "q_norm.weight"], epsilon), rms_norm(k, w[prefix + "k_norm.weight"], epsilon)
    q, k = (rotate(part, frequencies(config, d)) for part in (q, k))
    window = config.get("sliding_window") if family == "MistralForCausalLM" else None
    return w.linear(prefix + "o_proj", attend(q, k, v, window))


def llama(config, w, ids):
    epsilon = config["rms_norm_eps"]
    x = w["model.embed_tokens.weight"][ids]
    for block in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{block}."
        normed = rms_norm(x, w[prefix + "input_layernorm.weight"], epsilon)
        x = x + llama_attention(normed, w, prefix + "self_attn.", config)
        normed = rms_norm(x, w[prefix + "post_attention_layernorm.weight"], epsilon)
        gate, up = w.linear(prefix + "mlp.gate_proj", normed), w.linear(prefix + "mlp.up_proj", normed)
        x = x + w.linear(prefix + "mlp.down_proj", F.silu(gate) * up)
    head = "model.embed_tokens" if config["tie_word_embeddings"] else "lm_head"
    return w.linear(head, rms_norm(x, w["model.norm.weight"], epsilon))


# ---- OPT -------------------------------------------------------------------------------------------------


def opt_block(x, w, prefix, config):
    def norm(name, t):
        return F.layer_norm(t, t.shape[-1:], w[f"{prefix}{name}.weight"], w[f"{prefix}{name}.bias"], 1e-5)

    heads, before = config["num_attention_heads"], config["do_layer_norm_before"]
    a = norm("self_attn_layer_norm", x) if before else x
    q, k, v = (
        w.linear(f"{prefix}self_attn.{name}_proj", a, True).view(len(x), heads, -1).transpose(0, 1) for name in "qkv"
    )
    x = x + w.linear(prefix + "self_attn.out_proj", attend(q, k, v), True)
    x = x if before else norm("self_attn_layer_norm", x)
    b = norm("final_layer_norm", x) if before else x
    x = x + w.linear(prefix + "fc2", F.relu(w.linear(prefix + "fc1", b, True)), True)
    return x if before else norm("final_layer_norm", x)


def opt(config, w, ids):
    prefix = "model.decoder." if "model.decoder.embed_tokens.weight" in w.tensors else "decoder."
    projected = config["word_embed_proj_dim"] != config["hidden_size"]
    x = w[prefix + "embed_tokens.weight"][ids]
    if projected:
        x = w.linear(prefix + "project_in", x)
    x = x + w[prefix + "embed_positions.weight"][2 : 2 + len(ids)]
    for block in range(config["num_hidden_layers"]):
        x = opt_block(x, w, f"{prefix}layers.{block}.", config)
    if config["do_layer_norm_before"]:
        norm = prefix + "final_layer_norm"
        x = F.layer_norm(x, x.shape[-1:], w[norm + ".weight"], w[norm + ".bias"], 1e-5)
    if projected:
        x = w.linear(prefix + "project_out", x)
    return w.linear(prefix + "embed_tokens", x)


def logits(folder, ids):
    with open(os.path.join(folder, "config.json")) as file:
        config = json.load(file)
    w = Weights(load(folder))
    family = opt if config["architectures"] == ["OPTForCausalLM"] else llama
    result = family(config, w, ids)
    assert not w.unused, f"tensors without a use: {w.unused}"
    return result


print(json.dumps(logits(sys.argv[1], [int(i) for i in sys.argv[2].split(",")]).tolist()))
