"""Reductions and normalisations of whole arrays: arguments in, blocks through, result out.

Every function goes the same way: `arguments` says what came, `Exponents` hands it out as matrices
of cache size, `pair` makes a pair of each, and what the pairs say is written into the result.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from lsebook import pair
from lsebook.arguments import (
    Array,
    Axis,
    DType,
    broadcast_weights,
    checked_numbers,
    checked_out,
    checked_real,
    delivered,
    float_dtype,
    included,
    masked_array,
    normalised_axes,
    quietly,
    real_array,
)
from lsebook.blocks import LONG, Box, in_pairs
from lsebook.exponents import BLOCK_BYTES, Exponents, exponents_dtype
from lsebook.pair import Pair

#: Up to so many elements a walk costs more than short inner loops do.
SMALL = 4096


def _one_matrix(x: Array, axes: tuple[int, ...]) -> tuple[Array, int] | None:
    """Return a small array that is a matrix already, and the axis to reduce; None for others."""
    if not (0 < x.nbytes <= BLOCK_BYTES and x.flags.c_contiguous):
        return None
    if x.dtype.char not in "df" or not x.dtype.isnative:
        return None
    n, k = x.ndim, len(axes)
    if k == n:
        return x.reshape(1, -1), 1
    if k and sorted(axes) == list(range(n - k, n)):
        rows = x.reshape(math.prod(x.shape[: n - k]), -1)
        # Many short rows are better off in columns.
        return (rows, 1) if x.size <= SMALL or rows.shape[1] >= LONG else None
    if k and sorted(axes) == list(range(k)):
        return x.reshape(-1, math.prod(x.shape[k:])), 0
    return None


def _plain_log_sums(
    x: Array, axes: tuple[int, ...], include: Array | None, result: DType, count: Array | None
) -> Array:
    """Return the logs of the sums, or of the means over `count` terms, without weights."""
    whole = _one_matrix(x, axes) if include is None else None
    if whole is None:
        return _log_sums(Exponents(x, axes, exponents_dtype(x), include=include), result, count)
    matrix, axis = whole
    value = pair.log(pair.of_matrix(matrix, axis, np.empty_like(matrix), np.float64), count)
    return value.astype(result).reshape([n for i, n in enumerate(x.shape) if i not in axes])


def _log_sums(e: Exponents, result: DType, count: Array | None = None) -> Array:
    """Return the logs of the sums, or of the means over `count` terms, of the kept axes' shape."""
    value = np.empty(e.blocks.kept_shape, result)
    counts = None if count is None else np.broadcast_to(count, e.kept).reshape(value.shape)
    for kept, p in e.pairs():
        n = None if counts is None else counts[kept].reshape(-1)
        value[kept] = pair.log(p, n).reshape(value[kept].shape)
    return value.reshape(e.kept)


def _signed_log_sums(
    of_sign: Callable[[int], Exponents], result: DType, count: Array | None = None
) -> tuple[Array, Array]:
    """Return log|sum| (or log|mean|) and the sign: positive terms against negative ones."""
    work = np.result_type(result, np.float64)
    high, low = _log_sums(of_sign(1), work), _log_sums(of_sign(-1), work)
    sign = np.sign(np.where((high == -np.inf) & (low == -np.inf), 0.0, high - low))
    high, low = np.maximum(high, low), np.minimum(high, low)
    value = np.where(low == -np.inf, high, high + np.log(-np.expm1(low - high)))
    if count is not None:
        value = np.where(count == 0.0, np.nan, value - np.log(np.abs(count)))
        sign = sign * np.sign(count)
    return value.astype(result), sign.astype(result)


def _log_sum(
    x: Array, mask: Array | None, axis: Axis, b: Any, where: Any, mean: bool
) -> tuple[Array, Array | None, tuple[int, ...]]:
    """Return log|sum| (or log|mean|), the sign where weights are negative, and the axes."""
    weights = None
    result, _ = float_dtype(x)
    if b is not None:
        weights, weights_mask = real_array(b, "b")
        result, _ = float_dtype(x, b if isinstance(b, (int, float)) else weights)
        x, weights, mask = broadcast_weights(x, mask, weights, weights_mask)
    axes = normalised_axes(axis, x.ndim)
    include = included(where, mask, x.shape)
    if x.size == 0:
        left = [n for i, n in enumerate(x.shape) if i not in axes]
        return np.full(left, np.nan if mean else -np.inf, result), None, axes
    if weights is None:
        count = _count(x.shape, include, axes) if mean else None
        return _plain_log_sums(x, axes, include, result, count), None, axes
    power, count = _weight_sum(weights, include, axes) if mean else (None, None)

    def of_sign(sign: int) -> Exponents:
        dtype = exponents_dtype(x, weights)
        return Exponents(x, axes, dtype, b=weights, power=power, sign=sign, include=include)

    if np.fmin.reduce(weights, axis=None, initial=0) < 0:
        return *_signed_log_sums(of_sign, result, count), axes
    return _log_sums(of_sign(1), result, count), None, axes


def _count(shape: tuple[int, ...], include: Array | None, axes: tuple[int, ...]) -> Array:
    """Return how many elements each slice has."""
    if include is None:
        return np.asarray(float(math.prod(shape[i] for i in axes)))
    return np.asarray(np.count_nonzero(include, axis=axes), np.float64)


def _weight_sum(b: Array, include: Array | None, axes: tuple[int, ...]) -> tuple[Array, Array]:
    """Return a power of two as large as the weights of each slice, and the sum of them over it.

    The sum of weights themselves may be beyond every float, or its log much larger than the mean's.
    """
    _, work = float_dtype(b)
    chosen: Any = True if include is None else include
    size = np.max(np.abs(b.astype(work)), axis=axes, where=chosen, initial=0, keepdims=True)
    power = np.frexp(size)[1]
    scaled = np.ldexp(b.astype(work), -power)
    count = np.sum(scaled, axis=axes, where=chosen)
    return np.broadcast_to(power, b.shape), np.asarray(count)


@quietly
def logsumexp(
    a: npt.ArrayLike,
    axis: Axis = None,
    b: npt.ArrayLike | None = None,
    keepdims: bool = False,
    return_sign: bool = False,
    *,
    where: npt.ArrayLike | None = None,
    out: Array | None = None,
) -> Any:
    r"""Return the log of the sum of exponentials, :math:`\log \sum_i b_i e^{a_i}`.

    Parameters
    ----------
    a : array_like
        Exponents, of any shape and real dtype. Integers and bools are taken as float64. Masked
        entries are left out. Complex exponents are handed to `scipy.special.logsumexp`.
    axis : int, tuple of int or None
        Axes to reduce; None reduces all of them, ``()`` none.
    b : array_like, optional
        Weights, broadcast with `a`. A weight of 0 removes its element, even nan or inf.
    keepdims : bool
        Keep the reduced axes with length 1.
    return_sign : bool
        Return also the sign of the sum, and the log of its absolute value.
    where : array_like of bool, optional
        What to include, broadcast to the shape of the values.
    out : ndarray, optional
        Where to store the result.

    Returns
    -------
    ndarray or scalar
        The dtype of `a` (with `b`: of both together). The empty sum gives -inf. Without
        `return_sign`, a negative sum gives nan.
    sign : ndarray or scalar
        With `return_sign`: 1, -1, 0 for a sum of 0, nan for nan.

    Raises
    ------
    TypeError
        If an array does not hold real (or complex) numbers, or `where` is not of bool.
    ValueError
        If shapes do not fit, or an axis is given twice.
    numpy.exceptions.AxisError
        If there is no such axis.

    Notes
    -----
    The result is backward stable: its error is at most max(4, 3 κ) ulp, whatever the number of
    elements, their layout and what else is in the array. κ is `condition`: by how much the result
    changes when every exponent changes in its last bit. With weights of one sign, ``x + log b``
    stands for x, and a weight that is uncertain in its last bit moves its exponent by one unit of
    2**-53 more; with both signs the error is relative to the larger part. float32, float16 and
    bfloat16 have exponentials of float32 and sums of float64: at most 2 units in the last place
    where the result is 1 or more in size, and by κ below. Where all digits of a sum that cancels
    are wanted, `lsebook.exact.logsumexp` has them, some fifty times as slowly.

    Never emits a warning. Temporary memory is at most 1 MiB. See [1]_ for the analysis of the
    shift.

    References
    ----------
    .. [1] P. Blanchard, D. J. Higham, N. J. Higham, "Accurately computing the log-sum-exp and
       softmax functions", IMA J. Numer. Anal. 41, 2311-2330 (2021).
       :doi:`10.1093/imanum/draa038`

    Examples
    --------
    >>> import numpy as np
    >>> from lsebook import logsumexp
    >>> float(logsumexp([1000.0, 1000.0]))
    1000.6931471805599
    >>> logsumexp([[0.0, 0.0], [-np.inf, 5.0]], axis=1)
    array([0.69314718, 5.        ])

    Weights, and a difference of exponentials:

    >>> value, sign = logsumexp([1000.0, 1001.0], b=[1.0, -1.0], return_sign=True)
    >>> round(float(value), 9), float(sign)
    (1000.541324855, -1.0)

    An underflow that would lose everything:

    >>> float(logsumexp([0.0, -40.0]))
    4.248354255291589e-18
    """
    x, mask = masked_array(a, "a")
    if x.dtype.kind == "c" or (b is not None and masked_array(b, "b")[0].dtype.kind == "c"):
        found = _complex(x, mask, axis, b, where, keepdims, return_sign)
        value, *sign = found if return_sign else (found,)
        value = delivered(np.asarray(value), out)
        return (value, *sign) if return_sign else value
    checked_real(x, "a")
    value, sign, axes = _log_sum(x, mask, axis, b, where, mean=False)
    if not return_sign:
        return delivered(_kept(_not_negative(value, sign), axes, keepdims), out)
    if sign is None:
        sign = np.where(np.isnan(value), np.nan, np.where(value == -np.inf, 0.0, 1.0))
    sign = _kept(sign.astype(value.dtype), axes, keepdims)
    return delivered(_kept(value, axes, keepdims), out), sign[()]


def _kept(value: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    return np.expand_dims(value, axes) if keepdims else value


def _not_negative(value: Array, sign: Array | None) -> Array:
    """Return the values, nan where the sum is negative and so has no logarithm."""
    return value if sign is None else np.where(sign < 0, value.dtype.type(np.nan), value)


def _complex(
    x: Array, mask: Array | None, axis: Axis, b: Any, where: Any, keepdims: bool, signed: bool
) -> Any:
    """Hand complex exponents or weights to SciPy, without what is left out."""
    # Importing SciPy takes longer than importing the rest, and only this function needs it.
    import scipy.special

    weights, weights_mask = (np.ones((), x.dtype), None) if b is None else masked_array(b, "b")
    checked_numbers(x, "a")
    checked_numbers(weights, "b")
    x, weights, mask = broadcast_weights(x, mask, weights, weights_mask)
    axes, include = normalised_axes(axis, x.ndim), included(where, mask, x.shape)
    if x.size == 0:
        # SciPy has no value for these; the sum is as empty as that of real numbers.
        return logsumexp(np.empty(x.shape), axes, None, keepdims, signed)
    if include is not None:
        x, weights = np.where(include, x, -np.inf), np.where(include, weights, 1.0)
    return scipy.special.logsumexp(x, axes, None if b is None else weights, keepdims, signed)


@quietly
def logmeanexp(
    a: npt.ArrayLike,
    axis: Axis = None,
    b: npt.ArrayLike | None = None,
    keepdims: bool = False,
    *,
    where: npt.ArrayLike | None = None,
) -> Any:
    r"""Return the log of the mean of exponentials, :math:`\log (\sum_i b_i e^{a_i} / \sum_i b_i)`.

    Parameters
    ----------
    a, axis, b, keepdims, where
        As for `logsumexp`, for real numbers.

    Returns
    -------
    ndarray or scalar
        The dtype as for `logsumexp`. The mean of nothing (no elements, or weights that add up to
        0) is nan, and so is the log of a negative mean.

    Raises
    ------
    TypeError, ValueError, numpy.exceptions.AxisError
        As `logsumexp` does.

    Notes
    -----
    The mean is formed before its log is taken, so that equal numbers have themselves as their mean,
    and weights may be of any size. The error is at most a few units of 2**-53 times the larger of 1
    and the exponents that matter.

    Examples
    --------
    >>> from lsebook import logmeanexp
    >>> float(logmeanexp([1000.0, 1000.0]))
    1000.0
    >>> float(logmeanexp([3.0, 3.0, 800.0], b=[1e200, 1e200, 0.0]))
    3.0
    """
    x, mask = real_array(a, "a")
    value, sign, axes = _log_sum(x, mask, axis, b, where, mean=True)
    return _kept(_not_negative(value, sign), axes, keepdims)[()]


def _softmax(x: Array, axis: int, out: Array) -> Array:
    """Return the softmax of the slices of a matrix, in `out`, which may be the matrix itself."""
    peak = np.maximum.reduce(x, axis=axis)
    c = pair.shift(peak)
    terms = pair.exponentials(x, c, axis, out)
    terms /= pair.beside(_whole(pair.total(terms, axis), peak, c), axis)
    return terms


def _softmax_boxes(e: Exponents, boxes: list[Box]) -> None:
    """Fill the boxes of some slices: with one box at once, else peaks, terms and shares in turn."""
    if len(boxes) == 1:
        return e.put(boxes[0], _softmax(e.read(boxes[0]), e.axis, e.target(boxes[0])))
    peak = in_pairs(boxes, lambda box: np.maximum.reduce(e.read(box), axis=e.axis), np.maximum)
    c = pair.shift(peak)

    def put_terms(box: Box) -> Array:
        terms = pair.exponentials(e.read(box), c, e.axis, e.target(box))
        e.put(box, terms)
        return pair.total(terms, e.axis)

    total = pair.beside(_whole(in_pairs(boxes, put_terms, np.add), peak, c), e.axis)
    for box in boxes:
        shares = e.written(box)
        shares /= total
        e.put(box, shares)


def _whole(total: Array, peak: Array, c: Array | None) -> Array:
    """Return the totals, nan where the peak is not finite and nothing has a share."""
    return total if c is None else total + 0.0 * peak


def _log_softmax(x: Array, axis: int, out: Array) -> Array:
    """Return the log of the softmax of the slices of a matrix, in `out`."""
    p = pair.of_matrix(x, axis, np.empty_like(x), np.float64)
    return _log_shares(x, p, axis, out)


def _log_softmax_boxes(e: Exponents, boxes: list[Box]) -> None:
    """Fill the boxes of some slices: their pairs, then the logs of the shares."""
    p = in_pairs(boxes, e.pair, pair.merge)
    for box in boxes:
        e.put(box, _log_shares(e.read(box), p, e.axis, e.target(box)))


def _log_shares(x: Array, p: Pair, axis: int, out: Array) -> Array:
    """Return ``(x - peak) - log1p(rest)``: both terms are negative, so that nothing cancels."""
    np.subtract(x, pair.beside(p.peak.astype(x.dtype, copy=False), axis), out=out)
    out -= pair.beside(np.log1p(p.rest).astype(x.dtype, copy=False), axis)
    return out


def _normalise(
    x: Any,
    axis: Axis,
    where: Any,
    out: Array | None,
    of_matrix: Callable[[Array, int, Array], Array],
    of_boxes: Callable[[Exponents, list[Box]], None],
    excluded: float,
) -> Any:
    """Return an array of the shape of `x`, filled some slices at a time."""
    values, mask = real_array(x, "x")
    result, _ = float_dtype(values)
    axes = normalised_axes(axis, values.ndim)
    include = included(where, mask, values.shape)
    if out is not None:
        checked_out(out, values.shape, result)
    target = _storage(out, values, include)
    whole = _one_matrix(values, axes) if include is None and target.flags.c_contiguous else None
    if whole is not None:
        of_matrix(*whole, target.reshape(whole[0].shape))
    elif target.size:
        e = Exponents(values, axes, target.dtype, include=include, out=target)
        for kept in e.blocks.kept_boxes():
            of_boxes(e, e.blocks.boxes(kept))
    if include is not None:
        np.copyto(target, excluded, where=~include)
    if out is None:
        return target.astype(result, copy=False)[()]
    if target is not out:
        np.copyto(out, target, casting="same_kind")
    return out


def _storage(out: Array | None, x: Array, include: Array | None) -> Array:
    """Return `out` if a result can be stored there block after block, else a new array.

    It can where nothing that is still to be read is overwritten: beside the input, or right on it.
    """
    dtype = exponents_dtype(x)
    if out is None or out.dtype != dtype:
        return np.empty(x.shape, dtype)
    beside = not np.may_share_memory(x, out) or x.__array_interface__ == out.__array_interface__
    fits = beside and (include is None or not np.may_share_memory(include, out))
    return out if fits else np.empty(x.shape, dtype)


@quietly
def softmax(
    x: npt.ArrayLike,
    axis: Axis = None,
    *,
    where: npt.ArrayLike | None = None,
    out: Array | None = None,
) -> Any:
    r"""Return the softmax, :math:`e^{x_i} / \sum_j e^{x_j}`.

    Parameters
    ----------
    x : array_like
        Exponents, of any shape and real dtype. Integers and bools are taken as float64.
    axis : int, tuple of int or None
        Axes over which the result adds up to 1; None means all.
    where : array_like of bool, optional
        What to include; the result is exactly 0 elsewhere, as it is for masked entries.

    out : ndarray, optional
        Where to store the result; it may be `x` itself.

    Returns
    -------
    ndarray or scalar
        The shape and dtype of `x`. A slice that is all -inf, or has a nan or +inf, is all nan.

    Raises
    ------
    TypeError, ValueError, numpy.exceptions.AxisError
        As `logsumexp` does.

    Notes
    -----
    Within 8 ulp for up to 1000 elements a slice, wherever the exact value is a normal number, if
    the peak lies between 0 and 600 (in float32 60) or the differences from it are exact; elsewhere
    these round, which adds up to one ulp for each unit of the largest of them. Temporary memory is
    at most 1 MiB, but for float16 and bfloat16, which need a result in float32 beside theirs.

    Examples
    --------
    >>> from lsebook import softmax
    >>> softmax([1000.0, 1000.0])
    array([0.5, 0.5])
    >>> softmax([[0.0, 0.0, 3.0]], axis=1, where=[True, True, False])
    array([[0.5, 0.5, 0. ]])
    """
    return _normalise(x, axis, where, out, _softmax, _softmax_boxes, 0.0)


@quietly
def log_softmax(
    x: npt.ArrayLike,
    axis: Axis = None,
    *,
    where: npt.ArrayLike | None = None,
    out: Array | None = None,
) -> Any:
    r"""Return the log of the softmax, :math:`x_i - \log \sum_j e^{x_j}`.

    Parameters
    ----------
    x, axis
        As for `softmax`.
    where : array_like of bool, optional
        What to include; the result is -inf elsewhere, as it is for masked entries.

    out : ndarray, optional
        Where to store the result; it may be `x` itself.

    Returns
    -------
    ndarray or scalar
        The shape and dtype of `x`. A slice that is all -inf or has a nan is all nan; beside +inf
        everything is -inf, and +inf itself nan.

    Raises
    ------
    TypeError, ValueError, numpy.exceptions.AxisError
        As `logsumexp` does.

    Notes
    -----
    Within 5 ulp (float32: 8) under the conditions of `softmax`, and as that elsewhere. Temporary
    memory as for `softmax`.

    Examples
    --------
    >>> from lsebook import log_softmax
    >>> log_softmax([1000.0, 0.0])
    array([    0., -1000.])
    >>> log_softmax([40.0, 0.0])
    array([-4.24835426e-18, -4.00000000e+01])
    """
    return _normalise(x, axis, where, out, _log_softmax, _log_softmax_boxes, -np.inf)


@quietly
def logcumsumexp(
    a: npt.ArrayLike, axis: int | None = None, *, where: npt.ArrayLike | None = None
) -> Any:
    """Return the logs of the cumulative sums of exponentials.

    Parameters
    ----------
    a : array_like
        Exponents, of any shape and real dtype. Masked entries add nothing.
    axis : int or None
        The axis to go along; None means the flattened array, as for `numpy.cumsum`.

    where : array_like of bool, optional
        What to include; the rest adds nothing.

    Returns
    -------
    ndarray
        The shape of `a` (1-D for None), and its dtype (float64 for integers).

    Raises
    ------
    TypeError, numpy.exceptions.AxisError
        As `logsumexp` does.

    Notes
    -----
    A scan of pairs in a tree, so that rounding errors grow with the log of the length. The error is
    a few ulp of the largest exponent so far, or of 1.

    References
    ----------
    .. [1] Guy E. Blelloch, "Prefix sums and their applications", CMU-CS-90-190 (1990).

    Examples
    --------
    >>> from lsebook import logcumsumexp
    >>> logcumsumexp([-1000.0, 0.0, 0.0])
    array([-1.00000000e+03,  0.00000000e+00,  6.93147181e-01])
    """
    x, mask = real_array(a, "a")
    result, _ = float_dtype(x)
    include = included(where, mask, x.shape)
    if axis is None:
        x, axis = x.reshape(-1), 0
        include = None if include is None else include.reshape(-1)
    x = np.atleast_1d(x)
    axes = normalised_axes(axis, x.ndim)
    if len(axes) != 1:
        raise TypeError(f"axis must be an int or None, got {axis!r}")
    out = np.empty(x.shape, result)
    if out.size == 0:
        return out
    # Sums of every length come out, so that all take their terms in the wide dtype.
    e = Exponents(x, axes, float_dtype(x)[1], include=include, out=out)
    for kept in e.blocks.kept_boxes():
        carry: Pair | None = None
        for box in e.blocks.boxes(kept):
            block = e.read(box)
            peak = np.array(block.T if e.axis == 1 else block, e.work)
            p = _scan(Pair(peak, np.zeros_like(peak)), carry)
            carry = Pair(p.peak[-1], p.rest[-1])
            value = pair.log(p)
            e.put(box, value.T if e.axis == 1 else value)
    return out


def _scan(p: Pair, carry: Pair | None = None) -> Pair:
    """Return the merges of every prefix along the first axis: of neighbours, then in between."""
    if carry is not None:
        p.peak[0], p.rest[0] = pair.merge(carry, Pair(p.peak[0], p.rest[0]))
    n = len(p.peak)
    if n < 2:
        return p

    def cut(p: Pair, *which: Any) -> Pair:
        return Pair(p.peak[slice(*which)], p.rest[slice(*which)])

    odd = _scan(pair.merge(cut(p, 0, n - 1, 2), cut(p, 1, n, 2)))
    even = pair.merge(cut(odd, (n - 1) // 2), cut(p, 2, n, 2))
    out = Pair(np.empty_like(p.peak), np.empty_like(p.rest))
    for whole, first, odds, evens in zip(out, p, odd, even, strict=True):
        whole[0], whole[1::2], whole[2::2] = first[0], odds, evens
    return out


@quietly
def condition(a: npt.ArrayLike, axis: Axis = None) -> Any:
    r"""Return the condition number of log-sum-exp, :math:`\sum_i p_i |a_i| / |\mathrm{LSE}|`.

    Parameters
    ----------
    a : array_like
        Exponents, of any shape and real dtype.
    axis : int, tuple of int or None
        Axes to reduce; None means all.

    Returns
    -------
    ndarray or scalar of float64 or longdouble
        The largest relative change of the result for a relative change of the exponents, to first
        order; p is the softmax. 0 if every exponent is 0, inf if only the result is, nan if there
        are no finite exponents.

    Raises
    ------
    TypeError, ValueError, numpy.exceptions.AxisError
        As `logsumexp` does.

    References
    ----------
    .. [1] P. Blanchard, D. J. Higham, N. J. Higham, "Accurately computing the log-sum-exp and
       softmax functions", IMA J. Numer. Anal. 41, 2311-2330 (2021).
       :doi:`10.1093/imanum/draa038`

    Examples
    --------
    >>> import numpy as np
    >>> from lsebook import condition
    >>> round(float(condition([3.0])), 9)
    1.0
    >>> bool(condition([-np.log(2), -np.log(2) + 1e-9]) > 1e8)
    True
    """
    x, mask = real_array(a, "a")
    x = x.astype(float_dtype(x)[1])
    include = True if mask is None else mask
    shares, total = softmax(x, axis, where=mask), np.abs(logsumexp(x, axis, where=mask))
    size = np.sum(np.where(shares == 0.0, 0.0, shares * np.abs(x)), axis=axis)
    nothing = np.all((x == 0.0) | (x == -np.inf), axis=axis, where=include)
    ratio = np.where(nothing, 0.0, np.where(total == 0.0, np.inf, size / total))
    return np.where(np.isfinite(total), ratio, np.nan)[()]
