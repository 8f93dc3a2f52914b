"""exp, log1p and the loops over rows and columns that Numba compiles for `lsebook.compiled`.

A loop does one task for every slice of a matrix: it finds the pair (peak, rest) of `lsebook.pair`,
or is given it, and stores the pair, the log of the sum, the shares, or their logs. The shift is
that of `lsebook.pair.shift`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from threading import Lock
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.core.imputils import impl_ret_borrowed
from numba.extending import intrinsic, overload
from numba.np.arrayobj import make_array

PAIR, VALUE, SHARES, LOGS = range(4)
#: So many columns are computed side by side.
TILE = 256
#: So many terms of a row are one sum; vectors of any instruction set, two at a time, fill these.
RUN, VECTORS = 128, 32

# a * b + c may be rounded once; what counts or adds up terms may be reordered, nothing else. Flags
# belong to instructions, so that a function inlined by LLVM (`forceinline`) keeps its own; Numba's
# ``inline="always"`` would give it those of its caller, and reordering would simplify t - shift in
# exp to y * log2(e).
_FLAGS: dict[str, Any] = {"fastmath": {"contract"}, "error_model": "numpy"}
_inlined = njit(forceinline=True, **_FLAGS)
_summing = njit(forceinline=True, error_model="numpy", fastmath={"contract", "reassoc"})


def _kernel(function: Callable[..., Any]) -> Any:
    """Compile `function`; keep the machine code on disk where some folder can be written to."""
    try:
        return njit(cache=True, nogil=True, **_FLAGS)(function)
    except RuntimeError:
        return njit(nogil=True, **_FLAGS)(function)


# exp(y) 2^lift = 2^(k + lift) exp(r) with k = round(y log2(e)), |r| <= log(2) / 2. Adding `shift`,
# which is 1.5 * 2^52 (or 2^23) + bias of the exponent + lift, leaves k + lift + bias in the last
# bits; moved to the place of the exponent they are the factor. k times the first part of log(2) is
# exact. Coefficients: minimax polynomial for (exp(r) - 1 - r) / r^2 with the error relative to
# exp(r), by Remez exchange in 50 digits, then rounded: 8.1e-18 (1e-18 at the left end, to which it
# is fitted eight times as well, because there the other roundings are worth most) and 4.4e-9.
# The lift (2^100, 2^32) keeps normal what is subnormal as a share of the sum, and is undone by the
# division: y >= -777 gives 2^-1121 2^100 > 2^-1022 and y >= -109 gives 2^-158 2^32 >= 2^-126. Less
# is 0, as it is as a share. From above, `shift_of` allows y <= 600 and 60: 2^966 and 2^119.
@_inlined
def exp64(y):
    """Return 2^100 exp(y) in float64, within 1 ulp; 0 below -777."""
    shift = 6755399441055744.0 + 1123.0
    t = y * 1.4426950408889634 + shift
    k = t - shift
    r = (y - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10
    q = 2.46259505041654e-08
    q = q * r + 2.7625684051779255e-07
    q = q * r + 2.7558759798464717e-06
    q = q * r + 2.4801506627737956e-05
    q = q * r + 0.00019841268207164672
    q = q * r + 0.0013888888929757862
    q = q * r + 0.008333333334084375
    q = q * r + 0.0416666666665865
    q = q * r + 0.16666666666665517
    q = q * r + 0.5000000000000003
    power = np.int64(np.float64(t).view(np.int64) << np.int64(52)).view(np.float64)
    value = (q * r * r + r + 1.0) * power
    return 0.0 if y < -777.0 else value


@_inlined
def exp32(y):
    """Return 2^32 exp(y) in float32, within 1 ulp; 0 below -109."""
    shift = np.float32(12582912.0 + 159.0)
    t = y * np.float32(1.44269504) + shift
    k = t - shift
    r = (y - k * np.float32(0.693359375)) - k * np.float32(-2.12194440e-4)
    q = np.float32(0.0013814467)
    q = q * r + np.float32(0.008368781)
    q = q * r + np.float32(0.041668393)
    q = q * r + np.float32(0.1666652)
    q = q * r + np.float32(0.49999994)
    power = np.int32(np.float32(t).view(np.int32) << np.int32(23)).view(np.float32)
    value = (q * r * r + r + np.float32(1.0)) * power
    return np.float32(0) if y < np.float32(-109) else value


def exp(y):
    """Stand for the exp of the dtype of `y`."""


@overload(exp, jit_options=_FLAGS | {"forceinline": True})
def _exp_of_dtype(y):
    chosen = exp64 if y == types.float64 else exp32
    return lambda y: chosen(y)


@intrinsic
def _maximum(typing_context, x, y):
    """Return the larger number, nan if either is nan: an instruction of LLVM's."""

    def generate(context, builder, signature, arguments):
        kind = arguments[0].type
        function = ir.FunctionType(kind, [kind, kind])
        maximum = builder.module.declare_intrinsic("llvm.maximum", [kind], function)
        return builder.call(maximum, arguments)

    return x(x, x), generate


@_inlined
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
def shift_of(peak, highest):
    """Return what to subtract from exponents; see `lsebook.pair.shift` for `highest`."""
    zero = highest - highest
    return peak if peak < zero or peak > highest else zero


@_inlined
def row_peak(row):
    """Return the largest element, nan if one is nan."""
    peak = row.dtype.type(-np.inf)
    for j in range(row.size):
        peak = _maximum(peak, row[j])
    return peak


@_summing
def row_terms(row, c, terms, own):
    """Store exp(row - c) in `terms`; return how many equal the peak's own term."""
    zero, one = row.dtype.type(0), row.dtype.type(1)
    copies = zero
    for j in range(row.size):
        term = exp(row[j] - c)
        terms[j] = term
        copies += one if term == own else zero
    return copies


@_summing
def row_total(terms, own):
    """Return the sum, in float64, of all terms that do not equal the peak's own."""
    total, zero = 0.0, terms.dtype.type(0)
    for j in range(terms.size):
        total += zero if terms[j] == own else terms[j]
    return total


@_inlined
def added(total, lost, part):
    """Return total + part, and `lost` with what rounding took from it (Knuth's TwoSum)."""
    after = total + part
    virtual = after - total
    return after, lost + ((total - (after - virtual)) + (part - virtual))


@_kernel
def rows(x, out, peak, rest, task, given):
    """Do a task for every row; `given` says that its peak and rest are.

    Terms of one size may all round the same way, so no chain of additions may be long. LLVM adds up
    in 8 to 32 chains, and one more for what does not fill its vectors: a run of terms is filled up
    with zeros to leave none.
    """
    terms, n = np.empty(8 * RUN, x.dtype), x.shape[1]
    highest = x.dtype.type(600 if x.itemsize == 8 else 60)
    for i in range(x.shape[0]):
        row = _line(x[i])
        top = peak[i] if given else row_peak(row)
        c, finite = shift_of(top, highest), np.isfinite(top)
        own, copies, others, lost = exp(top - c), -1.0, 0.0, 0.0
        for a in range(0, n if finite and (task == SHARES or not given) else 0, terms.size):
            part = row[a : a + terms.size]
            copies += row_terms(part, c, terms, own)
            end = -(-part.size // VECTORS) * VECTORS
            terms[part.size : end] = 0
            for b in range(0, 0 if given else end, RUN):
                others, lost = added(others, lost, row_total(terms[b : min(b + RUN, end)], own))
            if task == SHARES:
                goal = _line(out[i])[a:]
                for j in range(part.size):
                    goal[j] = terms[j]
        beside = 0.0
        if finite:
            beside = rest[i] if given else copies + (others + lost) / own
        if task == SHARES:
            goal, total = _line(out[i]), x.dtype.type(own * (1.0 + beside) if finite else np.nan)
            for j in range(n):
                goal[j] /= total
        elif task == LOGS:
            goal, less = _line(out[i]), x.dtype.type(log1p(beside))
            for j in range(n):
                goal[j] = (row[j] - top) - less
        elif task == VALUE:
            peak[i] = top + log1p(beside)
        else:
            peak[i], rest[i] = top, beside


@_inlined
def columns_total(terms, own, total, excess, copies):
    """Add terms to the totals of their columns, or where they equal the peak's own to its copies.

    However long the columns are, the error is 2 units of roundoff (Kahan's sum).
    """
    zero, one = terms.dtype.type(0), terms.dtype.type(1)
    for j in range(terms.size):
        part = (zero if terms[j] == own[j] else terms[j]) - excess[j]
        copies[j] += one if terms[j] == own[j] else zero
        after = total[j] + part
        excess[j] = (after - total[j]) - part
        total[j] = after


@_inlined
def copy(source, target):
    """Copy a matrix to the beginning of another's rows."""
    for i in range(source.shape[0]):
        for j in range(source.shape[1]):
            target[i, j] = source[i, j]


@_kernel
def columns(x, out, peak, rest, task, given):
    """Do what `rows` does where neighbours belong to different slices, a tile of them at a time."""
    m, n = x.shape
    highest = x.dtype.type(600 if x.itemsize == 8 else 60)
    turned = m > 1 and x.strides[0] != x.itemsize
    width = min(m, TILE)
    narrow, wide = np.empty((5, width), x.dtype), np.empty((3, width))
    held = np.empty((2, n if turned else 0, width), x.dtype)
    for a in range(0, m, width):
        w = min(width, m - a)
        tile, goals = x[a : a + w].T, out[a : a + w].T
        if turned:
            copy(tile, held[0])
            tile, goals = held[0, :, :w], held[1, :, :w]
        peaks, c, own = narrow[0, :w], narrow[1, :w], narrow[2, :w]
        terms, copies = narrow[3, :w], narrow[4, :w]
        total, excess, beside = wide[0, :w], wide[1, :w], wide[2, :w]
        for j in range(w):
            peaks[j] = peak[a + j] if given else -np.inf
        for i in range(0 if given else n):
            line = _line(tile[i])
            for j in range(w):
                peaks[j] = _maximum(peaks[j], line[j])
        for j in range(w):
            c[j] = shift_of(peaks[j], highest)
            own[j] = exp(peaks[j] - c[j])
            total[j], excess[j], copies[j] = 0.0, 0.0, -1.0
        for i in range(n if task == SHARES or not given else 0):
            line = _line(tile[i])
            for j in range(w):
                terms[j] = exp(line[j] - c[j])
            if not given:
                columns_total(terms, own, total, excess, copies)
            if task == SHARES:
                goal = _line(goals[i])
                for j in range(w):
                    goal[j] = terms[j]
        for j in range(w):
            r = rest[a + j] if given else copies[j] + total[j] / own[j]
            beside[j] = r if np.isfinite(peaks[j]) else 0.0
            c[j] = own[j] * (1.0 + beside[j])
        if task in (VALUE, LOGS):
            for j in range(w):
                total[j] = log1p(beside[j])
                c[j] = total[j]
        for i in range(n if task in (SHARES, LOGS) else 0):
            line, goal = _line(tile[i]), _line(goals[i])
            for j in range(w):
                goal[j] = goal[j] / c[j] if task == SHARES else (line[j] - peaks[j]) - c[j]
        if turned and task in (SHARES, LOGS):
            copy(goals, out[a : a + w].T)
        for j in range(w):
            if task == PAIR:
                peak[a + j], rest[a + j] = peaks[j], beside[j]
            elif task == VALUE:
                peak[a + j] = peaks[j] + total[j]


_lock = Lock()


@cache
def ready(kernel: Any, dtype: Any) -> Any:
    """Return the kernel, compiled for arrays of this dtype and whatever strides they have.

    One signature for all: for each layout, and for read-only arrays, Numba would compile again.
    """
    number = types.float32 if dtype == np.float32 else types.float64
    x, out = (types.Array(number, 2, "A", readonly=only) for only in (True, False))
    vectors = types.Array(number, 1, "A"), types.Array(types.float64, 1, "A")
    with _lock:
        kernel.disable_compile(False)
        kernel.compile((x, out, *vectors, types.intp, types.boolean))
        kernel.disable_compile()
    return kernel
