"""Writes models with torch.save, and beside them each tensor's bytes.

save_with_torch.py FOLDER: FOLDER/sound/pytorch_model.bin with FOLDER/expected/NAME, and in
FOLDER/legacy, script, nested and whole what is to be refused.
"""

import os
import sys

import torch

torch.manual_seed(0)
folder = sys.argv[1]


def place(name):
    os.makedirs(os.path.join(folder, name), exist_ok=True)
    return os.path.join(folder, name, "pytorch_model.bin")


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = torch.nn.Embedding(50, 8)
        self.layers = torch.nn.ModuleList(torch.nn.Linear(8, 8) for _ in range(150))
        self.head = torch.nn.Linear(8, 50, bias=False)
        self.head.weight = self.embed.weight
        self.register_buffer("position_ids", torch.arange(-3, 9).reshape(1, 12))
        self.register_buffer("mask", torch.arange(5) % 2 == 0)
        self.register_buffer("scale", torch.tensor(0.5, dtype=torch.float64))

    def forward(self, x):
        return x


model = Model()
state = model.state_dict()
base = torch.randn(70, 90)
for name, kind in (("f32", torch.float32), ("f16", torch.float16), ("bf16", torch.bfloat16)):
    values = base.to(kind)
    state[name] = values
    state[name + ".sliced"] = values[3:40, 10:33]
    state[name + ".transposed"] = values.t()
    state[name + ".permuted"] = values.reshape(7, 10, 90).permute(2, 0, 1)
state["parameter"] = torch.nn.Parameter(base[1])
state["empty"] = torch.zeros(0, 3)
for kind in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.complex64):
    state[str(kind)] = (100 * base[:5]).to(kind).t()
torch.save(state, place("sound"))

os.makedirs(os.path.join(folder, "expected"))
for name, tensor in state.items():
    tensor = tensor.detach().contiguous().reshape(-1)
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.view(torch.int16)
    with open(os.path.join(folder, "expected", name), "wb") as file:
        file.write(tensor.numpy().tobytes())

torch.save(state, place("legacy"), _use_new_zipfile_serialization=False)
torch.jit.script(torch.nn.Linear(2, 2)).save(place("script"))
torch.save({"epoch": 3, "state_dict": state}, place("nested"))
torch.save(torch.nn.Linear(2, 2), place("whole"))
