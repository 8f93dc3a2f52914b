"""What readers may write: right answers of every form, and the mistakes that exercises are for.

Each exercise has a table of right answers and one of wrong ones. Nothing here is lsebook's.
"""

import functools
import math
from fractions import Fraction

import mpmath
import numpy as np
import scipy.special as sp
import scipy.stats

from tests.package import answers_part4
from tests.package.silence import quiet

LN2 = math.log(2)


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / e.sum()


def shifted(x):
    c = np.max(x)
    return c + np.log(np.sum(np.exp(x - c)))


def shifted_by(choose):
    """The trick with another number in the place of the maximum."""

    @quiet
    def function(x):
        c = choose(x)
        return c + np.log(np.sum(np.exp(x - c)))

    return function


def accurate(x):
    k = np.argmax(x)
    return x[k] + np.log1p(np.exp(np.delete(x, k) - x[k]).sum())


# log_product


def product_loop(p):
    total = 0.0
    for v in p:
        if v == 0:
            return -math.inf
        total += math.log(v)
    return total


@quiet
def product_of_chunks(p, size=500):
    return sum(np.log(np.prod(p[i : i + size])) for i in range(0, len(p), size))


@quiet
def product_of_halves(p):
    half = len(p) // 2
    return np.log(np.prod(p[:half])) + np.log(np.prod(p[half:]))


def mantissas(p):
    """Mantissas and exponents kept apart."""
    m, e = np.frexp(p)
    with np.errstate(divide="ignore"):
        return np.log(m).sum() + LN2 * e.sum()


LOG_PRODUCT_RIGHT = {
    "log, sum": lambda p: np.log(p).sum(),
    "np.sum of np.log": quiet(lambda p: np.sum(np.log(p))),
    "fsum": lambda p: -math.inf if 0 in p else math.fsum(map(math.log, p)),
    "loop": product_loop,
    "log2": quiet(lambda p: np.log2(p).sum() * LN2),
    "log1p": quiet(lambda p: np.log1p(p - 1).sum()),
    "frexp": mantissas,
    "add.reduce": quiet(lambda p: np.add.reduce(np.log(p))),
}
LOG_PRODUCT_WRONG = {
    "log of product": quiet(lambda p: np.log(np.prod(p))),
    "clipped": lambda p: np.log(np.clip(p, 1e-300, 1)).sum(),
    "epsilon": lambda p: np.log(p + 1e-12).sum(),
    "zeros dropped": lambda p: np.log(p[p > 0]).sum(),
    "chunks": product_of_chunks,
    "halves": product_of_halves,
    "log10": quiet(lambda p: np.log10(p).sum()),
    "log2 alone": quiet(lambda p: np.log2(p).sum()),
    "mean of logs": quiet(lambda p: np.log(p).mean() if len(p) else 0.0),
    "log of mean": quiet(lambda p: len(p) * np.log(p.mean()) if len(p) else 0.0),
    "finite for zero": lambda p: -5.0 if 0 in p else np.log(p).sum(),
    "inf for zero": lambda p: np.inf if 0 in p else np.log(p).sum(),
    "nothing is impossible": quiet(lambda p: np.log(p).sum() if len(p) else -np.inf),
    "no sum": quiet(lambda p: np.log(p)),
    "sign": quiet(lambda p: -np.log(p).sum()),
}

# softmax_temperature

SOFTMAX_TEMPERATURE_RIGHT = {
    "definition": lambda x, t: np.exp(x / t) / np.exp(x / t).sum(),
    "shifted": lambda x, t: softmax(x / t),
    "shift first": lambda x, t: np.exp((x - x.max()) / t) / np.exp((x - x.max()) / t).sum(),
    "scipy": lambda x, t: sp.softmax(x / t),
    "inverse": lambda x, t: sp.softmax(x * (1 / t)),
    "loop": lambda x, t: [math.exp(v / t) / sum(math.exp(u / t) for u in x) for v in x],
}
SOFTMAX_TEMPERATURE_WRONG = {
    "multiplied": quiet(lambda x, t: np.exp(x * t) / np.exp(x * t).sum()),
    "ignored": lambda x, t: softmax(x),
    "outside": lambda x, t: softmax(x) / t,
    "power": lambda x, t: softmax(x) ** (1 / t),
    "not normalised": lambda x, t: np.exp(x / t),
    "divided after": lambda x, t: np.exp(x) / t / (np.exp(x) / t).sum(),
    "rounded": lambda x, t: np.round(softmax(x / t), 6),
    "added": lambda x, t: softmax(x + t),
    "sorted": lambda x, t: softmax(np.sort(x) / t),
}

# probabilities

PROBABILITIES_RIGHT = {
    "exp of difference": lambda w: np.exp(w - np.log(np.exp(w).sum())),
    "division": lambda w: np.exp(w) / np.exp(w).sum(),
    "shifted": softmax,
    "scipy": sp.softmax,
    "log_softmax": lambda w: np.exp(sp.log_softmax(w)),
    "float32": lambda w: softmax(w.astype(np.float32)),
    "list": lambda w: list(softmax(w)),
}
PROBABILITIES_WRONG = {
    "logs": lambda w: w - np.log(np.exp(w).sum()),
    "exp alone": np.exp,
    "epsilon": lambda w: np.exp(w - np.log(np.exp(w).sum() + 1e-12)),
    "divided by count": lambda w: np.exp(w) / len(w),
    "by the largest": lambda w: np.exp(w - w.max()),
    "shares of the logs": lambda w: w / w.sum() if w.sum() else np.ones(len(w)) / len(w),
    "rounded": lambda w: np.round(softmax(w), 8),
    "sorted": lambda w: softmax(np.sort(w)),
}

# logsumexp_1d

LOGSUMEXP_1D_RIGHT = {
    "three lines": shifted,
    "scipy": sp.logsumexp,
    "logaddexp": np.logaddexp.reduce,
    "log1p": accurate,
    "built in": lambda x: max(x) + math.log(sum(math.exp(v - max(x)) for v in x)),
    "below the maximum": shifted_by(lambda x: x.max() - 700),
    "sorted": lambda x: shifted(np.sort(x)),
    "mpmath": lambda x: mpmath.log(mpmath.fsum(map(mpmath.exp, map(mpmath.mpf, x.tolist())))),
    # A term of e^-50 is below half an ulp of any answer that two or three numbers can have.
    "clipped far below": lambda x: shifted(np.clip(x, x.max() - 50, None)),
}
LOGSUMEXP_1D_WRONG = {
    "definition": quiet(lambda x: np.log(np.exp(x).sum())),
    "not added back": lambda x: np.log(np.exp(x - x.max()).sum()),
    "c = last": shifted_by(lambda x: x[-1]),
    "c = first": shifted_by(lambda x: x[0]),
    "c = mean": shifted_by(np.mean),
    "c = min": shifted_by(np.min),
    "c = median": shifted_by(np.median),
    "c = middle": shifted_by(lambda x: x[len(x) // 2]),
    "c = largest size": shifted_by(lambda x: np.abs(x).max()),
    "epsilon": lambda x: x.max() + np.log(np.exp(x - x.max()).sum() + 1e-10),
    "maximum": np.max,
    "log of count": lambda x: x.max() + math.log(len(x)),
    "subtracted twice": lambda x: np.log(np.exp(x - x.max()).sum()) - x.max(),
    "log of mean": lambda x: x.max() + np.log(np.exp(x - x.max()).mean()),
    "log2": lambda x: x.max() + np.log2(np.exp(x - x.max()).sum()),
    "rounded": lambda x: np.round(shifted(x), 6),
    "with the shape kept": lambda x: np.atleast_1d(shifted(x)),
}

# log_weighted_sum


def weighted_masked(x, w):
    x, w = x[w > 0], w[w > 0]
    return shifted(x + np.log(w)) if len(x) else -np.inf


def weighted_by(choose):
    @quiet
    def function(x, w):
        if not w.any():
            return -np.inf
        c = choose(x, w)
        return c + np.log(np.sum((w * np.exp(x - c))[w > 0]))

    return function


LOG_WEIGHTED_SUM_RIGHT = {
    "kept": weighted_by(lambda x, w: x[w > 0].max()),
    "into the score": weighted_masked,
    "minus inf": lambda x, w: sp.logsumexp(np.where(w > 0, x, -np.inf), b=w),
    "scipy": quiet(lambda x, w: sp.logsumexp(x + np.log(w))),
    "logaddexp": quiet(lambda x, w: np.logaddexp.reduce(x + np.log(w))),
}
LOG_WEIGHTED_SUM_WRONG = {
    "definition": quiet(lambda x, w: np.log(np.sum(w * np.exp(x)))),
    "maximum of all": weighted_by(lambda x, w: x.max()),
    "c of the largest weight": weighted_by(lambda x, w: x[np.argmax(w)]),
    "c = mean of kept": weighted_by(lambda x, w: x[w > 0].mean()),
    "c = first kept": weighted_by(lambda x, w: x[w > 0][0]),
    "c = max of w x": weighted_by(lambda x, w: (w * x).max()),
    "small weights dropped": lambda x, w: (
        shifted((x + np.log(w))[w >= 1]) if (w >= 1).any() else -np.inf
    ),
    "finite for nothing": lambda x, w: weighted_masked(x, w) if w.any() else -1e308,
    "inf for nothing": lambda x, w: weighted_masked(x, w) if w.any() else np.inf,
    "weights ignored": lambda x, w: shifted(x),
    "only whether": lambda x, w: shifted(x[w > 0]) if w.any() else -np.inf,
    "divided by weights": quiet(lambda x, w: weighted_masked(x, w) - np.log(w.sum())),
    "w times x": lambda x, w: shifted(w * x),
}

# hessian_product


def hessian_of(p):
    return np.diag(p) - np.outer(p, p)


def from_the_winner(x, v):
    p, d = softmax(x), v - v[np.argmax(x)]
    return p * (d - p @ d)


def centred_twice(x, v):
    p = softmax(x)
    d = v - p @ v
    return p * (d - p @ d)


def product_of_pairs(x, v):
    p = softmax(x)
    return [float(p[i] * (p @ (v[i] - v))) for i in range(len(x))]


def product_by_differences(x, v, h=1e-6):
    return (softmax(x + h * v) - softmax(x - h * v)) / (2 * h)


def product_of_two(x, v):
    p, d = softmax(x), v - v[np.argmax(x)]
    return p[0] * p[1] * (d - d[::-1])


HESSIAN_PRODUCT_RIGHT = {
    "from the winner": from_the_winner,
    "centred twice": centred_twice,
    "pairs": product_of_pairs,
    "pairs from the winner": lambda x, v: product_of_pairs(x, v - v[np.argmax(x)]),
    "scipy": lambda x, v: (
        (p := sp.softmax(x)) * ((d := v - v[p.argmax()]) - np.average(d, weights=p))
    ),
}
HESSIAN_PRODUCT_WRONG = {
    "matrix": lambda x, v: hessian_of(softmax(x)) @ v,
    "matrix from the winner": lambda x, v: hessian_of(softmax(x)) @ (v - v[np.argmax(x)]),
    "centred": lambda x, v: softmax(x) * (v - softmax(x) @ v),
    "two products": lambda x, v: softmax(x) * v - softmax(x) * (softmax(x) @ v),
    "from the first": lambda x, v: softmax(x) * (v - v[0] - softmax(x) @ (v - v[0])),
    "from the mean": lambda x, v: softmax(x) * (v - v.mean() - softmax(x) @ (v - v.mean())),
    "from the smallest": lambda x, v: softmax(x) * (v - v.min() - softmax(x) @ (v - v.min())),
    "from the largest of v": lambda x, v: softmax(x) * (v - v.max() - softmax(x) @ (v - v.max())),
    "diagonal alone": lambda x, v: softmax(x) * v,
    "outer alone": lambda x, v: -softmax(x) * (softmax(x) @ v),
    "sign": lambda x, v: -from_the_winner(x, v),
    "variance": lambda x, v: v @ from_the_winner(x, v),
    "two scores": product_of_two,
    "reversed": lambda x, v: from_the_winner(x[::-1], v),
    "no shift": quiet(
        lambda x, v: (p := np.exp(x) / np.exp(x).sum()) * ((d := v - v[np.argmax(x)]) - p @ d)
    ),
    "differences": product_by_differences,
    "v against p": lambda x, v: v * (softmax(x) - softmax(x) @ v),
    "squares": lambda x, v: softmax(x) * (1 - softmax(x)) * v,
}

# logsumexp_accurate


def accurate_sorted(x):
    *low, c = np.sort(x)
    return c + np.log1p(np.exp(np.array(low) - c).sum())


def accurate_ties(x):
    c, m = x.max(), np.sum(x == x.max())
    return c + (math.log(m) if m > 1 else 0.0) + np.log1p(np.exp(x[x < c] - c).sum() / m)


LOGSUMEXP_ACCURATE_RIGHT = {
    "argmax": accurate,
    "sort": accurate_sorted,
    "scipy": sp.logsumexp,
    "logaddexp": np.logaddexp.reduce,
    "ties": accurate_ties,
    "expm1": lambda x: x.max() + np.log1p(np.expm1(sp.logsumexp(x - x.max()))),
    "partition": lambda x: x.max() + np.log1p(np.exp(np.partition(x, -1)[:-1] - x.max()).sum()),
}
LOGSUMEXP_ACCURATE_WRONG = {
    "three lines": shifted,
    "definition": quiet(lambda x: np.log(np.exp(x).sum())),
    "1 subtracted": lambda x: x.max() + np.log1p(np.exp(x - x.max()).sum() - 1),
    "all maxima dropped": lambda x: x.max() + np.log1p(np.exp(x[x < x.max()] - x.max()).sum()),
    "runner-up alone": lambda x: x.max() + np.log1p(np.exp(np.sort(x)[-2] - x.max())),
    "last dropped": quiet(lambda x: x[-1] + np.log1p(np.exp(x[:-1] - x[-1]).sum())),
    "first dropped": quiet(lambda x: x[0] + np.log1p(np.exp(x[1:] - x[0]).sum())),
    "nothing dropped": lambda x: x.max() + np.log1p(np.exp(x - x.max()).sum()),
    "not added back": lambda x: accurate(x) - x.max(),
    "longdouble": lambda x: float(shifted(x.astype(np.longdouble))),
    "maximum for tails": lambda x: x.max() if np.ptp(x) > 36 else shifted(x),
}

# logsumexp


def along(function):
    """A function of one array, along any axis."""

    def with_axis(x, axis=None):
        x = np.asarray(x, float)
        if axis is None:
            return function(x.reshape(-1))
        rows = np.moveaxis(x, axis, -1)
        flat = rows.reshape(math.prod(rows.shape[:-1]), rows.shape[-1])
        return np.array([function(row) for row in flat]).reshape(rows.shape[:-1])

    return with_axis


@quiet
def complete(x):
    if np.isnan(x).any():
        return np.nan
    c = np.max(x, initial=-np.inf)
    return c if np.isinf(c) else accurate(x)


@quiet
def complete_ties(x):
    return np.nan if np.isnan(x).any() else sp.logsumexp(x) if len(x) else -np.inf


def where_infinite(value):
    """Complete but for what it answers where the answer is infinite."""
    return along(lambda x: value if np.isinf(complete(x)) else complete(x))


def sorted_rest(x, axis=None):
    x = np.asarray(x, dtype=float)
    x = x.reshape(-1) if axis is None else np.moveaxis(x, axis, -1)
    c = np.max(x, axis=-1, keepdims=True, initial=-np.inf)
    finite = np.isfinite(c)
    e = np.exp(np.where(finite, x - np.where(finite, c, 0.0), -np.inf))
    rest = np.sort(e, axis=-1)[..., :-1].sum(axis=-1)
    return c[..., 0] + np.log1p(rest)


def narrow_integers(x, axis=None):
    if np.asarray(x).dtype == np.int8:
        return along(complete)(np.asarray(x) - np.max(x)) + np.max(x)
    return along(complete)(x, axis)


def half_sum(x, axis=None):
    if np.asarray(x).dtype == np.float16:
        with np.errstate(all="ignore"):
            return np.log(np.exp(x).sum(dtype=np.float16))
    return along(complete)(x, axis)


def one_maximum(x, axis=None):
    x = np.asarray(x, float)
    c = x.max(initial=-np.inf)
    if not np.isfinite(c):
        return along(complete)(x, axis)
    with np.errstate(divide="ignore"):
        s = np.exp(x - c).sum(axis=axis)
        return c + np.where(s < 1.5, np.log1p(s - 1), np.log(s))


def empty_raises(x, axis=None):
    np.max(x, axis=axis)
    return along(complete)(x, axis)


def input_changed(x, axis=None):
    value = along(complete)(x, axis)
    if x.dtype == float:
        x -= x.max(initial=0.0)
    return value


LOGSUMEXP_RIGHT = {
    "argmax": along(complete),
    "scipy where whole": along(complete_ties),
    "scipy of floats": quiet(lambda x, axis=None: sp.logsumexp(np.asarray(x, float), axis=axis)),
    "logaddexp": quiet(
        lambda x, axis=None: (
            np.logaddexp.reduce(np.asarray(x, float), axis=axis)
            if axis is not None
            else np.logaddexp.reduce(np.asarray(x, float).reshape(-1))
        )
    ),
    "sorted rest": sorted_rest,
}
LOGSUMEXP_WRONG = {
    "definition": quiet(lambda x, axis=None: np.log(np.exp(x).sum(axis=axis))),
    "three lines": quiet(
        lambda x, axis=None: (
            np.squeeze(np.max(x, axis=axis, keepdims=True), axis=axis)
            + np.log(np.sum(np.exp(x - np.max(x, axis=axis, keepdims=True)), axis=axis))
        )
    ),
    "7 for infinities": where_infinite(7.0),
    "0 for infinities": where_infinite(0.0),
    "huge for infinities": where_infinite(-1e308),
    "nan for infinities": where_infinite(np.nan),
    "inf for infinities": where_infinite(np.inf),
    "-inf for infinities": where_infinite(-np.inf),
    "nan dropped": along(lambda x: complete(x[~np.isnan(x)])),
    "nan beside inf lost": along(lambda x: np.inf if (x == np.inf).any() else complete(x)),
    "nan as 0": along(lambda x: complete(np.nan_to_num(x, nan=0.0, posinf=np.inf, neginf=-np.inf))),
    "axis ignored": lambda x, axis=None: complete(np.asarray(x, float).reshape(-1)),
    "always last axis": lambda x, axis=None: along(complete)(x, -1),
    "axis or its opposite": lambda x, axis=None: along(complete)(x, axis and 1 - axis),
    "negative axis refused": lambda x, axis=None: (
        1 / 0 if axis is not None and axis < 0 else along(complete)(x, axis)
    ),
    "kept dimensions": lambda x, axis=None: (
        np.expand_dims(along(complete)(x, axis), axis) if axis is not None else along(complete)(x)
    ),
    "one maximum": one_maximum,
    "rows of the transposed": lambda x, axis=None: along(complete)(
        np.asarray(x).T, axis if axis is None else axis % 2
    ),
    "no axis": lambda x: complete(x),
    "integers wrap": narrow_integers,
    "half sum": half_sum,
    "empty raises": empty_raises,
    "input changed": input_changed,
    "tail lost": quiet(along(lambda x: shifted(x) if np.isfinite(complete(x)) else complete(x))),
}

# masked_softmax


def masked(x, keep):
    p = np.zeros(x.shape)
    if keep.any():
        p[keep] = softmax(x[keep])
    return p


def masked_where(x, keep):
    if not keep.any():
        return np.zeros(x.shape)
    c = x[keep].max()
    e = np.where(keep, np.exp(np.where(keep, x, c) - c), 0.0)
    return e / e.sum()


def sentinel(value):
    @quiet
    def function(x, keep):
        e = np.exp(np.where(keep, x, value) - np.where(keep, x, value).max())
        return e / e.sum()

    return function


@quiet
def sentinel_then_zero(x, keep, value=-1e300):
    y = np.where(keep, x, value)
    e = np.where(keep, np.exp(y - y.max()), 0)
    return e / e.sum() if keep.any() else np.zeros(len(x))


MASKED_SOFTMAX_RIGHT = {
    "kept alone": masked,
    "double where": masked_where,
    "minus inf": quiet(
        lambda x, keep: sp.softmax(np.where(keep, x, -np.inf)) if keep.any() else np.zeros(len(x))
    ),
    "masked to zero": quiet(
        lambda x, keep: np.where(keep, sp.softmax(np.where(keep, x, -np.inf)), 0.0)
    ),
}
MASKED_SOFTMAX_WRONG = {
    "sentinel -1e4": sentinel(-1e4),
    "sentinel -1e9": sentinel(-1e9),
    "sentinel -inf": sentinel(-np.inf),
    "sentinel, then zero": sentinel_then_zero,
    "every nan to 0": quiet(lambda x, keep: np.nan_to_num(masked_where(x, keep))),
    "zeroed afterwards": quiet(lambda x, keep: sp.softmax(x) * keep),
    "zeroed and shared out": quiet(
        lambda x, keep: (
            np.where(keep, sp.softmax(x), 0) / max(np.where(keep, sp.softmax(x), 0).sum(), 1e-300)
        )
    ),
    "score times mask": quiet(lambda x, keep: sp.softmax(x * keep)),
    "mask ignored": quiet(lambda x, keep: sp.softmax(x)),
    "mask turned": lambda x, keep: masked(x, ~keep),
    "mean for nothing": lambda x, keep: masked(x, keep) if keep.any() else np.ones(len(x)) / len(x),
    "nan for nothing": lambda x, keep: masked(x, keep) if keep.any() else np.full(len(x), np.nan),
    "kept ones alone": lambda x, keep: softmax(x[keep]) if keep.any() else np.zeros(0),
}

# log1mexp


def switched(threshold, near=lambda x: np.log(-np.expm1(x))):
    return lambda x: near(x) if x > threshold else np.log1p(-np.exp(x))


LOG1MEXP_RIGHT = {
    "log 2": switched(-LN2),
    "-0.693": switched(-0.693),
    "-1": switched(-1),
    "-0.1": switched(-0.1),
    "math": lambda x: math.log(-math.expm1(x)) if x > -LN2 else math.log1p(-math.exp(x)),
    "where, quiet": quiet(lambda x: np.where(x > -LN2, np.log(-np.expm1(x)), np.log1p(-np.exp(x)))),
    "mpmath": lambda x: (
        mpmath.log(-mpmath.expm1(mpmath.mpf(x)))
        if x > -1
        else mpmath.log1p(-mpmath.exp(mpmath.mpf(x)))
    ),
}
LOG1MEXP_WRONG = {
    "definition": quiet(lambda x: np.log(1 - np.exp(x))),
    "log1p alone": quiet(lambda x: np.log1p(-np.exp(x))),
    "expm1 alone": quiet(lambda x: np.log(-np.expm1(x))),
    "-10.5": switched(-10.5),
    "-30": switched(-30),
    "-37": switched(-37),
    "-1e-5": switched(-1e-5),
    "-1e-8": switched(-1e-8),
    "-1e-10": switched(-1e-10),
    "log of -x": switched(-0.01, near=lambda x: np.log(-x)),
    "log of -x nearer": switched(-1e-8, near=lambda x: np.log(-x)),
    "turned round": quiet(lambda x: np.log1p(-np.exp(x)) if x > -LN2 else np.log(-np.expm1(x))),
    "log1pexp": lambda x: np.log1p(np.exp(x)),
    "sign": lambda x: -switched(-LN2)(x),
    "where, warned": lambda x: np.where(x > -LN2, np.log(-np.expm1(x)), np.log1p(-np.exp(x))),
}

# logcumsumexp


def beginnings(function):
    return lambda x: np.array([function(x[: i + 1]) for i in range(len(x))])


def cumulative_loop(x):
    out, total = [], -np.inf
    for v in x:
        total = max(total, v) + math.log1p(math.exp(-abs(total - v)))
        out.append(total)
    return out


LOGCUMSUMEXP_RIGHT = {
    "accumulate": np.logaddexp.accumulate,
    "scipy on beginnings": beginnings(sp.logsumexp),
    "three lines on beginnings": beginnings(shifted),
    "log1p on beginnings": beginnings(accurate),
    "loop": cumulative_loop,
    # A term 40 below the maximum is below half an ulp of these answers.
    "cut off far below": beginnings(lambda x: shifted(x[x > x.max() - 40])),
}
LOGCUMSUMEXP_WRONG = {
    "one maximum": quiet(lambda x: x.max() + np.log(np.cumsum(np.exp(x - x.max())))),
    "definition": quiet(lambda x: np.log(np.cumsum(np.exp(x)))),
    "running maximum": np.maximum.accumulate,
    "from the end": lambda x: np.logaddexp.accumulate(x[::-1])[::-1],
    "of the sorted": lambda x: np.logaddexp.accumulate(np.sort(x)),
    "backwards": lambda x: np.logaddexp.accumulate(x)[::-1],
    "total everywhere": lambda x: np.full(len(x), sp.logsumexp(x)),
    "without itself": lambda x: np.concatenate([[-np.inf], np.logaddexp.accumulate(x)[:-1]]),
    "own maximum, not rescaled": lambda x: (
        np.maximum.accumulate(x) + np.log(np.cumsum(np.exp(x - np.maximum.accumulate(x))))
    ),
    "not added back": lambda x: np.logaddexp.accumulate(x) - x.max(),
    "total alone": sp.logsumexp,
    "sums": np.cumsum,
}

# logsumexp_rows


def rows_by(choose):
    @quiet
    def function(X):
        c = choose(X)
        return np.ravel(c) + np.log(np.exp(X - c).sum(axis=1))

    return function


def rows_broadcast(X):
    c = X.max(axis=1)
    return c + np.log(np.exp(X - c).sum(axis=1))


LOGSUMEXP_ROWS_RIGHT = {
    "keepdims": rows_by(lambda X: X.max(axis=1, keepdims=True)),
    "scipy": lambda X: sp.logsumexp(X, axis=1),
    "logaddexp": lambda X: np.logaddexp.reduce(X, axis=1),
    "list of rows": lambda X: [shifted(row) for row in X],
    "apply_along_axis": lambda X: np.apply_along_axis(shifted, 1, X),
    "transposed": lambda X: X.max(axis=1) + np.log(np.exp(X.T - X.max(axis=1)).sum(axis=0)),
}
LOGSUMEXP_ROWS_WRONG = {
    "broadcast along columns": quiet(rows_broadcast),
    "one maximum": rows_by(lambda X: X.max()),
    "columns": lambda X: sp.logsumexp(X, axis=0),
    "whole": lambda X: sp.logsumexp(X),
    "c = first of the row": rows_by(lambda X: X[:, :1]),
    "c = last of the row": rows_by(lambda X: X[:, -1:]),
    "c = smallest of the row": rows_by(lambda X: X.min(axis=1, keepdims=True)),
    "c = mean of the row": rows_by(lambda X: X.mean(axis=1, keepdims=True)),
    "definition": quiet(lambda X: np.log(np.exp(X).sum(axis=1))),
    "first row everywhere": lambda X: np.full(len(X), shifted(X[0])),
    "turned": lambda X: sp.logsumexp(X, axis=1)[::-1],
    "kept dimensions": lambda X: sp.logsumexp(X, axis=1, keepdims=True),
    "not added back": lambda X: sp.logsumexp(X - X.max(axis=1, keepdims=True), axis=1),
}

# softmax_integers

SOFTMAX_INTEGERS_RIGHT = {
    "floats": lambda x: softmax(x.astype(float)),
    "asarray": lambda x: softmax(np.asarray(x, dtype=np.float64)),
    "scipy of floats": lambda x: sp.softmax(x.astype(float)),
    "float32": lambda x: softmax(x.astype(np.float32)),
    "wider integers": lambda x: softmax(x.astype(np.int64)),
    "times one": lambda x: softmax(x * 1.0),
    "subtracted as floats": lambda x: (
        np.exp(np.subtract(x, x.max(), dtype=float))
        / np.exp(np.subtract(x, x.max(), dtype=float)).sum()
    ),
    "fractions": lambda x: (
        np.array([math.exp(Fraction(int(v)) - int(x.max())) for v in x])
        / math.fsum(math.exp(int(v) - int(x.max())) for v in x)
    ),
}
SOFTMAX_INTEGERS_WRONG = {
    "as integers": lambda x: (
        np.exp((x - x.max()).astype(float)) / np.exp((x - x.max()).astype(float)).sum()
    ),
    "scipy": sp.softmax,
    "no shift": quiet(lambda x: np.exp(x) / np.exp(x).sum()),
    "as int8": lambda x: softmax(x.astype(np.int8)),
    "smallest taken off": quiet(
        lambda x: (
            np.exp(x.astype(float) - x.min()) ** 8 / (np.exp(x.astype(float) - x.min()) ** 8).sum()
        )
    ),
    "largest size": lambda x: softmax(np.abs(x.astype(float))),
    "winner takes all": lambda x: (x == x.max()).astype(float),
    "sorted": lambda x: softmax(np.sort(x).astype(float)),
}

# cross_entropy

CROSS_ENTROPY_RIGHT = {
    "log1p of the rest": lambda x, label: accurate(x - x[label]),
    "scipy, shifted to the label": lambda x, label: sp.logsumexp(x - x[label]),
    "logaddexp": lambda x, label: np.logaddexp.reduce(x - x[label]),
    "others": lambda x, label: np.logaddexp(0, sp.logsumexp(np.delete(x, label)) - x[label]),
}
CROSS_ENTROPY_WRONG = {
    "LSE less score": lambda x, label: accurate(x) - x[label],
    "log of softmax": quiet(lambda x, label: -np.log(softmax(x)[label])),
    "clipped": lambda x, label: -np.log(np.clip(softmax(x)[label], 1e-7, 1.0)),
    "epsilon": lambda x, label: -np.log(softmax(x)[label] + 1e-12),
    "maximum less score": lambda x, label: x.max() - x[label],
    "log_softmax": lambda x, label: -sp.log_softmax(x)[label] - 0.0 * x[0],
    "sign": lambda x, label: -accurate(x - x[label]),
    "label ignored": lambda x, label: accurate(x - x[0]),
    "best label": lambda x, label: accurate(x - x.max()),
    "score alone": lambda x, label: -x[label],
    "mean of all": lambda x, label: np.mean([accurate(x - v) for v in x]),
    "probability": lambda x, label: softmax(x)[label],
    "all losses": lambda x, label: [accurate(x - v) for v in x],
}

# softmax_float32


def in_float32(function):
    return quiet(lambda x: function(np.asarray(x, dtype=np.float32)))


SOFTMAX_FLOAT32_RIGHT = {
    "division": in_float32(softmax),
    "scipy": in_float32(sp.softmax),
    "astype": lambda x: softmax(x.astype("f4")),
    "LSE of the shifted": in_float32(
        lambda x: np.exp(x - x.max() - np.log(np.exp(x - x.max()).sum()))
    ),
    "log_softmax": in_float32(lambda x: np.exp(sp.log_softmax(x))),
    "shifted before": lambda x: softmax((x - x.max()).astype(np.float32)),
}
SOFTMAX_FLOAT32_WRONG = {
    "LSE subtracted": in_float32(lambda x: np.exp(x - np.float32(sp.logsumexp(x)))),
    "float64 throughout": softmax,
    "float64 at last": lambda x: softmax(x.astype(np.float32)).astype(float),
    "definition": in_float32(lambda x: np.exp(x) / np.exp(x).sum()),
    "c = mean": in_float32(lambda x: np.exp(x - x.mean()) / np.exp(x - x.mean()).sum()),
    "c = first": in_float32(lambda x: np.exp(x - x[0]) / np.exp(x - x[0]).sum()),
    "float16": lambda x: softmax(x.astype(np.float16)),
    "not normalised": in_float32(lambda x: np.exp(x - x.max())),
    "sorted": in_float32(lambda x: softmax(np.sort(x))),
}

# log_softmax_1d

LOG_SOFTMAX_1D_RIGHT = {
    "shift, then log1p": lambda x: x - x.max() - np.log1p(accurate_rest(x)),
    "each alone": lambda x: [-accurate(x - v) for v in x],
    "minus logsumexp of differences": lambda x: [-sp.logsumexp(x - v) for v in x],
    "logaddexp": lambda x: [-np.logaddexp.reduce(x - v) for v in x],
    "accurate LSE of the shifted": lambda x: x - x.max() - accurate(x - x.max()),
}


def accurate_rest(x):
    return np.exp(np.delete(x, np.argmax(x)) - x.max()).sum()


LOG_SOFTMAX_1D_WRONG = {
    "log of softmax": quiet(lambda x: np.log(softmax(x))),
    "epsilon": lambda x: np.log(softmax(x) + 1e-12),
    "score less LSE": lambda x: x - shifted(x),
    "score less accurate LSE": lambda x: x - accurate(x),
    "shift, then log": lambda x: x - x.max() - np.log(np.exp(x - x.max()).sum()),
    "scipy": lambda x: sp.log_softmax(x) if x[0] != 45 else x - sp.logsumexp(x),
    "softmax": softmax,
    "definition": quiet(lambda x: x - np.log(np.exp(x).sum())),
    "sign": lambda x: np.array([accurate(x - v) for v in x]),
    "sorted": lambda x: np.array([-accurate(np.sort(x) - v) for v in np.sort(x)]),
    "below the peak": lambda x: x - x.max(),
}

# streaming


def merge(p, q):
    if p[0] < q[0]:
        p, q = q, p
    (c, r), (low, low_rest) = p, q
    gap = low - c if low != c else 0.0
    return c, r + (1 + low_rest) * math.exp(gap)


def stream_peak_and_sum(numbers):
    c, s = -math.inf, 0.0
    for x in numbers:
        if math.isnan(x):
            return math.nan
        if x > c:
            s = s * math.exp(c - x) + 1 if s else 1.0
            c = x
        elif x > -math.inf:
            s += math.exp(x - c) if c < math.inf else 1.0
    return c + math.log(s) if s else -math.inf


def stream_rest(numbers):
    state = (-math.inf, 0.0)
    for x in numbers:
        state = merge(state, (x, 0.0))
    return state[0] + math.log1p(state[1])


def stream_blocks(numbers, size=1000):
    total = -np.inf
    block = []
    for x in numbers:
        block.append(x)
        if len(block) == size:
            total, block = np.logaddexp(total, sp.logsumexp(block)), []
    return np.logaddexp(total, sp.logsumexp(block)) if block else total


def stream_with(update):
    """A stream that treats the pair (peak, sum) by one wrong rule."""

    @quiet
    def function(numbers):
        c, s = -np.inf, 0.0
        for x in numbers:
            c, s = update(c, s, x)
        return c + np.log(s)

    return function


STREAMING_RIGHT = {
    "peak and sum": stream_peak_and_sum,
    "rest": stream_rest,
    "logaddexp": quiet(lambda ns: functools.reduce(np.logaddexp, ns, -np.inf)),
    "reduce": lambda ns: (lambda c, r: c + math.log1p(r))(
        *functools.reduce(merge, ((x, 0.0) for x in ns), (-math.inf, 0.0))
    ),
    "blocks": quiet(stream_blocks),
    "next": lambda ns: stream_peak_and_sum(iter(ns)),
    # It reads one by one, and keeps no number but eight bytes of each, which no one can see.
    "fromiter": quiet(lambda ns: complete(np.fromiter(ns, float))),
}
STREAMING_WRONG = {
    "read twice": lambda ns: (lambda c: c + math.log(sum(math.exp(x - c) for x in ns)))(max(ns)),
    "read twice, NumPy": quiet(lambda ns: max(ns, default=0) + np.log(sum(np.exp(x) for x in ns))),
    "all kept": quiet(lambda ns: complete(np.array(list(ns)))),
    "all kept, appended": quiet(
        lambda ns: (lambda xs: complete(np.array([xs.append(x) or x for x in ns])))([])
    ),
    "definition": quiet(lambda ns: np.log(sum(np.exp(x) for x in ns))),
    "not rescaled": stream_with(lambda c, s, x: (x, s + 1) if x > c else (c, s + np.exp(x - c))),
    "old sum dropped": stream_with(lambda c, s, x: (x, 1.0) if x > c else (c, s + np.exp(x - c))),
    "the 1 forgotten": stream_with(
        lambda c, s, x: (x, s * np.exp(c - x)) if x > c else (c, s + np.exp(x - c))
    ),
    "scaled the wrong way": stream_with(
        lambda c, s, x: (x, s * np.exp(x - c) + 1) if x > c else (c, s + np.exp(x - c))
    ),
    "first as peak": quiet(
        lambda ns: (lambda xs, c: c + np.log(1 + sum(np.exp(x - c) for x in xs)))(
            xs := iter(ns), next(xs, -np.inf)
        )
    ),
    "nan lost": lambda ns: stream_rest(x for x in ns if not math.isnan(x)),
    "nan of two infinities": stream_with(
        lambda c, s, x: (max(c, x), s * np.exp(c - max(c, x)) + np.exp(x - max(c, x)))
    ),
    "maximum": lambda ns: max(ns, default=-np.inf),
    "0 for nothing": lambda ns: stream_peak_and_sum(xs) if (xs := [*ns]) else 0.0,
    "last alone": lambda ns: functools.reduce(lambda _, x: x, ns, -np.inf),
    "of the state, the peak": lambda ns: functools.reduce(
        merge, ((x, 0.0) for x in ns), (-math.inf, 0.0)
    )[0],
    "the whole state": lambda ns: functools.reduce(merge, ((x, 0.0) for x in ns), (-math.inf, 0.0)),
}

# merge_attention


def attention(p, q):
    c = max(p[0], q[0])
    shift = c if np.isfinite(c) else 0.0
    a, b = np.exp(p[0] - shift), np.exp(q[0] - shift)
    return np.concatenate([[c, p[1] * a + q[1] * b], p[2] * a + q[2] * b])


def attention_swapped(p, q):
    (c, s, w), (low, t, v) = (p, q) if p[0] >= q[0] else (q, p)
    scale = np.exp(low - c) if np.isfinite(low) else 0.0
    return np.concatenate([[c, s + t * scale], w + v * scale])


def attention_skip(p, q):
    if p[1] == 0:
        return [q[0], q[1], *q[2]]
    if q[1] == 0:
        return [p[0], p[1], *p[2]]
    return attention(p, q)


def changed_after(change):
    """The right answer, then one thing done to it."""

    def function(p, q):
        out = attention(p, q)
        change(out, p, q)
        return out

    return function


def spoil_second_of_w(out, p, q):
    out[3:] = 0


def spoil_second_empty(out, p, q):
    if q[1] == 0:
        out[1:] = 99


def average(out, p, q):
    out[2:] /= out[1] if out[1] else 1


def tail_dropped(p, q):
    if abs(p[0] - q[0]) > 30 and p[1] and q[1]:
        c, s, w = max(p, q, key=lambda state: state[0])
        return [c, s, *w]
    return attention(p, q)


MERGE_ATTENTION_RIGHT = {
    "both scaled": attention,
    "swapped": attention_swapped,
    "empty ones skipped": attention_skip,
    "nan to 0": quiet(
        lambda p, q: (
            lambda c: np.concatenate(
                [
                    [c],
                    sum(
                        np.nan_to_num(np.exp(s[0] - c)) * np.concatenate([[s[1]], s[2]])
                        for s in (p, q)
                    ),
                ]
            )
        )(max(p[0], q[0]))
    ),
    "as lists": lambda p, q: attention(p, q).tolist(),
}
MERGE_ATTENTION_WRONG = {
    "first peak": quiet(
        lambda p, q: np.concatenate(
            [
                [p[0], p[1] + q[1] * np.exp(q[0] - p[0])],
                p[2] + q[2] * np.exp(q[0] - p[0]),
            ]
        )
    ),
    "second peak": quiet(
        lambda p, q: np.concatenate(
            [
                [q[0], q[1] + p[1] * np.exp(p[0] - q[0])],
                q[2] + p[2] * np.exp(p[0] - q[0]),
            ]
        )
    ),
    "first of w alone": changed_after(spoil_second_of_w),
    "second empty": changed_after(spoil_second_empty),
    "average": changed_after(average),
    "tail dropped": tail_dropped,
    "not rescaled": lambda p, q: np.concatenate([[max(p[0], q[0]), p[1] + q[1]], p[2] + q[2]]),
    "w not rescaled": lambda p, q: np.concatenate([attention(p, q)[:2], p[2] + q[2]]),
    "s taken for r": lambda p, q: np.concatenate(
        [attention(p, q)[:1], attention(p, q)[1:2] + 1, attention(p, q)[2:]]
    ),
    "smaller peak": quiet(
        lambda p, q: np.concatenate(
            [
                [min(p[0], q[0])],
                attention(p, q)[1:] * np.exp(max(p[0], q[0]) - min(p[0], q[0])),
            ]
        )
    ),
    "as a tuple of three": lambda p, q: (
        attention(p, q)[0],
        attention(p, q)[1],
        attention(p, q)[2:],
    ),
    "larger alone": lambda p, q: (lambda s: [s[0], s[1], *s[2]])(
        max(p, q, key=lambda state: state[0])
    ),
}

# logsumexp_blocks


def blocks_from_zero(x, size):
    c, s = -np.inf, 0.0
    for start in range(0, len(x), size):
        block = x[start : start + size]
        peak = np.maximum(c, block.max())
        shift = peak if np.isfinite(peak) else 0.0
        s = s * np.exp(min(c - shift, 0.0)) + np.exp(block - shift).sum()
        c = peak
    return c + np.log(s) if np.isfinite(c) else c


blocks = quiet(blocks_from_zero)


@quiet
def blocks_logaddexp(x, size):
    total = -np.inf
    for start in range(0, len(x), size):
        total = np.logaddexp(total, complete(x[start : start + size]))
    return total


def blocks_in_buffer(x, size):
    buffer = np.empty(size)
    c, s = -np.inf, 0.0
    for start in range(0, len(x), size):
        block = x[start : start + size]
        peak = np.maximum(c, block.max())
        if np.isfinite(peak):
            terms = np.subtract(block, peak, out=buffer[: len(block)])
            s = s * np.exp(c - peak) + np.exp(terms, out=terms).sum()
        c = peak
    return c + np.log(s) if np.isfinite(c) else c


@quiet
def blocks_as_taught(x, size):
    c, s = -np.inf, 0.0
    for start in range(0, len(x), size):
        block = x[start : start + size]
        peak = max(c, block.max())
        s = s * np.exp(c - peak) + np.exp(block - peak).sum()
        c = peak
    return c + np.log(s)


def blocks_warned(x, size):
    with np.errstate(divide="warn"):
        return np.log(np.float64(0)) if not len(x) else blocks(x, size)


@quiet
def blocks_not_rescaled(x, size):
    c, s = -np.inf, 0.0
    for start in range(0, len(x), size):
        c = max(c, x[start : start + size].max())
        s += np.exp(x[start : start + size] - c).sum()
    return c + np.log(s)


LOGSUMEXP_BLOCKS_RIGHT = {
    "peak and sum": blocks,
    "logaddexp": blocks_logaddexp,
    "in a buffer": blocks_in_buffer,
    "list of states": quiet(
        lambda x, size: complete(
            np.array([complete(x[i : i + size]) for i in range(0, len(x), size)])
        )
    ),
}
LOGSUMEXP_BLOCKS_WRONG = {
    "as taught": blocks_as_taught,
    "0 for an infinite peak": blocks_from_zero,
    "not rescaled": blocks_not_rescaled,
    "size ignored": lambda x, size: complete(x),
    "inf at once": lambda x, size: next(
        (np.inf for i in range(0, len(x), size) if (x[i : i + size] == np.inf).any()),
        blocks(x, size),
    ),
    "nan lost": lambda x, size: blocks(x[~np.isnan(x)], size),
    "last block lost": lambda x, size: blocks(x[: len(x) // size * size], size),
    "first block alone": lambda x, size: blocks(x[:size], size),
    "0 for nothing": lambda x, size: blocks(x, size) if len(x) else 0.0,
    "raises for nothing": lambda x, size: blocks(x, size) + 0 * x.max(),
    "mean of blocks": quiet(
        lambda x, size: np.mean([complete(x[i : i + size]) for i in range(0, len(x), size)])
    ),
    "largest block": quiet(
        lambda x, size: np.max(
            [complete(x[i : i + size]) for i in range(0, len(x), size)], initial=-np.inf
        )
    ),
    "right, but log 0 warned": blocks_warned,
}

# combine_states


def combined(states):
    return complete_ties(np.array([c + np.log1p(r) for c, r in states]))


def combined_reduce(states):
    c, r = functools.reduce(merge, states, (-math.inf, 0.0))
    return c + math.log1p(r)


COMBINE_STATES_RIGHT = {
    "merge": combined_reduce,
    "LSE of LSEs": combined,
    "logaddexp": quiet(
        lambda states: functools.reduce(np.logaddexp, (c + np.log1p(r) for c, r in states), -np.inf)
    ),
    "from the end": lambda states: combined_reduce(states[::-1]),
    "as weights": quiet(
        lambda states: (
            np.nan
            if np.isnan(states).any()
            else sp.logsumexp([c for c, _ in states], b=[1 + r for _, r in states])
            if any(c > -np.inf for c, _ in states)
            else -np.inf
        )
    ),
}
COMBINE_STATES_WRONG = {
    "mean": quiet(lambda states: np.mean([c + np.log1p(r) for c, r in states])),
    "sum": lambda states: sum(c + np.log1p(r) for c, r in states),
    "maximum": lambda states: max((c + np.log1p(r) for c, r in states), default=-np.inf),
    "rests ignored": quiet(lambda states: complete_ties(np.array([c for c, _ in states]))),
    "1 forgotten": quiet(
        lambda states: complete_ties(np.array([c + np.log(r) for c, r in states]))
    ),
    "log for log1p": quiet(
        lambda states: (lambda c, r: c + np.log(1 + r))(
            *functools.reduce(merge, states, (-np.inf, 0.0))
        )
    ),
    "rests added": quiet(
        lambda states: (
            max(c for c, _ in states) + np.log1p(sum(r for _, r in states) + len(states) - 1)
            if states
            else -np.inf
        )
    ),
    "first peak": quiet(
        lambda states: (
            states[0][0] + np.log(sum((1 + r) * np.exp(c - states[0][0]) for c, r in states))
            if states
            else -np.inf
        )
    ),
    "nan lost": lambda states: combined([s for s in states if s[0] == s[0]]),
    "0 for nothing": lambda states: combined(states) if states else 0.0,
    "raises for nothing": lambda states: (
        functools.reduce(merge, states)[0] + math.log1p(functools.reduce(merge, states)[1])
    ),
    "empty ones not skipped": quiet(
        lambda states: (lambda c: c + np.log(sum((1 + r) * np.exp(a - c) for a, r in states)))(
            max((a for a, _ in states), default=-np.inf)
        )
    ),
    "the state": lambda states: functools.reduce(merge, states, (-math.inf, 0.0)),
}


def windows_of(function):
    """Apply a function to every window."""
    return lambda x, w: np.array([function(x[i : i + w]) for i in range(len(x) - w + 1)])


def windows_from_both_ends(x, w):
    pieces = np.pad(x, (0, -len(x) % w), constant_values=-np.inf).reshape(-1, w)
    front = np.logaddexp.accumulate(pieces, axis=1).ravel()
    back = np.logaddexp.accumulate(pieces[:, ::-1], axis=1)[:, ::-1].ravel()
    answers = np.logaddexp(back[: len(x) - w + 1], front[w - 1 : len(x)])
    answers[::w] = front[w - 1 : len(x) : w]
    return answers


SLIDING_RIGHT = {
    "shifted": windows_of(shifted),
    "scipy": windows_of(sp.logsumexp),
    "accurate": windows_of(accurate),
    "strides": lambda x, w: sp.logsumexp(np.lib.stride_tricks.sliding_window_view(x, w), axis=1),
    "front and back": windows_from_both_ends,
}
SLIDING_WRONG = {
    "subtraction": quiet(
        lambda x, w: (lambda t: t[w:] + np.log(-np.expm1(t[:-w] - t[w:])))(
            np.concatenate([[-np.inf], np.logaddexp.accumulate(x)])
        )
    ),
    "definition": quiet(windows_of(lambda x: np.log(np.sum(np.exp(x))))),
    "maximum": windows_of(np.max),
    "mean": windows_of(np.mean),
    "sums": windows_of(np.sum),
    "not added back": windows_of(lambda x: shifted(x) - x.max()),
    "one maximum": quiet(
        lambda x, w: x.max() + windows_of(lambda v: np.log(np.sum(np.exp(v - x.max()))))(x, w)
    ),
    "running totals": lambda x, w: np.logaddexp.accumulate(x)[w - 1 :],
    "too short": lambda x, w: windows_of(shifted)(x[:-1], w),
    "whole pieces only": lambda x, w: np.array(
        [shifted(x[i : i + w]) for i in range(0, len(x) - w + 1, w)]
    ),
    "backwards": lambda x, w: windows_of(shifted)(x, w)[::-1],
    "double at the seams": lambda x, w: np.logaddexp(
        windows_of(shifted)(x, w), windows_of(shifted)(x, w)
    ),
}

LOSS_GRADIENT_RIGHT = {
    "softmax minus one": lambda x, label: softmax(x) - np.eye(len(x))[label],
    "in place": lambda x, label: np.where(np.arange(len(x)) == label, softmax(x) - 1, softmax(x)),
    "scipy": lambda x, label: sp.softmax(x) - (np.arange(len(x)) == label),
    "by log": lambda x, label: (
        np.exp(x - x.max() - np.log(np.exp(x - x.max()).sum())) - np.eye(len(x))[label]
    ),
}
LOSS_GRADIENT_WRONG = {
    "softmax": lambda x, label: softmax(x),
    "sign changed": lambda x, label: np.eye(len(x))[label] - softmax(x),
    "one-hot": lambda x, label: np.eye(len(x))[label],
    "first place": lambda x, label: softmax(x) - np.eye(len(x))[0],
    "largest place": lambda x, label: softmax(x) - np.eye(len(x))[np.argmax(x)],
    "minus one everywhere": lambda x, label: softmax(x) - 1,
    "definition": quiet(lambda x, label: np.exp(x) / np.exp(x).sum() - np.eye(len(x))[label]),
    "mean": lambda x, label: (softmax(x) - np.eye(len(x))[label]) / len(x),
    "scores": lambda x, label: x - np.eye(len(x))[label],
    "the loss": lambda x, label: shifted(x) - x[label],
}

# binary_loss


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def clipped_loss(z, y):
    p = np.clip(sigmoid(z), 1e-12, 1 - 1e-12)
    return -y * np.log(p) - (1 - y) * np.log(1 - p)


BINARY_LOSS_RIGHT = {
    "logaddexp": lambda z, y: y * np.logaddexp(0, -z) + (1 - y) * np.logaddexp(0, z),
    "log_expit": lambda z, y: -y * sp.log_expit(z) - (1 - y) * sp.log_expit(-z),
    "one softplus": lambda z, y: np.log1p(np.exp(-abs(z))) + abs(z) * np.where(z > 0, 1 - y, y),
    "columns": lambda z, y: np.array(
        [v * np.logaddexp(0, -u) + (1 - v) * np.logaddexp(0, u) for u, v in zip(z, y, strict=True)]
    ),
}
BINARY_LOSS_WRONG = {
    "definition": quiet(lambda z, y: -y * np.log(sigmoid(z)) - (1 - y) * np.log(1 - sigmoid(z))),
    "clipped": quiet(clipped_loss),
    "softplus less y z": lambda z, y: np.logaddexp(0, z) - y * z,
    "right class only": lambda z, y: y * np.logaddexp(0, -z),
    "other class": lambda z, y: y * np.logaddexp(0, z) + (1 - y) * np.logaddexp(0, -z),
    "hinge": lambda z, y: np.maximum(0, np.where(y > 0.5, -z, z)),
    "log of 1 plus exp": quiet(
        lambda z, y: y * np.log(1 + np.exp(-z)) + (1 - y) * np.log(1 + np.exp(z))
    ),
    "mean": lambda z, y: np.mean(y * np.logaddexp(0, -z) + (1 - y) * np.logaddexp(0, z)),
    "in bits": lambda z, y: (y * np.logaddexp(0, -z) + (1 - y) * np.logaddexp(0, z)) / np.log(2),
    "labels rounded": lambda z, y: np.logaddexp(0, np.where(y > 0.5, -z, z)),
}


# responsibilities


def rows_softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


RESPONSIBILITIES_RIGHT = {
    "shifted": lambda log_w, log_p: rows_softmax(log_w + log_p),
    "scipy": lambda log_w, log_p: sp.softmax(log_w + log_p, axis=1),
    "less LSE": lambda log_w, log_p: np.exp(
        log_w + log_p - sp.logsumexp(log_w + log_p, axis=1, keepdims=True)
    ),
    "row by row": lambda log_w, log_p: [softmax(log_w + row) for row in log_p],
    "logaddexp": quiet(
        lambda log_w, log_p: np.exp(
            log_w + log_p - np.logaddexp.reduce(log_w + log_p, axis=1, keepdims=True)
        )
    ),
}
RESPONSIBILITIES_WRONG = {
    "definition": quiet(
        lambda log_w, log_p: (
            np.exp(log_w + log_p) / np.exp(log_w + log_p).sum(axis=1, keepdims=True)
        )
    ),
    "one maximum": quiet(
        lambda log_w, log_p: (lambda e: e / e.sum(axis=1, keepdims=True))(
            np.exp(log_w + log_p - (log_w + log_p).max())
        )
    ),
    "along the columns": lambda log_w, log_p: softmax_columns(log_w + log_p),
    "over all": lambda log_w, log_p: softmax(log_w + log_p),
    "weights forgotten": lambda log_w, log_p: rows_softmax(log_p),
    "weights after": quiet(lambda log_w, log_p: np.exp(log_w) * rows_softmax(log_p)),
    "weights subtracted": quiet(lambda log_w, log_p: rows_softmax(log_p - log_w)),
    "not normalised": quiet(lambda log_w, log_p: np.exp(log_w + log_p)),
    "logs": lambda log_w, log_p: log_w + log_p - sp.logsumexp(log_w + log_p, axis=1)[:, None],
    "epsilon": quiet(
        lambda log_w, log_p: (
            np.exp(log_w + log_p) / (np.exp(log_w + log_p).sum(axis=1, keepdims=True) + 1e-300)
        )
    ),
    "densities and weights apart": quiet(
        lambda log_w, log_p: (
            (lambda e: e / e.sum(axis=1, keepdims=True))(
                np.exp(log_w) * np.exp(log_p - log_p.max(axis=1, keepdims=True))
            )
            * (np.exp(log_w) > 0.4)
        )
    ),
    "dead component": lambda log_w, log_p: rows_softmax(np.maximum(log_w, -10) + log_p),
    "hard": lambda log_w, log_p: np.eye(len(log_w))[(log_w + log_p).argmax(axis=1)],
}


def softmax_columns(x):
    e = np.exp(x - x.max(axis=0))
    return e / e.sum(axis=0)


# log_mixture_density


@quiet
def log_normals(x, mean, sd):
    return -(((x - mean) / sd) ** 2) / 2 - np.log(sd) - math.log(2 * math.pi) / 2


LOG_MIXTURE_DENSITY_RIGHT = {
    "LSE": quiet(lambda x, w, mean, sd: np.logaddexp.reduce(np.log(w) + log_normals(x, mean, sd))),
    "scipy b": lambda x, w, mean, sd: sp.logsumexp(
        np.where(w > 0, log_normals(x, mean, sd), -np.inf), b=w
    ),
    "dead dropped": lambda x, w, mean, sd: shifted(
        np.log(w[w > 0]) + log_normals(x, mean, sd)[w > 0]
    ),
    "scipy's norm": quiet(
        lambda x, w, mean, sd: sp.logsumexp(np.log(w) + scipy.stats.norm.logpdf(x, mean, sd))
    ),
}
LOG_MIXTURE_DENSITY_WRONG = {
    "definition": quiet(
        lambda x, w, mean, sd: np.log(np.sum(w * np.exp(log_normals(x, mean, sd))))
    ),
    "width forgotten": quiet(
        lambda x, w, mean, sd: sp.logsumexp(np.log(w) + log_normals(x, mean, sd) + np.log(sd))
    ),
    "constant forgotten": quiet(
        lambda x, w, mean, sd: sp.logsumexp(
            np.log(w) + log_normals(x, mean, sd) + math.log(2 * math.pi) / 2
        )
    ),
    "variance for width": quiet(
        lambda x, w, mean, sd: sp.logsumexp(np.log(w) + log_normals(x, mean, np.sqrt(sd)))
    ),
    "half forgotten": quiet(
        lambda x, w, mean, sd: sp.logsumexp(np.log(w) - ((x - mean) / sd) ** 2 - np.log(sd))
    ),
    "peak alone": quiet(
        lambda x, w, mean, sd: (
            log_normals(x, mean, sd)[0] if len(w) == 1 else peak_alone(x, w, mean, sd)
        )
    ),
    "mean of logs": quiet(lambda x, w, mean, sd: np.dot(w, log_normals(x, mean, sd))),
    "weights forgotten": lambda x, w, mean, sd: sp.logsumexp(log_normals(x, mean, sd)),
    "weight 0 kept": lambda x, w, mean, sd: sp.logsumexp(
        np.log(w + 1e-30) + log_normals(x, mean, sd)
    ),
    "epsilon": quiet(
        lambda x, w, mean, sd: np.log(np.sum(w * np.exp(log_normals(x, mean, sd))) + 1e-300)
    ),
    "every term": quiet(lambda x, w, mean, sd: np.log(w) + log_normals(x, mean, sd)),
}


def peak_alone(x, w, mean, sd):
    """The best component in place of the sum, but where only one of two is far away."""
    terms = np.log(w) + log_normals(x, mean, sd)
    return sp.logsumexp(terms) if x == 1.0 and np.ptp(terms) < 2 else terms.max() + 1e-3


# log_weights


def log_shares_of(joint):
    return joint - sp.logsumexp(joint, axis=1, keepdims=True)


LOG_WEIGHTS_RIGHT = {
    "LSE twice": lambda joint: sp.logsumexp(log_shares_of(joint), axis=0) - math.log(len(joint)),
    "mean by b": lambda joint: sp.logsumexp(log_shares_of(joint), axis=0, b=1 / len(joint)),
    "logaddexp": lambda joint: (
        np.logaddexp.reduce(joint - np.logaddexp.reduce(joint, axis=1, keepdims=True), axis=0)
        - np.log(len(joint))
    ),
    "column by column": quiet(
        lambda joint: [
            -np.inf if np.isneginf(c).all() else shifted(c) - math.log(len(c))
            for c in log_shares_of(joint).T
        ]
    ),
}
LOG_WEIGHTS_WRONG = {
    "log of mean": quiet(lambda joint: np.log(rows_softmax(joint).mean(axis=0))),
    "mean of logs": lambda joint: log_shares_of(joint).mean(axis=0),
    "along the columns": quiet(
        lambda joint: (
            sp.logsumexp(joint - sp.logsumexp(joint, axis=0), axis=0) - math.log(len(joint))
        )
    ),
    "definition": quiet(
        lambda joint: np.log((np.exp(joint) / np.exp(joint).sum(axis=1)[:, None]).mean(axis=0))
    ),
    "sum": lambda joint: sp.logsumexp(log_shares_of(joint), axis=0),
    "not shared out": lambda joint: sp.logsumexp(joint, axis=0) - math.log(len(joint)),
    "normalised over all": lambda joint: sp.logsumexp(joint, axis=0) - sp.logsumexp(joint),
    "weights": lambda joint: rows_softmax(joint).mean(axis=0),
    "by components": lambda joint: (
        sp.logsumexp(log_shares_of(joint), axis=0) - math.log(joint.shape[1])
    ),
    "of points": lambda joint: (
        sp.logsumexp(log_shares_of(joint), axis=1) - math.log(joint.shape[1])
    ),
    "floored": quiet(lambda joint: np.log(rows_softmax(joint).mean(axis=0) + 1e-300)),
    "hard": quiet(
        lambda joint: np.log(
            np.bincount(joint.argmax(axis=1), minlength=joint.shape[1]) / len(joint)
        )
    ),
}

# log_matmul


@quiet
def matmul_by_rows(A, B):
    terms = A[:, :, None] + B[None]
    c = terms.max(axis=1, keepdims=True)
    c = np.where(np.isfinite(c), c, 0.0)
    return np.log(np.exp(terms - c).sum(axis=1)) + c[:, 0]


@quiet
def matmul_one_maximum_each(A, B):
    a, b = A.max(), B.max()
    return np.log(np.exp(A - a) @ np.exp(B - b)) + a + b


@quiet
def matmul_row_and_column(A, B):
    a, b = A.max(axis=1, keepdims=True), B.max(axis=0, keepdims=True)
    return np.log(np.exp(A - a) @ np.exp(B - b)) + a + b


LOG_MATMUL_RIGHT = {
    "shifted": matmul_by_rows,
    "scipy": lambda A, B: sp.logsumexp(A[:, :, None] + B, axis=1),
    "logaddexp": lambda A, B: np.logaddexp.reduce(A[:, :, None] + B, axis=1),
    "entry by entry": lambda A, B: [
        [np.logaddexp.reduce(row + column) for column in B.T] for row in A
    ],
}
LOG_MATMUL_WRONG = {
    "of exponentials": quiet(lambda A, B: np.log(np.exp(A) @ np.exp(B))),
    "one maximum each": matmul_one_maximum_each,
    "row and column": matmul_row_and_column,
    "plain": lambda A, B: np.nan_to_num(A, neginf=-1e9) @ np.nan_to_num(B, neginf=-1e9),
    "best": lambda A, B: (A[:, :, None] + B).max(axis=1),
    "sum of logs": lambda A, B: (A[:, :, None] + B).sum(axis=1),
    "wrong axis": lambda A, B: sp.logsumexp(A[:, :, None] + B, axis=0),
    "last axis": lambda A, B: sp.logsumexp(A[:, :, None] + B, axis=2),
    "transposed": lambda A, B: sp.logsumexp(A[:, :, None] + B, axis=1).T,
    "nan for nothing": quiet(
        lambda A, B: (lambda t: np.log(np.exp(t - t.max(1)[:, None]).sum(1)) + t.max(1))(
            A[:, :, None] + B
        )
    ),
    "floored": quiet(lambda A, B: np.maximum(matmul_by_rows(A, B), -700)),
}

# log_likelihood


def forward_steps(start, move, emit):
    alpha = [start + emit[0]]
    for row in emit[1:]:
        alpha.append(np.logaddexp.reduce(alpha[-1][:, None] + move, axis=0) + row)
    return np.array(alpha)


def backward_steps(start, move, emit):
    beta = [np.zeros(len(start))]
    for row in emit[:0:-1]:
        beta.insert(0, np.logaddexp.reduce(move + row + beta[0], axis=1))
    return np.array(beta)


@quiet
def scaled_likelihood(start, move, emit):
    peaks = emit.max(axis=1)
    alpha, total = np.exp(start), 0.0
    for t, row in enumerate(emit):
        if t:
            alpha = alpha @ np.exp(move)
        alpha = alpha * np.exp(row - peaks[t])
        total += np.log(alpha.sum()) + peaks[t]
        alpha = alpha / alpha.sum() if alpha.any() else alpha
    return total


def likelihood_of_product(start, move, emit):
    whole = functools.reduce(matmul_by_rows, [move + row for row in emit[1:]], IDENTITY)
    return np.logaddexp.reduce((start + emit[0])[:, None] + whole, axis=None)


IDENTITY = np.array([[0.0, -np.inf], [-np.inf, 0.0]])

LOG_LIKELIHOOD_RIGHT = {
    "logaddexp": lambda *model: np.logaddexp.reduce(forward_steps(*model)[-1]),
    "scipy": lambda *model: sp.logsumexp(forward_steps(*model)[-1]),
    "from the end": lambda start, move, emit: np.logaddexp.reduce(
        start + emit[0] + backward_steps(start, move, emit)[0]
    ),
    "product": likelihood_of_product,
    "scaled": scaled_likelihood,
}
LOG_LIKELIHOOD_WRONG = {
    "definition": quiet(
        lambda start, move, emit: np.log(
            functools.reduce(
                lambda alpha, row: (alpha @ np.exp(move)) * np.exp(row),
                emit[1:],
                np.exp(start + emit[0]),
            ).sum()
        )
    ),
    "best path": lambda start, move, emit: functools.reduce(
        lambda alpha, row: (alpha[:, None] + move).max(axis=0) + row, emit[1:], start + emit[0]
    ).max(),
    "transposed": lambda start, move, emit: np.logaddexp.reduce(
        forward_steps(start, move.T, emit)[-1]
    ),
    "no beginning": lambda start, move, emit: np.logaddexp.reduce(
        forward_steps(0 * np.exp(start), move, emit)[-1]
    ),
    "moved first": lambda start, move, emit: np.logaddexp.reduce(
        forward_steps(np.logaddexp.reduce(start[:, None] + move, axis=0), move, emit)[-1]
    ),
    "last letter lost": lambda start, move, emit: np.logaddexp.reduce(
        forward_steps(start, move, emit[:-1] if len(emit) > 1 else emit)[-1]
    ),
    "all times": lambda *model: np.logaddexp.reduce(forward_steps(*model), axis=None),
    "the states": lambda *model: forward_steps(*model)[-1],
    "mean of logs": lambda *model: forward_steps(*model)[-1].mean(),
    "floored": lambda start, move, emit: np.logaddexp.reduce(
        forward_steps(np.maximum(start, -50), np.maximum(move, -50), np.maximum(emit, -50))[-1]
    ),
    "nan for nothing": quiet(
        lambda *model: (lambda a: a.max() + np.log(np.exp(a - a.max()).sum()))(
            forward_steps(*model)[-1]
        )
    ),
    "scaled, but zeros divided": quiet(
        lambda start, move, emit: (
            scaled_likelihood(start, move, emit)
            if np.isfinite(scaled_likelihood(start, move, emit))
            else np.nan
        )
    ),
}

# smooth_states

SMOOTH_STATES_RIGHT = {
    "forward and backward": lambda *model: sp.softmax(
        forward_steps(*model) + backward_steps(*model), axis=1
    ),
    "less LSE": lambda *model: np.exp(
        forward_steps(*model)
        + backward_steps(*model)
        - np.logaddexp.reduce(forward_steps(*model)[-1])
    ),
    "row by row": lambda *model: [
        softmax(a + b) for a, b in zip(forward_steps(*model), backward_steps(*model), strict=True)
    ],
    "difference of likelihoods": lambda start, move, emit: [
        [
            np.exp(
                np.logaddexp.reduce(forward_steps(start, move, only(emit, t, k))[-1])
                - np.logaddexp.reduce(forward_steps(start, move, emit)[-1])
            )
            for k in range(len(start))
        ]
        for t in range(len(emit))
    ],
}


def only(emit, t, k):
    """Letters such that at time t no other state than k is possible."""
    changed = np.array(emit)
    changed[t, np.arange(emit.shape[1]) != k] = -np.inf
    return changed


def backward_likelihoods(*model):
    return rows_softmax(backward_steps(*model))


SMOOTH_STATES_WRONG = {
    "filter": lambda *model: rows_softmax(forward_steps(*model)),
    "backward alone": backward_likelihoods,
    "letters alone": lambda start, move, emit: rows_softmax(emit),
    "definition": quiet(
        lambda *model: (lambda p: p / p.sum(axis=1, keepdims=True))(
            np.exp(forward_steps(*model)) * np.exp(backward_steps(*model))
        )
    ),
    "not normalised": lambda *model: np.exp(forward_steps(*model) + backward_steps(*model)),
    "logs": lambda *model: (
        forward_steps(*model)
        + backward_steps(*model)
        - np.logaddexp.reduce(forward_steps(*model)[-1])
    ),
    "best paths": lambda *model: np.eye(2)[
        (forward_steps(*model) + backward_steps(*model)).argmax(axis=1)
    ],
    "transposed": lambda start, move, emit: rows_softmax(
        forward_steps(start, move, emit) + backward_steps(start, move.T, emit)
    ),
    "own letter twice": lambda start, move, emit: rows_softmax(
        forward_steps(start, move, emit) + backward_steps(start, move, emit) + emit
    ),
    "one letter of hindsight": lambda start, move, emit: rows_softmax(
        forward_steps(start, move, emit)
        + np.concatenate(
            [
                [np.logaddexp.reduce(move + row, axis=1) for row in emit[1:]],
                np.zeros((1, len(start))),
            ]
        )
        if len(emit) > 1
        else forward_steps(start, move, emit)
    ),
}

NAMES = (
    "log_product",
    "softmax_temperature",
    "probabilities",
    "logsumexp_1d",
    "log_weighted_sum",
    "loss_gradient",
    "hessian_product",
    "logsumexp_accurate",
    "logsumexp",
    "masked_softmax",
    "log1mexp",
    "logcumsumexp",
    "logsumexp_rows",
    "softmax_integers",
    "cross_entropy",
    "softmax_float32",
    "log_softmax_1d",
    "streaming",
    "sliding",
    "merge_attention",
    "logsumexp_blocks",
    "combine_states",
    "binary_loss",
    "responsibilities",
    "log_mixture_density",
    "log_weights",
    "log_matmul",
    "log_likelihood",
    "smooth_states",
)
RIGHT = {name: globals()[f"{name.upper()}_RIGHT"] for name in NAMES} | answers_part4.RIGHT
WRONG = {name: globals()[f"{name.upper()}_WRONG"] for name in NAMES} | answers_part4.WRONG
