"""Reductions and normalisations of whole arrays: arguments, special values and shapes.

The arithmetic lives elsewhere: in `pair` for one block, in `blocks` the way through memory, in
`doubledouble` the slices whose logarithm cancels.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.special
from numpy.lib.array_utils import normalize_axis_tuple

from lsebook import doubledouble, pair
from lsebook.blocks import Box, Walk
from lsebook.pair import Array, Pair

Axis = int | tuple[int, ...] | None
DType = np.dtype[Any]

#: Pairs of blocks are merged in groups of this many: few calls, and roundings grow as a logarithm.
FAN_IN = 16
#: Elements in a block, by the number of buffers that a path needs: one, two, or several. All that
#: a call holds must fit in 1 MiB, and the buffers in a second-level cache.
BLOCKS = (65536, 16384, 8192)
#: Elements in a block of double-double arithmetic, which holds some forty arrays.
FINE_BLOCK = 1536
#: Slices up to this length have a way of their own.
SHORT = 16384
#: Between these, exp needs no shift: its values and the sum of a block are normal numbers.
MODERATE = (-600.0, 600.0)

quietly = np.errstate(all="ignore")


def real_array(a: Any, name: str) -> tuple[Array, Array | None]:
    """Return `a` as an array of real numbers, and what its mask leaves in (None: everything)."""
    include: Array | None = None
    if isinstance(a, np.ma.MaskedArray):
        if a.mask is not np.ma.nomask:
            include = np.logical_not(np.ma.getmaskarray(a))
        a = a.data
    array = np.asarray(a)
    if array.dtype.kind not in "biuf" and not _is_foreign_float(array.dtype):
        raise TypeError(f"{name} must be an array of real numbers, got dtype {array.dtype}")
    return array, include


def _is_foreign_float(dtype: DType) -> bool:
    """Say whether `dtype` is a float that another package defines, such as bfloat16."""
    return dtype.kind == "V" and dtype.names is None and bool(np.can_cast(dtype, np.float64))


def float_dtype(*arrays: Any) -> tuple[DType, DType]:
    """Return the dtype of the result and the wider one to work in."""
    result = np.result_type(*arrays)
    if result.kind in "biu":
        result = np.dtype(np.float64)
    work = np.dtype(np.longdouble if result == np.longdouble else np.float64)
    return result.newbyteorder("="), work


def normalised_axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """Return the axes as a tuple of indices; None stands for all of them."""
    if axis is None or (ndim == 0 and axis in (0, -1)):
        return tuple(range(ndim))
    try:
        return tuple(normalize_axis_tuple(axis, ndim, argname="axis"))
    except TypeError:
        message = f"axis must be an int, a tuple of ints or None, got {axis!r}"
        raise TypeError(message) from None


def _broadcast(array: Array, shape: tuple[int, ...], name: str) -> Array:
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise ValueError(
            f"{name} must broadcast to the shape {shape} of the values, got shape {array.shape}"
        ) from None


def _included(where: Any, mask: Array | None, shape: tuple[int, ...]) -> Array | None:
    """Return what both `where` and the mask of a masked array leave in, None for everything."""
    if mask is not None:
        mask = _broadcast(mask, shape, "mask")
    if where is None:
        return mask
    where = np.asarray(where)
    if where.dtype != np.bool_:
        raise TypeError(f"where must be an array of bool, got dtype {where.dtype}")
    where = _broadcast(where, shape, "where")
    return where if mask is None else np.asarray(where & mask)


class _Job:
    """One call's arrays: the values, where results go, the weights, and what is included.

    `part` picks the weights of one sign, +1 or -1, made positive; 0 takes all of them.
    """

    def __init__(
        self,
        x: Array,
        b: Array | None,
        include: Array | None,
        axes: tuple[int, ...],
        work: DType,
        *,
        output: Array | None = None,
        part: int = 0,
    ) -> None:
        self.axes, self.part = axes, part
        self.arrays = {"x": x, "output": output, "b": b, "include": include}
        arrays = [a for a in self.arrays.values() if a is not None]
        self.index = {
            n: i for i, n in enumerate(k for k, a in self.arrays.items() if a is not None)
        }
        plain, clean = len(arrays) == 1, b is None and include is None
        # Plain sums read float32 where it lies: the difference to the peak is what converts it.
        narrow = plain and work == np.float64 and x.dtype == np.float32
        one, two, several = BLOCKS
        self.walk = Walk(arrays, axes, (one if plain else 2 * two) if clean else several)
        direct = clean and self.walk.lies_right(x.dtype if narrow else work)
        if clean and not direct:
            self.walk = Walk(arrays, axes, two)
        self.axis = self.walk.axis
        size = math.prod(self.walk.box)
        self.scratch = np.empty(size, work)
        if direct:
            self.buffer = np.empty(0, x.dtype if narrow else work)
        else:
            self.buffer = np.empty(size, work)

    def block(self, box: Box) -> Array:
        """Return a block of exponents, -inf for what is left out."""
        return self.weighted_block(box)[0]

    def weighted_block(self, box: Box) -> tuple[Array, Array | None]:
        """Return a block of exponents and the factors of their terms, None for ones."""
        x = self.walk.block(0, box, self.buffer)
        if "b" not in self.index and "include" not in self.index:
            return x, None
        factor = None
        if "b" in self.index:
            b = self._of_part(self.walk.block(self.index["b"], box, self.scratch))
            out, factor = pair.weighted(x, b)
        else:
            out = self.buffer[: x.size].reshape(x.shape)
            np.copyto(out, x)
        if "include" in self.index:
            included = self.walk.block(self.index["include"], box, np.empty(x.size, bool))
            np.copyto(out, -np.inf, where=~included)
            if factor is not None:
                np.copyto(factor, 1.0, where=~included)
        return out, factor

    def _of_part(self, b: Array) -> Array:
        return np.maximum(b * self.part, 0.0) if self.part else b

    def scratch_for(self, x: Array) -> Array:
        """Return a buffer of the shape of a block."""
        return self.scratch[: x.size].reshape(x.shape)

    def target(self, box: Box) -> Array:
        """Return a matrix for the results of a block, to be handed to `put`."""
        return self.walk.target(1, box, self.scratch)

    def put(self, box: Box, matrix: Array, left_out: float) -> None:
        """Store the results of a block, and `left_out` for what is not included."""
        self.walk.put(1, box, matrix)
        if "include" in self.index:
            np.copyto(
                self.walk.arrays[1][box],
                left_out,
                where=~self.walk.arrays[self.index["include"]][box],
                casting="same_kind",
            )

    def pair(self, kept: Box, careful: Callable[[Array, Array], Array] | None) -> Pair:
        """Return the pairs of the slices in a box of the kept axes, flat."""

        def of_block(reduced: Box) -> Pair:
            x, factor = self.weighted_block(kept + reduced)
            return pair.from_values(x, self.axis, self.scratch_for(x), careful, factor)

        return merge_in_groups(map(of_block, self.walk.reduced_boxes()))

    def refine(self, which: Array, reference: Array, count: Array) -> tuple[Array, Array]:
        """Return log|sum / count| and the sign of some slices, by double-double arithmetic.

        `which` are flat indices of slices; `reference`, near the largest exponent, and `count`
        have one value for each of them.
        """
        arrays = [a for k, a in self.arrays.items() if a is not None and k != "output"]
        fine = Walk(arrays, self.axes, FINE_BLOCK)
        boxes = list(fine.reduced_boxes())
        group = max(1, FINE_BLOCK // math.prod(fine.box[fine.kept_ndim :]))
        where = np.unravel_index(which, fine.shape[: fine.kept_ndim])
        high, low, ones = (np.zeros(len(which)) for _ in range(3))
        for start in range(0, len(which), group):
            part = slice(start, start + group)
            at = tuple(w[part] for w in where)
            base = reference[part]
            for box in boxes:
                read = [a[at + box].reshape(len(base), -1).T for a in fine.arrays]
                x, b = read[0].astype(np.float64, order="C"), None
                if "b" in self.index:
                    b = self._of_part(read[1].astype(np.float64, order="C"))
                    x[b == 0.0] = -np.inf
                if "include" in self.index:
                    x[~read[-1]] = -np.inf
                    if b is not None:
                        b[~read[-1]] = 0.0
                more, one = doubledouble.sum_of_exp(x, b, base)
                high[part], low[part] = doubledouble.add((high[part], low[part]), more)
                ones[part] += one
        value, sign = np.empty(len(which)), np.empty(len(which))
        for start in range(0, len(which), FINE_BLOCK):
            part = slice(start, start + FINE_BLOCK)
            value[part], sign[part] = doubledouble.log_of_sum(
                reference[part], (high[part], low[part]), ones[part], count[part]
            )
        return value, sign


def merge_in_groups(pairs: Iterator[Pair]) -> Pair:
    """Merge any number of pairs, a group at a time, holding few of them at once."""
    levels: list[list[Pair]] = [[]]
    for p in pairs:
        level = 0
        levels[0].append(p)
        while len(levels[level]) == FAN_IN:
            merged = _merge_list(levels[level])
            levels[level] = []
            level += 1
            if level == len(levels):
                levels.append([])
            levels[level].append(merged)
    left = list(itertools.chain.from_iterable(reversed(levels)))
    return left[0] if len(left) == 1 else _merge_list(left)


def _merge_list(pairs: list[Pair]) -> Pair:
    peaks, rests = zip(*pairs, strict=True)
    return pair.merge_all(Pair(np.stack(peaks), np.stack(rests)))


def _rounding_shows(peak: Array, rest: Array) -> Array:
    """Say where the loss of small terms, beside the peak's own 1, may show in the logarithm."""
    return (rest < 0.5) & (np.abs(peak) < 1.0)


def _doubt(p: Pair, count: Array, length: int, weighted: bool) -> Array:
    """Return how small a logarithm must be for the rounding errors of its parts to show.

    log1p(rest) has the rounding errors of exp, of the sum, and of x - peak, of which terms that
    matter are at most log(length / rest) away. With weights, 1 + rest has an error of its own.
    """
    if weighted:
        return 0.5 * np.maximum(np.maximum(1.0, np.abs(p.peak)), np.log(np.abs(count)))
    return np.log1p(p.rest) * (1.0 + 0.25 * np.log(length / p.rest)) + np.log(count)


def _reduce(job: _Job, result: DType, work: DType, count: Array | None = None) -> Array:
    """Return log(sum / count) for weights that are not negative; `count` None stands for 1."""
    x = job.arrays["x"]
    assert x is not None
    out = np.empty([n for i, n in enumerate(x.shape) if i not in job.axes], result)
    weighted = job.arrays["b"] is not None
    length = math.prod(x.shape[i] for i in job.axes)
    walk = job.walk
    shape = walk.shape[: walk.kept_ndim]
    flat = out.reshape(shape)
    counts = np.broadcast_to(1.0 if count is None else count, out.shape).reshape(shape)
    # In rows the sum leaves the peak's own term out, and nothing is lost.
    careful = _rounding_shows if job.axis == 0 and not weighted else None
    refines = work == np.float64 and (length > 1 or weighted)
    # Of a narrower result, only cancellation of most of the bits would show.
    scale = 1.0 if result == work else 2.0**-20
    later: list[tuple[Array, Array, Array]] = []

    def refine() -> None:
        which, peak, n = map(np.concatenate, zip(*later, strict=True))
        out.reshape(-1)[which] = job.refine(which, peak, n)[0]
        later.clear()

    for kept in walk.kept_boxes():
        p = job.pair(kept, careful)
        value = p.peak + np.log1p(p.rest)
        least = value.min()
        # Most boxes have no special value and nothing that cancels, and need no more than this.
        if count is not None or not (least >= 0.5 and p.peak.min() >= -2.0 * least):
            n = counts[kept].reshape(-1)
            value = pair.log(p) - np.log(n.astype(work))
            if refines:
                doubtful = np.abs(value) < scale * _doubt(p, n, length, weighted)
                which = np.flatnonzero(doubtful)
                if len(which):
                    at = np.unravel_index(which, [s.stop - s.start for s in kept])
                    at = tuple(i + s.start for i, s in zip(at, kept, strict=True))
                    later.append((np.ravel_multi_index(at, shape), p.peak[which], n[which]))
        target = flat[kept]
        target[...] = value.reshape(target.shape)
        if sum(len(which) for which, _, _ in later) > FINE_BLOCK:
            refine()
    if later:
        refine()
    return out


def _signed(
    x: Array,
    b: Array,
    include: Array | None,
    axes: tuple[int, ...],
    work: DType,
    count: Array | None,
) -> tuple[Array, Array]:
    """Return log|sum(b exp(x)) / count| and the sign: positive terms against negative ones."""
    plus, minus = (
        _reduce(_Job(x, b, include, axes, work, part=part), work, work) for part in (1, -1)
    )
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
        job = _Job(x, b, include, axes, work)
        for start in range(0, len(which), FINE_BLOCK):
            some = which[start : start + FINE_BLOCK]
            value.reshape(-1)[some], sign.reshape(-1)[some] = job.refine(
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
    bfloat16 and float32 are computed in float64 and rounded once; longdouble has no special care
    for cancellation. Temporary memory is at most 1 MiB. See [1]_ for the analysis of the shift.

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
        quick = _one_short_slice(x, axis) if out is None else None
        if quick is not None:
            return quick
    value, sign, axes = _log_sum(x, mask, axis, b, where, mean=False)
    if keepdims:
        value = np.expand_dims(value, axes)
    if not return_sign:
        return _delivered(
            value if sign is None else _not_negative(value, sign, axes, keepdims), out
        )
    if sign is None:
        sign = np.where(np.isnan(value), np.nan, np.where(value == -np.inf, 0.0, 1.0))
    elif keepdims:
        sign = np.expand_dims(sign, axes)
    return _delivered(value, out), sign.astype(value.dtype)[()]


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
    include = _included(where, mask, x.shape)
    if x.size == 0:
        left = [n for i, n in enumerate(x.shape) if i not in axes]
        return np.full(left, np.nan if mean else -np.inf, result), None, axes
    count = _count(x.shape, weights, include, axes) if mean else None
    if weights is not None and np.fmin.reduce(weights, axis=None) < 0:
        value, sign = _signed(x, weights, include, axes, work, count)
        return value.astype(result), sign, axes
    return _reduce(_Job(x, weights, include, axes, work), result, work, count), None, axes


def _count(
    shape: tuple[int, ...], weights: Array | None, include: Array | None, axes: tuple[int, ...]
) -> Array:
    """Return the sum of the weights that are included, or how many elements are."""
    if weights is None:
        if include is None:
            return np.asarray(float(math.prod(shape[i] for i in axes)))
        return np.asarray(np.count_nonzero(include, axis=axes), np.float64)
    included: Any = True if include is None else include
    return np.asarray(np.sum(weights, axis=axes, dtype=np.float64, where=included))


def _one_short_slice(x: Array, axis: Axis) -> Any:
    """Return the value of one short slice without the walk, or None where it needs more care."""
    if not _is_short_slice(x, axis, (np.float64, np.float32)):
        return None
    x = x.reshape(-1)
    top = x.argmax()
    peak = np.float64(x[top])
    terms = x - peak
    np.exp(terms, out=terms)
    terms[top] = 0.0
    value = peak + np.log1p(np.add.reduce(terms))
    # Special values are nan here, and so is their comparison false.
    return x.dtype.type(value) if abs(value) >= 0.5 * max(1.0, abs(peak)) else None


def _is_short_slice(x: Array, axis: Axis, dtypes: tuple[Any, ...] = (np.float64,)) -> bool:
    if not (0 < x.size <= SHORT and x.dtype in dtypes and x.flags.c_contiguous):
        return False
    return axis is None or (x.ndim == 1 and isinstance(axis, int) and axis in (0, -1))


def _complex(
    a: Any, axis: Axis, b: Any, keepdims: bool, return_sign: bool, where: Any, out: Array | None
) -> Any:
    """Hand complex exponents or weights to SciPy, without what is left out."""
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
        return _delivered(np.asarray(value[0]), out), value[1]
    return _delivered(np.asarray(value), out)


def _not_negative(value: Array, sign: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    """Return the values, nan where the sum is negative and so has no logarithm."""
    if keepdims:
        sign = np.expand_dims(sign, axes)
    return np.where(sign < 0, np.nan, value).astype(value.dtype)


def _delivered(value: Array, out: Array | None) -> Any:
    """Return the value, as a scalar if it is one, or in `out`."""
    if out is None:
        return value[()]
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out must be an ndarray, got {type(out).__name__}")
    if out.shape != value.shape:
        raise ValueError(f"out must have the shape {value.shape} of the result, got {out.shape}")
    if not np.can_cast(value.dtype, out.dtype, "same_kind"):
        raise TypeError(f"out must hold dtype {value.dtype}, got {out.dtype}")
    np.copyto(out, value, casting="same_kind")
    return out


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
    rule: Callable[[_Job, Box], None],
) -> Any:
    """Return an array of the shape of `x`, filled a box of slices at a time by `rule`."""
    values, mask = real_array(x, "x")
    if where is None and mask is None and values.ndim and _is_short_slice(values, axis):
        quick = short(values)
        if quick is not None:
            return quick
    result, work = float_dtype(values)
    axes = normalised_axes(axis, values.ndim)
    include = _included(where, mask, values.shape)
    out = np.empty(values.shape, result)
    if out.size:
        job = _Job(values, None, include, axes, work, output=out)
        for kept in job.walk.kept_boxes():
            rule(job, kept)
    return out[()]


def _short_softmax(x: Array) -> Array | None:
    peak = x.max()
    if not (MODERATE[0] <= peak <= MODERATE[1] and x.min() >= -700.0):
        return None
    terms = np.exp(x)
    # A sum that the peak dominates is formed with more care.
    total = np.add.reduce(terms, axis=None)
    if total < 1.5 * np.exp(peak):
        return None
    terms /= total
    return terms


def _softmax_box(job: _Job, kept: Box) -> None:
    boxes = [kept + reduced for reduced in job.walk.reduced_boxes()]
    axis = job.axis
    x = job.block(boxes[0])
    peak, top = pair.peaks(x, axis)
    least = x.min()
    for box in boxes[1:]:
        x = job.block(box)
        peak = np.maximum(peak, pair.peaks(x, axis)[0])
        least = min(least, x.min())
    # Moderate numbers need no shift, and so no correction of its rounding error. Where the peak is
    # not negative, a term that underflows is one whose share underflows.
    moderate = bool(
        MODERATE[0] <= peak.min()
        and peak.max() <= MODERATE[1]
        and (least >= -700.0 or peak.min() >= 0.0)
    )
    shift = np.expand_dims(peak, axis)

    def terms(x: Array, out: Array) -> Array:
        if moderate:
            return np.exp(x, out=out)
        np.subtract(x, shift, out=out)
        error = pair.difference_error(x, shift, out)
        np.exp(out, out=out)
        out += np.multiply(error, out, out=error)
        return out

    if len(boxes) == 1:
        target = terms(x, job.target(boxes[0]))
        own = np.exp(peak if moderate else peak - peak)
        total = np.expand_dims(pair.rests(target, axis, top, own, keep=True) + own, axis)
        target /= total
        job.put(boxes[0], target, 0.0)
        return
    blocks = map(job.block, boxes)
    sums = [terms(x, job.scratch_for(x)).sum(axis=axis, keepdims=True) for x in blocks]
    total = np.add.reduce(sums, axis=0)
    for box in boxes:
        target = terms(job.block(box), job.target(box))
        target /= total
        job.put(box, target, 0.0)


def _low_rest(n: int) -> float:
    """Return the rest below which rounding errors of x - peak show in log1p(rest) of n terms."""
    return 0.25 * math.sqrt(n)


def _short_log_softmax(x: Array) -> Array | None:
    top = x.argmax()
    out: Array = x - x.reshape(-1)[top]
    terms = np.exp(out).reshape(-1)
    terms[top] = 0.0
    rest = np.add.reduce(terms)
    if not (rest >= _low_rest(x.size) and rest < np.inf):
        return None
    out -= np.log1p(rest)
    return out


def _log_softmax_box(job: _Job, kept: Box) -> None:
    low_rest = _low_rest(math.prod(job.walk.box[job.walk.kept_ndim :]))
    p = pair.settled(job.pair(kept, lambda _, rest: rest < low_rest))
    # Neither difference cancels: both terms are negative, so each rounds by half an ulp at most.
    peak, log_total = (np.expand_dims(part, job.axis) for part in (p.peak, np.log1p(p.rest)))
    for reduced in job.walk.reduced_boxes():
        target = job.target(kept + reduced)
        np.subtract(job.block(kept + reduced), peak, out=target)
        target -= log_total
        job.put(kept + reduced, target, -np.inf)


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
    Within 5 ulp for up to 1000 elements a slice, wherever the exact value is a normal number. No
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
    .. [1] G. E. Blelloch, "Prefix sums and their applications", CMU-CS-90-190 (1990).

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
    job = _Job(x, None, include, axes, work, output=out)
    for kept in job.walk.kept_boxes():
        carry: Pair | None = None
        for reduced in job.walk.reduced_boxes():
            block = job.block(kept + reduced)
            peak = np.array(block.T if job.axis == 1 else block)
            p = Pair(peak, np.zeros_like(peak))
            if carry is not None:
                p.peak[0], p.rest[0] = pair.merge(carry, Pair(p.peak[0], p.rest[0]))
            p = _scan(p)
            carry = Pair(p.peak[-1], p.rest[-1])
            value = pair.log(p)
            target = job.target(kept + reduced)
            target[...] = value.T if job.axis == 1 else value
            job.walk.put(1, kept + reduced, target)
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
