"""Errors in ulps against mpmath at 80 digits, over the families where libraries lose."""

from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.environment import environment  # sets the number of threads, so it comes first

import mpmath  # isort: skip
import numpy as np  # isort: skip
import scipy.special  # isort: skip

import lsebook  # isort: skip
import lsebook.exact  # isort: skip
from benchmarks.speed import torch  # isort: skip

ROUNDS = 40
Array = np.ndarray[Any, Any]


def families(rng: np.random.Generator) -> Iterator[tuple[str, Array]]:
    """Yield one array of every family."""
    n = int(10 ** rng.uniform(0.5, 3))
    yield "normal", rng.normal(size=n)
    yield "peak 0, tail -20 ... -40", np.r_[0.0, rng.uniform(-40, -20, n)]
    peak = rng.choice([-1, 1]) * 10.0 ** rng.uniform(-12, -3)
    yield "peak near 0, with tail", np.r_[peak, rng.uniform(-40, -20, n)]
    yield "[-log 2 + eps, -log 2]", np.array([-np.log(2) + 10 ** rng.uniform(-11, -1), -np.log(2)])
    yield "-log n + 1e-3 normal", -np.log(n) + 1e-3 * rng.normal(size=n)


def ulps(got: Any, exact: Any) -> float:
    """Return the distance in units in the last place of the exact value."""
    unit = mpmath.mpf(float(np.spacing(abs(float(exact)))))
    return float(abs(mpmath.mpf(float(got)) - exact) / unit)


def trick(name: str, x: Array, axis: int) -> Any:
    """The formulas that most people write: subtract the maximum."""
    c = x.max(axis=axis, keepdims=True)
    e = np.exp(x - c)
    s = e.sum(axis=axis, keepdims=True)
    if name == "softmax":
        return e / s
    return x - c - np.log(s) if name == "log_softmax" else np.squeeze(c + np.log(s), axis)


def libraries(name: str) -> dict[str, Callable[[Array], Any]]:
    """Return the functions to compare, by library."""
    found: dict[str, Callable[[Array], Any]] = {
        "trick": lambda x: trick(name, x, 0),
        "scipy": lambda x: getattr(scipy.special, name)(x),
        "lsebook": lambda x: getattr(lsebook, name)(x),
    }
    if name == "logsumexp":
        found["lsebook.exact"] = lsebook.exact.logsumexp
    if torch is not None:
        found["torch"] = lambda x: getattr(torch, name)(torch.from_numpy(x), dim=0).numpy()
    return found


def measure() -> dict[str, Any]:
    """Return the largest error of every library in every family."""
    with mpmath.workdps(80), np.errstate(all="ignore"):
        rng = np.random.default_rng(0)
        worst: dict[str, dict[str, float]] = {}

        def note(case: str, library: str, error: float) -> None:
            row = worst.setdefault(case, {})
            row[library] = max(row.get(library, 0.0), error)

        for _ in range(ROUNDS):
            for case, x in families(rng):
                exact = mpmath.log(mpmath.fsum(mpmath.exp(mpmath.mpf(float(v))) for v in x))
                for library, function in libraries("logsumexp").items():
                    if abs(exact) > 1e-12:
                        note(case, library, ulps(function(x), exact))
            x = np.r_[45.0, rng.normal(size=5)]
            others = mpmath.fsum(mpmath.exp(mpmath.mpf(float(v)) - 45) for v in x[1:])
            for library, function in libraries("log_softmax").items():
                error = ulps(function(x)[0], -mpmath.log1p(others))
                note("log_softmax, peak ahead by 45", library, error)
            x = np.r_[rng.normal(size=5), -600.0 + rng.normal()]
            total = mpmath.fsum(mpmath.exp(mpmath.mpf(float(v))) for v in x)
            for library, function in libraries("softmax").items():
                share = mpmath.exp(mpmath.mpf(float(x[-1]))) / total
                note("softmax, far tail (-600)", library, ulps(function(x)[-1], share))
        values = {
            "weights choose the peak (exact -339.483)": {
                "scipy": str(
                    round(float(scipy.special.logsumexp([0, -800], b=[1e-200, 1e200])), 3)
                ),
                "lsebook": str(round(float(lsebook.logsumexp([0, -800], b=[1e-200, 1e200])), 3)),
            },
            "float16, 100000 zeros (exact 11.513)": {
                library: str(round(float(function(np.zeros(100_000, np.float16))), 3))
                for library, function in libraries("logsumexp").items()
            },
            "float32, 25165824 x 2 zeros, axis 0 (exact 17.040997)": {
                "scipy": f"{scipy.special.logsumexp(_many(), axis=0)[0]:.8g}",
                "lsebook": f"{lsebook.logsumexp(_many(), axis=0)[0]:.8g}",
            },
            "softmax, int8 [100, -100]": {
                "scipy": str(scipy.special.softmax(np.array([100, -100], np.int8)).tolist()),
                "lsebook": str(lsebook.softmax(np.array([100, -100], np.int8)).round(3).tolist()),
            },
        }
    rounded = {c: {k: float(f"{v:.2g}") for k, v in row.items()} for c, row in worst.items()}
    return {"environment": environment(), "largest_error_ulp": rounded, "values": values}


def _many() -> Array:
    return np.zeros((25_165_824, 2), np.float32)


def table(result: dict[str, Any]) -> str:
    """Return the errors as text."""
    names = ["trick", "scipy", "torch", "lsebook", "lsebook.exact"]
    lines = [f"{'largest error in ulp':56}" + "".join(f"{n:>14}" for n in names)]
    for part in ("largest_error_ulp", "values"):
        for case, row in result[part].items():
            shown = (row.get(n, "–") for n in names)
            cells = "".join(f"{s if isinstance(s, str) else format(s, '.2g'):>14}" for s in shown)
            lines.append(f"{case:56}{cells}")
    return "\n".join(lines)
