"""Makes golden.json: masks and weights of the pruning methods, and what four iterations of refitting
make of them, computed in float64 by PyTorch.

Run: /usr/bin/python3 make_golden.py > golden.json     (torch 1.13)

Written from the papers (Wanda, arXiv 2306.11695; SparseGPT, arXiv 2301.00774). Weights and inputs
come from a linear congruential generator and are exact in float32, so the Java test makes the same
ones (GoldenCase.java) and the file holds results only. Of two equal scores, weights that are zero
already go first, then the lower row, then the lower column.
"""
import json
from fractions import Fraction

import torch

BLOCK = 128
DAMPING = 0.01

CASES = [
    dict(name="small", out=24, columns=40, sequences=6, tokens=16, sparsity="0.5", dead=[]),
    dict(name="two blocks and a rest", out=16, columns=300, sequences=8, tokens=48, sparsity="0.5", dead=[]),
    dict(name="dead columns", out=24, columns=40, sequences=6, tokens=16, sparsity="0.5", dead=[3, 17, 39]),
    dict(name="fewer tokens than columns", out=12, columns=200, sequences=4, tokens=16, sparsity="0.6", dead=[130]),
    dict(name="odd shape, high sparsity", out=13, columns=37, sequences=5, tokens=20, sparsity="0.95", dead=[]),
    dict(name="2:4, a block and a rest", out=12, columns=140, sequences=6, tokens=32, sparsity="0.5", kept=2, group=4, dead=[]),
    dict(name="2:4, dead columns", out=16, columns=48, sequences=6, tokens=16, sparsity="0.5", kept=2, group=4, dead=[8, 9, 10, 30]),
    dict(name="4:8", out=16, columns=56, sequences=6, tokens=16, sparsity="0.5", kept=4, group=8, dead=[]),
    dict(name="2:6, blocks of 126 columns", out=8, columns=132, sequences=6, tokens=32, sparsity="2/3", kept=2, group=6, dead=[]),
]


class Generator:
    """24 random bits a call, as signed integers."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 40) - 2**23


def make_weight(case, generator):
    values = [[generator.next() / 2**23 for _ in range(case["columns"])] for _ in range(case["out"])]
    return torch.tensor(values, dtype=torch.float64)


def make_inputs(case, generator):
    """Neighbouring columns and the whole token are correlated; columns differ in scale."""
    rows = []
    for _ in range(case["sequences"] * case["tokens"]):
        raw = [generator.next() // 2**13 for _ in range(case["columns"])]
        rows.append([
            0.0 if j in case["dead"] else (raw[j] + 2 * raw[j - 1] + raw[0]) * 2.0 ** (j % 5 - 12)
            for j in range(case["columns"])
        ])
    return torch.tensor(rows, dtype=torch.float64)


def count(elements, sparsity):
    return int(Fraction(sparsity) * elements)  # floor: both are positive


def lowest(scores, weight, number):
    """True for the `number` lowest scores, and for whatever is zero already."""
    order = sorted(
        range(scores.numel()),
        key=lambda i: (weight.flatten()[i].item() != 0, scores.flatten()[i].item(), i))
    mask = weight.flatten() == 0
    mask[order[:number]] = True
    return mask.reshape(scores.shape)


def lowest_of_groups(scores, weight, case):
    """N:M: the lowest scores of every group of M columns, row by row."""
    kept, group = case["kept"], case["group"]
    mask = torch.zeros(scores.shape, dtype=torch.bool)
    for row in range(scores.shape[0]):
        for start in range(0, scores.shape[1], group):
            columns = slice(start, start + group)
            mask[row, columns] = lowest(scores[row, columns], weight[row, columns], group - kept)
    return mask


def magnitude(weight, inputs, case):
    if "group" in case:
        return lowest_of_groups(weight.abs(), weight, case)
    return lowest(weight.abs(), weight, count(weight.numel(), case["sparsity"]))


def wanda(weight, inputs, case):
    columns = case["columns"]
    scores = weight.abs() * (inputs.pow(2).sum(0) / case["sequences"]).sqrt()
    if "group" in case:
        return lowest_of_groups(scores, weight, case)
    rows = []
    for r in range(case["out"]):
        number = count((r + 1) * columns, case["sparsity"]) - count(r * columns, case["sparsity"])
        rows.append(lowest(scores[r], weight[r], number))
    return torch.stack(rows)


def sparsegpt(weight, inputs, case):
    rows, columns = weight.shape
    weight = weight.clone()
    hessian = torch.zeros(columns, columns, dtype=torch.float64)
    for seen in range(case["sequences"]):  # the running mean over sequences of the original
        x = inputs[seen * case["tokens"]:(seen + 1) * case["tokens"]]
        hessian *= seen / (seen + 1)
        hessian += 2 / (seen + 1) * x.t() @ x
    dead = hessian.diag() == 0
    hessian[dead, dead] = 1
    weight[:, dead] = 0
    hessian += DAMPING * hessian.diag().mean() * torch.eye(columns, dtype=torch.float64)
    factor = torch.linalg.cholesky(torch.linalg.inv(hessian)).t()
    diagonal = factor.diag()
    pruned = torch.zeros(rows, columns, dtype=torch.bool)
    squared_errors = 0.0
    group = case.get("group", 1)
    width = BLOCK // group * group
    for start in range(0, columns, width):
        end = min(start + width, columns)
        if "group" not in case:
            number = count(rows * end, case["sparsity"]) - count(rows * start, case["sparsity"])
            block = weight[:, start:end]
            pruned[:, start:end] = lowest(block ** 2 / diagonal[start:end] ** 2, block, number)
        errors = torch.zeros(rows, end - start, dtype=torch.float64)
        for i in range(start, end):
            if "group" in case and i % group == 0:
                block = weight[:, i:i + group]
                pruned[:, i:i + group] = lowest_of_groups(block ** 2 / diagonal[i:i + group] ** 2, block, case)
            errors[:, i - start] = torch.where(pruned[:, i], weight[:, i] / diagonal[i], torch.zeros(1, dtype=torch.float64))
            weight[:, i:end] -= errors[:, i - start:i - start + 1] * factor[i, i:end]
        weight[:, end:] -= errors @ factor[start:end, end:]
        squared_errors += errors.pow(2).sum().item()
    weight[pruned] = 0
    return pruned, weight, squared_errors / 2


REFIT_ITERATIONS = 4
REFIT_WEIGHTS = {"small": "wanda", "2:4, dead columns": "sparsegpt", "fewer tokens than columns": "magnitude"}


def quotient(numerator, denominator):
    """0 where a row has arrived at its minimum."""
    return torch.where(denominator > 0, numerator / denominator, torch.zeros(1, dtype=torch.float64))


def refit(weight, dense, inputs, case):
    """Preconditioned conjugate gradients on a fixed mask (ALPS, arXiv 2406.07831, algorithm 2), row by row.

    Returns the weights and ||(W - dense) X||^2 / ||dense X||^2 before and after."""
    hessian = 2 / case["sequences"] * inputs.t() @ inputs
    live = hessian.diag() > 0
    damping = DAMPING * torch.where(live, hessian.diag(), torch.ones(1, dtype=torch.float64)).mean() * live
    damped = hessian + torch.diag(damping)
    inverse_diagonal = torch.where(live, 1 / damped.diag(), torch.zeros(1, dtype=torch.float64))
    mask = weight != 0
    energy = ((dense @ hessian) * dense).sum()

    def error(w):
        return ((((w - dense) @ hessian) * (w - dense)).sum() / energy).item()

    before = error(weight)
    weight = weight.clone()
    residual = (dense - weight) @ damped * mask
    direction = residual * inverse_diagonal
    slope = (residual * direction).sum(1, keepdim=True)
    for _ in range(REFIT_ITERATIONS):
        product = direction @ damped
        size = quotient(slope, (direction * product).sum(1, keepdim=True))
        weight += size * direction
        residual -= size * product * mask
        scaled = residual * inverse_diagonal
        next_slope = (residual * scaled).sum(1, keepdim=True)
        direction = scaled + quotient(next_slope, slope) * direction
        slope = next_slope
    return weight, before, error(weight)


def refits(weight, inputs, case, masks, updated):
    results = {}
    for method, mask in masks.items():
        start = updated if method == "sparsegpt" else weight * ~mask
        fitted, before, after = refit(start, weight, inputs, case)
        kept = fitted[~mask].tolist() if REFIT_WEIGHTS.get(case["name"]) == method else []
        results[method] = dict(before=before, after=after, keptWeights=[float("%.8g" % w) for w in kept])
    return results


def bits(mask):
    return "".join("1" if pruned else "0" for pruned in mask.flatten().tolist())


def main():
    results = []
    for seed, case in enumerate(CASES):
        generator = Generator(seed + 1)
        weight = make_weight(case, generator)
        inputs = make_inputs(case, generator)
        pruned, updated, error = sparsegpt(weight, inputs, case)
        masks = dict(magnitude=magnitude(weight, inputs, case), wanda=wanda(weight, inputs, case), sparsegpt=pruned)
        results.append(dict(
            {**case, "sparsity": float(Fraction(case["sparsity"])), "kept": case.get("kept", 0), "group": case.get("group", 0)},
            seed=seed + 1,
            masks={method: bits(mask) for method, mask in masks.items()}, outputError=error,
            refits=refits(weight, inputs, case, masks, updated),
            keptWeights=[float("%.8g" % w) for w in updated[~pruned].tolist()]))
    print(json.dumps(results))


main()
