"""Time and temporary memory on families of data, interleaved in one process, as ratios."""

import math
import time
import tracemalloc
from collections.abc import Callable, Iterable
from typing import Any

from benchmarks.environment import environment  # sets the number of threads, so it comes first

import numpy as np  # isort: skip
import scipy.special  # isort: skip

import lsebook  # isort: skip
from benchmarks.families import DTYPES, FAMILIES, FUNCTIONS, SHAPES, draw  # isort: skip

try:
    import torch
except ImportError:
    torch = None
else:
    torch.set_num_threads(1)

#: Seconds that the calls of one function in one row may take.
PATIENCE = 0.06
Array = np.ndarray[Any, Any]


def contestants(name: str, x: Array, axis: Any) -> dict[str, Callable[[], Any]]:
    """Return what is measured, by name; `exp` is the floor under all that NumPy can do."""
    target = np.empty_like(x)
    found: dict[str, Callable[[], Any]] = {
        "lsebook": lambda: getattr(lsebook, name)(x, axis=axis),
        "scipy": lambda: getattr(scipy.special, name)(x, axis=axis),
        "exp": lambda: np.exp(x, out=target),
    }
    # PyTorch's softmax has one axis.
    if torch is not None and (name == "logsumexp" or isinstance(axis, int)):
        tensor = torch.from_numpy(x)
        found["torch"] = lambda: getattr(torch, name)(tensor, dim=axis)
    return found


def least_times(functions: dict[str, Callable[[], Any]], size: int) -> dict[str, float]:
    """Return the least seconds of a call, each function in turn in every round.

    Small arrays are called in loops. Time of this thread alone, so that a busy machine disturbs
    less; nothing here starts others.
    """
    calls = max(1, 20_000 // size)
    best = dict.fromkeys(functions, math.inf)
    spent = 0.0
    while spent < PATIENCE * len(functions):
        for name, function in functions.items():
            start = time.thread_time()
            for _ in range(calls):
                function()
            took = time.thread_time() - start
            best[name] = min(best[name], took / calls)
            spent += took
    return best


def temporary_memory(function: Callable[[], Any]) -> int:
    """Return the peak of Python's and NumPy's memory in a call, less its result, in bytes."""
    tracemalloc.start()
    result = function()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return int(peak - getattr(result, "nbytes", 0))


def rows(functions: Iterable[str] = FUNCTIONS) -> Iterable[dict[str, Any]]:
    """Yield every row with its times (µs), ratios and temporary memory (KiB)."""
    for name in functions:
        for dtype in DTYPES:
            for family in FAMILIES:
                for shape, axis in SHAPES:
                    x = draw(family, shape, axis, dtype)
                    calls = contestants(name, x, axis)
                    times = least_times(calls, x.size)
                    # PyTorch allocates where tracemalloc does not see it.
                    memory = {k: temporary_memory(calls[k]) for k in ("lsebook", "scipy")}
                    yield {
                        "function": name,
                        "dtype": dtype,
                        "family": family,
                        "shape": list(shape),
                        "axis": axis,
                        "microseconds": {k: float(f"{t * 1e6:.4g}") for k, t in times.items()},
                        "temporary_kib": {k: round(m / 1024) for k, m in memory.items()},
                    }


def ratios(found: list[dict[str, Any]], other: str) -> list[float]:
    """Return how many times longer the other takes, where it was measured."""
    times = [r["microseconds"] for r in found if other in r["microseconds"]]
    return [t[other] / t["lsebook"] for t in times]


def geometric_mean(values: list[float]) -> float:
    """Return the exponential of the mean of the logs."""
    return math.exp(sum(map(math.log, values)) / len(values))


def summary(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return geometric mean and least ratio for each function, dtype and family, and for all."""
    out = []
    for name in FUNCTIONS:
        for dtype in (*DTYPES, "both"):
            for family in (*FAMILIES, "all"):
                chosen = [
                    r
                    for r in found
                    if r["function"] == name
                    and dtype in (r["dtype"], "both")
                    and family in (r["family"], "all")
                ]
                if not chosen:
                    continue
                row: dict[str, Any] = {"function": name, "dtype": dtype, "family": family}
                for other in ("scipy", "torch"):
                    if values := ratios(chosen, other):
                        mean, least = geometric_mean(values), min(values)
                        row[other] = {"mean": round(mean, 2), "least": round(least, 2)}
                row["temporary_kib"] = max(r["temporary_kib"]["lsebook"] for r in chosen)
                out.append(row)
    return out


def measure() -> dict[str, Any]:
    """Return the summary and every row."""
    with np.errstate(all="ignore"):
        found = list(rows())
    return {"environment": environment(), "summary": summary(found), "rows": found}


def table(result: dict[str, Any]) -> str:
    """Return the summary as text: how many times longer than ours the others take."""
    lines = ["function     dtype    family             scipy  least  torch  least  KiB"]
    for row in result["summary"]:
        cells = "".join(
            f"{row[k]['mean']:7.2f}{row[k]['least']:7.2f}" if k in row else f"{'–':>7}{'–':>7}"
            for k in ("scipy", "torch")
        )
        which = f"{row['function']:12} {row['dtype']:8} {row['family']:17}"
        lines.append(f"{which}{cells} {row['temporary_kib']:4}")
    return "\n".join(lines)
