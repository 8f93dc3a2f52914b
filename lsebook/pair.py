r"""One idea: a sum of exponentials is a pair of numbers, *peak* and *rest*.

.. math:: \sum_i e^{x_i} = e^{\mathit{peak}} \, (1 + \mathit{rest})

*peak* is the largest exponent, so nothing overflows. The 1 is the peak's own term, so the sum
cannot vanish. *rest* adds up every other term, relative to the peak's: because it leaves the 1 out,
even a tail of :math:`10^{-300}` survives in it. The logarithm is then
``peak + log1p(rest)``, and pairs of two parts of the data merge into the pair of the whole.

Invariants: *peak* is the maximum (``-inf`` for no data, nan once a nan was seen). Where it is not
finite it already is the answer, and nothing looks at *rest*; elsewhere *rest* is not negative, or
with weights, of which the peak takes in only the power of two, not below -1/2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

#: log 2 in two parts; products of the first with integers below 2**11 are exact.
LN2_HIGH, LN2_LOW = float.fromhex("0x1.62e42fefa38p-1"), float.fromhex("0x1.ef35793c7673p-45")
#: Elements that the careful way takes in one go, to bound the memory.
CAREFUL_BLOCK = 4096


class Pair(NamedTuple):
    """The sum of exponentials ``exp(peak) * (1 + rest)``; both may be arrays of one shape."""

    peak: Array
    rest: Array


def empty(shape: tuple[int, ...], dtype: npt.DTypeLike) -> Pair:
    """Return the pair of no data, the identity of `merge`."""
    return Pair(np.full(shape, -np.inf, dtype), np.zeros(shape, dtype))


def peaks(x: Array, axis: int) -> tuple[Array, Array | None]:
    """Return the maximum of every slice of a matrix, and in rows where it is.

    In rows argmax costs no more than max; down columns it is slow.
    """
    if axis == 0:
        return np.maximum.reduce(x, axis=0), None
    top = x.argmax(axis=1)
    return np.asarray(x[np.arange(len(x)), top]), top


def rests(terms: Array, axis: int, top: Array | None) -> Array:
    """Return the sums of the slices of `terms` without the peak's own, and use the terms up.

    In columns the peak's term is taken for a 1.
    """
    if top is not None:
        terms[np.arange(len(terms)), top] = 0.0
        rest: Array = np.add.reduce(terms, axis=1)
        return rest
    without: Array = fold(terms) - 1.0
    return without


def fold(terms: Array) -> Array:
    """Return the sums down the columns of a matrix, as a view of it: `terms` are used up.

    In halves, so that small terms meet each other before they meet the large ones.
    """
    while len(terms) > 1:
        half = len(terms) // 2
        terms[:half] += terms[-half:]
        terms = terms[: len(terms) - half]
    first: Array = terms[0]
    return first


def sums(terms: Array, axis: int, dtype: npt.DTypeLike) -> Array:
    """Return the sums of the slices of `terms`, added up in `dtype`; `terms` stay as they are.

    In rows the largest term comes last, or every small one would round beside it.
    """
    if axis == 1:
        at = np.arange(len(terms)), terms.argmax(axis=1)
        own = terms[at]
        terms[at] = 0.0
        total: Array = np.add.reduce(terms, axis=1, dtype=dtype)
        total += own
        terms[at] = own
        return total
    half = len(terms) // 2
    halved = terms[: len(terms) - half].astype(dtype)
    halved[:half] += terms[len(terms) - half :]
    return fold(halved).copy()


def fold_all(sums: list[Array]) -> Array:
    """Return the sum of arrays of one shape."""
    return fold(np.stack(sums))


def exp_sums(x: Array, axis: int, scratch: Array) -> Array:
    """Return the sums of ``exp(x)`` of every slice, unshifted; `scratch` is as for `from_values`.

    The exponentials have the precision of `x`, their sum that of `scratch`.
    """
    terms = np.exp(x, out=scratch, dtype=x.dtype)
    return np.add.reduce(terms, axis=1) if axis == 1 else fold(terms).copy()


def from_values(
    x: Array,
    axis: int,
    scratch: Array,
    careful: Callable[[Array, Array], Array] | None,
    factor: Array | None = None,
) -> Pair:
    """Return the pair of every slice of the matrix `x` along `axis`.

    The terms ``exp(x - peak)`` are written into `scratch`, of the shape of `x`, in its dtype. Where
    ``careful(peak, rest)`` holds, rest is computed anew without any rounding that matters. Terms
    may have a `factor` near 1, as `weighted` gives it.
    """
    peak, top = peaks(x, axis)
    peak = peak.astype(scratch.dtype, copy=False)
    terms = np.subtract(x, np.expand_dims(peak, axis), out=scratch)
    np.exp(terms, out=terms)
    if factor is not None:
        terms *= factor
        own = 1.0 if top is None else terms[np.arange(len(top)), top]
        return Pair(peak, rests(terms, axis, top) + (own - 1.0))
    rest = rests(terms, axis, top)
    if careful is None:
        return Pair(peak, rest)
    again = careful(peak, rest)
    if again.any():
        which = np.flatnonzero(again)
        few = max(1, CAREFUL_BLOCK // x.shape[axis])
        for i in range(0, len(which), few):
            # One long slice is read where it lies.
            part = which[i : i + few] if few > 1 else slice(which[i], which[i] + 1)
            rest[part] = _careful_rest(x[part] if axis == 1 else x[:, part], peak[part], axis)
    return Pair(peak, rest)


def _careful_rest(x: Array, peak: Array, axis: int) -> Array:
    """Return rest from terms that carry the rounding error of ``x - peak``.

    Terms that are exactly 1 are counted apart. Of the others the leading bits, cut off at one place
    for the whole slice, add up without rounding; what was cut off adds up with the errors [1]_.

    .. [1] S. M. Rump, T. Ogita, S. Oishi, "Accurate floating-point summation part I: faithful
       rounding", SIAM J. Sci. Comput. 31, 189-224 (2008). :doi:`10.1137/050645671`
    """
    peak = np.expand_dims(peak, axis)
    count = np.full_like(peak, -1.0)
    rest = np.zeros_like(peak)
    for i in range(0, x.shape[axis], CAREFUL_BLOCK):
        piece = x[:, i : i + CAREFUL_BLOCK] if axis == 1 else x[i : i + CAREFUL_BLOCK]
        terms = piece - peak
        error = difference_error(piece, peak, terms)
        np.exp(terms, out=terms)
        error *= terms
        ones = np.floor(terms)
        terms -= ones
        count += ones.sum(axis=axis, keepdims=True)
        bits = np.frexp(terms.max(axis=axis, keepdims=True))[1] + piece.shape[axis].bit_length()
        cut = np.ldexp(1.0, bits).astype(terms.dtype)
        leading = np.add(terms, cut, out=ones)
        leading -= cut
        terms -= leading
        terms += error
        rest += leading.sum(axis=axis, keepdims=True) + terms.sum(axis=axis, keepdims=True)
    return np.squeeze(rest + count, axis=axis)


def difference_error(x: Array, y: Array, difference: Array) -> Array:
    """Return what rounding took from ``difference = x - y`` (Knuth's TwoSum), exactly.

    Where `x` is infinite the error is some finite number: it must not turn a 0 or -inf into nan.
    """
    virtual = difference - x
    error: Array = difference - virtual
    np.subtract(x, error, out=error)
    virtual += y
    error -= virtual
    return np.fmax(error, -1e300, out=error)


def weighted(x: Array, b: Array) -> tuple[Array, Array]:
    """Return exponents and factors in [1/2, 1) whose terms are ``b exp(x)``, for ``b >= 0``.

    log(b) itself would round: instead a weight m 2**q adds q log 2 to the exponent, which its
    factor m corrects for rounding.
    """
    if x.dtype != np.float64:
        return x + np.log(b), np.ones_like(x)
    factor, power = np.frexp(b)
    power_log = power * LN2_HIGH
    exponent = x + power_log
    error = difference_error(x, -power_log, exponent) + power * LN2_LOW
    factor += np.where(np.isfinite(exponent), error, 0.0) * factor
    strange = (b == 0.0) | ~np.isfinite(b)
    exponent[strange] = (x + np.log(b))[strange]
    exponent[b == 0.0] = -np.inf
    factor[strange] = 1.0
    return exponent, factor


def merge(p: Pair, q: Pair) -> Pair:
    """Return the pair of the data of both: the larger peak wins, the other is scaled to it.

    Both pairs are settled, and so is theirs.
    """
    peak, low = np.maximum(p.peak, q.peak), np.minimum(p.peak, q.peak)
    p_wins = p.peak >= q.peak
    high_rest, low_rest = np.where(p_wins, (p.rest, q.rest), (q.rest, p.rest))
    return settled(Pair(peak, high_rest + (1.0 + low_rest) * np.exp(low - peak)))


def merge_list(pairs: list[Pair]) -> Pair:
    """Merge any number of pairs of arrays of one shape."""
    peaks, rests = zip(*pairs, strict=True)
    return merge_all(Pair(np.stack(peaks), np.stack(rests)))


def merge_all(p: Pair) -> Pair:
    """Merge the pairs along the first axis: the same as `merge`, with many losers."""
    p = settled(p)
    top = np.expand_dims(p.peak.argmax(axis=0), 0)
    peak = np.take_along_axis(p.peak, top, axis=0)
    terms = (1.0 + p.rest) * np.exp(p.peak - peak)
    np.put_along_axis(terms, top, np.take_along_axis(p.rest, top, axis=0), axis=0)
    return settled(Pair(peak[0], np.add.reduce(terms, axis=0)))


def settled(p: Pair) -> Pair:
    """Return the pair with rest 0 where the peak is the answer."""
    return Pair(p.peak, np.where(np.isfinite(p.peak), p.rest, 0.0))


def log(p: Pair) -> Array:
    """Return the logarithm of the sum, ``peak + log1p(rest)``."""
    return np.where(np.isfinite(p.peak), p.peak + np.log1p(p.rest), p.peak)
