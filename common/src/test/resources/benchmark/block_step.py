"""The peer of BlockStepBenchmark: one training step of a LLaMA block in PyTorch, one thread.

Arguments: hidden_size intermediate_size heads windows tokens. For every line on standard input it makes one step
(forward, mean squared error, backward, AdamW, masks) and prints its seconds; at the end, peak resident MiB.
"""

import resource
import sys
import time

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
torch.manual_seed(0)
HIDDEN, FFN, HEADS, WINDOWS, TOKENS = map(int, sys.argv[1:])
HEAD = HIDDEN // HEADS

shapes = dict(q=(HIDDEN, HIDDEN), k=(HIDDEN, HIDDEN), v=(HIDDEN, HIDDEN), o=(HIDDEN, HIDDEN),
              gate=(FFN, HIDDEN), up=(FFN, HIDDEN), down=(HIDDEN, FFN))
weights = {name: torch.nn.Parameter(torch.randn(*shape) / shape[1] ** 0.5) for name, shape in shapes.items()}
norms = {name: torch.nn.Parameter(torch.ones(HIDDEN)) for name in ("input", "post")}
masks = {name: torch.rand_like(weight) < 0.5 for name, weight in weights.items()}
with torch.no_grad():
    for name, weight in weights.items():
        weight.mul_(masks[name])
optimizer = torch.optim.AdamW([*weights.values(), *norms.values()], lr=1e-4, betas=(0.9, 0.95), weight_decay=0)

inverse = 1.0 / (10000 ** (torch.arange(0, HEAD, 2).float() / HEAD))
angles = torch.outer(torch.arange(TOKENS).float(), inverse)
cos, sin = (torch.cat((f, f), -1)[None, None] for f in (angles.cos(), angles.sin()))
future = torch.full((TOKENS, TOKENS), float("-inf")).triu(1)
x = torch.randn(WINDOWS, TOKENS, HIDDEN)
target = torch.randn(WINDOWS, TOKENS, HIDDEN)


def rms_norm(t, weight):
    return weight * (t * torch.rsqrt(t.pow(2).mean(-1, keepdim=True) + 1e-5))


def heads(t):
    return t.view(WINDOWS, TOKENS, HEADS, HEAD).transpose(1, 2)


def rope(t):
    first, second = t.chunk(2, -1)
    return t * cos + torch.cat((-second, first), -1) * sin


def block(t):
    a = rms_norm(t, norms["input"])
    q, k, v = (heads(F.linear(a, weights[name])) for name in "qkv")
    scores = rope(q) @ rope(k).transpose(2, 3) / HEAD**0.5 + future
    attended = (scores.softmax(-1) @ v).transpose(1, 2).reshape(WINDOWS, TOKENS, HIDDEN)
    h = t + F.linear(attended, weights["o"])
    b = rms_norm(h, norms["post"])
    return h + F.linear(F.silu(F.linear(b, weights["gate"])) * F.linear(b, weights["up"]), weights["down"])


def step():
    optimizer.zero_grad(set_to_none=True)
    F.mse_loss(block(x), target).backward()
    optimizer.step()
    with torch.no_grad():
        for name, weight in weights.items():
            weight.mul_(masks[name])


for _ in sys.stdin:
    begun = time.perf_counter()
    step()
    print(time.perf_counter() - begun, flush=True)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, flush=True)
