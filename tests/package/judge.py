"""The judge: the same quantities from mpmath at 50 digits, and distances in ulps."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import mpmath
import numpy as np

mp = mpmath.mp
mp.dps = 50


def number(x: Any) -> Any:
    """The mpmath number that equals a NumPy float of any precision."""
    if isinstance(x, np.longdouble):
        mantissa, exponent = np.frexp(x)
        whole = int(mantissa * np.longdouble(2.0) ** 64)
        return mp.mpf(whole) * mp.mpf(2) ** (int(exponent) - 64)
    return mp.mpf(float(x))


@lru_cache(maxsize=100_000)
def exponential(x: Any) -> Any:
    """exp(x), which costs most of a judge's time and is asked for by every quantity below."""
    return mp.exp(number(x))


def total(x: Iterable[Any], b: Iterable[Any] | None = None) -> Any:
    """The sum of b exp(x)."""
    terms = [exponential(v) for v in x]
    if b is not None:
        terms = [number(w) * t for w, t in zip(b, terms, strict=True)]
    return mp.fsum(terms)


def logsumexp(x: Iterable[Any], b: Iterable[Any] | None = None) -> Any:
    """log|sum of b exp(x)|."""
    return mp.log(abs(total(x, b)))


def log_share(x: Any, i: int) -> Any:
    """The log softmax of one element, formed without cancellation."""
    others = [exponential(v) for k, v in enumerate(x) if k != i]
    return -mp.log1p(mp.fsum(others) / exponential(x[i]))


def log1mexp(x: Any) -> Any:
    """log(1 - exp(x)), formed without cancellation."""
    return mp.log1p(-mp.exp(number(x))) if x < -1 else mp.log(-mp.expm1(number(x)))


def ulps(got: Any, exact: Any, dtype: Any = np.float64) -> float:
    """The distance of `got` from the exact value, in units in the last place of the latter."""
    dtype = np.dtype(dtype)
    info = np.finfo(dtype)
    magnitude = abs(exact)
    if magnitude < number(info.tiny):
        unit = number(info.smallest_subnormal)
    else:
        unit = mp.mpf(2) ** (int(mp.floor(mp.log(magnitude, 2))) - info.nmant)
    return float(abs(number(got) - exact) / unit)


def condition(x: Iterable[Any], b: Iterable[Any] | None = None) -> Any:
    """The componentwise condition number: every number, and weight, is uncertain in its last bit.

    A weight that changes by a relative error moves its exponent by as much.
    """
    terms = [(number(v), exponential(v)) for v in x if v > -np.inf]
    if b is not None:
        weights = [abs(number(w)) for v, w in zip(x, b, strict=True) if v > -np.inf]
        terms = [(v + mp.log(w), e * w) for (v, e), w in zip(terms, weights, strict=True) if w]
    whole = mp.fsum(e for _, e in terms)
    each = 0 if b is None else 1
    moved = mp.fsum(e / whole * (abs(v) + each) for v, e in terms)
    size = mp.log(whole)
    return moved / abs(size) if size else mp.inf


def logsumexp_bound(x: Any, b: Any = None, least: float = 4.0) -> float:
    """The promise for `logsumexp` in ulps: max(4, 3 κ)."""
    return max(least, float(min(3 * condition(x, b), mp.mpf(10) ** 300)))


def assert_within(got: Any, expected: Any, most: float) -> None:
    """Compare arrays of one shape in ulps of `expected`; nan equals nan, and only nan does."""
    got, expected = np.asarray(got), np.asarray(expected)
    assert got.shape == expected.shape
    np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))
    rest = ~np.isnan(got)
    np.testing.assert_array_max_ulp(got[rest], expected[rest].astype(got.dtype), most)
