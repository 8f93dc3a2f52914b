"""Functions of single numbers: log(1 - exp x) and log(exp x - exp y)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lsebook.arguments import Array, broadcast_together, float_dtype, quietly, unmasked_array


def _log1mexp(x: Array) -> Array:
    """Return log(1 - exp(x)), by the one of two ways that does not cancel."""
    near, far = np.log(-np.expm1(x)), np.log1p(-np.exp(x))
    return np.where(x > -np.log(2), near, far)


@quietly
def log1mexp(x: npt.ArrayLike) -> Any:
    """Return log(1 - exp(x)).

    Parameters
    ----------
    x : array_like
        Real numbers, at most 0: logs of probabilities.

    Returns
    -------
    ndarray or scalar
        The shape and dtype of `x` (float64 for integers); -inf at 0, nan above.

    Raises
    ------
    TypeError
        If `x` is masked, or does not hold real numbers.

    Notes
    -----
    Within 2 ulp. The two ways meet at -log 2 [1]_.

    References
    ----------
    .. [1] M. Mächler, "Accurately computing log(1 - exp(-abs(a)))", vignette of the R package Rmpfr
       (2012).

    Examples
    --------
    >>> from lsebook import log1mexp
    >>> log1mexp([-1e-20, -100.0, 0.0])
    array([-4.60517019e+01, -3.72007598e-44,            -inf])
    """
    values = unmasked_array(x, "x")
    result, work = float_dtype(values)
    return _log1mexp(values.astype(work)).astype(result)[()]


@quietly
def logsubexp(x: npt.ArrayLike, y: npt.ArrayLike) -> Any:
    """Return log(exp(x) - exp(y)).

    Parameters
    ----------
    x, y : array_like
        Real numbers that broadcast; y at most x.

    Returns
    -------
    ndarray or scalar
        The shape and dtype of both together. -inf where x equals y; nan where x is below y, and
        for the difference of two infinities.

    Raises
    ------
    TypeError
        If an argument is masked, or does not hold real numbers.
    ValueError
        If the shapes do not broadcast.

    Notes
    -----
    Within 2 ulp, unless x > 0 and the result is nearer to 0 than x: there the error is that of
    changing x in its last places, as for `logsumexp`.

    Examples
    --------
    >>> from lsebook import logsubexp
    >>> float(logsubexp(1000.0, -1000.0))
    1000.0
    >>> float(logsubexp(0.0, -1e-20))
    -46.051701859880914
    """
    high, low = unmasked_array(x, "x"), unmasked_array(y, "y")
    result, work = float_dtype(high, low)
    high, low = broadcast_together(high.astype(work), low.astype(work), "xy")
    gap, error = _difference(low, high)
    part = _log1mexp(gap)
    # d log(1 - exp gap) / d gap, for what rounding took from the gap.
    part -= np.where(np.isfinite(gap), error / np.expm1(-gap), 0.0)
    value = np.where(high == low, np.where(high == np.inf, np.nan, -np.inf), high + part)
    return value.astype(result)[()]


def _difference(a: Array, b: Array) -> tuple[Array, Array]:
    """Return ``a - b`` and what rounding took from it, exactly (Knuth's TwoSum)."""
    difference = a - b
    virtual = difference - a
    return difference, (a - (difference - virtual)) - (b + virtual)
