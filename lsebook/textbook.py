"""The formulas as the chapters derive them, failures included.

Nothing here is safe to use on real data; `lsebook.logsumexp` and its relatives are.
Every function works along the last axis and keeps the dtype that NumPy gives it.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

__all__ = [
    "log_softmax_naive",
    "log_softmax_shifted",
    "logsumexp_log1p",
    "logsumexp_naive",
    "logsumexp_shifted",
    "softmax_naive",
    "softmax_shifted",
]


def softmax_naive(x: ArrayLike) -> Any:
    """Return exp(xᵢ) / Σ exp(xⱼ), as the definition says.

    Parameters
    ----------
    x : array_like, shape (..., n)
        Scores. Above 709.78 (float64) the exponentials overflow and the result is nan.

    Returns
    -------
    ndarray, shape (..., n)

    Examples
    --------
    >>> softmax_naive([0.0, 0.0])
    array([0.5, 0.5])
    """
    e = np.exp(x)
    return e / e.sum(axis=-1, keepdims=True)


def logsumexp_naive(x: ArrayLike) -> Any:
    """Return log Σ exp(xᵢ), as the definition says.

    Parameters
    ----------
    x : array_like, shape (..., n)
        Scores. Above 709.78 (float64) the result is inf, below −745.13 it is −inf.

    Returns
    -------
    ndarray or scalar, shape (...)

    Examples
    --------
    >>> float(logsumexp_naive([0.0, 0.0]) - np.log(2))
    0.0
    """
    return np.log(np.exp(x).sum(axis=-1))


def log_softmax_naive(x: ArrayLike) -> Any:
    """Return xᵢ − log Σ exp(xⱼ) with the naive LSE.

    Parameters
    ----------
    x : array_like, shape (..., n)
        Scores, within the range of `logsumexp_naive`.

    Returns
    -------
    ndarray, shape (..., n)

    Examples
    --------
    >>> log_softmax_naive([0.0, 0.0]).round(6)
    array([-0.693147, -0.693147])
    """
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def logsumexp_shifted(x: ArrayLike) -> Any:
    """Return c + log Σ exp(xᵢ − c) with c = max xᵢ: the trick in three lines.

    Parameters
    ----------
    x : array_like, shape (..., n)
        Finite scores of any size. All −inf gives nan, integers may wrap around.

    Returns
    -------
    ndarray or scalar, shape (...)

    Examples
    --------
    >>> round(float(logsumexp_shifted([1000.0, 1000.0]) - 1000), 10)
    0.6931471806
    """
    c = np.max(x, axis=-1, keepdims=True)
    s = np.exp(x - c).sum(axis=-1)
    return c[..., 0] + np.log(s)


def softmax_shifted(x: ArrayLike) -> Any:
    """Return exp(xᵢ − c) / Σ exp(xⱼ − c) with c = max xⱼ.

    Parameters
    ----------
    x : array_like, shape (..., n)
        Finite scores of any size.

    Returns
    -------
    ndarray, shape (..., n)

    Examples
    --------
    >>> softmax_shifted([1000.0, 1000.0])
    array([0.5, 0.5])
    """
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def log_softmax_shifted(x: ArrayLike) -> Any:
    """Return (xᵢ − c) − log Σ exp(xⱼ − c) with c = max xⱼ.

    Parameters
    ----------
    x : array_like, shape (..., n)
        Finite scores of any size.

    Returns
    -------
    ndarray, shape (..., n)

    Examples
    --------
    >>> log_softmax_shifted([1000.0, 1000.0]).round(6)
    array([-0.693147, -0.693147])
    """
    d = x - np.max(x, axis=-1, keepdims=True)
    return d - np.log(np.exp(d).sum(axis=-1, keepdims=True))


def logsumexp_log1p(x: ArrayLike) -> Any:
    """Return c + log1p(Σ exp(xᵢ − c) without one copy of the largest term).

    Parameters
    ----------
    x : array_like, shape (n,)
        Finite scores of any size, at least one.

    Returns
    -------
    scalar

    Examples
    --------
    >>> f"{logsumexp_log1p([0.0, -40.0]):.10g}"
    '4.248354255e-18'
    """
    x = np.asarray(x)
    k = np.argmax(x)
    others = np.delete(x, k)
    return x[k] + np.log1p(np.exp(others - x[k]).sum())
