"""Writes PyTorch's losses of 20 steps of BR, GP, CR, and GP with gradual masks, unstructured and 2:4, which GoldenReconstructionTest compares with.

Run with torch 1.13:  python3 make_golden.py   (writes golden.json beside itself)
A chain of two LLaMA blocks, dense and with half of the weights masked at random; every step takes all windows.
"""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(7)
torch.set_num_threads(1)

WINDOWS, LENGTH, STEPS, RATE = 4, 6, 20, 1e-2
HIDDEN, FFN, HEADS, KV_HEADS, HEAD = 8, 12, 2, 1, 4
EPSILON, THETA = 1e-5, 10000.0
SPARSITY, START, INTERVAL, LAST = 0.5, 0.3, 3, 16
KEPT, GROUP = 2, 4

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
    rows = tensor.detach().reshape(-1, tensor.shape[-1])
    return {"shape": list(rows.shape), "values": [float(f"{v:.9g}") for v in rows.flatten().tolist()]}


def rms_norm(x, weight):
    return weight[0] * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPSILON))


def rope(x):
    angles = torch.outer(torch.arange(LENGTH).float(), THETA ** (-torch.arange(0, HEAD, 2).float() / HEAD))
    cos, sin = (torch.cat((f, f), -1)[:, None, :] for f in (angles.cos(), angles.sin()))
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat((-second, first), -1) * sin


def block(w, x, inputs=None):
    """The output; the inputs of linear layers go to the given dictionary, if there is one."""
    heads = lambda t: t.view(WINDOWS, LENGTH, -1, HEAD)
    a = rms_norm(x, w["input_layernorm.weight"])
    q, k, v = (heads(a @ w[f"self_attn.{n}_proj.weight"].T) for n in "qkv")
    q, k = rope(q), rope(k)
    k, v = (t.repeat_interleave(HEADS // KV_HEADS, 2) for t in (k, v))
    scores = torch.einsum("bihd,bjhd->bhij", q, k) / HEAD**0.5
    p = scores.masked_fill(torch.ones(LENGTH, LENGTH).triu(1).bool(), float("-inf")).softmax(-1)
    c = torch.einsum("bhij,bjhd->bihd", p, v).reshape(WINDOWS, LENGTH, -1)
    h = x + c @ w["self_attn.o_proj.weight"].T
    b = rms_norm(h, w["post_attention_layernorm.weight"])
    gate, up = (b @ w[f"mlp.{n}_proj.weight"].T for n in ("gate", "up"))
    d = F.silu(gate) * up
    if inputs is not None:
        inputs.update({f"self_attn.{n}_proj.weight": a for n in "qkv"})
        inputs.update({"self_attn.o_proj.weight": c, "mlp.gate_proj.weight": b, "mlp.up_proj.weight": b})
        inputs["mlp.down_proj.weight"] = d
    return h + d @ w["mlp.down_proj.weight"].T


def chain(blocks, x):
    for w in blocks:
        x = block(w, x)
    return x


def dense_block():
    return {n: torch.randn(s) * (0.1 if s[0] == 1 else 0.5) + (1.0 if s[0] == 1 else 0) for n, s in SHAPES.items()}


def pruned(w):
    return {n: v.clone() if v.shape[0] == 1 else v * (torch.rand_like(v) < 0.5) for n, v in w.items()}


def shrink(w, masks, norms, step, groups):
    """Wanda's masks at sparsity s + (s0 - s)(1 - t/T)^3, inside those so far; of groups, the highest are spared."""
    if step != LAST and (step > LAST or step % INTERVAL):
        return
    sparsity = SPARSITY + (START - SPARSITY) * (1 - step / LAST) ** 3
    for name, norm in norms.items():
        score = (w[name] * masks[name]).abs() * norm
        if groups:
            grouped = score.view(-1, GROUP)
            score = grouped.scatter(1, grouped.topk(KEPT, 1).indices, float("inf")).view_as(score)
        kept = int(score.shape[1] * (1 - sparsity) + 0.5)
        masks[name] = torch.zeros_like(score).scatter_(1, score.topk(kept, 1).indices, 1.0) * masks[name]


def train(blocks, x, target, norms=None, groups=False):
    """The loss before the first step and after each: AdamW, linear decay to 0, masks fixed or, with norms, shrinking.

    Masks shrink before a step, after the loss is taken; before the first one, ahead of the loss.
    """
    blocks = [{n: v.clone().requires_grad_() for n, v in w.items()} for w in blocks]
    masks = [{n: torch.ones_like(v) if v.shape[0] == 1 else (v != 0).float() for n, v in w.items()} for w in blocks]
    weights = [v for w in blocks for v in w.values()]
    optimizer = torch.optim.AdamW(weights, lr=RATE, betas=(0.9, 0.95), eps=1e-8, weight_decay=0)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: (STEPS - step) / STEPS)
    losses = []
    if norms:
        shrink(blocks[0], masks[0], norms, 0, groups)
    for step in range(STEPS + 1):
        masked = [{n: v * m[n] for n, v in w.items()} for w, m in zip(blocks, masks)]
        loss = F.mse_loss(chain(masked, x), target)
        losses.append(loss.item())
        if step < STEPS:
            if norms:
                shrink(blocks[0], masks[0], norms, step, groups)
                loss = F.mse_loss(chain([{n: v * masks[0][n] for n, v in blocks[0].items()}], x), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return losses


dense = [dense_block(), dense_block()]
sparse = [pruned(w) for w in dense]
x = torch.randn(WINDOWS, LENGTH, HIDDEN)
student = x + 0.3 * torch.randn_like(x)  # what sparse blocks before these ones made of x

inputs = {}
block(dense[0], x, inputs)
norms = {n: v.reshape(-1, v.shape[-1]).norm(dim=0) for n, v in inputs.items()}

golden = dict(
    config=dict(
        architectures=["LlamaForCausalLM"], hidden_size=HIDDEN, intermediate_size=FFN, num_hidden_layers=2,
        num_attention_heads=HEADS, num_key_value_heads=KV_HEADS, head_dim=HEAD, vocab_size=32,
        max_position_embeddings=16, rms_norm_eps=EPSILON, rope_theta=THETA, hidden_act="silu"),
    windows=WINDOWS, sequenceLength=LENGTH, steps=STEPS, learningRate=RATE,
    dense=[{n: array(v) for n, v in w.items()} for w in dense],
    sparse=[{n: array(v) for n, v in w.items()} for w in sparse],
    denseInput=array(x), denseOutput=[array(chain(dense[:i], x)) for i in (1, 2)], studentInput=array(student),
    losses=dict(
        br=train(sparse[:1], student, block(dense[0], student)),
        gp=train(sparse[:1], student, block(dense[0], x)),
        cr=train(sparse, student, chain(dense, x)),
        gradual=train(dense[:1], student, block(dense[0], x), norms),
        gradual_groups=train(dense[:1], student, block(dense[0], x), norms, groups=True)),
)
path = pathlib.Path(__file__).with_name("golden.json")
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
