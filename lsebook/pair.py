r"""One idea: a sum of exponentials is a pair of numbers, *peak* and *rest*.

.. math:: \sum_i e^{x_i} = e^{\mathit{peak}} \, (1 + \mathit{rest})

*peak* is the largest exponent, so nothing overflows. The 1 is the peak's own term, so the sum
cannot vanish. *rest* adds up every other term, relative to the peak's: because it leaves the 1 out,
even a tail of :math:`10^{-300}` survives in it. The logarithm is then ``peak + log1p(rest)``, and
the pairs of two parts of the data merge into the pair of the whole.

Invariants: *peak* is the maximum: ``-inf`` for no data, nan once a nan was seen. *rest* is not
negative, and 0 where *peak* is not finite: there *peak* already is the answer.

Callers silence NumPy's warnings: infinities meet here, and the nan that comes of them is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lsebook.arguments import Array


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
    return _settled(peak, high_rest + (1.0 + low_rest) * np.exp(low - peak))


def log(p: Pair, count: Array | None = None) -> Array:
    """Return the log of the sum, or of the mean over `count` terms: nan if there are none."""
    if count is None:
        return p.peak + np.log1p(p.rest)
    # No data and no terms: -inf + log(1 / 0) is nan.
    return p.peak + np.log((1.0 + p.rest) / count)


def of_matrix(x: Array, axis: int, scratch: Array) -> Pair:
    """Return the pairs of the slices of a matrix along `axis`, in float64 at least.

    The exponentials go to `scratch`, which may be the matrix itself.
    """
    return (_of_rows if axis == 1 else _of_columns)(x, scratch)


def _of_rows(x: Array, scratch: Array) -> Pair:
    """Find the peak of every row by its position, and add up all terms but its own.

    The position is that of a nan, where there is one.
    """
    at = np.arange(len(x)), x.argmax(axis=1)
    peak = x[at]
    terms = exponentials(x, shift(peak), 1, scratch)
    own = terms[at]
    terms[at] = 0.0
    return _settled(peak, total(terms, 1, spent=True) / own)


def _of_columns(x: Array, scratch: Array) -> Pair:
    """Hold a tournament in every column: the largest term comes out on top, all others below.

    To look for the peak's position would take longer, down columns, and to subtract the peak's 1
    from the sum would lose a tail below 1e-16. In every round the upper half of those who are left
    plays the lower half, and the larger of two terms goes up; who is left over in the middle waits.
    """
    peak = np.maximum.reduce(x, axis=0)
    terms = exponentials(x, shift(peak), 0, scratch)
    left = len(terms)
    while left > 1:
        half = left // 2
        up, down = terms[:half], terms[left - half : left]
        smaller = np.minimum(up, down)
        np.maximum(up, down, out=up)
        down[...] = smaller
        left -= half
    wide = np.promote_types(x.dtype, np.float64)
    return _settled(peak, total(terms[1:], 0, spent=True).astype(wide) / terms[0])


def exponentials(x: Array, c: Array | None, axis: int, out: Array) -> Array:
    """Return ``exp(x - c)`` in `out`; c is one number for each slice along `axis`, or nothing."""
    if c is not None:
        x = np.subtract(x, beside(c, axis), out=out)
    return np.exp(x, out=out)


def shift(peak: Array) -> Array | None:
    """Return what to subtract from the exponents, None where every peak can do without.

    Every shift gives the same sum: the one to choose is 0, which does not round, and otherwise the
    peak. From 0 to `highest` none is needed. Above, sums might overflow: up to there those of 2**40
    terms, more than fit in memory, do not, because highest + log(2**40) < log(max), in float32
    60 + 27.8 < 88.7, in float64 600 + 27.8 < 709.7. Below 0, exp(x) may underflow although its
    share exp(x - LSE) does not; from 0 on, LSE >= peak >= 0 and the share is smaller still.
    """
    highest = 60.0 if peak.dtype == np.float32 else 600.0
    free = (peak >= 0.0) & (peak <= highest)
    return None if free.all() else np.where(free, peak.dtype.type(0), peak)


def beside(values: Array, axis: int) -> Array:
    """Return one number for each slice of a matrix in the shape that broadcasts with it."""
    return values[:, np.newaxis] if axis == 1 else values


def total(terms: Array, axis: int, spent: bool = False) -> Array:
    """Return the sums of the slices of a matrix by halves, in the place of terms that are `spent`.

    Small terms that are added one by one to a large one round in its place every time, and terms of
    one size may round the same way every time. Adding halves first keeps such chains short; the few
    that are left NumPy adds. The sums of rows of float32 need no care: they are formed in float64.
    """
    if axis == 1 and terms.dtype == np.float32:
        wide: Array = np.add.reduce(terms, axis=1, dtype=np.float64)
        return wide
    # NumPy adds one after another down columns, every eighth along rows: both leave chains of 8.
    sums, few = (terms, 8) if axis == 0 else (terms.T, 64)
    place = sums if spent else None
    while len(sums) > few:
        half, odd = divmod(len(sums), 2)
        place = np.add(sums[:half], sums[-half:], out=None if place is None else place[:half])
        if odd:
            place[0] += sums[half]
        sums = place
    # What rows have beyond a multiple of 8 NumPy would add one by one to the sum of all the rest:
    # with 2 * 8 terms or fewer a chain as short as the others.
    even = len(sums) // 8 * 8 if axis == 1 and len(sums) > 16 else 0
    chains: Array = np.add.reduce(sums[even:], axis=0)
    if even:
        chains += np.add.reduce(sums[:even], axis=0)
    return chains


def _settled(peak: Array, rest: Array) -> Pair:
    """Return the pair with rest 0 where the peak, which is not finite, is the answer.

    The rest is nan there and nowhere else, since inf - inf is, and fmax(nan, 0) is 0.
    """
    return Pair(peak.astype(rest.dtype), np.fmax(rest, 0.0))
