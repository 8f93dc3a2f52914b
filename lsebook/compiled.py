"""The pair (peak, rest) in plain loops that Numba compiles; faster than NumPy's passes can be.

Asked for by its import, with the extra ``lsebook[compiled]``; nothing else of the package uses it.
What lives here: exp for each dtype, the loops over rows and over columns, and the walk that brings
an array of any layout to them. What the loops do not take, masked arrays, longdouble and complex
numbers, goes to the functions of `lsebook` of the same name.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import cache, partial
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

try:
    from llvmlite import ir
    from numba import njit, types
    from numba.core import cgutils
    from numba.core.imputils import impl_ret_borrowed
    from numba.extending import intrinsic, overload
    from numba.np.arrayobj import make_array
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
from lsebook.blocks import Arrays, blocks_of, in_tree

__all__ = ["log_softmax", "logsumexp", "softmax"]

PAIR, VALUE, SHARES, LOGS = range(4)
DTYPES = (np.dtype(np.float64), np.dtype(np.float32))
NOTHING, NO_REST = {t: np.empty((1, 0), t) for t in DTYPES}, np.empty(0)
#: From this length on, rows are worth loops of their own; below it they are turned into columns.
ROW = 48
#: Fewer columns are copied into rows.
FEW = 16
#: So many columns are computed side by side.
TILE = 128
#: So many terms of a row are one sum, filled with zeros to a multiple of what a loop of any
#: instruction set takes at a time.
RUN, VECTORS = 128, 64
#: Elements of a box; bytes of one where slices are longer, and of one that is copied.
BLOCK, SLICE, COPIED = 2**20, 2**19, 3 * 2**18

# Sums may be reordered, and a * b + c rounded once. exp must not be reordered: reassociation would
# simplify t - shift to y * log2(e). Flags belong to instructions, so that a function inlined by
# LLVM (`forceinline`) keeps its own; Numba's ``inline="always"`` would give it those of its caller.
_INLINED: dict[str, Any] = {"forceinline": True, "fastmath": {"contract"}, "error_model": "numpy"}
_LOOP: dict[str, Any] = {"fastmath": {"contract", "reassoc"}, "error_model": "numpy", "nogil": True}


def _kernel(function: Callable[..., Any]) -> Any:
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


@intrinsic
def _line(typing_context, row):
    """Declare a vector, whose elements are known to be neighbours in memory, contiguous."""

    line = row.copy(layout="C")

    def generate(context, builder, signature, arguments):
        value = make_array(line)(context, builder)
        cgutils.copy_struct(value, make_array(row)(context, builder, arguments[0]))
        return impl_ret_borrowed(context, builder, line, value._getvalue())

    return line(row), generate


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
    return ties


@_inlined
def row_own(peak):
    """Return the term of the peak itself."""
    _, top, shift, _ = _window(peak)
    return _exp(top, shift)


@njit(**_INLINED)
def added(total, lost, part):
    """Return total + part, and `lost` with what rounding took from it (Knuth's TwoSum)."""
    after = total + part
    virtual = after - total
    return after, lost + ((total - (after - virtual)) + (part - virtual))


@_inlined
def row_total(terms, n, total, lost):
    """Return `total` with the first `n` terms added in float64, and what that lost.

    Terms of one size may all round the same way, so no chain of additions may be long: those of the
    vectors end after RUN terms, and LLVM gives what does not fill them a chain of its own, which
    zeros avoid.
    """
    end = min(-(-n // VECTORS) * VECTORS, terms.size)
    for j in range(n, end):
        terms[j] = 0
    for a in range(0, end, RUN):
        part = 0.0
        for j in range(a, min(a + RUN, end)):
            part += terms[j]
        total, lost = added(total, lost, part)
    return total, lost


@_kernel
def rows(x, out, peak, rest, task, given):
    """Do a task for every row; `given` says that its peak and rest are."""
    m, n = x.shape
    most = n if task == SHARES and not given else min(n, 1024)
    terms = np.empty(-(-most // VECTORS) * VECTORS, x.dtype)
    for i in range(m):
        row = _line(x[i])
        top = peak[i] if given else row_peak(row)
        finite, own, others, lost, copies = np.isfinite(top), row_own(top), 0.0, 0.0, -1.0
        for a in range(0, n if task == SHARES or (finite and not given) else 0, terms.size):
            part = row[a : a + terms.size]
            copies += row_terms(part, terms, top, task != SHARES)
            if not given:
                others, lost = row_total(terms, part.size, others, lost)
            if task == SHARES:
                total = own * (1.0 + rest[i]) if given else others + lost
                divisor, goal = x.dtype.type(total if finite else np.nan), _line(out[i])[a:]
                for j in range(part.size):
                    goal[j] = terms[j] / divisor
        if task == SHARES:
            continue
        beside = rest[i] if given else copies + (others + lost) / own if finite else 0.0
        log = log1p(beside)
        if task == LOGS:
            goal, less = _line(out[i]), x.dtype.type(log)
            for j in range(n):
                goal[j] = (row[j] - top) - less
        elif task == VALUE:
            peak[i] = top + log
        else:
            peak[i], rest[i] = top, beside


@_inlined
def line_peaks(row, peak):
    """Replace by larger elements, or nan, what is less."""
    for j in range(row.size):
        peak[j] = _maximum(peak[j], row[j])


@_inlined
def line_terms(row, terms, c, top, shift, far, copies, skip):
    """Store exp(row) as `row_terms` does, each element with the shift of its column."""
    zero, one = row.dtype.type(0), row.dtype.type(1)
    for j in range(row.size):
        y, least = row[j] - c[j], top[j] - far
        term = _exp(least if y < least else y, shift[j])
        terms[j] = zero if skip and y == top[j] else term
        copies[j] += one if y == top[j] else zero


@njit(**_INLINED)
def line_add(terms, total, excess):
    """Add terms to the totals of their columns, less what earlier additions put in too much.

    However long the columns are, the error is 2 units of roundoff (Kahan's sum).
    """
    for j in range(terms.size):
        part = terms[j] - excess[j]
        after = total[j] + part
        excess[j] = (after - total[j]) - part
        total[j] = after


@_kernel
def columns(x, out, peak, rest, task, given):
    """Do what `rows` does where neighbours belong to different slices, a tile of them at a time."""
    m, n = x.shape
    skip = task != SHARES
    width = min(m, TILE if n > 256 else 2 * TILE)
    narrow, wide = np.empty((7, width), x.dtype), np.empty((3, width))
    for a in range(0, m, width):
        w = min(width, m - a)
        peaks, c, top, shift = narrow[0, :w], narrow[1, :w], narrow[2, :w], narrow[3, :w]
        own, terms, copies = narrow[4, :w], narrow[5, :w], narrow[6, :w]
        total, excess, beside = wide[0, :w], wide[1, :w], wide[2, :w]
        for j in range(w):
            peaks[j] = peak[a + j] if given else -np.inf
        if not given:
            for i in range(n):
                line_peaks(_line(x[a : a + w, i]), peaks)
        far = _window(peaks[0])[3]
        for j in range(w):
            c[j], top[j], shift[j], _ = _window(peaks[j])
        # The peaks' own terms come from the same instructions as theirs in the loop.
        line_terms(peaks, own, c, top, shift, far, copies, False)
        for j in range(w):
            total[j], excess[j], copies[j] = 0.0, 0.0, -1.0
        if task == SHARES or not given:
            for i in range(n):
                line_terms(_line(x[a : a + w, i]), terms, c, top, shift, far, copies, skip)
                if not given:
                    line_add(terms, total, excess)
                if task == SHARES:
                    goal = _line(out[a : a + w, i])
                    for j in range(w):
                        goal[j] = terms[j]
        for j in range(w):
            finite = np.isfinite(peaks[j])
            r = rest[a + j] if given else copies[j] + total[j] / own[j]
            beside[j] = r if finite else 0.0
            if task == SHARES:
                whole = own[j] * (1.0 + beside[j]) if given else total[j]
                c[j] = whole if finite else np.nan
            elif task == PAIR:
                peak[a + j], rest[a + j] = peaks[j], beside[j]
        if task == SHARES:
            for i in range(n):
                goal = _line(out[a : a + w, i])
                for j in range(w):
                    goal[j] /= c[j]
        if task in (VALUE, LOGS):
            for j in range(w):
                total[j] = log1p(beside[j])
        if task == VALUE:
            for j in range(w):
                peak[a + j] = peaks[j] + total[j]
        if task == LOGS:
            for j in range(w):
                c[j] = total[j]
            for i in range(n):
                row, goal = _line(x[a : a + w, i]), _line(out[a : a + w, i])
                for j in range(w):
                    goal[j] = (row[j] - peaks[j]) - c[j]


@_kernel
def short(x, out, peak, rest, task, given):
    """Turn short rows into columns that fit in the cache."""
    m, n = x.shape
    width = 2 * TILE
    turned, result = np.empty((n, width), x.dtype), np.empty((n, width), x.dtype)
    for a in range(0, m, width):
        w = min(width, m - a)
        for i in range(n):
            row, source = turned[i], x[a : a + w, i]
            for j in range(w):
                row[j] = source[j]
        target = result[:, :w].T
        beside = rest[a : a + w] if given or task == PAIR else rest
        columns(turned[:, :w].T, target, peak[a : a + w], beside, task, given)
        if task in (SHARES, LOGS):
            for i in range(n):
                row, goal = result[i], out[a : a + w, i]
                for j in range(w):
                    goal[j] = row[j]


@_kernel
def merge(peak, rest, peak_b, rest_b):
    """Merge pairs into the first: the larger peak wins."""
    for i in range(peak.size):
        top, low = _maximum(peak[i], peak_b[i]), min(peak[i], peak_b[i])
        r, s = (rest[i], rest_b[i]) if peak[i] == top else (rest_b[i], rest[i])
        rest[i] = r + (1.0 + s) * (math.exp(low - top) if low != top else 1.0)
        peak[i] = top


def merged(pair, other):
    """Return the first pair, which has become that of both."""
    merge(*pair, *other)
    return pair


_lock = Lock()


@cache
def _ready(kernel: Any, dtype: Any) -> Any:
    """Return the kernel, compiled for arrays of this dtype and whatever strides they have.

    One signature for all: for each layout, and for read-only arrays, Numba would compile again.
    """
    if kernel is short:
        _ready(columns, dtype)
    number = types.float32 if dtype == np.float32 else types.float64
    x, out = (types.Array(number, 2, "A", readonly=only) for only in (True, False))
    vectors = types.Array(number, 1, "A"), types.Array(types.float64, 1, "A")
    with _lock:
        kernel.disable_compile(False)
        kernel.compile((x, out, *vectors, types.intp, types.boolean))
        kernel.disable_compile()
    return kernel


def _kernel_of(matrices: Sequence[Array], dtype: Any) -> Any:
    """Return the kernel for matrices with a slice in each row, None if they must be copied."""
    if any(m.dtype != dtype for m in matrices):
        return None
    if all(m.strides[1] == m.itemsize for m in matrices):
        return rows if matrices[0].shape[1] >= ROW else short
    many = len(matrices[0]) >= FEW and all(m.strides[0] == m.itemsize for m in matrices)
    return columns if many else None


def _run(x: Array, axes: tuple[int, ...], out: Array | None, task: int, threads: int) -> Array:
    """Do a task for every slice of `x` along `axes`; return the values, or `out` filled."""
    dtype, arrays = DTYPES[is_narrow(x.dtype)], {"x": x} if out is None else {"x": x, "out": out}
    n = math.prod(x.shape[i] for i in axes)
    long = SLICE // dtype.itemsize
    blocks = blocks_of(x, axes, BLOCK if n <= long else long, BLOCK)
    evenly = all(
        _spaced_evenly(a, along) for a in arrays.values() for along in (blocks.kept, blocks.reduced)
    )
    kernel = _kernel_of([blocks.rows(a) for a in arrays.values()], dtype) if evenly else None
    if kernel is None:
        blocks = blocks_of(x, axes, COPIED // dtype.itemsize // len(arrays))
    left = [1 if i in axes or out is not None else n for i, n in enumerate(x.shape)]
    value = np.empty(left, dtype)

    def work(piece: Arrays, peak: Array, rest: Array, task: int, given: bool) -> None:
        if kernel is not None:
            goal = NOTHING[dtype] if out is None else blocks.rows(piece["out"])
            return _ready(kernel, dtype)(blocks.rows(piece["x"]), goal, peak, rest, task, given)
        taken = blocks.matrix(piece["x"], dtype)
        goal = NOTHING[dtype] if out is None else np.empty_like(taken)
        fit = columns if blocks.axis == 0 else rows if taken.shape[1] >= ROW else short
        turned = (m.T if blocks.axis == 0 else m for m in (taken, goal))
        _ready(fit, dtype)(*turned, peak, rest, task, given)
        if task in (SHARES, LOGS):
            blocks.put(piece["out"], goal)

    def pair_of(piece: Arrays) -> tuple[Array, Array]:
        size = math.prod(piece["x"].shape[i] for i in blocks.kept)
        p = np.empty(size, dtype), np.empty(size)
        work(piece, *p, PAIR, False)
        return p

    @quietly
    def slices(part: Arrays, run: Callable[..., Any]) -> None:
        pieces = list(blocks.pieces(part))
        log = np.empty(part["value"].size if task == VALUE else 0, dtype)
        if len(pieces) == 1:
            work(pieces[0], log, NO_REST, task, False)
        else:
            peak, rest = in_tree(run(pair_of, pieces), merged)
            if task == VALUE:
                log = peak + np.log1p(rest)
            else:
                list(run(lambda piece: work(piece, peak, rest, task, True), pieces))
        if task == VALUE:
            blocks.put(part["value"], log)

    parts = list(blocks.parts(arrays | {"value": value}))
    with ThreadPoolExecutor(threads) if threads > 1 else nullcontext() as pool:
        run = map if pool is None else partial(_spread, pool, threads)
        if len(parts) >= threads:
            list(run(lambda part: slices(part, map), parts))
        else:
            for part in parts:
                slices(part, run)
    return value if out is None else out


def _spaced_evenly(a: Array, axes: Sequence[int]) -> bool:
    """Say whether axes, outer ones first, are one axis in memory."""
    long = [i for i in axes if a.shape[i] > 1]
    return all(a.strides[i] == a.strides[j] * a.shape[j] for i, j in itertools.pairwise(long))


def _spread(pool: Any, threads: int, function: Callable[..., Any], items: Sequence[Any]) -> Any:
    """Map in as many parts as there are threads: handing out every box would cost more."""
    cuts = [len(items) * k // threads for k in range(threads + 1)]
    parts = [items[a:b] for a, b in itertools.pairwise(cuts)]
    work = quietly(lambda part: [function(item) for item in part])
    return itertools.chain(*pool.map(work, parts))


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
    x = x if x.flags.aligned else x.copy()
    result, work = float_dtype(x)
    axes = normalised_axes(axis, x.ndim)
    return None if mask is not None or work != np.float64 else (x, result, axes)


def _few_rows(a: Any, axis: Axis) -> Array | None:
    """Return rows that lie in memory as `rows` takes them and are few, None for all the rest."""
    if type(a) is not np.ndarray or a.dtype not in DTYPES or not 0 < a.nbytes <= SLICE:
        return None
    if not (a.flags.c_contiguous and a.flags.aligned):
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
    The first call for a dtype and a shape compiles for some seconds; the machine code is kept
    beside the package, or in a folder of the user, if one can be written to. Temporary memory is at
    most 1 MiB for each thread; misaligned arrays are copied. Masked arrays, longdouble and complex
    numbers go to `lsebook.logsumexp`.

    Examples
    --------
    >>> from lsebook.compiled import logsumexp
    >>> float(logsumexp([1000.0, 1000.0]))
    1000.6931471805599
    """
    if threads == 1 and out is None and not keepdims and (few := _few_rows(a, axis)) is not None:
        value = np.empty(len(few), few.dtype)
        _ready(rows, few.dtype)(few, NOTHING[few.dtype], value, NO_REST, VALUE, False)
        return value if few is a else value[0]
    taken = _taken(a, "a", axis, threads)
    if taken is None:
        return lsebook.logsumexp(a, axis, keepdims=keepdims, out=out)
    x, result, axes = taken
    left = [1 if i in axes else n for i, n in enumerate(x.shape) if keepdims or i not in axes]
    if out is not None:
        checked_out(out, tuple(left), result)
    value = _run(x, axes, None, VALUE, threads) if x.size else np.full(left, -np.inf, result)
    value = quietly(value.astype)(result, copy=False)
    return delivered(value.reshape(left), out)


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
        _ready(rows, few.dtype)(few, filled, filled[0], NO_REST, task, False)
        return filled if few is x else filled[0]
    taken = _taken(x, "x", axis, threads)
    if taken is None:
        return (lsebook.softmax if task == SHARES else lsebook.log_softmax)(x, axis, out=out)
    values, result, axes = taken
    target = np.empty_like(values, result, subok=False)
    if out is not None and checked_out(out, values.shape, result).dtype == result:
        same = out.flags.aligned and out.__array_interface__ == values.__array_interface__
        if same or (out.flags.aligned and not np.may_share_memory(out, values)):
            target = out
    if values.size:
        _run(values, axes, target, task, threads)
    return out if target is out else delivered(target, out)
