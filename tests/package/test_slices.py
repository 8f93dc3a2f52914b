"""A result belongs to its slice: what else is in the array changes nothing but the last bits."""

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lsebook
from lsebook import compiled
from tests.package import judge
from tests.package.tables import ENGINES

Array = np.ndarray

#: Kinds of slices: each makes one of a length. All fit in float16, whose numbers end at 65504.
KINDS = {
    "small": lambda rng, n: rng.normal(size=n),
    "logits": lambda rng, n: 10 * rng.normal(size=n),
    "wide": lambda rng, n: 500 * rng.normal(size=n),
    "+800": lambda rng, n: np.full(n, 800.0),
    "-800": lambda rng, n: np.full(n, -800.0),
    "around 1000": lambda rng, n: 1000 + rng.normal(size=n),
    "around -1000": lambda rng, n: rng.normal(size=n) - 1000,
    "all -inf": lambda rng, n: np.full(n, -np.inf),
    "some -inf": lambda rng, n: np.where(rng.random(n) < 0.5, -np.inf, rng.normal(size=n)),
    "a nan": lambda rng, n: np.r_[rng.normal(size=n - 1), np.nan],
    "an inf": lambda rng, n: np.r_[np.inf, rng.normal(size=n - 1)],
    "log-probabilities": lambda rng, n: np.log(rng.dirichlet(np.full(n, 0.5)) + 1e-30),
    "uniform log-probabilities": lambda rng, n: np.full(n, -np.log(n)),
    "one giant": lambda rng, n: np.r_[np.full(n - 1, -30.0), 30.0],
    "peak 0 with a tail": lambda rng, n: np.r_[rng.uniform(-40, -20, n - 1), 0.0],
    "subnormal exponentials": lambda rng, n: np.full(n, -103.0) - rng.random(n),
    "edge of the window": lambda rng, n: np.full(n, rng.choice([0.0, 60.0, 600.0, -0.0, 88.5])),
}
FUNCTIONS = {
    "logsumexp": lsebook.logsumexp,
    "logmeanexp": lsebook.logmeanexp,
    "softmax": lsebook.softmax,
    "log_softmax": lsebook.log_softmax,
    "logcumsumexp": lsebook.logcumsumexp,
}
COMPILED = {f"compiled.{name}": getattr(compiled, name) for name in compiled.__all__}
EVERY = FUNCTIONS | COMPILED
DTYPES = [np.float64, np.float32, np.float16, ml_dtypes.bfloat16, np.longdouble]


def mixture(rng, kinds, shares, rows, n, dtype):
    """A matrix whose rows are drawn from some kinds: a few variants of each, in any order."""
    pool = [[KINDS[kind](rng, n) for _ in range(3)] for kind in kinds]
    which = rng.choice(len(kinds), size=rows, p=shares)
    variant = rng.integers(3, size=rows)
    with np.errstate(over="ignore"):
        table = np.array(pool).astype(dtype)
    return table[which, variant], which * 3 + variant, table.reshape(-1, n)


def assert_alike(got, expected, dtype):
    """Equal to the last few ulps of the dtype, special values exactly.

    Logs near 0 are compared in units of 1: what sums to 1 has a log of rounding errors alone.
    """
    eps = float(ml_dtypes.finfo(dtype).eps)
    exact = np.longdouble if dtype == np.longdouble else np.float64
    got, expected = np.asarray(got, exact), np.asarray(expected, exact)
    assert got.shape == expected.shape
    # Differences first: subtracting and comparing in place is several times as fast as NumPy's
    # assert_allclose, which says more only where something is wrong.
    with np.errstate(invalid="ignore"):
        alike = np.abs(got - expected) <= 8 * eps * (1 + np.abs(expected))
        alike &= np.isfinite(expected)
    alike |= got == expected
    alike |= np.isnan(got) & np.isnan(expected)
    wrong = np.argwhere(~alike)
    assert not wrong.size, (wrong[0], got[tuple(wrong[0])], expected[tuple(wrong[0])])


def layouts(x):
    """The rows of a matrix as slices: rows, columns, a strided view, the middle of three axes."""
    yield x, 1
    yield np.ascontiguousarray(x.T), 0
    yield np.repeat(x, 2, axis=1)[:, ::2], 1
    half = len(x) // 2 * 2
    yield x[:half].reshape(2, -1, x.shape[1]).transpose(0, 2, 1).copy(), 1


def of_slices(function, x, axis):
    """The results of all slices, one a row."""
    result = np.asarray(function(x, axis=axis))
    if result.ndim < x.ndim:
        return result.reshape(-1)
    return np.moveaxis(result, axis, -1).reshape(-1, x.shape[axis])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize(
    ("rows", "n"), [(40_000, 1), (40_000, 2), (30_000, 3), (20_000, 10), (3000, 63), (3000, 64)]
)
def test_many_slices_of_mixed_kinds(name, dtype, rows, n):
    rng = np.random.default_rng(n)
    shares = rng.dirichlet(np.full(len(KINDS), 0.3))
    if dtype == np.longdouble:
        rows //= 10
    x, source, table = mixture(rng, list(KINDS), shares, rows, n, dtype)
    alone = np.array([EVERY[name](row) for row in table])
    for values, axis in layouts(x):
        got = of_slices(EVERY[name], values, axis)
        assert_alike(got, alone[source[: len(got)]], dtype)


@pytest.mark.parametrize("name", [*compiled.__all__, *COMPILED])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", [1000, 40_000])
def test_long_slices_of_mixed_kinds(name, dtype, n):
    rng = np.random.default_rng(n)
    shares = np.full(len(KINDS), 1 / len(KINDS))
    x, source, table = mixture(rng, list(KINDS), shares, 2_000_000 // n, n, dtype)
    alone = np.array([EVERY[name](row) for row in table])
    for values, axis in layouts(x):
        got = of_slices(EVERY[name], values, axis)
        assert_alike(got, alone[source[: len(got)]], dtype)


@pytest.mark.parametrize("rare", KINDS)
@pytest.mark.parametrize("common", ["small", "+800", "log-probabilities", "-800"])
@pytest.mark.parametrize("share", [0.05, 0.95])
def test_rare_kinds_and_all_but_rare_ones(rare, common, share):
    rng = np.random.default_rng(3)
    for dtype in (np.float64, np.float32):
        # More than one block of each.
        for rows, n in ((20_000, 2), (1500, 100)):
            x, source, table = mixture(rng, [rare, common], [share, 1 - share], rows, n, dtype)
            for function in (lsebook.logsumexp, lsebook.log_softmax, *COMPILED.values()):
                alone = np.array([function(row) for row in table])
                for values, axis in ((x, 1), (np.ascontiguousarray(x.T), 0)):
                    got = of_slices(function, values, axis)
                    assert_alike(got, alone[source], dtype)


@given(
    st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=5),
    st.integers(1, 80),
    st.integers(1, 5000),
    st.sampled_from([np.float64, np.float32]),
    st.sampled_from(sorted(EVERY.keys() - {"logmeanexp"})),
    st.integers(0, 2**32),
)
def test_any_kinds_in_any_proportion(kinds, n, rows, dtype, name, seed):
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(len(kinds), 0.3))
    x, source, table = mixture(rng, kinds, shares, rows, n, dtype)
    alone = np.array([EVERY[name](row) for row in table])
    for values, axis in ((x, 1), (np.ascontiguousarray(x.T), 0)):
        assert_alike(of_slices(EVERY[name], values, axis), alone[source], dtype)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", [2, 10, 70, 200])
def test_a_sample_of_mixed_slices_equals_mpmath(dtype, n):
    rng = np.random.default_rng(n)
    finite = [k for k in KINDS if k not in ("all -inf", "a nan", "an inf")]
    shares = np.full(len(finite), 1 / len(finite))
    x, source, _ = mixture(rng, finite, shares, 20_000, n, dtype)
    columns = np.ascontiguousarray(x.T)
    values = [e.logsumexp(a, axis=k) for e in ENGINES for a, k in ((x, 1), (columns, 0))]
    logs = [e.log_softmax(x, axis=1) for e in ENGINES]
    logs += [e.log_softmax(columns, axis=0).T for e in ENGINES]
    for k in np.unique(source, return_index=True)[1]:
        if np.isneginf(x[k]).all():
            continue
        total, top = judge.logsumexp(x[k]), int(x[k].argmax())
        log_share = judge.log_share(x[k], top)
        bound = judge.logsumexp_bound(x[k], least=4 if dtype == np.float64 or abs(total) < 1 else 2)
        if abs(total) > 1e-12:
            assert max(judge.ulps(value[k], total, dtype) for value in values) <= bound
        if log_share:
            assert max(judge.ulps(of[k, top], log_share, dtype) for of in logs) <= 8


@pytest.mark.parametrize("axis", [0, 1])
def test_weighted_slices_of_mixed_kinds(axis):
    rng = np.random.default_rng(5)
    x, source, _ = mixture(rng, list(KINDS), None, 9000, 8, np.float64)
    scale = 10.0 ** rng.choice([-300, -5, 0, 5, 300], 9000)
    b = rng.random((51, 8))[source] * scale[:, None]
    weights, values = (b, x) if axis == 1 else (b.T, np.ascontiguousarray(x.T))
    for function in (lsebook.logsumexp, lsebook.logmeanexp):
        got = function(values, axis=axis, b=weights)
        for k in range(0, 9000, 37):
            assert_alike(got[k], function(x[k], b=b[k]), np.float64)
