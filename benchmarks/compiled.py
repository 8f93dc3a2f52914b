"""The compiled engine beside the NumPy engine, SciPy, PyTorch and a compiled sum of the same array.

Run with ``python -m benchmarks.compiled``; writes ``benchmarks/results/compiled.json``. A sum reads
every element once and adds it up: what memory alone costs.
"""

import json
import math
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.environment import environment  # sets the number of threads, so it comes first

import numpy as np  # isort: skip
import scipy.special  # isort: skip
from numba import njit  # isort: skip

import lsebook  # isort: skip
import lsebook.compiled  # isort: skip
from benchmarks.families import DTYPES, FAMILIES, FUNCTIONS, SHAPES, draw  # isort: skip

try:
    import torch
except ImportError:
    torch = None
else:
    torch.set_num_threads(1)

RESULTS = Path(__file__).parent / "results" / "compiled.json"
Array = np.ndarray[Any, Any]
Axis = int | tuple[int, ...]

LONG = 10_000_000


@njit(fastmath=True)
def compiled_sum(x: Array) -> Any:
    """Return the sum of a contiguous array."""
    total = 0.0
    for i in range(x.size):
        total += x[i]
    return total


def torch_call(name: str, x: Array, axis: Axis) -> Callable[[], Any]:
    """Return the call of PyTorch; its softmax takes one axis, so that several are joined first."""
    tensor, function = torch.from_numpy(x), getattr(torch, name)
    if isinstance(axis, int) or name == "logsumexp":
        return lambda: function(tensor, dim=axis)
    kept = [i for i in range(x.ndim) if i not in axis]
    slices = math.prod(x.shape[i] for i in kept)
    return lambda: function(tensor.permute(*kept, *axis).reshape(slices, -1), dim=1)


def contestants(name: str, x: Array, axis: Axis) -> dict[str, Callable[[], Any]]:
    """Return what is measured, by name."""
    compiled, flat = getattr(lsebook.compiled, name), x.reshape(-1)
    found: dict[str, Callable[[], Any]] = {
        "compiled": lambda: compiled(x, axis),
        "lsebook": lambda: getattr(lsebook, name)(x, axis=axis),
        "scipy": lambda: getattr(scipy.special, name)(x, axis=axis),
        "sum": lambda: compiled_sum(flat),
    }
    if torch is not None:
        found["torch"] = torch_call(name, x, axis)
    return found


def best_times(
    functions: dict[str, Callable[[], Any]],
    size: int,
    clock: Callable[[], float] = time.thread_time,
    seconds: float = 0.15,
) -> dict[str, float]:
    """Return the least seconds of a call, each function in turn in every round.

    Time of this thread alone, so that a busy machine disturbs less; nothing here starts others.
    """
    calls, rounds = max(1, 20_000 // size), 3
    best = dict.fromkeys(functions, math.inf)
    end = time.perf_counter() + seconds
    while rounds > 0 or time.perf_counter() < end:
        rounds -= 1
        for name, function in functions.items():
            start = clock()
            for _ in range(calls):
                function()
            best[name] = min(best[name], (clock() - start) / calls)
    return best


def measure(families: Iterable[str] = FAMILIES) -> dict[str, Any]:
    """Return every row with its times in microseconds, and what two threads do to long arrays."""
    rows = []
    for dtype in DTYPES:
        for name in FUNCTIONS:
            for shape, axis in SHAPES:
                for family in families:
                    x = draw(family, shape, axis, dtype)
                    times = best_times(contestants(name, x, axis), x.size)
                    where = {"function": name, "dtype": dtype, "shape": list(shape)}
                    where |= {"axis": axis, "family": family}
                    rows.append(
                        where | {"microseconds": {k: round(t * 1e6, 3) for k, t in times.items()}}
                    )
    return {"environment": environment(), "rows": rows, "threads": measure_threads()}


def measure_threads() -> list[dict[str, Any]]:
    """Return the milliseconds of long arrays with one thread and with two, beside a sum."""
    rows = []
    for dtype in DTYPES:
        for shape, axis in (((LONG,), 0), ((LONG // 1_000, 1_000), 1), ((10, LONG // 10), 0)):
            x = draw("logits", shape, axis, dtype)
            flat, out = x.reshape(-1), np.empty_like(x)
            for name in FUNCTIONS:
                function = getattr(lsebook.compiled, name)
                target = {} if name == "logsumexp" else {"out": out}
                calls: dict[str, Callable[[], Any]] = {
                    "one": partial(function, x, axis, threads=1, **target),
                    "two": partial(function, x, axis, threads=2, **target),
                    "sum": partial(compiled_sum, flat),
                }
                times = best_times(calls, x.size, time.perf_counter, 1.0)
                where = {"function": name, "dtype": dtype, "shape": list(shape), "axis": axis}
                rows.append(
                    where | {"milliseconds": {k: round(t * 1e3, 3) for k, t in times.items()}}
                )
    return rows


def geometric_mean(values: Iterable[float]) -> float:
    """Return the geometric mean."""
    logs = [math.log(v) for v in values]
    return math.exp(sum(logs) / len(logs))


def table(result: dict[str, Any]) -> str:
    """Return, for every shape, mean and worst of the ratios of others' times to ours."""
    others = [k for k in ("torch", "scipy", "lsebook") if k in result["rows"][0]["microseconds"]]
    lines = [
        f"{'function':12} {'dtype':8} {'shape, axis':22}{'us':>9}"
        + "".join(f"{k:>16}" for k in others)
        + f"{'ours/sum':>10}"
    ]
    groups: dict[tuple[str, ...], list[dict[str, float]]] = {}
    for row in result["rows"]:
        where = f"{tuple(row['shape'])}, {row['axis']}"
        for key in (
            (row["function"], row["dtype"], where),
            (row["function"], row["dtype"], "all"),
            (row["function"], "both", "all"),
        ):
            groups.setdefault(key, []).append(row["microseconds"])
    for key, times in groups.items():
        cells = ""
        for other in others:
            ratios = [t[other] / t["compiled"] for t in times]
            cells += f"{geometric_mean(ratios):9.2f} ({min(ratios):4.2f})"
        ours = geometric_mean(t["compiled"] for t in times)
        floor = geometric_mean(t["compiled"] / t["sum"] for t in times)
        lines.append(f"{key[0]:12} {key[1]:8} {key[2]:22}{ours:9.1f}{cells}{floor:10.2f}")
    for row in result["threads"]:
        one, two, floor = row["milliseconds"].values()
        lines.append(
            f"{row['function']:12} {row['dtype']:8} {tuple(row['shape'])!s:18} {one:8.2f} ms, "
            f"two threads {one / two:5.2f} x, ours/sum {one / floor:5.2f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    found = measure(sys.argv[1:] or FAMILIES)
    if not sys.argv[1:]:
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(table(found))
