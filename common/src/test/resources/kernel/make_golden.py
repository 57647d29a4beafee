"""Writes the PyTorch results that the kernel and optimizer tests compare with.

Run with torch 1.13:  python3 make_golden.py   (writes golden.json beside itself)
Every array is {"shape": [rows, columns], "values": [...]}; values are float32 in row order.
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(20240624)
torch.set_num_threads(1)


def array(tensor):
    tensor = tensor.detach().float()
    rows = tensor if tensor.dim() == 2 else tensor.reshape(-1, tensor.shape[-1])
    return {"shape": list(rows.shape), "values": [float(f"{v:.9g}") for v in rows.flatten().tolist()]}


def leaf(*shape, scale=1.0):
    return (torch.randn(*shape) * scale).requires_grad_()


def rms_norm(rows, width, epsilon):
    x, w, dy = leaf(rows, width), leaf(1, width), torch.randn(rows, width)
    y = w * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon))
    y.backward(dy)
    return dict(epsilon=epsilon, input=array(x), weight=array(w), outputGradient=array(dy),
                output=array(y), inputGradient=array(x.grad), weightGradient=array(w.grad))


def rotary_tables(head_size, length, theta):
    """As transformers computes them: float32 throughout."""
    inverse = 1.0 / (theta ** (torch.arange(0, head_size, 2).float() / head_size))
    angles = torch.outer(torch.arange(length).float(), inverse)
    angles = torch.cat((angles, angles), dim=-1)
    return angles.cos(), angles.sin()


def rotate_half(x):
    first, second = x.chunk(2, dim=-1)
    return torch.cat((-second, first), dim=-1)


def rotary(sequences, length, heads, head_size, theta):
    cos, sin = rotary_tables(head_size, length, theta)
    x, dy = leaf(sequences, length, heads, head_size), torch.randn(sequences, length, heads, head_size)
    y = x * cos[:, None, :] + rotate_half(x) * sin[:, None, :]
    y.backward(dy)
    flat = lambda t: array(t.reshape(sequences * length, heads * head_size))
    return dict(headSize=head_size, sequenceLength=length, theta=theta,
                input=flat(x), outputGradient=flat(dy), output=flat(y), inputGradient=flat(x.grad))


def attention(sequences, length, heads, kv_heads, head_size):
    q = leaf(sequences, length, heads, head_size)
    k = leaf(sequences, length, kv_heads, head_size)
    v = leaf(sequences, length, kv_heads, head_size)
    dy = torch.randn(sequences, length, heads * head_size)
    repeat = lambda t: t.transpose(1, 2).repeat_interleave(heads // kv_heads, dim=1)
    scores = q.transpose(1, 2) @ repeat(k).transpose(2, 3) / math.sqrt(head_size)
    mask = torch.full((length, length), float("-inf")).triu(1)
    p = F.softmax(scores + mask, dim=-1)
    y = (p @ repeat(v)).transpose(1, 2).reshape(sequences, length, heads * head_size)
    y.backward(dy)
    flat = lambda t: array(t.reshape(sequences * length, -1))
    return dict(heads=heads, keyValueHeads=kv_heads, headSize=head_size, sequenceLength=length,
                query=flat(q), key=flat(k), value=flat(v), outputGradient=flat(dy), output=flat(y),
                queryGradient=flat(q.grad), keyGradient=flat(k.grad), valueGradient=flat(v.grad))


def swi_glu(rows, width):
    gate, up, dy = leaf(rows, width, scale=3), leaf(rows, width), torch.randn(rows, width)
    y = F.silu(gate) * up
    y.backward(dy)
    return dict(gate=array(gate), up=array(up), outputGradient=array(dy), output=array(y),
                gateGradient=array(gate.grad), upGradient=array(up.grad))


def mean_squared_error(rows, width):
    p, t = leaf(rows, width), torch.randn(rows, width)
    loss = F.mse_loss(p, t)
    loss.backward()
    return dict(prediction=array(p), target=array(t), loss=loss.item(), gradient=array(p.grad))


def cross_entropy(rows, vocabulary):
    logits = leaf(rows, vocabulary, scale=4)
    targets = torch.randint(vocabulary, (rows,))
    targets[2] = -1
    losses = F.cross_entropy(logits, targets, ignore_index=-1, reduction="none")
    losses.sum().backward()
    return dict(logits=array(logits), targets=targets.tolist(), losses=array(losses[None]),
                gradient=array(logits.grad))


def linear(rows, inputs, outputs):
    x, w, dy = leaf(rows, inputs), leaf(outputs, inputs), torch.randn(rows, outputs)
    y = F.linear(x, w)
    y.backward(dy)
    return dict(input=array(x), weight=array(w), outputGradient=array(dy), output=array(y),
                inputGradient=array(x.grad), weightGradient=array(w.grad))


def embedding(vocabulary, width, ids):
    table, dy = leaf(vocabulary, width), torch.randn(len(ids), width)
    y = F.embedding(torch.tensor(ids), table)
    y.backward(dy)
    return dict(ids=ids, table=array(table), outputGradient=array(dy), output=array(y),
                tableGradient=array(table.grad))


def layer_norm(rows, width, epsilon):
    x, w, b, dy = leaf(rows, width), leaf(1, width), leaf(1, width), torch.randn(rows, width)
    y = F.layer_norm(x, (width,), w[0], b[0], epsilon)
    y.backward(dy)
    return dict(epsilon=epsilon, input=array(x), weight=array(w), bias=array(b), outputGradient=array(dy),
                output=array(y), inputGradient=array(x.grad), weightGradient=array(w.grad), biasGradient=array(b.grad))


def relu(rows, width):
    x, dy = leaf(rows, width), torch.randn(rows, width)
    y = F.relu(x)
    y.backward(dy)
    return dict(input=array(x), outputGradient=array(dy), output=array(y), inputGradient=array(x.grad))


def adam_w(rows, columns, weight_decay, density, steps=5, rate=1e-2):
    mask = (torch.rand(rows, columns) < density).float()
    w = (torch.randn(rows, columns) * mask).requires_grad_()
    optimizer = torch.optim.AdamW([w], lr=rate, betas=(0.9, 0.95), eps=1e-8, weight_decay=weight_decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: (steps - s) / steps)
    start, gradients, weights = array(w), [], []
    for _ in range(steps):
        gradient = torch.randn(rows, columns) * 0.1
        gradients.append(array(gradient))  # not masked: the optimiser under test must ignore the rest
        w.grad = gradient * mask
        optimizer.step()
        schedule.step()
        weights.append(array(w))
    return dict(learningRate=rate, weightDecay=weight_decay, start=start, gradients=gradients, weights=weights)


golden = {
    "rmsNorm": [rms_norm(3, 8, 1e-5), rms_norm(5, 37, 1e-6)],
    "rotary": [rotary(2, 5, 2, 8, 10000.0), rotary(1, 3, 1, 64, 500000.0)],
    "attention": [attention(2, 7, 4, 2, 8), attention(1, 5, 2, 1, 16), attention(1, 17, 2, 2, 4)],
    "swiGlu": [swi_glu(3, 19)],
    "meanSquaredError": [mean_squared_error(4, 23)],
    "crossEntropy": [cross_entropy(5, 41)],
    "linear": [linear(4, 6, 5)],
    "embedding": [embedding(7, 5, [3, 0, 3, 6])],
    "adamW": [adam_w(6, 11, 0.0, 0.5), adam_w(5, 9, 0.1, 1.0)],
    "layerNorm": [layer_norm(3, 8, 1e-5), layer_norm(5, 37, 1e-6)],
    "relu": [relu(3, 19)],
}
path = pathlib.Path(__file__).with_name("golden.json")
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
