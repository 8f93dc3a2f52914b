"""Sums of exponentials in double-double arithmetic, the ground of `lsebook.exact`.

A double-double is an unevaluated sum ``hi + lo`` of two float64, about 106 bits [1]_. The
exponential is table-driven, with a relative error near 2**-97. None of this knows of axes.

References
----------
.. [1] T. J. Dekker, "A floating-point technique for extending the available precision",
   Numerische Mathematik 18, 224-242 (1971). :doi:`10.1007/BF01397083`
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
DoubleDouble = tuple[Array, Array]

#: Steps of the table in one octave, a power of two: exp(j ln2 / STEPS), j = 0 ... STEPS - 1.
STEPS = 1024
#: exp(-3000) is 0 even after a multiplication by the ratio of any two weights.
LOWEST = -3000.0


def two_sum(a: Any, b: Any) -> DoubleDouble:
    """Return ``a + b`` and its rounding error, for any order of magnitudes."""
    s = a + b
    v = s - a
    return s, (a - (s - v)) + (b - v)


def fast_two_sum(a: Any, b: Any) -> DoubleDouble:
    """Return ``a + b`` and its rounding error, for ``|a| >= |b|``."""
    s = a + b
    return s, b - (s - a)


def _split(a: Any) -> DoubleDouble:
    """Split into two halves of 26 bits, whose products are exact; ``|a| < 2**995``."""
    t = a * 134217729.0
    high = t - (t - a)
    return high, a - high


def two_prod(a: Any, b: Any) -> DoubleDouble:
    """Return ``a * b`` and its rounding error."""
    p = a * b
    ah, al = _split(a)
    bh, bl = _split(b)
    return p, ((ah * bh - p) + ah * bl + al * bh) + al * bl


def add(x: DoubleDouble, y: DoubleDouble) -> DoubleDouble:
    """Return the sum of two double-doubles."""
    s, e = two_sum(x[0], y[0])
    t, f = two_sum(x[1], y[1])
    s, e = fast_two_sum(s, e + t)
    return fast_two_sum(s, e + f)


def multiply(x: DoubleDouble, y: DoubleDouble) -> DoubleDouble:
    """Return the product of two double-doubles."""
    p, e = two_prod(x[0], y[0])
    return fast_two_sum(p, e + (x[0] * y[1] + x[1] * y[0]))


def sum_columns(x: DoubleDouble) -> DoubleDouble:
    """Return the sums along the first axis, by folding it in halves."""
    hi, lo = x
    while len(hi) > 1:
        half = len(hi) // 2
        middle = slice(half, len(hi) - half)
        folded = add((hi[:half], lo[:half]), (hi[-half:], lo[-half:]))
        hi = np.concatenate([folded[0], hi[middle]])
        lo = np.concatenate([folded[1], lo[middle]])
    return hi[0], lo[0]


@cache
def _constants() -> tuple[Array, Array, tuple[float, float, float]]:
    """Return the table of exp(j ln2 / STEPS) as hi and lo, and ln2 / STEPS in three parts."""
    with localcontext() as context:
        context.prec = 60
        ln2 = Decimal(2).ln()
        exact = [(ln2 * j / STEPS).exp() for j in range(STEPS)]
        high = [float(t) for t in exact]
        low = [float(t - Decimal(h)) for t, h in zip(exact, high, strict=True)]
        step = ln2 / STEPS
        # 30 bits in each of the first two parts: their products with k < 2**23 are exact.
        first = float(int(step * 2**40)) / 2.0**40
        second = float(int((step - Decimal(first)) * 2**70)) / 2.0**70
        third = float(step - Decimal(first) - Decimal(second))
    return np.array(high), np.array(low), (first, second, third)


def exp(d: Array, error: Array) -> tuple[DoubleDouble, Array]:
    """Return ``exp(d + error)`` as a double-double in [1, 2) and a power of two.

    Parameters
    ----------
    d, error : ndarray of float64
        The exponent and a small correction; ``LOWEST <= d <= -LOWEST``.
    """
    high, low, (first, second, third) = _constants()
    k = np.rint(d * (1.0 / (first + second)))
    r, rl = two_sum(d - k * first, -k * second)
    r, rl = two_sum(r, rl + (error - k * third))
    # exp(r) - 1 = r (1 + r (1/2 + r (1/6 + r (1/24 + ...)))), |r| < 2**-11: the last three steps
    # need more than 53 bits.
    tail = r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r * (1 / 5040))))
    series = fast_two_sum(1 / 6, 9.25185853854297e-18 + tail)
    for coefficient in (0.5, 1.0):
        p, e = multiply(series, (r, rl))
        s, f = fast_two_sum(coefficient, p)
        series = s, e + f
    p, e = multiply(series, (r, rl))
    index = k.astype(np.int64)
    step = index & (STEPS - 1)
    th, tl = high.take(step), low.take(step)
    q, f = multiply((th, tl), (p, e))
    s, g = fast_two_sum(th, q)
    return (s, g + (f + tl)), index >> STEPS.bit_length() - 1


def sum_of_exp(x: Array, b: Array | None, reference: Array) -> tuple[DoubleDouble, Array]:
    """Return the sums of ``b exp(x - reference)`` down columns, without the terms that equal 1.

    Parameters
    ----------
    x : ndarray of float64, shape (n, g)
    b : ndarray of float64 that broadcasts with `x`, or None for ones
    reference : ndarray of float64, shape (g,)

    Returns
    -------
    (hi, lo) : pair of ndarray, shape (g,)
        The sums. Leaving the ones out keeps a small tail exact.
    count : ndarray, shape (g,)
        How many terms were exactly 1.
    """
    d, error = two_sum(x, -reference)
    error = np.where(d > LOWEST, error, 0.0)
    (hi, lo), power = exp(np.maximum(d, LOWEST), error)
    if b is not None:
        mantissa, exponent = np.frexp(b)
        hi, lo = multiply((hi, lo), (mantissa, np.zeros_like(mantissa)))
        power = power + exponent
    scale = np.ldexp(1.0, power)
    hi, lo = hi * scale, lo * scale
    one = (hi == 1.0) & (lo == 0.0)
    return sum_columns((np.where(one, 0.0, hi), lo)), one.sum(axis=0)


def log1p(x: DoubleDouble) -> DoubleDouble:
    """Return ``log(1 + x)`` for x > -1, with a relative error near 2**-86."""
    h, low = x
    small = np.abs(h) < 2.0**-20
    p, e = two_prod(h, h)
    s, f = two_sum(h, -0.5 * p)
    series = fast_two_sum(s, f + (low - 0.5 * e - h * low + h * p * (1 / 3 - h / 4 + p / 5)))
    # One Newton step: log(1 + x) = y + log1p(delta), 1 + delta = (1 + x) exp(-y).
    y = np.log1p(h)
    inverse, power = exp(-y, np.zeros_like(y))
    product = multiply(add((1.0, 0.0), x), inverse)  # type: ignore[arg-type]
    scaled = np.ldexp(product[0], power), np.ldexp(product[1], power)
    delta = np.log1p((scaled[0] - 1.0) + scaled[1])
    return np.where(small, series[0], y), np.where(small, series[1], delta)


def log_of_sum(reference: Array, sums: DoubleDouble, ones: Array) -> tuple[Array, Array]:
    """Return ``reference + log|sums + ones|``, rounded once, and the sign."""
    rest = add(sums, (ones - 1.0, np.zeros_like(reference)))
    negative = rest[0] < -1.0
    # log|1 + rest| is the same for rest and -2 - rest.
    mirrored = add((np.full_like(reference, -2.0), np.zeros_like(reference)), (-rest[0], -rest[1]))
    rest = np.where(negative, mirrored[0], rest[0]), np.where(negative, mirrored[1], rest[1])
    nothing = (rest[0] == -1.0) & (rest[1] == 0.0)
    hi, lo = log1p(rest)
    s, e = two_sum(reference, hi)
    value: Array = np.where(nothing, -np.inf, s + (e + lo))
    return value, np.where(nothing, 0.0, np.where(negative, -1.0, 1.0))
