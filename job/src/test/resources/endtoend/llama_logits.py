"""Reads a LLaMA checkpoint by the formats' definitions alone and prints the logits behind each token.

Usage: llama_logits.py FOLDER ID,ID,...   Prints a JSON list of one list of logits per token.
"""

import json
import os
import struct
import sys

import torch

DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


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


def rms_norm(x, weight, epsilon):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon) * weight


def rotate(x, theta):
    """x is heads × T × d; halves of a head are rotated against each other."""
    d = x.shape[-1]
    frequencies = theta ** (-torch.arange(0, d, 2).double() / d)
    angles = torch.outer(torch.arange(x.shape[1]).double(), frequencies)
    angles = torch.cat((angles, angles), -1)
    rotated = torch.cat((-x[..., d // 2 :], x[..., : d // 2]), -1)
    return x * angles.cos() + rotated * angles.sin()


def attention(x, w, prefix, config):
    heads = config["num_attention_heads"]
    kv_heads = config.get("num_key_value_heads", heads)
    d = config.get("head_dim", config["hidden_size"] // heads)
    q, k, v = (
        (x @ w[f"{prefix}{name}_proj.weight"].T).view(len(x), count, d).transpose(0, 1)
        for name, count in (("q", heads), ("k", kv_heads), ("v", kv_heads))
    )
    q, k = (rotate(part, config.get("rope_theta", 10000.0)) for part in (q, k))
    k, v = (part.repeat_interleave(heads // kv_heads, 0) for part in (k, v))
    scores = q @ k.transpose(1, 2) / d**0.5
    future = torch.ones(len(x), len(x)).triu(1).bool()
    weights = scores.masked_fill(future, float("-inf")).softmax(-1)
    joined = (weights @ v).transpose(0, 1).reshape(len(x), heads * d)
    return joined @ w[f"{prefix}o_proj.weight"].T


def logits(folder, ids):
    with open(os.path.join(folder, "config.json")) as file:
        config = json.load(file)
    w = load(folder)
    epsilon = config["rms_norm_eps"]
    x = w["model.embed_tokens.weight"][ids]
    for block in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{block}."
        normed = rms_norm(x, w[prefix + "input_layernorm.weight"], epsilon)
        x = x + attention(normed, w, prefix + "self_attn.", config)
        normed = rms_norm(x, w[prefix + "post_attention_layernorm.weight"], epsilon)
        gate = torch.nn.functional.silu(normed @ w[prefix + "mlp.gate_proj.weight"].T)
        up = normed @ w[prefix + "mlp.up_proj.weight"].T
        x = x + (gate * up) @ w[prefix + "mlp.down_proj.weight"].T
    head = "model.embed_tokens" if config["tie_word_embeddings"] else "lm_head"
    return rms_norm(x, w["model.norm.weight"], epsilon) @ w[head + ".weight"].T


print(json.dumps(logits(sys.argv[1], [int(i) for i in sys.argv[2].split(",")]).tolist()))
