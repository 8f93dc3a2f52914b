"""The pair (peak, rest) in plain loops that Numba compiles; faster than NumPy's passes can be.

Asked for by its import, with the extra ``lsebook[compiled]``; nothing else of the package uses it.
What lives here: exp for each dtype, the loops over rows and over columns, and the walk that brings
an array of any layout to them. What the loops do not take, masked arrays, longdouble and complex
numbers, goes to the functions of `lsebook` of the same name.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

try:
    from llvmlite import ir
    from numba import njit, types
    from numba.extending import intrinsic, overload
except ModuleNotFoundError as error:
    raise ImportError(
        "lsebook.compiled needs Numba; install it with: pip install 'lsebook[compiled]'"
    ) from error

import lsebook
from lsebook.arguments import (
    Array,
    Axis,
    checked_out,
    delivered,
    float_dtype,
    is_narrow,
    normalised_axes,
    quietly,
    real_array,
)

__all__ = ["log_softmax", "logsumexp", "softmax"]

Box = tuple[slice, ...]
PAIR, VALUE, SHARES, LOGS = range(4)
TILE = 128
DTYPES = (np.dtype(np.float64), np.dtype(np.float32))
NO_MATRIX, NO_REST = {t: np.empty((0, 0), t) for t in DTYPES}, np.empty(0)
ROW, RUN, SLICE, BLOCK = 48, 128, 2**16, 2**16

# Sums may be reordered, and a * b + c rounded once. exp must not be reordered: reassociation would
# simplify t - shift to y * log2(e). Flags belong to instructions, so that a function inlined by
# LLVM (`forceinline`) keeps its own; Numba's ``inline="always"`` would give it those of its caller.
_INLINED: dict[str, Any] = {"forceinline": True, "fastmath": {"contract"}, "error_model": "numpy"}
_LOOP: dict[str, Any] = {"fastmath": {"contract", "reassoc"}, "error_model": "numpy", "nogil": True}


def _compiled(function: Callable[..., Any]) -> Any:
    """Compile `function`; keep the machine code on disk where some folder can be written to."""
    try:
        return njit(cache=True, **_LOOP)(function)
    except RuntimeError:
        return njit(**_LOOP)(function)


def _inlined(function):
    """Compile a loop that is part of others."""
    return njit(forceinline=True, **_LOOP)(function)


# exp(y) 2^-K = 2^(k - K) exp(r) with k = round(y log2(e)), |r| <= log(2) / 2. The shift of the sum
# is K, a whole number of binary places, so that it does not round. Adding `shift`, which is
# 1.5 * 2^52 (or 2^23) + bias of the exponent - K, leaves k - K + bias in the last bits; moved to
# the place of the exponent they are the factor 2^(k - K). k times the first part of log(2) is
# exact. Coefficients: minimax polynomial for (exp(r) - 1 - r) / r^2 with the error relative to
# exp(r), by Remez exchange in 50 digits, then rounded; the error is 9.7e-18 and 4.4e-9, 0.05 ulp.
@njit(**_INLINED)
def exp64(y, shift):
    """Return exp(y) 2^-K in float64, within 1 ulp."""
    t = y * 1.4426950408889634 + shift
    k = t - shift
    r = (y - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10
    q = 2.4999965343255924e-08
    q = q * r + 2.763037862080518e-07
    q = q * r + 2.755758734220382e-06
    q = q * r + 2.4801492762795647e-05
    q = q * r + 0.00019841269504765357
    q = q * r + 0.001388888894392264
    q = q * r + 0.008333333333495624
    q = q * r + 0.04166666666652919
    q = q * r + 0.1666666666666641
    q = q * r + 0.5000000000000011
    scale = np.int64(np.float64(t).view(np.int64) << np.int64(52)).view(np.float64)
    return (q * r * r + r + 1.0) * scale


@njit(**_INLINED)
def exp32(y, shift):
    """Return exp(y) 2^-K in float32, within 1 ulp."""
    t = y * np.float32(1.44269504) + shift
    k = t - shift
    r = (y - k * np.float32(0.693359375)) - k * np.float32(-2.12194440e-4)
    q = np.float32(0.0013814467)
    q = q * r + np.float32(0.008368781)
    q = q * r + np.float32(0.041668393)
    q = q * r + np.float32(0.1666652)
    q = q * r + np.float32(0.49999994)
    scale = np.int32(np.float32(t).view(np.int32) << np.int32(23)).view(np.float32)
    return (q * r * r + r + np.float32(1.0)) * scale


def _exp(y, shift):
    """Stand for the exp of the dtype of `y`."""


@overload(_exp, jit_options=_INLINED)
def _exp_of_dtype(y, shift):
    exp = exp64 if y == types.float64 else exp32
    return lambda y, shift: exp(y, shift)


def _window(peak):
    """Stand for the choice of the shift of a slice, by the dtype of its peak."""


@overload(_window, jit_options=_INLINED)
def _window_of_dtype(peak):
    """Return c, top = peak - c, the shift, and how far below top terms count.

    Up to the limit the product k log(2) is good to the last place, and c = 0; beyond it c = peak.
    The peak's own term is about 2^lift: high enough that what is nearly nothing beside it does not
    underflow before the division, low enough for the sum of 2^60 terms.
    """
    dtype, bits, bias, lift, limit, reach = (
        (np.float64, 52, 1023, 300, 1e5, 900.0)
        if peak == types.float64
        else (np.float32, 23, 127, 60, 500.0, 127.0)
    )
    whole, log2e = dtype(1.5 * 2.0**bits), dtype(1 / math.log(2))
    start, most, far = dtype(1.5 * 2.0**bits + bias + lift), dtype(limit), dtype(reach)

    def window(peak):
        top = peak if abs(peak) <= most else dtype(0)
        k = (top * log2e + whole) - whole
        return peak - top, top, start - k, far

    return window


@intrinsic
def _maximum(typing_context, x, y):
    """Return the larger number, nan if either is nan: an instruction of LLVM's."""

    def generate(context, builder, signature, arguments):
        kind = arguments[0].type
        function = ir.FunctionType(kind, [kind, kind])
        maximum = builder.module.declare_intrinsic("llvm.maximum", [kind], function)
        return builder.call(maximum, arguments)

    return x(x, x), generate


@njit(**_INLINED)
def log1p(r):
    """Return log(1 + r) for r >= 0 in float64, within 2 ulp."""
    u = 1.0 + r
    lost = 1.0 - (u - r) if r > 1.0 else r - (u - 1.0)
    k = (np.float64(u).view(np.uint64) - np.uint64(0x3FE6A09E667F3BCD)) >> np.uint64(52)
    scale = np.uint64((np.uint64(1023) - k) << np.uint64(52)).view(np.float64)
    f = (u * scale - 1.0) + lost * scale
    s = f / (2.0 + f)
    z = s * s
    q = 0.14796648961158165
    q = q * z + 0.15313985466160818
    q = q * z + 0.18183566668884812
    q = q * z + 0.22222198532326046
    q = q * z + 0.28571428742739796
    q = q * z + 0.3999999999941334
    q = q * z + 0.6666666666666734
    places = np.uint64(k | np.uint64(0x4330000000000000)).view(np.float64) - 4503599627370496.0
    log = f - s * (f - z * q)
    return places * 6.93147180369123816490e-01 + (log + places * 1.90821492927058770002e-10)


@_inlined
def row_peak(row):
    """Return the largest element, nan if one is nan."""
    peak = row.dtype.type(-np.inf)
    for j in range(row.size):
        peak = _maximum(peak, row[j])
    return peak


@_inlined
def row_terms(row, terms, peak, skip):
    """Store exp(row), but for its shift, in `terms`; where `skip`, 0 in place of the peak's own."""
    c, top, shift, far = _window(peak)
    zero, one, least, ties = row.dtype.type(0), row.dtype.type(1), top - far, row.dtype.type(0)
    for j in range(row.size):
        y = row[j] - c
        term = _exp(least if y < least else y, shift)
        terms[j] = zero if skip and y == top else term
        ties += one if y == top else zero
    return ties, _exp(top, shift)


@_inlined
def row_total(terms, n):
    """Return the sum of the first `n` terms in float64, each thousand by itself."""
    total = 0.0
    for a in range(0, n, 1024):
        part = 0.0
        for j in range(a, min(a + 1024, n)):
            part += terms[j]
        total += part
    return total


@_inlined
def row_rest(row, terms, peak):
    """Return rest, where sum(exp(row)) = exp(peak) (1 + rest)."""
    if not np.isfinite(peak):
        return 0.0 if peak == peak else np.nan
    others, copies, own = 0.0, -1.0, peak
    for a in range(0, row.size, terms.size):
        part = row[a : a + terms.size]
        ties, own = row_terms(part, terms, peak, True)
        others += row_total(terms, part.size)
        copies += ties
    return copies + others / own


@_compiled
def rows(x, out, peak, rest, task, given):
    """Do a task for every row; `given` says that its peak and rest are."""
    m, n = x.shape
    terms = np.empty(n if task == SHARES else min(n, 1024), x.dtype)
    for i in range(m):
        row = x[i]
        top = peak[i] if given else row_peak(row)
        if task == SHARES:
            own = row_terms(row, terms, top, False)[1]
            total = own * (1.0 + rest[i]) if given else row_total(terms, n)
            divisor = x.dtype.type(total if np.isfinite(top) else np.nan)
            for j in range(n):
                out[i, j] = terms[j] / divisor
            continue
        beside = rest[i] if given else row_rest(row, terms, top)
        log = log1p(beside)
        if task == LOGS:
            less = x.dtype.type(log)
            for j in range(n):
                out[i, j] = (row[j] - top) - less
        elif task == VALUE:
            peak[i] = top + log
        else:
            peak[i], rest[i] = top, beside


@_inlined
def tile_peaks(z, peak):
    """Find the largest element of every column, nan if one is nan."""
    for j in range(TILE):
        peak[j] = -np.inf
    for i in range(z.shape[0]):
        row = z[i]
        for j in range(TILE):
            peak[j] = _maximum(peak[j], row[j])


@_inlined
def tile_terms(z, c, top, shift, far):
    """Replace every element by its term, as `row_terms` does."""
    for i in range(z.shape[0]):
        row = z[i]
        for j in range(TILE):
            y, least = row[j] - c[j], top[j] - far
            row[j] = _exp(least if y < least else y, shift[j])


@njit(**_INLINED)
def tile_totals(z, own, total, lost):
    """Add every column to its peak's term, and up what the additions round away.

    No term exceeds the sum so far, so that `lost` is exact but for its own roundings: a tail of
    any size survives beside the peak, and long columns need no halves.
    """
    for j in range(TILE):
        total[j], lost[j] = own[j], 0.0
    for i in range(z.shape[0]):
        row = z[i]
        for j in range(TILE):
            before = total[j]
            after = before + row[j]
            lost[j] += row[j] - (after - before)
            total[j] = after


@njit(**_INLINED)
def tail(total, own, lost):
    """Return the sum of the others: `total` holds the peak's term twice, and is exact less that."""
    return (total - 2.0 * own) + lost


@_compiled
def tiles(x, out, start, stop, peak, rest, task, given):
    """Do what `rows` does, for many short rows, or columns, at a time: rows `start` to `stop`."""
    n = x.shape[1]
    # The last row holds the peaks, so that their own terms come from the same instructions.
    whole, narrow = np.empty((n + 1, TILE), x.dtype), np.empty((4, TILE), x.dtype)
    z, own, wide = whole[:n], whole[n], np.empty((3, TILE))
    peaks, c, top, shift = narrow[0], narrow[1], narrow[2], narrow[3]
    total, lost, beside = wide[0], wide[1], wide[2]
    for a in range(start, stop, TILE):
        w, first = min(TILE, stop - a), a - start
        for i in range(n):
            row, source = z[i], x.T[i][a : a + w]
            for j in range(w):
                row[j] = source[j]
            for j in range(w, TILE):
                row[j] = row[0]
        if given:
            for j in range(w):
                peaks[j], beside[j] = peak[first + j], rest[first + j]
        else:
            tile_peaks(z, peaks)
        far = _window(peaks[0])[3]
        for j in range(TILE):
            c[j], top[j], shift[j], _ = _window(peaks[j])
            own[j] = peaks[j]
        if task == SHARES or not given:
            tile_terms(whole, c, top, shift, far)
        if not given:
            tile_totals(z, own, total, lost)
            for j in range(TILE):
                r = tail(total[j], own[j], lost[j]) / own[j]
                beside[j] = r if np.isfinite(peaks[j]) else np.nan if np.isnan(peaks[j]) else 0.0
        if task == SHARES:
            for j in range(TILE):
                sums = own[j] * (1.0 + beside[j]) if given else total[j] - own[j] + lost[j]
                c[j] = sums if np.isfinite(peaks[j]) else np.nan
            for i in range(n):
                row, goal = z[i], out.T[i][a : a + w]
                for j in range(w):
                    goal[j] = row[j] / c[j]
            continue
        if task == PAIR:
            for j in range(w):
                peak[first + j], rest[first + j] = peaks[j], beside[j]
            continue
        for j in range(TILE):
            total[j] = log1p(beside[j])
        if task == VALUE:
            for j in range(w):
                peak[first + j] = peaks[j] + total[j]
        else:
            for j in range(TILE):
                c[j] = total[j]
            for i in range(n):
                source, goal = x.T[i][a : a + w], out.T[i][a : a + w]
                for j in range(w):
                    goal[j] = (source[j] - peaks[j]) - c[j]


@_compiled
def merge(peak, rest, peak_b, rest_b):
    """Merge pairs into the first: the larger peak wins."""
    for i in range(peak.size):
        a, b = (peak[i], peak_b[i]) if peak[i] >= peak_b[i] else (peak_b[i], peak[i])
        r, s = (rest[i], rest_b[i]) if peak[i] >= peak_b[i] else (rest_b[i], rest[i])
        c, top, shift, far = _window(a)
        least = top - far
        y = b - c if b - c > least else least
        factor = _exp(y, shift) / _exp(top, shift) if a != b else peak.dtype.type(1)
        peak[i], rest[i] = a, r + (1.0 + s) * factor


def _matrix(y: Array, kept: int) -> Array | None:
    """Return a view with one kept and one reduced axis, None where memory does not allow it."""
    slices, n = math.prod(y.shape[:kept]), math.prod(y.shape[kept:])
    if y.flags.c_contiguous:
        return y.reshape(slices, n)
    turned = y.transpose(*range(kept, y.ndim), *range(kept))
    return turned.reshape(n, slices).T if turned.flags.c_contiguous else None


def _boxes(y: Array, kept: int) -> tuple[list[Box], list[Box]]:
    """Cut an array into boxes that lie close together in memory: kept axes, reduced axes."""
    near = sorted((i for i in range(y.ndim) if y.shape[i] > 1), key=lambda i: abs(y.strides[i]))
    lengths = [1] * y.ndim
    reduced = [i for i in near if i >= kept]
    for axes, most in ((near[:1], RUN), (reduced, SLICE), (near, BLOCK)):
        for i in axes:
            room = most // (math.prod(lengths) // lengths[i])
            lengths[i] = min(y.shape[i], max(lengths[i], room))
        if (
            axes is reduced
            and near[:1] == reduced[:1]
            and any(lengths[i] < y.shape[i] for i in reduced)
        ):
            break
    cuts = [
        [slice(a, min(a + step, n)) for a in range(0, n, step)]
        for n, step in zip(y.shape, lengths, strict=True)
    ]
    return list(itertools.product(*cuts[:kept])), list(itertools.product(*cuts[kept:]))


def _run(x: Array, axes: tuple[int, ...], out: Array | None, task: int, threads: int) -> Array:
    """Do a task for every slice of `x` along `axes`; return the values, or `out` filled."""
    order = [i for i in range(x.ndim) if i not in axes]
    kept, shape = len(order), [x.shape[i] for i in order]
    dtype = DTYPES[is_narrow(x.dtype)]
    y, target = (z.transpose(*order, *axes) for z in (x, x if out is None else out))
    rows_of = [m for m in (_matrix(y, kept), _matrix(target, kept)) if m is not None]
    by_rows = len(rows_of) == 2 and all(m.flags.c_contiguous for m in rows_of)
    by_columns = len(rows_of) == 2 and all(m.flags.f_contiguous and len(m) >= 16 for m in rows_of)
    plain = (by_rows or by_columns) and y.dtype == target.dtype == dtype
    if plain:
        (y, target), kept = rows_of, 1
        by_rows = by_rows and y.shape[1] >= ROW
    value = np.empty(y.shape[:kept], dtype) if out is None else out
    keeps, cuts = _boxes(y, kept)
    nothing = NO_MATRIX[dtype]

    @quietly
    def block(keep: Box, cut: Box, peak: Array, rest: Array, task: int, given: bool) -> None:
        if not plain:
            piece = np.array(y[keep + cut], dtype, order="C", subok=False, ndmin=1)
            z = piece.reshape(len(peak), -1)
            if z.shape[1] >= ROW:
                rows(z, z, peak, rest, task, given)
            else:
                tiles(z, z, 0, len(z), peak, rest, task, given)
            if out is not None:
                target[keep + cut] = piece.reshape(target[keep + cut].shape)
        elif by_rows:
            filled = nothing if out is None else target[keep + cut]
            rows(y[keep + cut], filled, peak, rest, task, given)
        else:
            filled = nothing if out is None else target[:, cut[0]]
            tiles(y[:, cut[0]], filled, keep[0].start, keep[0].stop, peak, rest, task, given)

    def pair(keep: Box, cut: Box) -> tuple[Array, Array]:
        size = math.prod(s.stop - s.start for s in keep)
        peak, rest = np.empty(size, dtype), np.empty(size)
        block(keep, cut, peak, rest, task if len(cuts) == 1 else PAIR, False)
        return peak, rest

    def slices(keep: Box, run: Callable[..., Any]) -> None:
        pairs = iter(run(lambda cut: pair(keep, cut), cuts))
        peak, rest = next(pairs)
        for other in pairs:
            merge(peak, rest, *other)
        if len(cuts) > 1 and task != VALUE:
            list(run(lambda cut: block(keep, cut, peak, rest, task, True), cuts))
        if task == VALUE:
            total = peak if len(cuts) == 1 else peak + np.log1p(rest)
            value[keep] = total.reshape(value[keep].shape)

    if threads == 1 or len(keeps) == len(cuts) == 1:
        for keep in keeps:
            slices(keep, map)
    else:
        with ThreadPoolExecutor(threads) as pool:
            if len(keeps) >= threads:
                list(pool.map(lambda keep: slices(keep, map), keeps))
            else:
                for keep in keeps:
                    slices(keep, pool.map)
    return value.reshape(shape) if out is None else out


def _taken(
    a: npt.ArrayLike, name: str, axis: Axis, threads: int
) -> tuple[Array, Any, tuple[int, ...]] | None:
    """Return array, dtype of the result and axes; None for what the loops do not take."""
    if isinstance(threads, bool) or not isinstance(threads, (int, np.integer)) or threads < 1:
        error = ValueError if isinstance(threads, int) and threads is not True else TypeError
        raise error(f"threads must be a positive int, got {threads!r}")
    if np.iscomplexobj(a):
        return None
    x, mask = real_array(a, name)
    result, work = float_dtype(x)
    axes = normalised_axes(axis, x.ndim)
    return None if mask is not None or work != np.float64 else (x, result, axes)


def _few_rows(a: Any, axis: Axis) -> Array | None:
    """Return rows that lie in memory as `rows` takes them and are few, None for all the rest."""
    if type(a) is not np.ndarray or a.dtype not in DTYPES or not 0 < a.size <= BLOCK:
        return None
    if not a.flags.c_contiguous:
        return None
    if a.ndim == 1 and (axis is None or (type(axis) is int and -1 <= axis <= 0)):
        return a.reshape(1, -1)
    if a.ndim == 2 and type(axis) is int and axis in (1, -1):
        return a if a.shape[1] >= ROW or a.size <= 1024 else None
    return None


def logsumexp(
    a: npt.ArrayLike,
    axis: Axis = None,
    *,
    keepdims: bool = False,
    out: Array | None = None,
    threads: int = 1,
) -> Any:
    r"""Return the log of the sum of exponentials, :math:`\log \sum_i e^{a_i}`, by compiled loops.

    Parameters
    ----------
    a : array_like
        Exponents, of any shape, layout and real dtype. float16 and bfloat16 are computed in
        float32, integers and bools in float64.
    axis : int, tuple of int or None
        Axes to reduce; None reduces all of them, ``()`` none.
    keepdims : bool
        Keep the reduced axes with length 1.
    out : ndarray, optional
        Where to store the result.
    threads : int
        How many threads may compute. The result does not depend on it.

    Returns
    -------
    ndarray or scalar
        As from `lsebook.logsumexp`, with the same special values and accuracy.

    Raises
    ------
    TypeError, ValueError, numpy.exceptions.AxisError
        As `lsebook.logsumexp` does; also if `threads` is not a positive int.

    Notes
    -----
    The first call for a dtype and a layout compiles for some seconds; the machine code is kept
    beside the package, or in a folder of the user, if one can be written to. Temporary memory is at
    most 1 MiB for each thread. Masked arrays, longdouble and complex numbers go to
    `lsebook.logsumexp`.

    Examples
    --------
    >>> from lsebook.compiled import logsumexp
    >>> float(logsumexp([1000.0, 1000.0]))
    1000.6931471805599
    """
    if threads == 1 and out is None and not keepdims and (few := _few_rows(a, axis)) is not None:
        value = np.empty(len(few), few.dtype)
        rows(few, NO_MATRIX[few.dtype], value, NO_REST, VALUE, False)
        return value if few is a else value[0]
    taken = _taken(a, "a", axis, threads)
    if taken is None:
        return lsebook.logsumexp(a, axis, keepdims=keepdims, out=out)
    x, result, axes = taken
    left = [1 if i in axes else n for i, n in enumerate(x.shape) if keepdims or i not in axes]
    if out is not None:
        checked_out(out, tuple(left), result)
    value = _run(x, axes, None, VALUE, threads) if x.size else np.full(left, -np.inf, result)
    return delivered(_cast(value, result).reshape(left), out)


@quietly
def _cast(value: Array, dtype: Any) -> Array:
    return value.astype(dtype, copy=False)


def softmax(
    x: npt.ArrayLike, axis: Axis = None, *, out: Array | None = None, threads: int = 1
) -> Any:
    r"""Return the softmax, :math:`e^{x_i} / \sum_j e^{x_j}`, by compiled loops.

    Parameters
    ----------
    x, axis, threads
        As for `logsumexp`.
    out : ndarray, optional
        Where to store the result; may be `x` itself.

    Returns
    -------
    ndarray or scalar
        As from `lsebook.softmax`, with the same special values and accuracy.

    Raises
    ------
    TypeError, ValueError, numpy.exceptions.AxisError
        As `lsebook.softmax` does; also if `threads` is not a positive int.

    Examples
    --------
    >>> from lsebook.compiled import softmax
    >>> softmax([1000.0, 1000.0])
    array([0.5, 0.5])
    """
    return _normalised(x, axis, out, SHARES, threads)


def log_softmax(
    x: npt.ArrayLike, axis: Axis = None, *, out: Array | None = None, threads: int = 1
) -> Any:
    r"""Return the log of the softmax, :math:`x_i - \log \sum_j e^{x_j}`, by compiled loops.

    Parameters
    ----------
    x, axis, out, threads
        As for `softmax`.

    Returns
    -------
    ndarray or scalar
        As from `lsebook.log_softmax`, with the same special values and accuracy.

    Raises
    ------
    TypeError, ValueError, numpy.exceptions.AxisError
        As `lsebook.log_softmax` does; also if `threads` is not a positive int.

    Examples
    --------
    >>> from lsebook.compiled import log_softmax
    >>> log_softmax([1000.0, 0.0])
    array([    0., -1000.])
    """
    return _normalised(x, axis, out, LOGS, threads)


def _normalised(x: npt.ArrayLike, axis: Axis, out: Array | None, task: int, threads: int) -> Any:
    if threads == 1 and out is None and (few := _few_rows(x, axis)) is not None:
        filled = np.empty(few.shape, few.dtype)
        rows(few, filled, filled[0], NO_REST, task, False)
        return filled if few is x else filled[0]
    taken = _taken(x, "x", axis, threads)
    if taken is None:
        return (lsebook.softmax if task == SHARES else lsebook.log_softmax)(x, axis, out=out)
    values, result, axes = taken
    target = np.empty_like(values, result, subok=False)
    if out is not None and checked_out(out, values.shape, result).dtype == result:
        same = out.__array_interface__ == values.__array_interface__
        if same or not np.may_share_memory(out, values):
            target = out
    if values.size:
        _run(values, axes, target, task, threads)
    return out if target is out else delivered(target, out)
