"""Reductions and normalisations of whole arrays: arguments in, blocks through, result out.

Every function goes the same way: `arguments` says what came, `Blocks` cuts it into matrices of
cache size, `_exponents` puts weights and exclusions into these, and what `pair` makes of them is
written into the result. A small contiguous array is one matrix already, and skips the walk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from itertools import chain
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from lsebook import arguments, pair
from lsebook.arguments import Array, Axis, DType, float_dtype, normalised_axes, quietly, real_array
from lsebook.blocks import Arrays, Blocks, blocks_of, in_tree
from lsebook.pair import Pair

Axes = tuple[int, ...]

#: Bytes of a block: it and the sums of its halves stay in a level-2 cache, and what a call
#: allocates beside its result stays within 1 MiB.
BLOCK_BYTES = 384 * 1024
#: log 2 in two parts; products of the first with integers below 2**11 are exact, and so with every
#: power of two that float64 has.
LN2_HIGH, LN2_LOW = float.fromhex("0x1.62e42fefa38p-1"), float.fromhex("0x1.ef35793c7673p-45")


def _exponents(blocks: Blocks, piece: Arrays, dtype: DType, sign: int = 1) -> Array:
    """Return the exponents of a piece as a matrix, -inf for what is left out.

    A weight is an exponent: ``b exp(x) = exp(x + log b)``. Where `sign` is -1, negative weights
    count, and positive ones do not.
    """
    x = blocks.matrix(piece["x"], dtype)
    if "b" in piece:
        # log b alone would round. A weight m 2**q adds q log 2 first: where that cancels x, nothing
        # rounds. Between sqrt(1/2) and sqrt(2), m has the least log, and a weight of 1 has none.
        b = blocks.matrix(piece["b"], dtype)
        factor, q = np.frexp(np.abs(b))
        small = factor < np.sqrt(0.5)
        factor, q = factor * (1 + small), q - small
        # A mean counts its weights relative to a power of two of their slice, see `_count`.
        if "power" in piece:
            q -= blocks.matrix(piece["power"], q.dtype)
        x = x + q * LN2_HIGH
        x += np.log(factor) + q * LN2_LOW
        x[(b == 0.0) | (b * sign < 0.0)] = -np.inf
    if "include" in piece:
        x = np.where(blocks.matrix(piece["include"], np.dtype(np.bool_)), x, -np.inf)
    return x


def _blocks(arrays: Arrays, axes: Axes, dtype: DType) -> Blocks:
    # To weigh a block takes about four arrays of its size.
    size = BLOCK_BYTES // dtype.itemsize // (4 if "b" in arrays else 1)
    return blocks_of(arrays["x"], axes, size)


def _pairs(
    blocks: Blocks, arrays: Arrays, dtype: DType, sign: int = 1
) -> Iterator[tuple[Arrays, Pair]]:
    """Iterate over parts of arrays and the pairs of their slices."""

    def of_piece(piece: Arrays) -> Pair:
        x = _exponents(blocks, piece, dtype, sign)
        # What is no view of the input may be overwritten.
        scratch = np.empty_like(x) if np.may_share_memory(x, piece["x"]) else x
        return pair.of_matrix(x, blocks.axis, scratch)

    for part in blocks.parts(arrays):
        yield part, in_tree(map(of_piece, blocks.pieces(part)), pair.merge)


def pairs(arrays: Arrays, axes: Axes, dtype: DType) -> Pair:
    """Return the pairs of the slices of "x", weighted by "b", of what "include" leaves in."""
    x = arrays["x"]
    p = pair.empty(_reduced_shape(x, axes), np.promote_types(dtype, np.float64))
    if x.size:
        blocks = _blocks(arrays, axes, dtype)
        for part, found in _pairs(blocks, arrays | p._asdict(), dtype):
            blocks.put(part["peak"], found.peak)
            blocks.put(part["rest"], found.rest)
    return Pair(p.peak.squeeze(axes), p.rest.squeeze(axes))


def _log_sums(arrays: Arrays, axes: Axes, dtype: DType, result: DType, sign: int = 1) -> Array:
    """Return the logs of the sums, or of the means over "count" terms; reduced axes stay."""
    x, shape = arrays["x"], _reduced_shape(arrays["x"], axes)
    if x.size == 0:
        return np.full(shape, np.nan if "count" in arrays else -np.inf, result)
    blocks = _blocks(arrays, axes, dtype)
    if len(arrays) == 1 and (rows := blocks.whole(x, dtype)) is not None:
        p = pair.of_matrix(rows, 1, np.empty_like(rows))
        return pair.log(p).astype(result).reshape(shape)
    value = np.empty(shape, result)
    for part, p in _pairs(blocks, arrays | {"value": value}, dtype, sign):
        count = blocks.matrix(part["count"], p.peak.dtype).ravel() if "count" in part else None
        blocks.put(part["value"], pair.log(p, count))
    return value


def _signed_log_sums(arrays: Arrays, axes: Axes, dtype: DType) -> tuple[Array, Array]:
    """Return log|sum| (or log|mean|) and the sign: positive terms against negative ones."""
    count = arrays.pop("count", None)
    high, low = (_log_sums(arrays, axes, dtype, dtype, sign) for sign in (1, -1))
    sign = np.sign(np.where((high == -np.inf) & (low == -np.inf), 0.0, high - low))
    high, low = np.maximum(high, low), np.minimum(high, low)
    value = np.where(low == -np.inf, high, high + np.log(-np.expm1(low - high)))
    if count is not None:
        value = np.where(count == 0.0, np.nan, value - np.log(np.abs(count)))
        sign = sign * np.sign(count)
    return value, sign


def _reduced_shape(x: Array, axes: Axes) -> list[int]:
    return [1 if i in axes else n for i, n in enumerate(x.shape)]


def _count(arrays: Arrays, axes: Axes, dtype: DType) -> Arrays:
    """Return the number of terms of every mean as "count", for weights their sum over 2**"power".

    The sum itself may be beyond every float, or its log much larger than the mean's.
    """
    x, include = arrays["x"], arrays.get("include")
    if "b" not in arrays:
        if include is None:
            each = np.full((), prod(x.shape[i] for i in axes))
        else:
            each = np.count_nonzero(include, axes, keepdims=True)
        return {"count": np.broadcast_to(each.astype(dtype), _reduced_shape(x, axes))}
    b, chosen = arrays["b"].astype(dtype), np.True_ if include is None else include
    size = np.max(np.abs(b), axis=axes, where=chosen, initial=0.0, keepdims=True)
    power = np.frexp(size)[1]
    count = np.sum(np.ldexp(b, -power), axis=axes, where=chosen, keepdims=True)
    return {"count": count, "power": power}


def _reduce(
    x: Array, mask: Array | None, axis: Axis, b: Any, where: Any, keepdims: bool, mean: bool = False
) -> tuple[Array, Array | None]:
    """Return log|sum| (or log|mean|), and the sign where weights are negative."""
    arrays, weights, weights_mask = {"x": x}, None, None
    result, work = float_dtype(x)
    dtype = arguments.exponents_dtype(result)
    if b is not None:
        weights, weights_mask = real_array(b, "b")
        result, work = float_dtype(x, b if isinstance(b, (int, float)) else weights)
        dtype = work
        x, weights = arguments.broadcast_together(x, weights)
        arrays = {"x": x, "b": weights}
    axes = normalised_axes(axis, x.ndim)
    include = arguments.included(where, x.shape, mask, weights_mask)
    if include is not None:
        arrays["include"] = include
    if mean:
        arrays |= _count(arrays, axes, work)
    sign = None
    if weights is not None and np.fmin.reduce(weights, axis=None, initial=0) < 0:
        value, sign = _signed_log_sums(arrays, axes, dtype)
    else:
        value = _log_sums(arrays, axes, dtype, result)
    kept = value.shape if keepdims else tuple(n for i, n in enumerate(x.shape) if i not in axes)
    value = value.astype(result, copy=False).reshape(kept)
    return value, None if sign is None else sign.astype(result).reshape(kept)


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
    The error is at most max(4, 3 κ) ulp, about what the data determine, whatever the number of
    elements, their layout and what else is in the array. κ is `condition`: by how much the result
    changes when every exponent changes in its last bit. With weights of one sign, ``x + log b``
    stands for x, and a weight that is uncertain in its last bit moves its exponent by one unit of
    2**-53 more; with both signs the error is relative to the larger part. float32, float16 and
    bfloat16 have exponentials of float32, added up in float64 along rows and by halves down
    columns: at most 2 units in the last place where the result is 1 or more in size, and by κ
    below. Where all digits of a sum that cancels are wanted, `lsebook.exact.logsumexp` has them,
    some fifty times as slowly.

    Never emits a warning. Temporary memory is at most 1 MiB; masks, `where`, weights of both signs
    and an `out` of another dtype need some arrays of their size or the result's more. See [1]_ for
    the analysis of the shift.

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
    x, mask = arguments.masked_array(a, "a")
    if "c" in (x.dtype.kind, arguments.masked_array(b, "b")[0].dtype.kind):
        value, sign = _complex(x, mask, axis, b, where, keepdims, return_sign)
    else:
        value, sign = _reduce(arguments.checked_real(x, "a"), mask, axis, b, where, keepdims)
    if not return_sign:
        return arguments.delivered(_nan_where_negative(value, sign), out)
    if sign is None:
        sign = np.where(np.isnan(value), np.nan, np.where(value == -np.inf, 0.0, 1.0))
        sign = sign.astype(value.dtype)
    return arguments.delivered(value, out), sign[()]


def _nan_where_negative(value: Array, sign: Array | None) -> Array:
    """Return the values, nan where the sum is negative and so has no logarithm."""
    return value if sign is None else np.where(sign < 0, value.dtype.type(np.nan), value)


def _complex(
    x: Array, mask: Array | None, axis: Axis, b: Any, where: Any, keepdims: bool, signed: bool
) -> tuple[Array, Array | None]:
    """Hand complex exponents or weights to SciPy, without what is left out."""
    # Importing SciPy takes longer than importing the rest, and only this function needs it.
    import scipy.special

    weights, weights_mask = arguments.masked_array(np.ones((), x.dtype) if b is None else b, "b")
    for array, name in ((x, "a"), (weights, "b")):
        if array.dtype.kind not in "biufc":
            raise TypeError(f"{name} must be an array of numbers, got dtype {array.dtype}")
    x, weights = arguments.broadcast_together(x, weights)
    axes = normalised_axes(axis, x.ndim)
    include = arguments.included(where, x.shape, mask, weights_mask)
    if x.size == 0:
        # SciPy has no value for these; the sum is as empty as that of real numbers.
        value, sign = _reduce(np.empty(x.shape), None, axes, None, None, keepdims)
        return value.astype(np.result_type(x, weights)), sign
    if include is not None:
        x, weights = np.where(include, x, -np.inf), np.where(include, weights, 1.0)
    found = scipy.special.logsumexp(x, axes, None if b is None else weights, keepdims, signed)
    value, sign = found if signed else (found, None)
    return np.asarray(value), None if sign is None else np.asarray(sign)


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
    The mean is formed before its log is taken, so that equal numbers have themselves as their mean
    (with weights, to a unit of 2**-53), and weights may be of any size. The error is at most a few
    units of 2**-53 times the larger of 1 and the exponents that matter.

    Examples
    --------
    >>> from lsebook import logmeanexp
    >>> float(logmeanexp([1000.0, 1000.0]))
    1000.0
    >>> float(logmeanexp([3.0, 3.0, 800.0], b=[1e200, 1e200, 0.0]))
    3.0
    """
    x, mask = real_array(a, "a")
    return _nan_where_negative(*_reduce(x, mask, axis, b, where, keepdims, mean=True))[()]


#: Matrices of exponents, and where their results go, which may be the same place.
Pieces = Iterable[tuple[Array, Array]]
Fill = Callable[[Pieces, int], None]


def _softmax(pieces: Pieces, axis: int) -> None:
    """Fill the pieces of the result: exponentials first, then their shares of the sum."""
    c = pair.shift(reduce(np.maximum, (np.maximum.reduce(x, axis=axis) for x, _ in pieces)))
    sums = []
    for x, out in pieces:
        pair.exponentials(x, c, axis, out)
        sums.append(pair.total(out, axis).astype(out.dtype, copy=False))
    total = pair.beside(in_tree(sums, np.add), axis)
    for _, out in pieces:
        out /= total


def _log_softmax(pieces: Pieces, axis: int) -> None:
    """Fill the pieces with ``(x - peak) - log1p(rest)``: two negative terms; nothing cancels."""
    found = (pair.of_matrix(x, axis, np.empty_like(x)) for x, _ in pieces)
    peak, rest = in_tree(found, pair.merge)
    for x, out in pieces:
        np.subtract(x, pair.beside(peak.astype(x.dtype), axis), out=out)
        out -= pair.beside(np.log1p(rest).astype(x.dtype), axis)


def _normalise(
    x: Any, axis: Axis, where: Any, out: Array | None, fill: Fill, left_out: float
) -> Any:
    """Return an array of the shape of `x`, filled some slices at a time."""
    values, mask = real_array(x, "x")
    result, _ = float_dtype(values)
    dtype = arguments.exponents_dtype(result)
    axes = normalised_axes(axis, values.ndim)
    include = arguments.included(where, values.shape, mask)
    if out is None:
        target = np.empty(values.shape, dtype)
    else:
        target = _storage(arguments.checked_out(out, values.shape, result), values, include, dtype)
    if values.size:
        blocks = blocks_of(values, axes, BLOCK_BYTES // dtype.itemsize)
        rows, place = blocks.whole(values, dtype), blocks.whole(target, dtype)
        if include is None and rows is not None and place is not None:
            fill([(rows, place)], 1)
        else:
            arrays = {"x": values, "out": target}
            _fill_parts(blocks, arrays | ({} if include is None else {"include": include}), fill)
    if include is not None:
        np.copyto(target, left_out, where=~include)
    if out is None:
        return target.astype(result, copy=False)[()]
    if target is not out:
        np.copyto(out, target, casting="same_kind")
    return out


def _fill_parts(blocks: Blocks, arrays: Arrays, fill: Fill) -> None:
    """Fill "out" from the exponents of "x", part after part."""
    for part in blocks.parts(arrays):
        places = list(blocks.pieces(part))
        dtype = part["out"].dtype
        exponents = (_exponents(blocks, piece, dtype) for piece in places)
        x = next(exponents)
        is_view = np.may_share_memory(x, part["x"])
        if len(places) == 1:
            # Beside a view of the input the result is a view too, if it can be; a copy is filled.
            out = blocks.matrix(part["out"], dtype) if is_view else x
            fill([(x, out)], blocks.axis)
            blocks.put(part["out"], out)
            continue
        if not is_view:
            for piece, found in zip(places, chain([x], exponents), strict=True):
                blocks.put(piece["out"], found)
            places = [{"x": piece["out"], "out": piece["out"]} for piece in places]
        fill(_Passes(blocks, places), blocks.axis)


class _Passes:
    """The pieces of long slices as matrices, made for every pass over them and written back after.

    Copies of all of them at once would take as much memory as the array.
    """

    def __init__(self, blocks: Blocks, places: list[Arrays]) -> None:
        self.blocks, self.places = blocks, places

    def __iter__(self) -> Iterator[tuple[Array, Array]]:
        for piece in self.places:
            out = self.blocks.matrix(piece["out"], piece["out"].dtype)
            in_place = piece["x"] is piece["out"]
            yield out if in_place else self.blocks.matrix(piece["x"], out.dtype), out
            self.blocks.put(piece["out"], out)


def _storage(out: Array, x: Array, include: Array | None, dtype: DType) -> Array:
    """Return `out` if a result can be stored there block after block, else a new array.

    It can where nothing that is still to be read is overwritten: beside the input, or right on it.
    """
    apart_or_same = (
        not np.may_share_memory(x, out) or x.__array_interface__ == out.__array_interface__
    )
    fits = apart_or_same and (include is None or not np.may_share_memory(include, out))
    return out if fits and out.dtype == dtype else np.empty(x.shape, dtype)


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
    at most 1 MiB; a result in float16, bfloat16 or an `out` of another dtype needs a second one
    beside it, and masks and `where` an array of bool.

    Examples
    --------
    >>> from lsebook import softmax
    >>> softmax([1000.0, 1000.0])
    array([0.5, 0.5])
    >>> softmax([[0.0, 0.0, 3.0]], axis=1, where=[True, True, False])
    array([[0.5, 0.5, 0. ]])
    """
    return _normalise(x, axis, where, out, _softmax, 0.0)


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
    return _normalise(x, axis, where, out, _log_softmax, -np.inf)


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
        The shape of `a` (1-D for None and for a scalar), and its dtype (float64 for integers).

    Raises
    ------
    TypeError, ValueError, numpy.exceptions.AxisError
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
    result, work = float_dtype(x)
    include = arguments.included(where, x.shape, mask)
    if include is not None:
        x = np.where(include, x, -np.inf)
    x, axis = (x.reshape(-1), 0) if axis is None else (np.atleast_1d(x), axis)
    axes = normalised_axes(axis, x.ndim)
    if len(axes) != 1:
        raise TypeError(f"axis must be an int or None, got {axis!r}")
    out = np.empty(x.shape, result)
    if out.size == 0:
        return out
    # Sums of every length come out, so that all take their terms in the wide dtype.
    blocks = blocks_of(x, axes, BLOCK_BYTES // work.itemsize)
    for part in blocks.parts({"x": x, "out": out}):
        before = None
        for piece in blocks.pieces(part):
            matrix = blocks.matrix(piece["x"], work)
            peak = matrix.T.copy() if blocks.axis == 1 else matrix.copy()
            p = _scan(Pair(peak, np.zeros_like(peak)), before)
            before = Pair(p.peak[-1], p.rest[-1])
            value = pair.log(p)
            blocks.put(piece["out"], value.T if blocks.axis == 1 else value)
    return out


def _scan(p: Pair, before: Pair | None = None) -> Pair:
    """Return the merges of every prefix along the first axis: of neighbours, then in between."""
    if before is not None:
        p.peak[0], p.rest[0] = pair.merge(before, Pair(p.peak[0], p.rest[0]))
    n = len(p.peak)
    if n < 2:
        return p

    def cut(p: Pair, *which: Any) -> Pair:
        return Pair(p.peak[slice(*which)], p.rest[slice(*which)])

    odd = _scan(pair.merge(cut(p, 0, n - 1, 2), cut(p, 1, n, 2)))
    even = pair.merge(cut(odd, (n - 1) // 2), cut(p, 2, n, 2))
    for whole, odds, evens in zip(p, odd, even, strict=True):
        whole[1::2], whole[2::2] = odds, evens
    return p


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
    x, include = real_array(a, "a")
    x = x.astype(float_dtype(x)[1])
    shares, total = softmax(x, axis, where=include), np.abs(logsumexp(x, axis, where=include))
    size = np.sum(np.where(shares == 0.0, 0.0, shares * np.abs(x)), axis=axis)
    all_zero = np.all(
        (x == 0.0) | (x == -np.inf), axis=axis, where=True if include is None else include
    )
    ratio = np.where(all_zero, 0.0, np.where(total == 0.0, np.inf, size / total))
    return np.where(np.isfinite(total), ratio, np.nan)[()]
