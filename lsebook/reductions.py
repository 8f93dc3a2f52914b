"""Reductions and normalisations of whole arrays: arguments, special values and shapes.

The arithmetic lives in `pair` (one block), `blocks` (the way through memory) and `doubledouble`
(slices that cancel).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.special
from numpy.lib.array_utils import normalize_axis_tuple

from lsebook import doubledouble, pair
from lsebook.blocks import Box, Walk
from lsebook.pair import Array, Pair

Axis = int | tuple[int, ...] | None

#: Pairs of blocks are merged in groups of this many: few calls, and roundings grow as a logarithm.
FAN_IN = 32
#: Elements in a block, by the number of buffers that a path needs: all must fit in 1 MiB, and in a
#: second-level cache. One (two take half of it); about five; the twenty of the double-double path.
BLOCK, SMALL_BLOCK, FINE_BLOCK = 65536, 16384, 4096

quietly = np.errstate(all="ignore")


def real_array(a: Any, name: str) -> tuple[Array, Array | None]:
    """Return `a` as an array of real numbers, and what its mask leaves in (None: everything)."""
    include = None
    if isinstance(a, np.ma.MaskedArray):
        include = None if a.mask is np.ma.nomask else ~np.ma.getmaskarray(a)
        a = a.data
    array = np.asarray(a)
    if array.dtype.kind not in "biuf" and not _is_extended_float(array.dtype):
        raise TypeError(f"{name} must be an array of real numbers, got dtype {array.dtype}")
    return array, include


def _is_extended_float(dtype: np.dtype[Any]) -> bool:
    """Say whether `dtype` is a float that another package defines, such as bfloat16."""
    return dtype.kind == "V" and dtype.names is None and np.can_cast(dtype, np.float64)


def float_dtype(*arrays: Array) -> tuple[np.dtype[Any], np.dtype[Any]]:
    """Return the dtype of the result and the wider one to work in."""
    result = np.result_type(*arrays)
    if result.kind in "biu":
        result = np.dtype(np.float64)
    work = np.dtype(np.longdouble if result == np.longdouble else np.float64)
    return result.newbyteorder("="), work


def normalised_axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """Return the axes as a tuple of indices; None stands for all of them."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(normalize_axis_tuple(axis, ndim, argname="axis"))


def _broadcast(array: Any, shape: tuple[int, ...], name: str) -> Array:
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise ValueError(
            f"{name} must broadcast to the shape {shape} of the values, got shape {np.shape(array)}"
        ) from None


def _included(where: Any, mask: Array | None, shape: tuple[int, ...]) -> Array | None:
    """Join `where` and what a masked array leaves in."""
    if where is None or where is True:
        return None if mask is None else _broadcast(mask, shape, "mask")
    where = np.asarray(where)
    if where.dtype != np.bool_:
        raise TypeError(f"where must be an array of bool, got dtype {where.dtype}")
    where = _broadcast(where, shape, "where")
    return where if mask is None else where & mask


class _Reduction:
    """The walk over one call's arguments: values, weights and what is included."""

    def __init__(
        self,
        x: Array,
        b: Array | None,
        include: Array | None,
        axes: tuple[int, ...],
        work: np.dtype[Any],
        outputs: tuple[Array, ...] = (),
    ) -> None:
        operands = [x, *outputs]
        self.outputs = len(outputs)
        self.weighted = b is not None
        self.filtered = include is not None
        operands += [operand for operand in (b, include) if operand is not None]
        self.operands, self.axes = operands, axes
        if outputs or self.weighted or self.filtered:
            self.walk = Walk(operands, axes, SMALL_BLOCK)
        else:
            self.walk = Walk(operands, axes, BLOCK)
            if not self.walk.lies_right(work):
                self.walk = Walk(operands, axes, BLOCK // 2)
        self.axis = self.walk.axis
        self.scratch = np.empty(prod(self.walk.box), work)
        self.buffer = self.scratch[:0] if self.walk.lies_right(work) else np.empty_like(self.scratch)
        if self.weighted or self.filtered:
            self.buffer = np.empty_like(self.scratch)

    def block(self, box: Box) -> Array:
        """Return a block of exponents: x + log(b), and -inf for what is left out."""
        x = self.walk.block(0, box, self.buffer)
        if not (self.weighted or self.filtered):
            return x
        out = self.buffer[: x.size].reshape(x.shape)
        if self.weighted:
            b = self.walk.block(1 + self.outputs, box, self.scratch)
            zero = b == 0
            np.add(x, np.log(b), out=out)
            np.copyto(out, -np.inf, where=zero)
        else:
            np.copyto(out, x)
        if self.filtered:
            kept = self.walk.block(-1, box, np.empty(x.size, bool))
            np.copyto(out, -np.inf, where=~kept)
        return out

    def target(self, box: Box) -> Array:
        """Return a matrix to write the results of a block into, and to `put` in its place."""
        return self.walk.target(1, box, self.scratch)

    def put(self, box: Box, matrix: Array) -> None:
        self.walk.put(1, box, matrix)

    def scratch_for(self, x: Array) -> Array:
        return self.scratch[: x.size].reshape(x.shape)

    def pair(self, kept: Box, careful: Callable[[Array, Array], Array]) -> Pair:
        """Return the pairs of the slices in a box of the kept axes, flat."""

        def of_block(reduced: Box) -> Pair:
            x = self.block(kept + reduced)
            return pair.from_values(x, self.axis, self.scratch_for(x), careful)

        return merge_in_groups(map(of_block, self.walk.reduced_boxes()))

    def refine(self, kept: Box, flagged: Array, reference: Array) -> Array:
        """Return log(sum) of the flagged slices, by double-double arithmetic."""
        fine = Walk(self.operands, self.axes, FINE_BLOCK)
        boxes = list(fine.reduced_boxes())
        longest = prod(fine.box[fine.kept_ndim :])
        group = max(1, FINE_BLOCK // longest)
        shape = [s.stop - s.start for s in kept]
        where = np.unravel_index(np.flatnonzero(flagged), shape)
        reference = np.ravel(reference)[flagged]
        result = np.empty_like(reference)
        for start in range(0, len(reference), group):
            part = slice(start, start + group)
            at = tuple(w[part] + s.start for w, s in zip(where, kept, strict=True))
            sums: doubledouble.DoubleDouble | None = None
            ones: Any = 0
            for box in boxes:
                read = [
                    a[at + box].reshape(len(at[0]), -1)
                    for i, a in enumerate(fine.arrays)
                    if not 1 <= i <= self.outputs
                ]
                x, b = read[0].astype(np.float64), None
                if self.weighted:
                    b = read[1].astype(np.float64)
                    x[b == 0] = -np.inf
                if self.filtered:
                    x[~read[-1]] = -np.inf
                more, one = doubledouble.terms(x, b, reference[part, np.newaxis])
                sums = more if sums is None else doubledouble.add(sums, more)
                ones = ones + one
            assert sums is not None
            result[part] = doubledouble.log_of_sum(reference[part], sums, ones)
        return result


def merge_in_groups(pairs: Iterator[Pair]) -> Pair:
    """Merge any number of pairs, a group at a time, holding few of them at once."""
    levels: list[list[Pair]] = []

    def push(p: Pair, level: int) -> None:
        if level == len(levels):
            levels.append([])
        levels[level].append(p)
        if len(levels[level]) == FAN_IN:
            merged = _merge_list(levels[level])
            levels[level].clear()
            push(merged, level + 1)

    for p in pairs:
        push(p, 0)
    rest = list(itertools.chain.from_iterable(reversed(levels)))
    return rest[0] if len(rest) == 1 else _merge_list(rest)


def _merge_list(pairs: list[Pair]) -> Pair:
    return pair.merge_all(
        Pair(np.stack([p.peak for p in pairs]), np.stack([p.rest for p in pairs]))
    )


def _rounding_shows(peak: Array, rest: Array) -> Array:
    """Say where the loss of small terms, beside the peak's own 1, may show in the logarithm."""
    return (rest < 0.5) & (np.abs(peak) < 16.0)


def _reduce(
    x: Array,
    b: Array | None,
    include: Array | None,
    axes: tuple[int, ...],
    result: np.dtype[Any],
    work: np.dtype[Any],
) -> Array:
    """Return log(sum(b exp(x))) over `axes` for weights that are not negative."""
    kept_shape = tuple(n for i, n in enumerate(x.shape) if i not in axes)
    out = np.full(kept_shape, -np.inf, result)
    if x.size == 0:
        return out
    job = _Reduction(x, b, include, axes, work)
    walk = job.walk
    flat = out.reshape(walk.shape[: walk.kept_ndim])
    for kept in walk.kept_boxes():
        p = job.pair(kept, _rounding_shows)
        value = p.peak + np.log1p(p.rest)
        least = value.min()
        # Most boxes have no special value and nothing that cancels, and need no more than this.
        if not (least >= 0.5 and p.peak.min() >= -2.0 * least):
            value = pair.log(p)
            if work == np.float64 and (x.size > out.size or b is not None):
                limit = 2.0**-20 if result != work else 0.5
                # Where peak and log1p(rest) cancel, rounding errors may show.
                flagged = np.abs(value) < limit * np.maximum(1.0, np.abs(p.peak))
                if flagged.any():
                    value[flagged] = job.refine(kept, flagged, p.peak)
        target = flat[kept]
        target[...] = value.reshape(target.shape)
    return out


def _signed(
    x: Array,
    b: Array,
    include: Array | None,
    axes: tuple[int, ...],
    result: np.dtype[Any],
    work: np.dtype[Any],
) -> tuple[Array, Array]:
    """Return log|sum(b exp(x))| and its sign: the positive terms against the negative ones."""
    plus = _reduce(x, np.maximum(b, 0), include, axes, work, work)
    minus = _reduce(x, np.maximum(-b, 0), include, axes, work, work)
    high, low = np.maximum(plus, minus), np.minimum(plus, minus)
    empty = high == -np.inf
    value = np.where(empty, high, high + np.log(-np.expm1(low - high)))
    sign = np.where(empty, 0.0, np.sign(plus - minus))
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
    """Return log(sum(b * exp(a))) over the given axes.

    Examples
    --------
    >>> from lsebook import logsumexp
    >>> float(logsumexp([1000.0, 1000.0]))
    1000.6931471805599
    """
    if np.iscomplexobj(a) or np.iscomplexobj(b):
        return _complex(a, axis, b, keepdims, return_sign, where, out)
    x, mask = real_array(a, "a")
    if b is None and where is None and mask is None and out is None and not (keepdims or return_sign):
        quick = _one_short_slice(x, axis)
        if quick is not None:
            return quick
    weights = None
    if b is None:
        result, work = float_dtype(x)
    else:
        weights, weight_mask = real_array(b, "b")
        result, work = float_dtype(x, weights)
        try:
            shape = np.broadcast_shapes(x.shape, weights.shape)
        except ValueError:
            raise ValueError(
                f"b must broadcast with a of shape {x.shape}, got {weights.shape}"
            ) from None
        x, weights = np.broadcast_to(x, shape), np.broadcast_to(weights, shape)
        mask = mask if mask is None else np.broadcast_to(mask, shape)
        if weight_mask is not None:
            mask = weight_mask if mask is None else mask & weight_mask
    axes = normalised_axes(axis, x.ndim)
    include = _included(where, mask, x.shape)
    sign: Any = None
    if weights is not None and weights.dtype.kind not in "bu" and np.less(weights, 0).any():
        value, sign = _signed(x, weights, include, axes, result, work)
        if not return_sign:
            value = np.where(sign < 0, np.nan, value)
        value, sign = value.astype(result), sign.astype(result)
    else:
        value = _reduce(x, weights, include, axes, result, work)
        if return_sign:
            sign = np.where(np.isnan(value), np.nan, np.where(value == -np.inf, 0.0, 1.0)).astype(
                result
            )
    if keepdims:
        value = np.expand_dims(value, axes)
        sign = None if sign is None else np.expand_dims(sign, axes)
    value = _delivered(value, out)
    return (value, sign[()]) if return_sign else value


def _one_short_slice(x: Array, axis: Axis) -> np.float64 | None:
    """Return the value of one short slice of float64 without the walk, if that is all there is."""
    if not (0 < x.size <= SMALL_BLOCK and x.dtype == np.float64 and x.flags.c_contiguous):
        return None
    if axis is not None and not (x.ndim == 1 and isinstance(axis, int) and axis in (0, -1)):
        return None
    x = x.reshape(-1)
    top = x.argmax()
    peak = x[top]
    terms = np.subtract(x, peak)
    np.exp(terms, out=terms)
    terms[top] = 0.0
    value = peak + np.log1p(np.add.reduce(terms))
    # Special values are nan here, and fail the test.
    return value if abs(value) >= 0.5 * max(1.0, abs(peak)) else None


def _complex(
    a: Any, axis: Axis, b: Any, keepdims: bool, return_sign: bool, where: Any, out: Array | None
) -> Any:
    if where is not None:
        a = np.where(where, a, -np.inf)
    if isinstance(a, np.ma.MaskedArray):
        a = a.filled(-np.inf)
    value = scipy.special.logsumexp(a, axis=axis, b=b, keepdims=keepdims, return_sign=return_sign)
    if return_sign:
        return _delivered(np.asarray(value[0]), out), value[1]
    return _delivered(np.asarray(value), out)


def _delivered(value: Array, out: Array | None) -> Any:
    """Return the value, as a scalar if it is one, or in `out`."""
    if out is None:
        return value[()]
    if out.shape != value.shape:
        raise ValueError(f"out must have the shape {value.shape} of the result, got {out.shape}")
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
    """Return the log of the (weighted) mean of exp(a).

    Examples
    --------
    >>> from lsebook import logmeanexp
    >>> float(logmeanexp([1000.0, 1000.0]))
    1000.0
    """
    total = logsumexp(a, axis, b, keepdims, where=where)
    values, mask = real_array(a, "a")
    weights = np.ones((), values.dtype) if b is None else real_array(b, "b")[0]
    shape = np.broadcast_shapes(values.shape, weights.shape)
    counted = np.broadcast_to(weights, shape).astype(np.float64)
    include = _included(where, mask, shape)
    count = counted.sum(
        axis=normalised_axes(axis, len(shape)),
        keepdims=keepdims,
        where=True if include is None else include,
    )
    value = np.where(count == 0, np.nan, total - np.log(count))
    return value.astype(np.asarray(total).dtype)[()]


def _normalise(
    x: npt.ArrayLike, axis: Axis, where: Any, rule: Callable[[_Reduction, Box], None], left_out: float
) -> Any:
    """Return an array of the shape of `x`, a box of slices after another by `rule`."""
    values, mask = real_array(x, "x")
    result, work = float_dtype(values)
    axes = normalised_axes(axis, values.ndim)
    include = _included(where, mask, values.shape)
    out = np.empty(values.shape, result)
    if values.size:
        job = _Reduction(values, None, include, axes, work, (out,))
        for kept in job.walk.kept_boxes():
            rule(job, kept)
    if include is not None:
        np.copyto(out, left_out, where=~include)
    return out[()]


def _softmax_box(job: _Reduction, kept: Box) -> None:
    boxes = [kept + reduced for reduced in job.walk.reduced_boxes()]
    axis = job.axis
    x = job.block(boxes[0])
    peak, top = pair.peaks(x, axis)
    least = x.min() if peak.min() < 0.0 else 0.0
    for box in boxes[1:]:
        x = job.block(box)
        peak = np.maximum(peak, pair.peaks(x, axis)[0])
        least = min(least, x.min())
    # Moderate numbers need no shift, and so no correction of its rounding error.
    moderate = -600.0 <= peak.min() and peak.max() <= 600.0 and least >= -700.0
    shift = None if moderate else np.expand_dims(peak, axis)

    def terms(x: Array, out: Array) -> Array:
        if shift is None:
            return np.exp(x, out=out)
        np.subtract(x, shift, out=out)
        error = pair.difference_error(x, shift, out)
        np.exp(out, out=out)
        out += np.multiply(error, out, out=error)
        return out

    if len(boxes) == 1:
        target = terms(x, job.target(boxes[0]))
        own = np.exp(peak) if moderate else np.ones_like(peak)
        rest = pair.rests(target, axis, top, own)
        target /= np.expand_dims(rest + own, axis)
        job.put(boxes[0], target)
        return
    blocks = map(job.block, boxes)
    sums = [terms(x, job.scratch_for(x)).sum(axis=axis, keepdims=True) for x in blocks]
    total = np.add.reduce(sums, axis=0)
    for box in boxes:
        target = terms(job.block(box), job.target(box))
        target /= total
        job.put(box, target)


def _log_softmax_box(job: _Reduction, kept: Box) -> None:
    # Below this, the rounding errors of x - peak show in log1p(rest), most of all at the peak.
    low_rest = 0.5 * prod(job.walk.box[job.walk.kept_ndim :]) ** 0.5
    p = pair.settled(job.pair(kept, lambda _, rest: rest < low_rest))
    # LSE as an unevaluated sum of two numbers: x - high is nearly exact where it matters.
    high, low = doubledouble.two_sum(p.peak, np.log1p(p.rest))
    low[~np.isfinite(high)] = 0.0
    high, low = np.expand_dims(high, job.axis), np.expand_dims(low, job.axis)
    for reduced in job.walk.reduced_boxes():
        target = job.target(kept + reduced)
        np.subtract(job.block(kept + reduced), high, out=target)
        target -= low
        job.put(kept + reduced, target)


@quietly
def softmax(x: npt.ArrayLike, axis: Axis = None, *, where: npt.ArrayLike | None = None) -> Any:
    """Return exp(x) / sum(exp(x)) over the given axes.

    Examples
    --------
    >>> from lsebook import softmax
    >>> softmax([1000.0, 1000.0])
    array([0.5, 0.5])
    """
    return _normalise(x, axis, where, _softmax_box, 0.0)


@quietly
def log_softmax(x: npt.ArrayLike, axis: Axis = None, *, where: npt.ArrayLike | None = None) -> Any:
    """Return x - logsumexp(x) over the given axes.

    Examples
    --------
    >>> from lsebook import log_softmax
    >>> log_softmax([1000.0, 0.0])
    array([    0., -1000.])
    """
    return _normalise(x, axis, where, _log_softmax_box, -np.inf)


@quietly
def logcumsumexp(a: npt.ArrayLike, axis: int | None = None) -> Any:
    """Return the log of the cumulative sums of exp(a); like `numpy.cumsum`, None flattens.

    Examples
    --------
    >>> from lsebook import logcumsumexp
    >>> logcumsumexp([1000.0, 1000.0, -1000.0]).round(4)
    array([1000.    , 1000.6931, 1000.6931])
    """
    x, mask = real_array(a, "a")
    result, work = float_dtype(x)
    if mask is not None:
        x = np.where(mask, x, np.asarray(-np.inf, result))
    if axis is None:
        x, axis = x.reshape(-1), 0
    (axis,) = normalised_axes(axis, x.ndim)
    out = np.empty(x.shape, result)
    source = np.moveaxis(x, axis, 0)
    target = np.moveaxis(out, axis, 0)
    n, width = len(source), max(1, prod(source.shape[1:]))
    if x.size == 0:
        return out
    step = max(1, SMALL_BLOCK // width)
    carry = pair.empty(source.shape[1:], work)
    for start in range(0, n, step):
        peak = source[start : start + step].astype(work)
        p = Pair(peak, np.zeros_like(peak))
        first = pair.merge(carry, Pair(p.peak[0], p.rest[0]))
        p.peak[0], p.rest[0] = first
        p = _scan(p)
        target[start : start + step] = pair.log(p)
        carry = Pair(p.peak[-1], p.rest[-1])
    return out


def _scan(p: Pair) -> Pair:
    """Return the merges of every prefix along the first axis, in a tree (Blelloch, 1990)."""
    n = len(p.peak)
    if n < 2:
        return p
    even, odd = (Pair(p.peak[i::2], p.rest[i::2]) for i in (0, 1))
    half = n // 2
    tops = _scan(pair.merge(Pair(even.peak[:half], even.rest[:half]), odd))
    between = pair.merge(
        Pair(tops.peak[: (n - 1) // 2], tops.rest[: (n - 1) // 2]),
        Pair(even.peak[1:], even.rest[1:]),
    )
    out = Pair(np.empty_like(p.peak), np.empty_like(p.rest))
    for target, first, down, up in zip(out, p, tops, between, strict=True):
        target[0], target[1::2], target[2::2] = first[0], down, up
    return out


@quietly
def condition(a: npt.ArrayLike, axis: Axis = None) -> Any:
    """Return the relative condition number of logsumexp, sum(softmax(a) * abs(a)) / abs(LSE).

    Examples
    --------
    >>> from lsebook import condition
    >>> float(condition([1000.0, 1000.0])) < 1.0
    True
    """
    x, mask = real_array(a, "a")
    weights = softmax(a, axis)
    size = np.where(weights == 0, 0.0, np.abs(x.astype(weights.dtype))) * weights
    value = np.abs(logsumexp(a, axis))
    return (size.sum(axis=normalised_axes(axis, x.ndim)) / value)[()]
