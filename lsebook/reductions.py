"""Reductions and normalisations of whole arrays.

The arithmetic lives elsewhere: what a slice needs is chosen in `slices`.
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
    delivered,
    float_dtype,
    included,
    normalised_axes,
    quietly,
    real_array,
)
from lsebook.blocks import LONG, Box
from lsebook.pair import Pair
from lsebook.slices import FINE_BLOCK, Slices, least_log, least_sum, log_sums, low_rest

#: Slices up to this length have a way of their own, and up to that one add up in Python.
SHORT, VERY_SHORT = 2**17 - 4096, 32


def _signed(
    x: Array,
    b: Array,
    include: Array | None,
    axes: tuple[int, ...],
    work: DType,
    count: Array | None,
) -> tuple[Array, Array]:
    """Return log|sum(b exp(x)) / count| and the sign: positive terms against negative ones."""
    plus, minus = (log_sums(Slices(x, b, include, axes, work, part=part), work) for part in (1, -1))
    high, low = np.maximum(plus, minus), np.minimum(plus, minus)
    value = np.where(low == -np.inf, high, high + np.log(-np.expm1(low - high)))
    sign = np.sign(np.where(high == -np.inf, 0.0, plus - minus))
    n = np.broadcast_to(1.0 if count is None else count, high.shape)
    value, sign, high = (
        np.asarray(value - np.log(np.abs(n).astype(work))),
        np.asarray(sign * np.sign(n)),
        np.asarray(high),
    )
    which = np.flatnonzero(np.isfinite(high))
    if work == np.float64:
        slices = Slices(x, b, include, axes, work)
        for start in range(0, len(which), FINE_BLOCK):
            some = which[start : start + FINE_BLOCK]
            value.reshape(-1)[some], sign.reshape(-1)[some] = slices.refine(
                some, high.reshape(-1)[some], n.reshape(-1)[some]
            )
    return value, sign


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
    Never emits a warning. The result is within 4 ulp of the exact value for the given numbers for
    sums of one sign (128 ulp where exponents and the logs of weights cancel, or signs do), as long
    as its absolute value exceeds 1e-12; below, its relative error stays under 1e-6. float16,
    bfloat16 and float32 give the nearest number of their dtype, or the one next to it; longdouble
    has no special care for cancellation. A slice whose logarithm is so near 0 that its digits
    cancel, such as one of normalised log-probabilities, is added up in double-double arithmetic and
    costs some thirty times as much as others. Temporary memory is at most 1 MiB. See [1]_ for the
    analysis of the shift.

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
    if np.iscomplexobj(a) or (b is not None and np.iscomplexobj(b)):
        return _complex(a, axis, b, keepdims, return_sign, where, out)
    x, mask = real_array(a, "a")
    if b is None and where is None and mask is None and not (keepdims or return_sign):
        short = _short_slice(x, axis) if out is None else None
        quick = None if short is None else _short_logsumexp(short)
        if quick is not None:
            return quick
    value, sign, axes = _log_sum(x, mask, axis, b, where, mean=False)
    if keepdims:
        value = np.expand_dims(value, axes)
    if not return_sign:
        return delivered(value if sign is None else _not_negative(value, sign, axes, keepdims), out)
    if sign is None:
        sign = np.where(np.isnan(value), np.nan, np.where(value == -np.inf, 0.0, 1.0))
    elif keepdims:
        sign = np.expand_dims(sign, axes)
    return delivered(value, out), sign.astype(value.dtype)[()]


def _log_sum(
    x: Array, mask: Array | None, axis: Axis, b: Any, where: Any, mean: bool
) -> tuple[Array, Array | None, tuple[int, ...]]:
    """Return log|sum| (or log|mean|), the sign where weights are negative, and the axes."""
    weights = None
    result, work = float_dtype(x)
    if b is not None:
        weights, weight_mask = real_array(b, "b")
        result, work = float_dtype(x, b if isinstance(b, (int, float)) else weights)
        try:
            shape = np.broadcast_shapes(x.shape, weights.shape)
        except ValueError:
            message = f"b must broadcast with a of shape {x.shape}, got shape {weights.shape}"
            raise ValueError(message) from None
        x, weights = np.broadcast_to(x, shape), np.broadcast_to(weights, shape)
        if weight_mask is not None:
            weight_mask = np.broadcast_to(weight_mask, shape)
            mask = weight_mask if mask is None else weight_mask & mask
    axes = normalised_axes(axis, x.ndim)
    include = included(where, mask, x.shape)
    if x.size == 0:
        left = [n for i, n in enumerate(x.shape) if i not in axes]
        return np.full(left, np.nan if mean else -np.inf, result), None, axes
    count = _count(x.shape, weights, include, axes, work) if mean else None
    if weights is not None and np.fmin.reduce(weights, axis=None) < 0:
        value, sign = _signed(x, weights, include, axes, work, count)
        return value.astype(result), sign, axes
    return log_sums(Slices(x, weights, include, axes, work), result, count), None, axes


def _count(
    shape: tuple[int, ...],
    weights: Array | None,
    include: Array | None,
    axes: tuple[int, ...],
    work: DType,
) -> Array:
    """Return the sum of the weights that are included, or how many elements are."""
    if weights is None:
        if include is None:
            return np.asarray(float(math.prod(shape[i] for i in axes)))
        return np.asarray(np.count_nonzero(include, axis=axes), np.float64)
    included: Any = True if include is None else include
    return np.asarray(np.sum(weights, axis=axes, dtype=work, where=included))


def _short_slice(x: Array, axis: Axis) -> Array | None:
    """Return the values of one short slice that memory holds in order, None for anything else."""
    if not (x.dtype.char in "df" and x.dtype.isnative and 0 < x.size <= SHORT):
        return None
    if not x.flags.c_contiguous:
        return None
    if axis is None:
        return x.reshape(-1)
    return x if x.ndim == 1 and isinstance(axis, int) and axis in (0, -1) else None


def _short_sum(terms: Array) -> float:
    """Return the sum of a short slice in float64; if it is very short, rounded only once."""
    if len(terms) > VERY_SHORT:
        return float(np.add.reduce(terms, dtype=np.float64))
    try:
        return math.fsum(terms.tolist())
    except OverflowError:
        return math.inf


def _short_logsumexp(x: Array) -> Any:
    """Return the value of one short slice without the walk, or None where it needs more care."""
    total = _short_sum(np.exp(x))
    if least_sum(x.dtype) <= total < math.inf:
        value = math.log(total)
        if abs(value) >= least_log(x.dtype, x.dtype, 1):
            return x.dtype.type(value)
    top = x.argmax()
    peak = np.float64(x[top])
    terms = x - peak
    np.exp(terms, out=terms)
    terms[top] = 0.0
    value = peak + np.log1p(np.add.reduce(terms))
    # Special values are nan here, and so their comparison is false.
    return x.dtype.type(value) if abs(value) >= 0.5 * max(1.0, abs(peak)) else None


def _complex(
    a: Any, axis: Axis, b: Any, keepdims: bool, return_sign: bool, where: Any, out: Array | None
) -> Any:
    """Hand complex exponents or weights to SciPy, without what is left out."""
    # Importing SciPy takes longer than importing the rest, and only this function needs it.
    import scipy.special

    include = np.asarray(True if where is None else where)
    include = include & ~np.ma.getmaskarray(a)
    if b is not None:
        include = include & ~np.ma.getmaskarray(b)
    a = np.where(include, np.ma.getdata(a), -np.inf)
    if b is not None:
        b = np.ma.getdata(b)
    if a.size == 0:
        # SciPy has no value for these; the sum is as empty as that of real numbers.
        value = logsumexp(np.empty(a.shape), axis, None, keepdims, return_sign)
    else:
        value = scipy.special.logsumexp(a, axis, b, keepdims, return_sign)
    if return_sign:
        return delivered(np.asarray(value[0]), out), value[1]
    return delivered(np.asarray(value), out)


def _not_negative(value: Array, sign: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    """Return the values, nan where the sum is negative and so has no logarithm."""
    if keepdims:
        sign = np.expand_dims(sign, axes)
    return np.where(sign < 0, np.nan, value).astype(value.dtype)


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
    Not the difference of two logs: where they would cancel, the mean is formed before the log, so
    that the accuracy is that of `logsumexp`.

    Examples
    --------
    >>> from lsebook import logmeanexp
    >>> float(logmeanexp([1000.0, 1000.0]))
    1000.0
    >>> round(float(logmeanexp([1e-9, -1e-9])), 25)
    5e-19
    """
    x, mask = real_array(a, "a")
    value, sign, axes = _log_sum(x, mask, axis, b, where, mean=True)
    if sign is not None:
        value = _not_negative(value, sign, axes, False)
    return (np.expand_dims(value, axes) if keepdims else value)[()]


def _normalise(
    x: npt.ArrayLike,
    axis: Axis,
    where: Any,
    short: Callable[[Array], Array | None],
    rule: Callable[[Slices, Box], Array | None],
) -> Any:
    """Return an array of the shape of `x`, filled a box of slices at a time by `rule`.

    A rule returns which slices of the box need another try, without short cuts.
    """
    values, mask = real_array(x, "x")
    if where is None and mask is None and values.ndim:
        piece = _short_slice(values, axis)
        quick = None if piece is None else short(piece)
        if quick is not None:
            return quick if values.ndim == 1 else quick.reshape(values.shape)
    result, work = float_dtype(values)
    axes = normalised_axes(axis, values.ndim)
    include = included(where, mask, values.shape)
    out = np.empty(values.shape, result)
    if out.size:
        slices = Slices(values, None, include, axes, work, output=out)
        again: list[Array] = []
        for kept in slices.walk.kept_boxes():
            which = rule(slices, kept)
            if which is not None and len(which):
                again.append(slices.walk.numbers(kept, which))
                if sum(map(len, again)) > FINE_BLOCK:
                    _try_again(slices, again, rule)
        _try_again(slices, again, rule)
    return out[()]


def _try_again(
    slices: Slices, again: list[Array], rule: Callable[[Slices, Box], Array | None]
) -> None:
    """Fill in some slices, by number, without short cuts."""
    for some in slices.groups(np.concatenate(again)) if again else ():
        few = slices.gather(some)
        for kept in few.walk.kept_boxes():
            rule(few, kept)
        slices.scatter(some, few)
    again.clear()


def _short_softmax(x: Array) -> Array | None:
    out: Array = np.exp(x)
    if len(x) > VERY_SHORT:
        # The largest term comes last, or every small one would round beside it.
        top = out.argmax()
        own, out[top] = out[top], 0.0
        total = out.dtype.type(_short_sum(out) + own)
        out[top] = own
    else:
        total = out.dtype.type(_short_sum(out))
    # A sum of 1 at least leaves no term that underflows with a share that does not.
    if not 1.0 <= total < np.inf:
        return None
    out /= total
    return out


def _softmax_box(slices: Slices, kept: Box) -> None:
    boxes = [kept + reduced for reduced in slices.walk.reduced_boxes()]
    if slices.short_cuts:
        slices.short_cuts = _unshifted_softmax(slices, boxes)
    if not slices.short_cuts:
        _shifted_softmax(slices, boxes)


def _unshifted_softmax(slices: Slices, boxes: list[Box]) -> bool:
    """Fill the boxes, if all exponentials stay in the range of their dtype; say whether they do."""

    def usable(total: Array) -> bool:
        if not total.max() <= np.finfo(slices.read).max:
            return False
        # Then no term underflows whose share does not.
        return bool(total.min() >= 1.0) or _least(slices, boxes) >= (
            -87.0 if slices.read == np.float32 else -700.0
        )

    return _fill_shares(slices, boxes, lambda x, out: np.exp(x, out=out), slices.read, usable)


def _least(slices: Slices, boxes: list[Box]) -> float:
    """Return the smallest number in the boxes, other than -inf."""
    blocks = map(slices.block, boxes)
    return float(min(np.min(x, where=x > -np.inf, initial=np.inf) for x in blocks))


def _shifted_softmax(slices: Slices, boxes: list[Box]) -> None:
    axis, work = slices.axis, slices.scratch.dtype
    peak = np.maximum.reduce([pair.peaks(slices.block(box), axis)[0] for box in boxes])
    shift = slices.beside(peak.astype(work, copy=False))

    def terms(x: Array, out: Array) -> Array:
        np.subtract(x, shift, out=out)
        if x.dtype != work:
            return np.exp(out, out=out)
        error = pair.difference_error(x, shift, out)
        np.exp(out, out=out)
        out += np.multiply(error, out, out=error)
        return out

    _fill_shares(slices, boxes, terms, work, lambda total: True)


def _fill_shares(
    slices: Slices,
    boxes: list[Box],
    terms: Callable[[Array, Array], Array],
    dtype: DType,
    usable: Callable[[Array], bool],
) -> bool:
    """Fill the boxes of one group of slices with their terms over their sums, if these are usable.

    Terms have `dtype`; they are computed once where the output can store them, else twice.
    """
    stores = len(boxes) == 1 or slices.walk.lies_right(dtype, 1)
    work = slices.scratch.dtype
    sums = []
    for box in boxes:
        target = terms(slices.block(box), slices.target(box, dtype))
        sums.append(pair.sums(target, slices.axis, work))
    total = sums[0] if len(sums) == 1 else pair.fold_all(sums)
    if not usable(total):
        return False
    total = slices.beside(total.astype(dtype, copy=False))
    for box in boxes:
        target = slices.target(box, dtype)
        if not stores:
            terms(slices.block(box), target)
        target /= total
        slices.put(box, target, 0.0)
    return True


def _short_log_softmax(x: Array) -> Array | None:
    # The more numbers, the farther their sum from each.
    if x.dtype == np.float32 and len(x) >= LONG:
        total = np.add.reduce(np.exp(x), dtype=np.float64)
        log_total = np.log(total)
        # Rounding errors of exp in float32 stay below half an ulp of what is 2 at least.
        if total < np.inf and log_total - x.max() >= 2.0:
            return np.subtract(x, log_total, out=np.empty_like(x), casting="same_kind")
    top = x.argmax()
    out: Array = x - np.float64(x[top])
    terms = np.exp(out)
    terms[top] = 0.0
    rest = np.add.reduce(terms)
    if not (rest >= low_rest(x.size) and rest < np.inf):
        return None
    out -= np.log1p(rest)
    return out.astype(x.dtype, copy=False)


def _log_softmax_box(slices: Slices, kept: Box) -> Array | None:
    boxes = [kept + reduced for reduced in slices.walk.reduced_boxes()]
    narrow = slices.read != slices.scratch.dtype
    shifts, again = None, None
    if slices.short_cuts:
        find = _narrow_log_totals if narrow else _careless_pairs
        shifts, again = find(slices, kept, boxes)
    if shifts is None:
        slices.short_cuts = False
        # Narrow results need care only with what float64 would lose beside the peak's own 1.
        most = 2.0**-16 if narrow else np.inf
        p = pair.settled(slices.pair(kept, lambda _, rest: rest < most))
        shifts = [p.peak, np.log1p(p.rest)]
    # Neither difference cancels: both terms are negative, so each rounds by half an ulp at most.
    first, *others = map(slices.beside, shifts)
    dtype = slices.scratch.dtype if others else slices.read
    for box in boxes:
        target = slices.target(box, dtype)
        np.subtract(slices.block(box), first, out=target, casting="same_kind")
        for shift in others:
            target -= shift
        slices.put(box, target, -np.inf)
    return again


def _careless_pairs(
    slices: Slices, kept: Box, boxes: list[Box]
) -> tuple[list[Array] | None, Array | None]:
    """Return the peaks and logs of 1 + rest, and which slices need more care; None if most do."""
    p = pair.settled(slices.pair(kept, None))
    low = np.flatnonzero(p.rest < low_rest(slices.length))
    return (None, None) if 2 * len(low) > len(p.rest) else ([p.peak, np.log1p(p.rest)], low)


def _narrow_log_totals(
    slices: Slices, kept: Box, boxes: list[Box]
) -> tuple[list[Array] | None, Array | None]:
    """Return the logs of sums of float32 exponentials, and which are not precise enough for all
    differences from them; None if most are not."""
    total = slices.exp_sums(kept)
    if total is None:
        return None, None
    log_total = np.log(total)
    peak = np.maximum.reduce([pair.peaks(slices.block(box), slices.axis)[0] for box in boxes])
    # Rounding errors of exp in float32 stay below half an ulp of what is 2 at least.
    near = np.flatnonzero(~((log_total - peak >= 2.0) & (total < np.inf)))
    return (None, None) if 2 * len(near) > len(total) else ([log_total], near)


@quietly
def softmax(x: npt.ArrayLike, axis: Axis = None, *, where: npt.ArrayLike | None = None) -> Any:
    r"""Return the softmax, :math:`e^{x_i} / \sum_j e^{x_j}`.

    Parameters
    ----------
    x : array_like
        Exponents, of any shape and real dtype. Integers and bools are taken as float64.
    axis : int, tuple of int or None
        Axes over which the result adds up to 1; None means all.
    where : array_like of bool, optional
        What to include; the result is exactly 0 elsewhere, as it is for masked entries.

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
    Within 5 ulp for up to 1000 elements a slice, wherever the exact value is a normal number.
    float32 is computed with float32 exponentials, of which NumPy's are off by up to 2.5 ulp. No
    temporary memory beyond 1 MiB.

    Examples
    --------
    >>> from lsebook import softmax
    >>> softmax([1000.0, 1000.0])
    array([0.5, 0.5])
    >>> softmax([[0.0, 0.0, 3.0]], axis=1, where=[True, True, False])
    array([[0.5, 0.5, 0. ]])
    """
    return _normalise(x, axis, where, _short_softmax, _softmax_box)


@quietly
def log_softmax(x: npt.ArrayLike, axis: Axis = None, *, where: npt.ArrayLike | None = None) -> Any:
    r"""Return the log of the softmax, :math:`x_i - \log \sum_j e^{x_j}`.

    Parameters
    ----------
    x, axis
        As for `softmax`.
    where : array_like of bool, optional
        What to include; the result is -inf elsewhere, as it is for masked entries.

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
    Within 2 ulp for up to 1000 elements a slice. No temporary memory beyond 1 MiB.

    Examples
    --------
    >>> from lsebook import log_softmax
    >>> log_softmax([1000.0, 0.0])
    array([    0., -1000.])
    >>> log_softmax([40.0, 0.0])
    array([-4.24835426e-18, -4.00000000e+01])
    """
    return _normalise(x, axis, where, _short_log_softmax, _log_softmax_box)


@quietly
def logcumsumexp(a: npt.ArrayLike, axis: int | None = None) -> Any:
    """Return the logs of the cumulative sums of exponentials.

    Parameters
    ----------
    a : array_like
        Exponents, of any shape and real dtype. Masked entries add nothing.
    axis : int or None
        The axis to go along; None means the flattened array, as for `numpy.cumsum`.

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
    a few ulp of the largest exponent so far, or of 1; unlike `logsumexp`, cancellation gets no
    extra digits.

    References
    ----------
    .. [1] Guy E. Blelloch, "Prefix sums and their applications", CMU-CS-90-190 (1990).

    Examples
    --------
    >>> from lsebook import logcumsumexp
    >>> logcumsumexp([-1000.0, 0.0, 0.0])
    array([-1.00000000e+03,  0.00000000e+00,  6.93147181e-01])
    """
    x, include = real_array(a, "a")
    result, work = float_dtype(x)
    if axis is None:
        x, axis = x.reshape(-1), 0
        include = None if include is None else include.reshape(-1)
    axes = normalised_axes(axis, x.ndim)
    if len(axes) != 1:
        raise TypeError(f"axis must be an int or None, got {axis!r}")
    out = np.empty(x.shape, result)
    if out.size == 0:
        return out
    slices = Slices(x, None, include, axes, work, output=out)
    for kept in slices.walk.kept_boxes():
        carry: Pair | None = None
        for reduced in slices.walk.reduced_boxes():
            block = slices.block(kept + reduced)
            peak = np.array(block.T if slices.axis == 1 else block, work)
            p = Pair(peak, np.zeros_like(peak))
            if carry is not None:
                p.peak[0], p.rest[0] = pair.merge(carry, Pair(p.peak[0], p.rest[0]))
            p = _scan(p)
            carry = Pair(p.peak[-1], p.rest[-1])
            value = pair.log(p)
            target = slices.target(kept + reduced, work)
            target[...] = value.T if slices.axis == 1 else value
            slices.walk.put(1, kept + reduced, target)
    return out


def _scan(p: Pair) -> Pair:
    """Return the merges of every prefix along the first axis: of neighbours, then in between."""
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
    _, work = float_dtype(x)
    x = x.astype(work)
    size = np.where(x == -np.inf, 0.0, np.abs(x))
    log_size, total = (logsumexp(x, axis, b=b, where=mask) for b in (size, None))
    # Where all exponents are 0, so are both sides of the ratio.
    ratio = np.exp(log_size - total) / np.abs(total)
    return np.where((log_size == -np.inf) & np.isfinite(total), 0.0, ratio)[()]
