"""Reads and writes .safetensors.xz files (https://github.com/huggingface/safetensors, its format
section), byte for byte the same from the same tensors."""

import json
import lzma
import struct

import torch

_NAMES = {
    torch.float32: "F32",
    torch.bfloat16: "BF16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.int32: "I32",
    torch.int64: "I64",
}
_DTYPES = {name: dtype for dtype, name in _NAMES.items()}
_CARRIER = {torch.bfloat16: torch.int16}  # numpy knows no bfloat16


def _bytes(tensor):
    tensor = tensor.detach().contiguous()
    carrier = _CARRIER.get(tensor.dtype)
    return (tensor.view(carrier) if carrier else tensor).numpy().tobytes()


def save(path, tensors, metadata):
    """Writes `tensors` (name to tensor) and `metadata` (text to text)."""
    header, blobs, offset = {"__metadata__": metadata}, [], 0
    for name in sorted(tensors):
        blob = _bytes(tensors[name])
        header[name] = {
            "dtype": _NAMES[tensors[name].dtype],
            "shape": list(tensors[name].shape),
            "data_offsets": [offset, offset + len(blob)],
        }
        offset += len(blob)
        blobs.append(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with lzma.open(path, "wb", preset=9 | lzma.PRESET_EXTREME) as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def load(path):
    """Returns (tensors, metadata)."""
    with lzma.open(path, "rb") as file:
        content = file.read()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + length])
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        dtype = _DTYPES[entry["dtype"]]
        raw = torch.frombuffer(bytearray(content[begin:end]) or bytearray(8),
                               dtype=_CARRIER.get(dtype, dtype))
        raw = raw[: (end - begin) // raw.element_size()]
        tensors[name] = (raw.view(dtype) if dtype in _CARRIER else raw).reshape(entry["shape"])
    return tensors, metadata
