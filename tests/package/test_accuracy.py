"""Accuracy in ulps against mpmath, over the families where libraries lose and over anything else.

The bounds are those the docstrings promise: for logsumexp max(4, 3 κ), κ being the componentwise
condition number. Nothing here compares with our own output.
"""

import itertools

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import lsebook
from tests.package import judge
from tests.package.tables import ENGINES

SIZES = (1, 2, 3, 10, 63, 64, 200)
DTYPES = [np.float64, np.float32, np.float16, np.longdouble]


def normal(rng, n):
    return rng.normal(size=n)


def raised(rng, n):
    return 500 + rng.normal(size=n) * 0.1


def wide(rng, n):
    return rng.normal(size=n) * 30


def offset(rng, n):
    return 1e5 + rng.normal(size=n)


def tail(rng, n):
    return np.r_[0.0, rng.uniform(-40, -20, n - 1)]


def peak_near_zero(rng, n):
    peak = rng.choice([-1, 1]) * 10.0 ** rng.uniform(-12, -3)
    return np.r_[peak, rng.uniform(-40, -8, n - 1)]


def halves(rng, n):
    x = np.full(n, -800.0)
    x[:2] = -np.log(2)
    x[0] += 10.0 ** rng.uniform(-11, -1)
    return x


def uniform_logs(rng, n):
    return -np.log(n) + 1e-3 * rng.normal(size=n)


def near_one(rng, n):
    return -np.log(n) + rng.uniform(-2, 2) + rng.normal(size=n)


def normalised(rng, n):
    return scipy.special.log_softmax(rng.normal(size=n) * 5) + 10.0 ** rng.uniform(-11, -2)


def level_and_peak(rng, n):
    return np.r_[rng.uniform(0, 3), np.full(n - 1, rng.uniform(-9, 0))]


FAMILIES = [
    normal,
    raised,
    wide,
    offset,
    tail,
    peak_near_zero,
    halves,
    uniform_logs,
    near_one,
    normalised,
    level_and_peak,
]


def layouts(rows):
    """Every row of a matrix alone, all as rows, all as columns: functions of a function."""
    columns = np.ascontiguousarray(rows.T)
    return (
        lambda f: np.array([f(row) for row in rows]),
        lambda f: f(rows, axis=1),
        lambda f: np.moveaxis(np.atleast_2d(f(columns, axis=0)), -1, 0).reshape(len(rows), -1),
    )


def far(x):
    """What the promise for shares adds where x - peak rounds: the difference, in ulps."""
    peak = float(x.max())
    free = 0 <= peak <= (60 if x.dtype == np.float32 else 600)
    exact = all(judge.number(v - x.max()) == judge.number(v) - judge.number(x.max()) for v in x)
    return 0 if free or exact else float(np.ptp(x.astype(np.float64)))


def truth(row, dtype):
    """What mpmath says of a row, with the bounds that are promised; None where nothing is."""
    wide = dtype in (np.float64, np.longdouble)
    total = judge.logsumexp(row)
    # Narrow results near 0 are bounded by κ, as wide ones are.
    least = 4 if wide or abs(total) < 1 else 2
    value = (total, judge.logsumexp_bound(row, least=least)) if abs(total) > 1e-12 else None
    shares = []
    for i in {0, len(row) - 1, int(row.argmin())}:
        log_share = judge.log_share(row, i)
        shares.append((i, log_share, (5 if wide else 8), judge.mp.exp(log_share), far(row)))
    return value, shares


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("shift", [0.0, 3.0, -1000.0])
def test_families(family, dtype, shift):
    rng = np.random.default_rng(0)
    tiny = judge.number(np.finfo(dtype).tiny)
    # Of long double fewer: its arithmetic is that of float64 with other constants.
    for n in SIZES if dtype != np.longdouble else (3, 64):
        # float16 ends at 65504.
        scale = 0.5 if family is offset else 1.0
        few = [(family(rng, max(n, 2))[:n] * scale + shift).astype(dtype) for _ in range(2)]
        truths = [truth(row, dtype) for row in few]
        x = np.array(few * 40)
        for engine, of in itertools.product(ENGINES, layouts(x)):
            values, logs, shares = (
                of(f) for f in (engine.logsumexp, engine.log_softmax, engine.softmax)
            )
            assert values.dtype == logs.dtype == shares.dtype == dtype
            for k, (value, elements) in enumerate(truths):
                if value is not None:
                    assert judge.ulps(np.ravel(values)[k], value[0], dtype) <= value[1], engine
                for i, log_share, bound, share, extra in elements:
                    assert judge.ulps(logs[k, i], log_share, dtype) <= bound + extra, engine
                    if share > tiny:
                        assert judge.ulps(shares[k, i], share, dtype) <= 8 + extra, engine


finite = st.floats(-1e4, 1e4) | st.floats(-3, 3) | st.floats(-1e-3, 1e-3)


@given(arrays(np.float64, st.integers(1, 40), elements=finite))
def test_any_values(x):
    total = judge.logsumexp(x)
    if abs(total) > 1e-12:
        bound = judge.logsumexp_bound(x)
        for got in (*(e.logsumexp(x) for e in ENGINES), lsebook.LogSumExp().update(x).value):
            assert judge.ulps(got, total) <= bound
    log_share = judge.log_share(x, 0)
    extra = far(x)
    for engine in ENGINES:
        assert judge.ulps(engine.log_softmax(x)[0], log_share) <= 5 + extra, engine
        if log_share > -708:
            share = judge.mp.exp(log_share)
            assert judge.ulps(engine.softmax(x)[0], share) <= 8 + extra, engine


weights = st.floats(1e-300, 1e300) | st.floats(0.01, 10) | st.just(0.0)


def pairs_of(values, others, most):
    return st.integers(1, most).flatmap(
        lambda n: st.tuples(*[arrays(np.float64, n, elements=e) for e in (values, others)])
    )


@given(pairs_of(finite, weights, 40))
def test_any_weights_of_one_sign(pair):
    x, b = pair
    if not b.any():
        assert lsebook.logsumexp(x, b=b) == -np.inf
        return
    total, bound = judge.logsumexp(x, b), judge.logsumexp_bound(x, b)
    value, sign = lsebook.logsumexp(x, b=-b, return_sign=True)
    assert sign == -1
    if abs(total) > 1e-12:
        for got in (lsebook.logsumexp(x, b=b), value, lsebook.LogSumExp().update(x, b).value):
            assert judge.ulps(got, total) <= bound


@given(pairs_of(finite, st.floats(-10, 10) | st.sampled_from([-1.0, 1.0]), 20))
def test_any_signed_weights(pair):
    x, b = pair
    value, sign = lsebook.logsumexp(x, b=b, return_sign=True)
    plus, minus = (judge.total(x, np.maximum(part, 0.0)) for part in (b, -b))
    size, total = max(plus, minus), plus - minus
    if size == 0 or abs(total) < size * judge.mp.mpf(2) ** -40:
        return
    assert sign == (1 if total > 0 else -1)
    # Relative to the larger part: its own error, scaled by what the difference cancels.
    of_parts = sum(
        judge.logsumexp_bound(x, part) * abs(judge.mp.log(value))
        for part, value in ((np.maximum(b, 0.0), plus), (np.maximum(-b, 0.0), minus))
        if value > 0
    )
    log = judge.mp.log(abs(total))
    error = (of_parts + 4 * abs(log) + 4) * size / abs(total) * judge.mp.mpf(2) ** -52
    assert abs(judge.number(value) - log) <= error


@pytest.mark.parametrize(
    ("x", "b"),
    [
        ([0.0, -800.0], [1e-200, 1e200]),
        ([700.0, 0.0], [1e-304, 1e-5]),
        ([744.0, -744.0], [5e-324, 1e300]),
        ([-690.0] * 3, [1e299, 3e299, 2e299]),
        ([1.5, 1e-3], [np.exp(-1.5) / 2, 0.4995]),
        ([-37.0, -36.0], [1e16, 1e16]),
    ],
)
def test_weights_that_cancel_exponents(x, b):
    got, bound = lsebook.logsumexp(x, b=b), judge.logsumexp_bound(x, b)
    assert judge.ulps(got, judge.logsumexp(x, b)) <= bound


@pytest.mark.parametrize("scale", [1e-308, 1e-200, 1.0, 1e16, 1e200, 1e307])
@pytest.mark.parametrize("family", [normal, near_one, uniform_logs, wide])
def test_means(family, scale):
    rng = np.random.default_rng(2)
    for n in SIZES:
        x = family(rng, max(n, 2))[:n]
        b = rng.random(n) * scale
        for keywords, mean in [
            ({}, judge.total(x) / n),
            ({"b": b}, judge.total(x, b) / judge.mp.fsum(map(judge.number, b))),
        ]:
            log = judge.mp.log(mean)
            # As logsumexp of x + log(b / sum b): an absolute error by each exponent's size, and 1.
            size = 4 + 3 * judge.mp.fsum(
                abs(judge.number(v)) * judge.mp.exp(judge.number(v) - log) / n for v in x
            )
            error = size * judge.mp.mpf(2) ** -52 * max(1, abs(log), float(abs(x).max()))
            assert abs(judge.number(lsebook.logmeanexp(x, **keywords)) - log) <= error


@pytest.mark.parametrize("level", [-800.0, -1e-9, 1e-9, 0.7, 800.0])
@pytest.mark.parametrize("n", [1, 3, 10, 100, 100_000])
def test_the_mean_of_equal_numbers_is_that_number(level, n):
    x = np.full(n, level)
    columns = np.full((n, 70), level)
    tolerance = 4 * max(np.spacing(1.0), np.spacing(abs(level)))
    for got in (
        lsebook.logmeanexp(x),
        lsebook.logmeanexp(columns, axis=0)[9],
        lsebook.logmeanexp(x, b=np.full_like(x, 1e300)),
        lsebook.LogSumExp().update(x).mean,
    ):
        assert abs(got - level) <= tolerance


@pytest.mark.parametrize("n", [10, 10**2, 10**3, 10**4, 10**5, 10**6, 10**7])
@pytest.mark.parametrize("scale", [1.0, 20.0])
def test_accuracy_does_not_depend_on_the_count(n, scale):
    # 10 numbers, repeated: their exact sum costs 10 exponentials whatever the count.
    few = np.random.default_rng(n).normal(size=10) * scale
    x = np.tile(few, n // 10)
    sum_of_few = judge.total(few)
    for shift in (0.0, -float(judge.mp.log(sum_of_few * (n // 10))) + 0.25):
        shifted = few + shift
        total = judge.mp.log(judge.total(shifted) * (n // 10))
        size = judge.mp.fsum(
            abs(judge.number(v)) * judge.mp.exp(judge.number(v)) for v in shifted
        ) / judge.total(shifted)
        bound = max(4, 3 * size / abs(total))
        np.copyto(x.reshape(-1, 10), shifted)
        for got in (
            *(engine.logsumexp(x) for engine in ENGINES),
            *(engine.logsumexp(two_columns(x), axis=0)[1] for engine in ENGINES),
            lsebook.LogSumExp().update(x).value,
        ):
            assert judge.ulps(got, total) <= bound
        np.copyto(x.reshape(-1, 10), few)
    narrow = x.astype(np.float32)
    total = judge.mp.log(judge.total(few.astype(np.float32)) * (n // 10))
    for engine in ENGINES:
        assert judge.ulps(engine.logsumexp(narrow), total, np.float32) <= 2, engine


def two_columns(x):
    return x.reshape(-1, 1).repeat(2, axis=1)


def equal_but_one(n, low, high, peak):
    """Slices whose terms are alike but for a peak, in rows and columns, and one share of each.

    Partial sums of one number are multiples of their last place, and the number's own lower digits
    are cut off alike every time: the worst that an order of additions can do.
    """
    levels = np.random.default_rng(n).uniform(low, high, 40 if n <= 1000 else 2)
    x = np.repeat(levels[:, np.newaxis], n, axis=1)
    x[:, n // 3] = peak
    columns = np.ascontiguousarray(x.T)
    ways = (lambda f: f(x, axis=1)), (lambda f: f(columns, axis=0).T)
    return [(k, judge.number(level)) for k, level in enumerate(levels)], ways


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("n", [63, 119, 239, 764, 921, 65_536, 1_000_000])
def test_equal_terms_that_all_round_the_same_way(engine, n):
    slices, ways = equal_but_one(n, -9, 0, 1.0)
    for of in ways:
        shares, logs = of(engine.softmax), of(engine.log_softmax)
        for k, level in slices:
            log_total = judge.mp.log(judge.mp.e + (n - 1) * judge.mp.exp(level))
            assert judge.ulps(shares[k, 0], judge.mp.exp(level - log_total)) <= 8
            assert judge.ulps(logs[k, 0], level - log_total) <= 5
            assert judge.ulps(logs[k, n // 3], 1 - log_total) <= 5


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("n", [63, 119, 239, 764, 921, 65_536])
def test_tails_of_equal_terms(engine, n):
    slices, ways = equal_but_one(n, -60, -20, 0.0)
    for of in ways:
        logs = of(engine.log_softmax)
        for k, level in slices:
            want = -judge.mp.log1p((n - 1) * judge.mp.exp(level))
            assert judge.ulps(logs[k, n // 3], want) <= 5


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("n", [2, 20, 100, 20_000])
def test_softmax_far_from_a_peak_that_needs_a_shift(engine, n):
    # x - peak rounds here, by 256 ulp of the share.
    x = np.full(n, 300.0)
    x[:2] = [1000.1, np.nextafter(417.37, 0.0)]
    assert judge.number(x[1] - x[0]) != judge.number(x[1]) - judge.number(x[0])
    got = engine.softmax(x)
    # The promise: 8 ulp, and one for each unit of the difference.
    assert judge.ulps(got[1], judge.mp.exp(judge.log_share(x[:3], 1))) <= 8 + 700
    assert judge.ulps(got[0], judge.mp.mpf(1)) <= 1


@pytest.mark.parametrize("outside", [np.nan, np.inf, 3.0])
def test_weights_left_out_of_a_sum_that_cancels(outside):
    x = np.array([-np.log(2), -np.log(2), 0.0])
    b, where = np.array([1.0, 1.0, outside]), np.array([True, True, False])
    bound = judge.logsumexp_bound(x[:2], b[:2])
    assert judge.ulps(lsebook.logsumexp(x, b=b, where=where), judge.logsumexp(x[:2])) <= bound
    x[1] -= 1e-9
    value, sign = lsebook.logsumexp(x, b=b * [1, -1, 1], where=where, return_sign=True)
    # Both parts are 1/2, and of their difference 9 digits are left.
    assert abs(judge.number(value) - judge.logsumexp(x[:2], [1, -1])) <= 1e-6
    assert sign == 1


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("n", [10, 100, 40_000])
@pytest.mark.parametrize(("dtype", "large"), [(np.float64, 709.0), (np.float32, 88.5)])
def test_softmax_whose_terms_fit_in_their_dtype_and_their_sum_does_not(engine, n, dtype, large):
    x = np.full(n, large, dtype)
    assert np.isfinite(np.exp(x[0]))
    for got in (engine.softmax(x), engine.softmax(np.tile(x, (2, 1)).T, axis=0)[:, 1]):
        assert judge.ulps(got[0], judge.mp.mpf(1) / n, dtype) <= 8
    assert judge.ulps(engine.logsumexp(x), judge.number(x[0]) + judge.mp.log(n), dtype) <= 2


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("dtype", "peak", "low"), [(np.float64, -10.0, -715.0), (np.float32, -5.0, -91.5)]
)
@pytest.mark.parametrize("n", [2, 100, 40_000])
def test_softmax_of_a_normal_share_whose_exponential_is_not(engine, dtype, peak, low, n):
    x = np.full(n, -np.inf, dtype)
    x[:2] = peak, low
    assert 0 < np.exp(x[1]) < np.finfo(dtype).tiny
    share = judge.mp.exp(judge.log_share(x[:2], 1))
    assert share > judge.number(np.finfo(dtype).tiny)
    rows, columns = np.tile(x, (70, 1)), np.tile(x[:, None], (1, 70))
    for got in (engine.softmax(x), engine.softmax(rows, 1)[9], engine.softmax(columns, 0)[:, 9]):
        assert judge.ulps(got[1], share, dtype) <= 8 + (peak - low)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("n", [1, 2, 50, 5000])
@pytest.mark.parametrize("level", [-103.0, -95.0, -90.0])
def test_float32_exponentials_that_are_subnormal(engine, n, level):
    x = np.full(n, level, np.float32)
    rows, columns = np.tile(x, (70, 1)), np.tile(x[:, None], (1, 70))
    for function, expected in [
        (engine.log_softmax, -judge.mp.log(n)),
        (engine.softmax, judge.mp.mpf(1) / n),
        (engine.logsumexp, level + judge.mp.log(n)),
    ]:
        for got in (function(x), function(rows, axis=1)[9], function(columns, axis=0)[..., 9]):
            assert judge.ulps(np.ravel(got)[0], expected, np.float32) <= 8


def test_signed_sums_of_longdouble():
    rng = np.random.default_rng(10)
    x = rng.normal(size=50).astype(np.longdouble)
    b = rng.normal(size=50).astype(np.longdouble)
    b += 0.5 - b.mean()
    total, size = judge.total(x, b), judge.total(x, np.abs(b))
    error = judge.mp.mpf(2) ** -60 * size / total
    value, sign = lsebook.logsumexp(x, b=b, return_sign=True)
    assert sign == 1
    assert total > 0
    assert abs(judge.number(value) - judge.mp.log(total)) <= error
    mean = judge.mp.log(total / judge.number(b.sum()))
    assert abs(judge.number(lsebook.logmeanexp(x, b=b)) - mean) <= error


@given(st.floats(-745, -1e-300))
def test_log1mexp(x):
    value = judge.log1mexp(x)
    assert judge.ulps(lsebook.log1mexp(x), value) <= 2


@pytest.mark.parametrize("x", [-0.6931, -0.6932, -1e-300, -36.0, -37.5, -700.0, -1e-5, -0.3, -2.0])
def test_log1mexp_around_its_seam(x):
    value = judge.log1mexp(x)
    assert judge.ulps(lsebook.log1mexp(x), value) <= 2


@given(finite, st.floats(1e-12, 50))
def test_logsubexp(x, gap):
    y = x - gap
    if x == y:
        return
    value = judge.mp.log(judge.mp.exp(judge.number(x)) - judge.mp.exp(judge.number(y)))
    if abs(value) > 1e-12:
        # Where x > 0 cancels against the difference, by the size of both.
        bound = 2 if x <= 0 else max(2, 3 * (abs(x) + abs(y)) / abs(value))
        assert judge.ulps(lsebook.logsubexp(x, y), value) <= bound


def test_logsubexp_of_logs_of_probabilities():
    rng = np.random.default_rng(7)
    x = -rng.exponential(size=400) * rng.choice([1e-3, 1.0, 5.0], 400)
    y = x - rng.uniform(0.01, 4, 400)
    got = lsebook.logsubexp(x, y)
    for i in range(400):
        value = judge.number(x[i]) + judge.mp.log(
            -judge.mp.expm1(judge.number(y[i]) - judge.number(x[i]))
        )
        assert judge.ulps(got[i], value) <= 2


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("scale", [1.0, 10.0])
def test_cumulative_sums(axis, scale):
    x = np.random.default_rng(6).normal(size=(300, 3)) * scale
    got = lsebook.logcumsumexp(x if axis == 0 else x.T, axis=axis)
    got = got if axis == 0 else got.T
    for k in range(3):
        running, peak = judge.mp.mpf(0), -np.inf
        for i in range(300):
            running += judge.mp.exp(judge.number(x[i, k]))
            peak = max(peak, x[i, k])
            # The promise: a few ulp of the largest exponent so far, or of 1.
            error = abs(judge.number(got[i, k]) - judge.mp.log(running))
            assert error <= 8 * np.spacing(max(1.0, abs(peak), abs(got[i, k])))


def test_cumulative_sums_over_many_blocks():
    n = 200_001
    got = lsebook.logcumsumexp(np.zeros(n))
    np.testing.assert_allclose(got, np.log(np.arange(1, n + 1)), rtol=4e-16, atol=4e-16)


@given(arrays(np.float64, st.integers(1, 10), elements=st.floats(-50, 50)))
def test_condition(x):
    total = judge.logsumexp(x)
    size = judge.mp.fsum(abs(judge.number(v)) * judge.mp.exp(judge.number(v) - total) for v in x)
    if size == 0:
        assert lsebook.condition(x) == 0
    elif abs(total) > 1e-12:
        np.testing.assert_allclose(lsebook.condition(x), float(size / abs(total)), rtol=1e-12)


@pytest.mark.parametrize("x", [[1e17, 1e17], [-1e300, 1.0], [1e308, -1e308], [5e-324, -1.0]])
def test_condition_of_numbers_whose_logs_are_large(x):
    expected = judge.condition(x)
    np.testing.assert_allclose(lsebook.condition(x), float(expected), rtol=1e-12)
    # The result alone is 0.
    assert lsebook.condition([0.0, -1e300]) == np.inf


@pytest.mark.parametrize("x", [1e-20, -1e-300, 0.1, -0.3, 1000.0])
def test_a_weight_of_one_rounds_nothing(x):
    assert lsebook.logsumexp([x], b=[1.0]) == x
    assert lsebook.logsumexp([x, 5.0], b=[1.0, 0.0]) == x
