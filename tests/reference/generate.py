#!/usr/bin/python3
"""Writes the second references' golden data, or compares it with what is committed.

  generate.py [--out FOLDER] [KERNEL ...]     writes FOLDER/<kernel>/<case>.safetensors.xz
  generate.py --check [KERNEL ...]            regenerates in memory; exit 1 where a file differs

Every other module of this folder with a function cases() is a reference: it yields common.Case.
Without FOLDER, files go where they are committed: data/ beside this script. The comparison wants
inputs bit for bit, and outputs within one unit: exp() and its like differ between builds of PyTorch.
"""

import argparse
import importlib
import json
import os
import pathlib
import sys

os.environ.setdefault("ATEN_CPU_CAPABILITY", "default")  # the same code path on every processor

import torch

import safetensors_file

HERE = pathlib.Path(__file__).resolve().parent


def references(names):
    for path in sorted(HERE.glob("*.py")):
        if names and path.stem not in names:
            continue
        if path.stem in ("common", "generate", "safetensors_file"):
            continue
        module = importlib.import_module(path.stem)
        if hasattr(module, "cases"):
            yield module


def content(case):
    tensors = {f"in.{name}": torch.as_tensor(value) for name, value in case.inputs.items()}
    tensors.update({f"out.{name}": value for name, value in case.outputs.items()})
    metadata = {
        "kernel": case.kernel,
        "case": f"{case.kernel}/{case.name}",
        "contract": case.contract,
        "dims": json.dumps(case.dims, sort_keys=True),
    }
    return tensors, metadata


def difference(name, ours, committed):
    """Why the two tensors are not the same reference; None when they are."""
    if ours.dtype != committed.dtype or ours.shape != committed.shape:
        return f"{name} is {committed.dtype} {list(committed.shape)}, now {list(ours.shape)}"
    if name.startswith("in."):
        return None if torch.equal(ours, committed) else f"{name} differs"
    a, b = ours.double(), committed.double()
    same = (a == b) | (a.isnan() & b.isnan())
    step = 1.0 if not ours.dtype.is_floating_point else 2.0**-7 if ours.dtype == torch.bfloat16 else 1e-5
    near = (a - b).abs() <= (step if step == 1.0 else step * b.abs() + 1e-6)
    missed = int((~(same | near)).sum())
    return f"{name}: {missed} of {a.numel()} elements differ" if missed > a.numel() // 1000 else None


def check(path, tensors):
    if not path.exists():
        return [f"{path} is missing; run generate.py"]
    committed, _ = safetensors_file.load(path)
    found = [f"{path}: {name} is {'new' if name in tensors else 'gone'}"
             for name in sorted(set(tensors) ^ set(committed))]
    for name in sorted(set(tensors) & set(committed)):
        why = difference(name, tensors[name], committed[name])
        if why:
            found.append(f"{path}: {why}")
    return found


def is_current(path, tensors, metadata):
    """Whether the file says the same already: rewriting it would only change its last digits."""
    return (path.exists() and safetensors_file.load(path)[1] == metadata
            and not check(path, tensors))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "data")
    parser.add_argument("kernels", nargs="*")
    options = parser.parse_args()
    torch.set_num_threads(1)
    count, problems, expected = 0, [], set()
    for module in references(options.kernels):
        for case in module.cases():
            tensors, metadata = content(case)
            path = options.out / case.kernel / f"{case.name}.safetensors.xz"
            expected.add(path)
            count += 1
            if options.check:
                problems += check(path, tensors)
            elif not is_current(path, tensors, metadata):
                path.parent.mkdir(parents=True, exist_ok=True)
                safetensors_file.save(path, tensors, metadata)
    if not options.kernels:
        problems += [f"{path}: no reference makes it" for path in
                     sorted(options.out.rglob("*.xz")) if path not in expected]
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{count} cases {'compared' if options.check else 'written'}, {len(problems)} differences")
    return 1 if problems or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
