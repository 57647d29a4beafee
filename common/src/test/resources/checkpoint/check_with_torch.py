"""Reads safetensors files by the format's definition alone and compares their values with PyTorch's.

Usage: check_with_torch.py FOLDER, with one tensor "w" in each of F32.safetensors, F16.safetensors
and BF16.safetensors; the half-precision ones must be what PyTorch makes of the float32 one. Prints
the number of values.
"""

import json
import os
import struct
import sys

import torch

DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def load(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        assert length % 8 == 0, "header is not padded"
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    assert header.pop("__metadata__") == {"format": "pt"}
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = torch.frombuffer(data[begin:end], dtype=DTYPES[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"])
    return tensors


full, half, brain = (
    load(os.path.join(sys.argv[1], name + ".safetensors"))["w"] for name in ("F32", "F16", "BF16")
)
for stored in (half, brain):
    wanted = full.to(stored.dtype)
    assert stored.shape == full.shape
    assert torch.equal(stored.view(torch.int16), wanted.view(torch.int16)), stored.dtype
print(full.numel())
