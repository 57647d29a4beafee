"""Writes the log-likelihoods that LikelihoodPassTest compares with, by PyTorch, each choice by itself.

Run with torch 1.13:  python3 make_likelihoods.py MODEL > likelihoods.json
MODEL is the folder of stories260K: a LLaMA with safetensors in float32 and a byte-fallback BPE tokenizer.json. Questions are
plain lines {context, choices, gold}; the likelihood is that of " " + choice after the context.
"""

import json
import pathlib
import struct
import sys

import numpy
import torch
import torch.nn.functional as F

torch.set_num_threads(1)

LONG = "The cat sat on the mat and the dog ran to the park. " * 40

QUESTIONS = [
    ["Once upon a time, there was a little", ["girl named Lily.", "boy", "stone that sang"], 0],
    ["Tom had a red ball. He liked to play with the", ["ball.", "moon and the sun.", "x"], 0],
    ["The dog was very sad because ", ["it lost its toy.", "so"], 0],
    ["Lily said, \"Thank you, mom!\"", ["Her mom smiled.", "Zebra crossing é ñ"], 0],
    ["", ["Once upon a time", "qqq"], 0],
    [LONG, ["They were happy.", "Big"], 1],
]


def read_tensors(file):
    data = file.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            values = numpy.frombuffer(data[8 + length + begin:8 + length + end], dtype=numpy.float32)
            tensors[name] = torch.from_numpy(values.copy()).reshape(entry["shape"])
    return tensors


class Tokenizer:
    def __init__(self, file):
        model = json.loads(file.read_text())["model"]
        self.vocabulary = model["vocab"]
        self.ranks = {tuple(merge.split(" ")): rank for rank, merge in enumerate(model["merges"])}

    def encode(self, text, begin=True):
        pieces = list(("▁" + text if text else "").replace(" ", "▁"))
        while True:
            pairs = [(self.ranks[pair], i) for i, pair in enumerate(zip(pieces, pieces[1:])) if pair in self.ranks]
            if not pairs:
                break
            _, i = min(pairs)
            pieces[i:i + 2] = [pieces[i] + pieces[i + 1]]
        ids = [1] if begin else []
        for piece in pieces:
            if piece in self.vocabulary:
                ids.append(self.vocabulary[piece])
            else:
                ids.extend(self.vocabulary["<0x%02X>" % byte] for byte in piece.encode())
        return ids


def rms_norm(x, weight, epsilon):
    return weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon))


def rotate(x, theta):
    length, _, head = x.shape
    inverse = 1.0 / theta ** (torch.arange(0, head, 2).double() / head)
    angles = torch.outer(torch.arange(length).double(), inverse)
    angles = torch.cat((angles, angles), dim=-1)[:, None, :]
    first, second = x.chunk(2, dim=-1)
    return x * angles.cos() + torch.cat((-second, first), dim=-1) * angles.sin()


def logits(w, config, ids):
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    epsilon, theta = config["rms_norm_eps"], config["rope_theta"]
    x = w["model.embed_tokens.weight"][ids]
    future = torch.triu(torch.ones(len(ids), len(ids), dtype=torch.bool), diagonal=1)
    for block in range(config["num_hidden_layers"]):
        of = lambda name: w[f"model.layers.{block}.{name}.weight"]
        a = rms_norm(x, of("input_layernorm"), epsilon)
        q = rotate(F.linear(a, of("self_attn.q_proj")).unflatten(-1, (heads, -1)), theta)
        k = rotate(F.linear(a, of("self_attn.k_proj")).unflatten(-1, (kv_heads, -1)), theta)
        v = F.linear(a, of("self_attn.v_proj")).unflatten(-1, (kv_heads, -1))
        k, v = (part.repeat_interleave(heads // kv_heads, dim=1) for part in (k, v))
        scores = torch.einsum("ihd,jhd->hij", q, k) / q.shape[-1] ** 0.5
        p = scores.masked_fill(future, float("-inf")).softmax(-1)
        x = x + F.linear(torch.einsum("hij,jhd->ihd", p, v).flatten(1), of("self_attn.o_proj"))
        b = rms_norm(x, of("post_attention_layernorm"), epsilon)
        x = x + F.linear(F.silu(F.linear(b, of("mlp.gate_proj"))) * F.linear(b, of("mlp.up_proj")), of("mlp.down_proj"))
    head = w.get("lm_head.weight", w["model.embed_tokens.weight"])
    return F.linear(rms_norm(x, w["model.norm.weight"], epsilon), head)


def log_likelihood(w, config, tokenizer, context, continuation):
    positions = config["max_position_embeddings"]
    stripped = context.rstrip()
    continuation = context[len(stripped):] + continuation
    if stripped:
        before = tokenizer.encode(stripped)
        after = tokenizer.encode(stripped + continuation)[len(before):]
    else:
        before, after = [1], tokenizer.encode(continuation, begin=False)
    ids = (before + after)[-(positions + 1):]
    scores = logits(w, config, ids[:-1]).log_softmax(-1)[-len(after):]
    return scores[torch.arange(len(after)), torch.tensor(after)].sum().item()


def main():
    folder = pathlib.Path(sys.argv[1])
    config = json.loads((folder / "config.json").read_text())
    w = {name: tensor.double() for name, tensor in read_tensors(folder / "model.safetensors").items()}
    tokenizer = Tokenizer(folder / "tokenizer.json")
    lines = []
    for context, choices, gold in QUESTIONS:
        values = [log_likelihood(w, config, tokenizer, context, " " + choice) for choice in choices]
        lines.append(json.dumps({"context": context, "choices": choices, "gold": gold,
                                 "log_likelihoods": [float(f"{v:.9g}") for v in values]}, ensure_ascii=False))
    print("[" + ",\n ".join(lines) + "]")


if __name__ == "__main__":
    with torch.no_grad():
        main()
