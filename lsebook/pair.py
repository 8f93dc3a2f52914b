r"""One idea: a sum of exponentials is a pair of numbers, *peak* and *rest*.

.. math:: \sum_i e^{x_i} = e^{\mathit{peak}} \, (1 + \mathit{rest})

*peak* is the largest exponent, so nothing overflows. The 1 is the peak's own term, so the sum
cannot vanish. *rest* adds up every other term, relative to the peak's: because it leaves the 1 out,
even a tail of :math:`10^{-300}` survives in it. The logarithm is then
``peak + log1p(rest)``, and pairs of two parts of the data merge into the pair of the whole.

Invariants: *peak* is the maximum (``-inf`` for no data, nan once a nan was seen); *rest* is finite
and not negative; wherever *peak* is not finite it already is the answer, and *rest* is 0.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Pair(NamedTuple):
    """The sum of exponentials ``exp(peak) * (1 + rest)``; both may be arrays of one shape."""

    peak: Array
    rest: Array


def empty(shape: tuple[int, ...], dtype: npt.DTypeLike) -> Pair:
    """Return the pair of no data, the identity of `merge`."""
    return Pair(np.full(shape, -np.inf, dtype), np.zeros(shape, dtype))


def from_values(x: Array, axis: int, scratch: Array, tails: bool = False) -> Pair:
    """Return the pair of every slice of the 2-D block `x` along `axis`.

    `scratch`, of the shape of `x`, receives the terms ``exp(x - peak)``. With `tails`, the rounding
    error of ``x - peak`` is carried into the terms: far from the peak it is their largest error.
    """
    along_rows = axis == 1
    if along_rows:
        # argmax is as fast as max, and also says which copy of the peak to leave out.
        top = x.argmax(axis=1)
        rows = np.arange(len(top))
        peak = x[rows, top]
        np.subtract(x, peak[:, np.newaxis], out=scratch)
    else:
        peak = x.max(axis=0)
        np.subtract(x, peak, out=scratch)
    error = difference_error(x, np.expand_dims(peak, axis), scratch) if tails else None
    terms = np.exp(scratch, out=scratch)
    if error is not None:
        terms += np.multiply(error, terms, out=error)
    if along_rows:
        own = terms[rows, top]
        terms[rows, top] = 0.0
        rest = terms.sum(axis=1)
        terms[rows, top] = own
    else:
        # Down columns argmax is slow. floor(terms) marks the terms that are exactly 1; all but
        # one of them are added at the end, so that they do not round the small terms away.
        ones = np.floor(terms)
        count = ones.sum(axis=0)
        rest = np.subtract(terms, ones, out=ones).sum(axis=0)
        rest += count - 1.0
    return Pair(peak, np.where(np.isfinite(peak), rest, 0.0))


def difference_error(x: Array, y: Array, difference: Array) -> Array:
    """Return what rounding took from ``difference = x - y`` (Knuth's TwoSum), exactly.

    Where `x` is infinite the error is some finite number: it must not turn a 0 or -inf into nan.
    """
    virtual = difference - x
    error: Array = (x - (difference - virtual)) - (y + virtual)
    return np.fmax(error, -1e300, out=error)


def merge(p: Pair, q: Pair) -> Pair:
    """Return the pair of the data of both: the larger peak wins, the other is scaled to it."""
    peak = np.maximum(p.peak, q.peak)
    p_wins = p.peak >= q.peak
    high_rest = np.where(p_wins, p.rest, q.rest)
    low_rest = np.where(p_wins, q.rest, p.rest)
    low_peak = np.minimum(p.peak, q.peak)
    rest = high_rest + (1.0 + low_rest) * np.exp(low_peak - peak)
    return Pair(peak, np.where(np.isfinite(peak), rest, 0.0))


def merge_all(p: Pair) -> Pair:
    """Merge the pairs along the first axis: `merge` of many, with one rounding of the peak."""
    top = np.argmax(p.peak, axis=0)[np.newaxis]
    peak = np.take_along_axis(p.peak, top, axis=0)
    terms = (1.0 + p.rest) * np.exp(p.peak - peak)
    np.put_along_axis(terms, top, np.take_along_axis(p.rest, top, axis=0), axis=0)
    rest = terms.sum(axis=0)
    return Pair(peak[0], np.where(np.isfinite(peak[0]), rest, 0.0))


def log(p: Pair) -> Array:
    """Return the logarithm of the sum, ``peak + log1p(rest)``."""
    result: Array = p.peak + np.log1p(p.rest)
    return result
