"""Time and temporary memory, interleaved in one process; medians and their ratios."""

import statistics
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from benchmarks.environment import environment  # sets the number of threads, so it comes first

import numpy as np  # isort: skip
import scipy.special  # isort: skip

import lsebook  # isort: skip

try:
    import torch
except ImportError:
    torch = None
else:
    torch.set_num_threads(1)

CASES: tuple[tuple[tuple[int, ...], int], ...] = (
    ((10,), 0),
    ((1_000,), 0),
    ((100_000,), 0),
    ((10_000_000,), 0),
    ((1_000_000, 10), 1),
    ((100_000, 100), 1),
    ((10_000, 1_000), 1),
    ((200, 50_000), 1),
    ((10, 1_000_000), 0),
    ((1_000, 10_000), 0),
)
NAMES = ("logsumexp", "softmax", "log_softmax")
DTYPES = ("float64", "float32")


def trick(name: str, x: np.ndarray[Any, Any], axis: int) -> Any:
    """The formulas that most people write: subtract the maximum."""
    c = x.max(axis=axis, keepdims=True)
    e = np.exp(x - c)
    s = e.sum(axis=axis, keepdims=True)
    if name == "softmax":
        return e / s
    return x - c - np.log(s) if name == "log_softmax" else np.squeeze(c + np.log(s), axis)


def contestants(name: str, x: np.ndarray[Any, Any], axis: int) -> dict[str, Callable[[], Any]]:
    """Return what is measured, by name; `exp` is the floor under all of them."""
    target = np.empty_like(x)
    found: dict[str, Callable[[], Any]] = {
        "lsebook": lambda: getattr(lsebook, name)(x, axis=axis),
        "scipy": lambda: getattr(scipy.special, name)(x, axis=axis),
        "trick": lambda: trick(name, x, axis),
        "exp": lambda: np.exp(x, out=target),
    }
    if torch is not None:
        tensor = torch.from_numpy(x)
        found["torch"] = lambda: getattr(torch, name)(tensor, dim=axis)
    return found


def median_times(functions: dict[str, Callable[[], Any]], size: int) -> dict[str, float]:
    """Return the median seconds of a call, each function in turn in every round.

    Time of this thread alone, so that a busy machine disturbs less; nothing here starts others.
    """
    calls, rounds = max(1, 20_000 // size), 7 if size > 10**6 else 25
    times: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            start = time.thread_time()
            for _ in range(calls):
                function()
            times[name].append((time.thread_time() - start) / calls)
    return {name: statistics.median(values) for name, values in times.items()}


def temporary_memory(function: Callable[[], Any]) -> int:
    """Return the peak of Python's and NumPy's memory in a call, less its result, in bytes."""
    tracemalloc.start()
    result = function()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return int(peak - getattr(result, "nbytes", 0))


def measure() -> dict[str, Any]:
    """Return every row with its times (µs), ratios and temporary memory (KiB)."""
    rows = []
    for dtype in DTYPES:
        for name in NAMES:
            for shape, axis in CASES:
                x = np.random.default_rng(0).normal(size=shape).astype(dtype)
                functions = contestants(name, x, axis)
                times = median_times(functions, x.size)
                # PyTorch allocates where tracemalloc does not see it.
                memory = {
                    k: temporary_memory(f)
                    for k, f in functions.items()
                    if k not in ("torch", "exp")
                }
                ours = times["lsebook"]
                rows.append(
                    {
                        "function": name,
                        "dtype": dtype,
                        "shape": list(shape),
                        "axis": axis,
                        "microseconds": {k: round(t * 1e6, 2) for k, t in times.items()},
                        "times_ours": {k: round(t / ours, 2) for k, t in times.items()},
                        "temporary_kib": {k: round(m / 1024) for k, m in memory.items()},
                    }
                )
    return {"environment": environment(), "rows": rows}


def table(result: dict[str, Any]) -> str:
    """Return the rows as text: how many times longer than ours, and ours in exps."""
    head = "function     dtype    shape, axis          ours µs  scipy  trick  torch  ours/exp  KiB"
    lines = [head]
    for row in result["rows"]:
        times = row["microseconds"]
        ratio, where = row["times_ours"], f"{tuple(row['shape'])}, {row['axis']}"
        torch_ratio = f"{ratio['torch']:6.2f}" if "torch" in ratio else "     –"
        exps = times["lsebook"] / times["exp"]
        lines.append(
            f"{row['function']:12} {row['dtype']} {where:18} {times['lsebook']:9.1f} "
            f"{ratio['scipy']:6.2f} {ratio['trick']:6.2f} {torch_ratio} {exps:9.2f} "
            f"{row['temporary_kib']['lsebook']:4}"
        )
    return "\n".join(lines)
