r"""One idea: a sum of exponentials is a pair of numbers, *peak* and *rest*.

.. math:: \sum_i e^{x_i} = e^{\mathit{peak}} \, (1 + \mathit{rest})

*peak* is the largest exponent, so nothing overflows. The 1 is the peak's own term, so the sum
cannot vanish. *rest* adds up every other term, relative to the peak's: because it leaves the 1 out,
even a tail of :math:`10^{-300}` survives in it. The logarithm is then ``peak + log1p(rest)``, and
the pairs of two parts of the data merge into the pair of the whole.

Invariants: *peak* is the maximum: ``-inf`` for no data, nan once a nan was seen. *rest* is not
negative, and 0 where *peak* is not finite: there *peak* already is the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Pair(NamedTuple):
    """The sum of exponentials ``exp(peak) * (1 + rest)``; both may be arrays of one shape."""

    peak: Array
    rest: Array


def empty(shape: Sequence[int], dtype: npt.DTypeLike) -> Pair:
    """Return the pair of no data, the identity of `merge`."""
    return Pair(np.full(shape, -np.inf, dtype), np.zeros(shape, dtype))


def merge(p: Pair, q: Pair) -> Pair:
    """Return the pair of the data of both: the larger peak wins, the other is scaled to it."""
    peak, low = np.maximum(p.peak, q.peak), np.minimum(p.peak, q.peak)
    p_wins = p.peak >= q.peak
    high_rest, low_rest = np.where(p_wins, p.rest, q.rest), np.where(p_wins, q.rest, p.rest)
    return settled(peak, high_rest + (1.0 + low_rest) * np.exp(low - peak))


def log(p: Pair, count: Array | float | None = None) -> Array:
    """Return the log of the sum, or of the mean over `count` terms."""
    if count is None:
        return p.peak + np.log1p(p.rest)
    # The mean of nothing is nan; every other mean of infinities is that infinity.
    nothing = np.where(count == 0.0, np.nan, 0.0)
    return p.peak + np.where(np.isfinite(p.peak), np.log((1.0 + p.rest) / count), nothing)


def of_matrix(x: Array, axis: int, scratch: Array, dtype: npt.DTypeLike) -> Pair:
    """Return the pairs of the slices of a matrix along `axis`, in `dtype`.

    The exponentials go to `scratch`, which may be the matrix itself.
    """
    return (_of_rows if axis == 1 else _of_columns)(x, scratch, dtype)


def _of_rows(x: Array, scratch: Array, dtype: npt.DTypeLike) -> Pair:
    """Find the peak of every row by its position, and add up all terms but its own."""
    at = np.arange(len(x)), x.argmax(axis=1)
    peak = x[at]
    terms = exponentials(x, shift(peak), 1, scratch)
    own, terms[at] = terms[at], 0.0
    others = np.add.reduce(terms, axis=1, dtype=dtype)
    return settled(peak.astype(dtype), others / own)


def _of_columns(x: Array, scratch: Array, dtype: npt.DTypeLike) -> Pair:
    """Merge the halves of every column again and again.

    The terms of a column share one shift, so that its halves merge without an exponential: the
    larger term goes on, the smaller one falls into the rest. No position is looked for, and sums
    add up in pairs: in float32, ten rounds for a thousand terms.
    """
    peak = np.maximum.reduce(x, axis=0)
    own = exponentials(x, shift(peak), 0, scratch)
    rest = np.zeros((1, own.shape[1]), own.dtype)
    while len(own) > 1:
        half = len(own) // 2
        left = len(own) - half
        loser = np.minimum(own[:half], own[left:])
        np.maximum(own[:half], own[left:], out=own[:half])
        own = own[:left]
        if len(rest) > 1:
            rest[:half] += rest[left:]
            rest[:half] += loser
            rest = rest[:left]
        else:
            rest = loser if left == half else np.concatenate([loser, rest])
    return settled(peak.astype(dtype), rest[0].astype(dtype) / own[0])


def exponentials(x: Array, c: Array | None, axis: int, out: Array) -> Array:
    """Return ``exp(x - c)`` in `out`; c is one number for each slice along `axis`, or nothing."""
    if c is not None:
        x = np.subtract(x, beside(c, axis), out=out)
    return np.exp(x, out=out)


def shift(peak: Array) -> Array | None:
    """Return what to subtract from the exponents, None for nothing anywhere.

    Every shift gives the same sum: the one to choose is 0, which does not round, and otherwise the
    peak. From 0 to `highest` none is needed. A sum of 2**40 terms stays finite, because
    exp(highest) 2**40 < max: in float32 60 + 27.8 < 88.7, in float64 600 + 27.8 < 709.7. And a
    term that underflows, x < log(tiny), has a share that does so too, since LSE >= peak >= 0.
    What is not finite cannot be subtracted.
    """
    highest = 60.0 if peak.dtype == np.float32 else 600.0
    free = (peak >= 0.0) & (peak <= highest)
    if np.count_nonzero(free) == free.size:
        return None
    return np.where(free | ~np.isfinite(peak), peak.dtype.type(0), peak)


def beside(values: Array, axis: int) -> Array:
    """Return one number for each slice of a matrix in the shape that broadcasts with it."""
    return values[:, np.newaxis] if axis == 1 else values


def total(terms: Array, axis: int) -> Array:
    """Return the sums of the slices of a matrix, added up in pairs; `terms` stay as they are.

    Halves first: small terms that NumPy would add one by one to a large one round in its place
    every time. It adds up to 16 in a chain, now at most 2 in rows and 8 in columns.
    """
    columns, few = (terms, 8) if axis == 0 else (terms.T, 16)
    while len(columns) > few:
        half = len(columns) // 2
        sums = np.add(columns[:half], columns[-half:])
        if len(columns) % 2:
            sums[0] += columns[half]
        columns = sums
    return np.asarray(np.add.reduce(columns, axis=0))


def settled(peak: Array, rest: Array) -> Pair:
    """Return the pair with rest 0 where the peak is the answer."""
    return Pair(peak, np.where(np.isfinite(peak), rest, rest.dtype.type(0)))
