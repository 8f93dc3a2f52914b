"""What people feed these functions: families of data, and shapes with the axis that is reduced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]


def _normal(scale: float, shift: float) -> Callable[[np.random.Generator, Shape, Any], Array]:
    return lambda rng, shape, axis: scale * rng.standard_normal(shape) + shift


def _log_probabilities(rng: np.random.Generator, shape: Shape, axis: Any) -> Array:
    x = 5.0 * rng.standard_normal(shape)
    x -= x.max(axis=axis, keepdims=True)
    x -= np.log(np.exp(x).sum(axis=axis, keepdims=True))
    return x


def _minus_max(rng: np.random.Generator, shape: Shape, axis: Any) -> Array:
    x = 5.0 * rng.standard_normal(shape)
    x -= x.max(axis=axis, keepdims=True)
    return x


def _confident(rng: np.random.Generator, shape: Shape, axis: Any) -> Array:
    """Normal numbers, of which the first of each slice has a lead of 15."""
    x = rng.standard_normal(shape)
    axes = axis if isinstance(axis, tuple) else (axis,)
    x[tuple(0 if i in axes else slice(None) for i in range(x.ndim))] += 15.0
    return x


FAMILIES: dict[str, Callable[[np.random.Generator, Shape, Any], Array]] = {
    "logits": _normal(10.0, 0.0),
    "+1000": _normal(10.0, 1000.0),
    "−1000": _normal(10.0, -1000.0),
    "log-probabilities": _log_probabilities,
    "minus max": _minus_max,
    "confident": _confident,
    "wide": _normal(500.0, 0.0),
    "below 0": _normal(1.0, -8.0),
}

SHAPES: tuple[tuple[Shape, Any], ...] = (
    ((10,), 0),
    ((1_000,), 0),
    ((1_000_000,), 0),
    ((32, 10), 1),
    ((300_000, 3), 1),
    ((100_000, 10), 1),
    ((10_000, 100), 1),
    ((1_000, 1_000), 1),
    ((20, 50_000), 1),
    ((10, 100_000), 0),
    ((1_000, 1_000), 0),
    ((30, 40, 800), (0, 2)),
)
DTYPES = ("float64", "float32")
FUNCTIONS = ("logsumexp", "softmax", "log_softmax")


def draw(family: str, shape: Shape, axis: Any, dtype: str) -> Array:
    """Return an array of a family, the same in every run."""
    return FAMILIES[family](np.random.default_rng(0), shape, axis).astype(dtype)
