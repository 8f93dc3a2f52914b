"""Record what PyTorch and JAX answer on the special values of chapter 7.

Run with ``python -m benchmarks.special_values`` where both are installed; writes
``benchmarks/results/special_values.json``, from which the chapter's table is taken.
"""

import json
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

RESULTS = Path(__file__).parent / "results" / "special_values.json"
INF, NAN = np.inf, np.nan
CASES: dict[str, Any] = {
    "[]": np.array([], np.float32),
    "[-inf, -inf]": np.array([-INF, -INF], np.float32),
    "[inf, 0]": np.array([INF, 0.0], np.float32),
    "[inf, -inf]": np.array([INF, -INF], np.float32),
    "[nan, 0]": np.array([NAN, 0.0], np.float32),
    "[nan, inf]": np.array([NAN, INF], np.float32),
    "uint8 [0, 255]": np.array([0, 255], np.uint8),
    "int8 [100, -100]": np.array([100, -100], np.int8),
    "float16, 100000 zeros": np.zeros(100_000, np.float16),
}


def answer(function: Callable[[Any], Any], value: Any) -> str:
    """Return the result to four digits, or the name of the exception."""
    try:
        return f"{float(function(value)):.4g}"
    except Exception as error:
        return type(error).__name__


def main() -> None:
    """Run every case through both libraries and write the answers with the versions."""
    import jax
    import torch

    libraries: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "PyTorch": (torch.__version__, lambda x: torch.logsumexp(torch.from_numpy(x), 0)),
        "JAX": (jax.__version__, lambda x: jax.nn.logsumexp(jax.numpy.asarray(x))),
    }
    record = {
        "versions": {name: version for name, (version, _) in libraries.items()},
        "python": platform.python_version(),
        "answers": {
            name: {case: answer(function, x) for case, x in CASES.items()}
            for name, (_, function) in libraries.items()
        },
    }
    x = torch.full((2,), -INF, requires_grad=True)
    torch.logsumexp(x, 0).backward()
    record["gradient at [-inf, -inf]"] = {
        "PyTorch": [str(float(v)) for v in x.grad],
        "JAX": [str(float(v)) for v in jax.grad(jax.nn.logsumexp)(jax.numpy.full(2, -INF))],
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
