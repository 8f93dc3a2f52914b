"""`logsumexp` for numbers taken at their word: all digits, whatever cancels, and slowly."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

import lsebook
from lsebook import doubledouble
from lsebook.arguments import (
    Array,
    Axis,
    broadcast_together,
    float_dtype,
    included,
    normalised_axes,
    quietly,
    real_array,
)

#: Elements of a block: double-double arithmetic holds some thirty arrays of them.
BLOCK = 4096


@quietly
def logsumexp(a: npt.ArrayLike, axis: Axis = None, b: npt.ArrayLike | None = None) -> Any:
    r"""Return the log of the sum of exponentials, :math:`\log \sum_i b_i e^{a_i}`, to the last ulp.

    Parameters
    ----------
    a : array_like
        Exponents, of any shape and real dtype up to float64. Masked entries are left out.
    axis : int, tuple of int or None
        Axes to reduce; None reduces all of them.
    b : array_like, optional
        Weights of any sign, broadcast with `a`. A weight of 0 removes its element.

    Returns
    -------
    ndarray or scalar
        The dtype of `a` (with `b`: of both together; float64 for integers). The empty sum gives
        -inf, a negative one nan. Special values as for `lsebook.logsumexp`.

    Raises
    ------
    TypeError
        If an array does not hold real numbers, or numbers wider than float64.
    ValueError
        If shapes do not fit, or an axis is given twice.
    numpy.exceptions.AxisError
        If there is no such axis.

    Notes
    -----
    Within 1 ulp of the exact value for the given numbers, whatever their condition and signs, as
    long as its absolute value exceeds 1e-12; below, the relative error stays under 1e-6. The price:
    double-double arithmetic, some fifty times the time of `lsebook.logsumexp`, and a copy of the
    array in float64. Numbers that were rounded before they came here, as most are, have no digits
    that would be worth it: `lsebook.logsumexp` gives all that such data determine.

    Examples
    --------
    The log of a sum that is nearly 1, where most digits cancel:

    >>> import numpy as np
    >>> import lsebook.exact
    >>> x = [-np.log(2), -np.log(2) + 1e-9]
    >>> float(lsebook.exact.logsumexp(x))
    5.000000091745024e-10
    """
    x, x_mask = real_array(a, "a")
    dtypes = float_dtype(x)
    weights, weights_mask = None, None
    if b is not None:
        weights, weights_mask = real_array(b, "b")
        dtypes = float_dtype(x, weights)
        x, weights = broadcast_together(x, weights)
        weights = weights.astype(np.float64)
    mask = included(None, x.shape, x_mask, weights_mask)
    result, work = dtypes
    if work != np.float64:
        raise TypeError(f"a and b must fit in float64, got dtype {result}")
    axes = normalised_axes(axis, x.ndim)
    x = x.astype(np.float64)
    value = np.asarray(lsebook.logsumexp(x, axes, weights, where=mask))
    if weights is not None:
        x[weights == 0.0] = -np.inf
    if mask is not None:
        x[~mask] = -np.inf
        if weights is not None:
            weights[~mask] = 0.0
    size = np.asarray(lsebook.logsumexp(x, axes, None if weights is None else np.abs(weights)))
    finite = np.isfinite(size)
    if finite.any():
        kept_first = [i for i in range(x.ndim) if i not in axes] + list(axes)
        rows = x.transpose(kept_first).reshape(*size.shape, -1)[finite]
        if weights is not None:
            weights = weights.transpose(kept_first).reshape(*size.shape, -1)[finite]
        value[finite] = _log_sums(rows, weights, size[finite])
    return value.astype(result)[()]


def _log_sums(x: Array, b: Array | None, reference: Array) -> Array:
    """Return the logs of the sums of rows, nan where they are negative.

    `reference` is near the log of the sum of the terms' sizes, so that this sum is near 1.
    """
    value = np.empty_like(reference)
    few = max(1, BLOCK // x.shape[1])
    for start in range(0, len(x), few):
        rows = slice(start, start + few)
        base = reference[rows]
        sums, ones = (np.zeros_like(base), np.zeros_like(base)), np.zeros_like(base)
        for at in range(0, x.shape[1], BLOCK):
            terms = x[rows, at : at + BLOCK].T
            factors = None if b is None else b[rows, at : at + BLOCK].T
            more, ones_more = doubledouble.sum_of_exp(terms, factors, base)
            sums, ones = doubledouble.add(sums, more), ones + ones_more
        log, sign = doubledouble.log_of_sum(base, sums, ones)
        value[rows] = np.where(sign < 0, np.nan, log)
    return value
