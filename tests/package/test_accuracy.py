"""Accuracy in ulps against mpmath, over the families where libraries lose and over anything else.

The bounds are those the docstrings promise. Nothing here compares with our own output.
"""

import exact
import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import lsebook

SIZES = (2, 3, 10, 63, 64, 200)
FUNCTIONS = (lsebook.logsumexp, lsebook.log_softmax, lsebook.softmax)


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


@pytest.mark.parametrize("family", FAMILIES)
def test_families(family):
    rng = np.random.default_rng(0)
    for n in SIZES:
        for _ in range(4):
            x = family(rng, n)
            total = exact.logsumexp(x)
            got = lsebook.logsumexp(x)
            if abs(total) > 1e-12:
                assert exact.ulps(got, total) <= 4
            else:
                assert abs(exact.number(got) / total - 1) <= 1e-6
            log_shares, shares = lsebook.log_softmax(x), lsebook.softmax(x)
            for i in {0, 1, n - 1, int(x.argmin())}:
                log_share = exact.log_share(x, i)
                assert exact.ulps(log_shares[i], log_share) <= 2
                if log_share > -708:
                    assert exact.ulps(shares[i], exact.mp.exp(log_share)) <= 5


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("n", [5, 100])
def test_slices_in_rows_and_in_columns(family, n):
    rng = np.random.default_rng(1)
    x = np.array([family(rng, n) for _ in range(70)])
    rows = lsebook.logsumexp(x, axis=1), lsebook.log_softmax(x, axis=1), lsebook.softmax(x, axis=1)
    y = np.ascontiguousarray(x.T)
    columns = lsebook.logsumexp(y, 0), lsebook.log_softmax(y, 0).T, lsebook.softmax(y, 0).T
    for i in range(0, 70, 14):
        total = exact.logsumexp(x[i])
        for value, log_shares, shares in (rows, columns):
            if abs(total) > 1e-12:
                assert exact.ulps(value[i], total) <= 4
            for k in (0, n - 1):
                log_share = exact.log_share(x[i], k)
                assert exact.ulps(log_shares[i, k], log_share) <= 2
                if log_share > -708:
                    assert exact.ulps(shares[i, k], exact.mp.exp(log_share)) <= 5


finite = st.floats(-1e4, 1e4) | st.floats(-3, 3) | st.floats(-1e-3, 1e-3)


@given(arrays(np.float64, st.integers(1, 40), elements=finite))
def test_any_values(x):
    total = exact.logsumexp(x)
    got = lsebook.logsumexp(x)
    if abs(total) > 1e-12:
        assert exact.ulps(got, total) <= 4
    log_shares, shares = lsebook.log_softmax(x), lsebook.softmax(x)
    log_share = exact.log_share(x, 0)
    assert exact.ulps(log_shares[0], log_share) <= 2
    if log_share > -708:
        assert exact.ulps(shares[0], exact.mp.exp(log_share)) <= 5


@given(
    st.integers(1, 40).flatmap(
        lambda n: st.tuples(
            *[
                arrays(np.float64, n, elements=e)
                for e in (finite, st.floats(1e-300, 1e300) | st.floats(0.01, 10) | st.just(0.0))
            ]
        )
    )
)
def test_any_weights_of_one_sign(pair):
    x, b = pair
    got = lsebook.logsumexp(x, b=b)
    if not b.any():
        assert got == -np.inf
        return
    total = exact.logsumexp(x, b)
    if abs(total) > 1e-12:
        assert exact.ulps(got, total) <= 4
    value, sign = lsebook.logsumexp(x, b=-b, return_sign=True)
    assert sign == -1
    if abs(total) > 1e-12:
        assert exact.ulps(value, total) <= 4


@given(
    st.integers(1, 20).flatmap(
        lambda n: st.tuples(
            *[
                arrays(np.float64, n, elements=e)
                for e in (finite, st.floats(-10, 10) | st.sampled_from([-1.0, 1.0]))
            ]
        )
    )
)
def test_any_signed_weights(pair):
    x, b = pair
    value, sign = lsebook.logsumexp(x, b=b, return_sign=True)
    total = exact.total(x, b)
    size = exact.total(x, np.abs(b))
    if size == 0 or abs(total) < size * exact.mp.mpf(2) ** -60:
        return
    assert sign == (1 if total > 0 else -1)
    log = exact.mp.log(abs(total))
    if abs(log) > 1e-12:
        assert exact.ulps(value, log) <= 128


@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-9, 1e-12])
@pytest.mark.parametrize("shift", [-700.0, -1.0, 0.0, 3.0, 1000.0])
def test_signed_sums_that_cancel(gap, shift):
    x = np.array([shift + gap, shift, shift - 5.0])
    b = np.array([1.0, -1.0, 1e-13])
    value, sign = lsebook.logsumexp(x, b=b, return_sign=True)
    assert sign == 1
    assert exact.ulps(value, exact.logsumexp(x, b)) <= 4


@pytest.mark.parametrize(
    ("x", "b"),
    [
        ([0.0, -800.0], [1e-200, 1e200]),
        ([700.0, 0.0], [1e-304, 1e-5]),
        ([744.0, -744.0], [5e-324, 1e300]),
        ([-690.0] * 3, [1e299, 3e299, 2e299]),
        ([1.5, 1e-3], [np.exp(-1.5) / 2, 0.4995]),
    ],
)
def test_weights_that_cancel_exponents(x, b):
    assert exact.ulps(lsebook.logsumexp(x, b=b), exact.logsumexp(x, b)) <= 4


@pytest.mark.parametrize("family", [normal, near_one, uniform_logs, wide])
def test_means(family):
    rng = np.random.default_rng(2)
    for n in SIZES:
        x = family(rng, n)
        x -= lsebook.logmeanexp(x)
        b = rng.random(n)
        x[0] += 1e-3
        for keywords, mean in [
            ({}, exact.total(x) / n),
            ({"b": b}, exact.total(x, b) / exact.number(b.sum())),
        ]:
            log = exact.mp.log(mean)
            if abs(log) > 1e-12:
                assert exact.ulps(lsebook.logmeanexp(x, **keywords), log) <= 4


@pytest.mark.parametrize("level", [-0.9, -0.4, 0.4, 0.55, 0.7, 1.1, 1.6, 1.95])
def test_means_of_many(level):
    # log n is far larger than the logarithm of the mean.
    few = level + np.random.default_rng(12).normal(size=10) * 0.1
    truth = exact.mp.log(exact.total(few) / 10)
    x = np.tile(few, 10_000)
    rows, columns = np.tile(x, (2, 1)), np.tile(x[:, None], (1, 70))
    for got in (
        lsebook.logmeanexp(x),
        lsebook.logmeanexp(rows, axis=1)[1],
        lsebook.logmeanexp(columns, axis=0)[9],
        lsebook.logmeanexp(x, b=np.full_like(x, 3.0)),
    ):
        assert exact.ulps(got, truth) <= 4


@pytest.mark.parametrize("n", [10, 10**2, 10**3, 10**4, 10**5, 10**6, 10**7])
@pytest.mark.parametrize("scale", [1.0, 20.0])
def test_accuracy_does_not_depend_on_the_count(n, scale):
    # 10 numbers, repeated: their exact sum costs 10 exponentials whatever the count.
    few = np.random.default_rng(n).normal(size=10) * scale
    x = np.tile(few, n // 10)
    sum_of_few = exact.total(few)
    for shift in (0.0, -float(exact.mp.log(sum_of_few * (n // 10))) + 0.25):
        shifted = few + shift
        total = exact.mp.log(exact.total(shifted) * (n // 10))
        assert exact.ulps(lsebook.logsumexp(np.add(x, shift, out=x)), total) <= 4
        x -= shift
    np.copyto(x.reshape(-1, 10), few)
    state = lsebook.LogSumExp().update(x)
    total = exact.mp.log(sum_of_few * (n // 10))
    assert exact.ulps(state.value, total) <= 4


@pytest.mark.parametrize("n", [2, 20, 100, 20_000])
def test_softmax_far_from_a_peak_that_needs_a_shift(n):
    # x - peak rounds here, by 256 ulp of the share.
    x = np.full(n, 300.0)
    x[:2] = [1000.1, np.nextafter(417.37, 0.0)]
    assert exact.number(x[1] - x[0]) != exact.number(x[1]) - exact.number(x[0])
    got = lsebook.softmax(x)
    assert exact.ulps(got[1], exact.mp.exp(exact.log_share(x[:3], 1))) <= 2
    assert exact.ulps(got[0], exact.mp.mpf(1)) <= 1


@pytest.mark.parametrize("outside", [np.nan, np.inf, 3.0])
def test_weights_left_out_of_a_sum_that_cancels(outside):
    x = np.array([-np.log(2), -np.log(2), 0.0])
    b, where = np.array([1.0, 1.0, outside]), np.array([True, True, False])
    assert exact.ulps(lsebook.logsumexp(x, b=b, where=where), exact.logsumexp(x[:2])) <= 4
    x[1] -= 1e-9
    value, sign = lsebook.logsumexp(x, b=b * [1, -1, 1], where=where, return_sign=True)
    assert exact.ulps(value, exact.logsumexp(x[:2], [1, -1])) <= 128
    assert sign == 1


@pytest.mark.parametrize("n", [10, 100, 40_000])
@pytest.mark.parametrize(("dtype", "large"), [(np.float64, 709.0), (np.float32, 88.5)])
def test_softmax_whose_terms_fit_in_their_dtype_and_their_sum_does_not(n, dtype, large):
    x = np.full(n, large, dtype)
    assert np.isfinite(np.exp(x[0]))
    for got in (lsebook.softmax(x), lsebook.softmax(np.tile(x, (2, 1)).T, axis=0)[:, 1]):
        assert exact.ulps(got[0], exact.mp.mpf(1) / n, dtype) <= 1
    assert exact.ulps(lsebook.logsumexp(x), exact.number(x[0]) + exact.mp.log(n), dtype) <= 1


@pytest.mark.parametrize(
    ("dtype", "peak", "low"), [(np.float64, -10.0, -715.0), (np.float32, -5.0, -91.5)]
)
@pytest.mark.parametrize("n", [2, 100, 40_000])
def test_softmax_of_a_normal_share_whose_exponential_is_not(dtype, peak, low, n):
    x = np.full(n, -np.inf, dtype)
    x[:2] = peak, low
    assert 0 < np.exp(x[1]) < np.finfo(dtype).tiny
    share = exact.mp.exp(exact.log_share(x[:2], 1))
    assert share > exact.number(np.finfo(dtype).tiny)
    rows, columns = np.tile(x, (70, 1)), np.tile(x[:, None], (1, 70))
    for got in (lsebook.softmax(x), lsebook.softmax(rows, 1)[9], lsebook.softmax(columns, 0)[:, 9]):
        assert exact.ulps(got[1], share, dtype) <= 5


@pytest.mark.parametrize("n", [3, 100, 2000])
@pytest.mark.parametrize("low", [-30.0, -3.0])
def test_float32_slices_of_which_few_need_float64(n, low):
    # Most have a sum far from every number; in some a single number is nearly all of it.
    x = np.random.default_rng(9).normal(size=(300, n)).astype(np.float32)
    x[::50, 1:] = low
    x[::50, 0] = 2.5
    y = np.ascontiguousarray(x.T)
    values = lsebook.logsumexp(x, 1), lsebook.logsumexp(y, 0)
    logs = lsebook.log_softmax(x, 1), lsebook.log_softmax(y, 0).T
    for k in (0, 1, 50, 100, 299):
        total = exact.logsumexp(x[k])
        log_share = exact.log_share(x[k], 0)
        for value, log_shares in zip(values, logs, strict=True):
            nearest = np.float32(float(total))
            assert abs(value[k] - nearest) <= np.spacing(abs(nearest))
            assert exact.ulps(log_shares[k, 0], log_share, np.float32) <= 2
        assert exact.ulps(lsebook.log_softmax(x[k])[0], log_share, np.float32) <= 2


def test_signed_sums_and_means_of_longdouble():
    rng = np.random.default_rng(10)
    x = rng.normal(size=50).astype(np.longdouble)
    b = rng.normal(size=50).astype(np.longdouble)
    b += 0.5 - b.mean()
    total, size = exact.total(x, b), exact.total(x, np.abs(b))
    # Longdouble has no second try: the difference of two sums loses as much as it cancels.
    error = exact.mp.mpf(2) ** -61 * size / total
    value, sign = lsebook.logsumexp(x, b=b, return_sign=True)
    assert sign == 1
    assert total > 0
    assert abs(exact.number(value) - exact.mp.log(total)) <= error
    mean = exact.mp.log(total / exact.number(b.sum()))
    assert abs(exact.number(lsebook.logmeanexp(x, b=b)) - mean) <= error


def test_narrow_results_of_sums_that_cancel():
    # Of 200000 pairs of float32 the ones whose exponentials add up to 1 most nearly.
    a = -np.random.default_rng(8).uniform(0.1, 3, 200_000).astype(np.float32)
    b = np.log(-np.expm1(a.astype(np.float64))).astype(np.float32)
    near = np.abs(np.exp(a.astype(np.float64)) + np.exp(b.astype(np.float64)) - 1)
    for i in np.argsort(near)[:20]:
        x = np.array([a[i], b[i]])
        total = exact.logsumexp(x)
        if abs(total) > 1e-13:
            assert exact.ulps(lsebook.logsumexp(x), total, np.float32) <= 1
            assert exact.ulps(lsebook.logsumexp(np.tile(x, (70, 1)), 1)[9], total, np.float32) <= 1


def test_log_softmax_of_many_accuracy():
    few = np.random.default_rng(3).normal(size=10)
    x = np.tile(few, 10**5)
    total = exact.mp.log(exact.total(few) * 10**5)
    got, shares = lsebook.log_softmax(x), lsebook.softmax(x)
    for i in range(10):
        assert exact.ulps(got[i], exact.number(x[i]) - total) <= 2
        assert exact.ulps(shares[i], exact.mp.exp(exact.number(x[i]) - total)) <= 5


# float32 has float32 exponentials, of which NumPy's are off by 2.5 ulp at worst; float16 has them
# too, and they are exact enough to be rounded once.
@pytest.mark.parametrize(
    ("dtype", "log_share_bound", "share_bound"), [(np.float16, 1, 1), (np.float32, 2, 5)]
)
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("shift", [0.0, 3.0, 60.0, -200.0, 1000.0])
def test_narrow_dtypes(dtype, log_share_bound, share_bound, family, shift):
    rng = np.random.default_rng(4)
    for n in (1, *SIZES):
        # float16 ends at 65504.
        scale = 0.5 if family is offset else 1.0
        rows = [(family(rng, max(n, 2))[:n] * scale + shift).astype(dtype) for _ in range(3)]
        x = np.array(rows * 30)
        rows_at_once = [f(x, axis=1) for f in FUNCTIONS]
        columns_at_once = [f(x.T, axis=0) for f in FUNCTIONS]
        for k, row in enumerate(rows):
            total = exact.logsumexp(row)
            nearest = dtype(float(total))
            for got in (FUNCTIONS[0](row), rows_at_once[0][k], columns_at_once[0][k]):
                if abs(total) > 1e-12:
                    assert abs(got - nearest) <= np.spacing(abs(nearest))
            log_shares = FUNCTIONS[1](row), rows_at_once[1][k], columns_at_once[1][:, k]
            shares = FUNCTIONS[2](row), rows_at_once[2][k], columns_at_once[2][:, k]
            assert {got.dtype for got in (*log_shares, *shares)} == {np.dtype(dtype)}
            for i in {0, n - 1}:
                log_share = exact.log_share(row, i)
                share = exact.mp.exp(log_share)
                for got in log_shares:
                    assert exact.ulps(got[i], log_share, dtype) <= log_share_bound
                for got in shares:
                    assert exact.ulps(got[i], share, dtype) <= share_bound


def test_longdouble_keeps_its_digits():
    rng = np.random.default_rng(5)
    for family in (normal, wide, offset):
        x = family(rng, 50).astype(np.longdouble) + np.longdouble(2) ** -60
        assert exact.ulps(lsebook.logsumexp(x), exact.logsumexp(x), np.longdouble) <= 4
        b = rng.random(50).astype(np.longdouble)
        total = exact.logsumexp(x, b)
        assert exact.ulps(lsebook.logsumexp(x, b=b), total, np.longdouble) <= 16


@given(st.floats(-745, -1e-300))
def test_log1mexp(x):
    value = exact.log1mexp(x)
    assert exact.ulps(lsebook.log1mexp(x), value) <= 2


@pytest.mark.parametrize("x", [-0.6931, -0.6932, -1e-300, -36.0, -37.5, -700.0, -1e-5, -0.3, -2.0])
def test_log1mexp_around_its_seam(x):
    value = exact.log1mexp(x)
    assert exact.ulps(lsebook.log1mexp(x), value) <= 2


@given(finite, st.floats(1e-12, 50))
def test_logsubexp(x, gap):
    y = x - gap
    if x == y:
        return
    value = exact.mp.log(exact.mp.exp(exact.number(x)) - exact.mp.exp(exact.number(y)))
    if abs(value) > 1e-12:
        assert exact.ulps(lsebook.logsubexp(x, y), value) <= 2


def test_logsubexp_of_logs_of_probabilities():
    rng = np.random.default_rng(7)
    x = -rng.exponential(size=400) * rng.choice([1e-3, 1.0, 5.0], 400)
    y = x - rng.uniform(0.01, 4, 400)
    got = lsebook.logsubexp(x, y)
    for i in range(400):
        value = exact.number(x[i]) + exact.mp.log(
            -exact.mp.expm1(exact.number(y[i]) - exact.number(x[i]))
        )
        assert exact.ulps(got[i], value) <= 2


def test_logsubexp_where_parts_cancel():
    x = np.linspace(0.01, 30, 3001)
    y = x + np.log(-np.expm1(-x)) + 1e-7
    y = np.where(y < x, y, x - 1e-3)
    got = lsebook.logsubexp(x, y)
    for i in range(0, 3001, 50):
        value = exact.mp.log(exact.mp.exp(exact.number(x[i])) - exact.mp.exp(exact.number(y[i])))
        assert exact.ulps(got[i], value) <= 2


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("scale", [1.0, 10.0])
def test_cumulative_sums(axis, scale):
    x = np.random.default_rng(6).normal(size=(300, 3)) * scale
    got = lsebook.logcumsumexp(x if axis == 0 else x.T, axis=axis)
    got = got if axis == 0 else got.T
    for k in range(3):
        running, peak = exact.mp.mpf(0), -np.inf
        for i in range(300):
            running += exact.mp.exp(exact.number(x[i, k]))
            peak = max(peak, x[i, k])
            # The promise: a few ulp of the largest exponent so far, or of 1.
            error = abs(exact.number(got[i, k]) - exact.mp.log(running))
            assert error <= 8 * np.spacing(max(1.0, abs(peak), abs(got[i, k])))


def test_cumulative_sums_over_many_blocks():
    n = 200_001
    got = lsebook.logcumsumexp(np.zeros(n))
    np.testing.assert_allclose(got, np.log(np.arange(1, n + 1)), rtol=4e-16, atol=4e-16)


@given(arrays(np.float64, st.integers(1, 10), elements=st.floats(-50, 50)))
def test_condition(x):
    total = exact.logsumexp(x)
    size = exact.mp.fsum(abs(exact.number(v)) * exact.mp.exp(exact.number(v) - total) for v in x)
    if size == 0:
        assert lsebook.condition(x) == 0
    elif abs(total) > 1e-12:
        np.testing.assert_allclose(lsebook.condition(x), float(size / abs(total)), rtol=1e-12)
