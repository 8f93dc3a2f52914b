"""Record what passes over memory cost, for chapter 12.

Run with ``python -m benchmarks.passes [--first PATH]``; writes
``benchmarks/results/passes.json``, from which the chapter prints. PATH is a checkout of the first
edition, of which the slowest family of data is told. What is not installed is left out.
"""

import argparse
import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.environment import environment

# isort: split
import numpy as np
import scipy.special

import lsebook
from lsebook.textbook import logsumexp_shifted

RESULTS = Path(__file__).parent / "results" / "passes.json"
LENGTHS = (10**3, 10**4, 10**5, 10**6, 10**7)
ROWS = (10_000, 100)
Function = Callable[[Any], Any]


def logsumexp_blocks(x: Any, size: int = 16_384) -> Any:
    """LSE block by block in one buffer, as the chapter writes it."""
    buffer = np.empty(size)
    c, s = -np.inf, 0.0
    for start in range(0, len(x), size):
        block = x[start : start + size]
        terms = buffer[: len(block)]
        peak = np.maximum(c, block.max())
        np.subtract(block, peak, out=terms)
        np.exp(terms, out=terms)
        s = s * np.exp(c - peak) + terms.sum()
        c = peak
    return c + np.log(s)


def families() -> dict[str, Any]:
    """Rows of scores, as people have them."""
    noise = np.random.default_rng(30).normal(size=ROWS)
    logits = 10 * noise
    return {
        "logits": logits,
        "logits + 1000": logits + 1000,
        "log-probabilities": scipy.special.log_softmax(logits, axis=1),
    }


def least(functions: Mapping[str, Function], x: Any, rounds: int = 9) -> dict[str, float]:
    """The least time of each function, taken in turn so that noise hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in functions}
    for function in functions.values():
        function(x)
    repeats = max(1, 200_000 // x.size)
    for _ in range(rounds):
        for name, function in functions.items():
            start = perf_counter()
            for _ in range(repeats):
                function(x)
            times[name].append((perf_counter() - start) / repeats)
    return {name: min(seconds) for name, seconds in times.items()}


def compiled() -> Any:
    """The compiled engine, or None without Numba."""
    try:
        return importlib.import_module("lsebook.compiled")
    except ImportError:
        return None


def lengths() -> list[dict[str, Any]]:
    """Nanoseconds per number of one long array: with all its passes, and in blocks."""
    rows = []
    engine = compiled()
    for n in LENGTHS:
        x = np.random.default_rng(31).normal(size=n)
        out = np.empty(n)
        functions: dict[str, Function] = {
            "shifted": logsumexp_shifted,
            "blocks": logsumexp_blocks,
            "lsebook": lsebook.logsumexp,
            "exp": lambda x, out=out: np.exp(x, out=out),
            "scipy": scipy.special.logsumexp,
        }
        if engine is not None:
            functions["compiled"] = engine.logsumexp
        times = least(functions, x)
        rows.append({"n": n} | {name: round(1e9 * t / n, 3) for name, t in times.items()})
    return rows


def by_family() -> dict[str, dict[str, float]]:
    """Nanoseconds per number of many rows, family by family."""
    functions: dict[str, Function] = {
        "scipy": lambda x: scipy.special.logsumexp(x, axis=1),
        "lsebook": lambda x: lsebook.logsumexp(x, axis=1),
    }
    engine = compiled()
    if engine is not None:
        functions["compiled"] = lambda x: engine.logsumexp(x, axis=1)
    return {
        name: {k: round(1e9 * t / x.size, 3) for k, t in least(functions, x).items()}
        for name, x in families().items()
    }


def first_edition(path: Path) -> dict[str, dict[str, float]]:
    """The same of another checkout's package, measured in a process of its own."""
    code = "import json; from benchmarks.passes import by_family; print(json.dumps(by_family()))"
    here = Path(__file__).parent
    answer = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys; sys.path[:0] = [{str(path)!r}]; "
            f"import benchmarks; benchmarks.__path__[:0] = [{str(here)!r}]; {code}",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=path,
    )
    found: dict[str, dict[str, float]] = json.loads(answer.stdout)
    return found


def main(arguments: list[str] | None = None) -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.passes", description=__doc__)
    parser.add_argument("--first", type=Path, help="a checkout of the first edition")
    first = parser.parse_args(arguments).first
    record: dict[str, Any] = {
        "environment": environment(),
        "nanoseconds per number": {"one array": lengths(), "rows": by_family()},
    }
    if first is not None:
        for family, times in first_edition(first.resolve()).items():
            record["nanoseconds per number"]["rows"][family]["first edition"] = times["lsebook"]
    text = json.dumps(record, indent=1)
    RESULTS.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
