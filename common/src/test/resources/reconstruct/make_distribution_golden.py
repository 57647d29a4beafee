"""Writes the PyTorch results that DistributionLossTest compares with.

Run with torch 1.13:  python3 make_distribution_golden.py   (writes distribution.json beside itself)
Every array is {"shape": [rows, columns], "values": [...]}, in row order. All is computed in float64.
"""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(20261126)
torch.set_default_dtype(torch.float64)

WINDOWS, LENGTH, HIDDEN, WORDS = 2, 8, 12, 21


def array(tensor):
    tensor = tensor.detach()
    rows = tensor if tensor.dim() == 2 else tensor.reshape(-1, tensor.shape[-1])
    return {"shape": list(rows.shape), "values": [float(f"{v:.9g}") for v in rows.flatten().tolist()]}


def rounded(*shape, scale=1.0, mean=0.0):
    return (mean + scale * torch.randn(*shape)).float().double()


def llama(tied):
    config = {"architectures": ["LlamaForCausalLM"], "hidden_size": HIDDEN, "intermediate_size": 16,
              "num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": WORDS,
              "max_position_embeddings": 32, "rms_norm_eps": 1e-5, "tie_word_embeddings": tied}
    norm, head = rounded(1, HIDDEN, scale=0.3, mean=1), rounded(WORDS, HIDDEN)
    weights = {"model.norm.weight": norm,
               "model.embed_tokens.weight" if tied else "lm_head.weight": head}

    def logits(hidden):
        return F.linear(norm * (hidden * torch.rsqrt(hidden.pow(2).mean(-1, keepdim=True) + 1e-5)), head)

    return config, weights, logits


def opt(width, before, final):
    config = {"architectures": ["OPTForCausalLM"], "hidden_size": HIDDEN, "ffn_dim": 16,
              "num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": WORDS,
              "max_position_embeddings": 32, "word_embed_proj_dim": width,
              "do_layer_norm_before": before, "_remove_final_layer_norm": not final}
    prefix = "model.decoder."
    weights = {prefix + "embed_tokens.weight": rounded(WORDS, width)}
    if before and final:
        weights[prefix + "final_layer_norm.weight"] = rounded(1, HIDDEN, scale=0.3, mean=1)
        weights[prefix + "final_layer_norm.bias"] = rounded(1, HIDDEN, scale=0.3)
    if width != HIDDEN:
        weights[prefix + "project_out.weight"] = rounded(width, HIDDEN, scale=0.4)

    def logits(hidden):
        if before and final:
            hidden = F.layer_norm(hidden, (HIDDEN,), weights[prefix + "final_layer_norm.weight"][0],
                                  weights[prefix + "final_layer_norm.bias"][0], 1e-5)
        if width != HIDDEN:
            hidden = F.linear(hidden, weights[prefix + "project_out.weight"])
        return F.linear(hidden, weights[prefix + "embed_tokens.weight"])

    return config, weights, logits


def case(name, model, every):
    config, weights, logits = model
    target = rounded(WINDOWS * LENGTH, HIDDEN)
    output = (target + rounded(WINDOWS * LENGTH, HIDDEN, scale=0.3)).float().double().requires_grad_()
    picked = torch.arange(every - 1, WINDOWS * LENGTH, every)
    divergence = F.kl_div(F.log_softmax(logits(output)[picked], -1),
                          F.log_softmax(logits(target)[picked], -1), log_target=True, reduction="sum")
    (divergence / 5).backward()
    return {"name": name, "config": config, "share": 1 / every,
            "weights": {key: array(value) for key, value in weights.items()},
            "target": array(target), "output": array(output), "divisor": 5,
            "divergence": divergence.item(), "gradient": array(output.grad)}


cases = [
    case("llama", llama(False), 1),
    case("llama, tied head, every second token", llama(True), 2),
    case("opt", opt(HIDDEN, True, True), 1),
    case("opt, norm and projection, every fourth token", opt(9, True, True), 4),
    case("opt, norms after sums and projection", opt(15, False, True), 1),
    case("opt, neither norm nor projection", opt(HIDDEN, True, False), 1),
]
path = pathlib.Path(__file__).with_name("distribution.json")
path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
