"""Special values, row by row. Expected values are IEEE 754 and the algebra of limits, by hand."""

import ml_dtypes
import numpy as np
import pytest

import lsebook
from tests.package.judge import assert_within
from tests.package.tables import ENGINES, LN2, LOGSUMEXP, SOFTMAX, inf, nan


@pytest.mark.parametrize(("a", "keywords", "expected"), LOGSUMEXP.values(), ids=LOGSUMEXP)
def test_logsumexp(a, keywords, expected):
    for engine in [lsebook] if keywords.keys() - {"axis"} else ENGINES:
        got = engine.logsumexp(a, **keywords)
        assert isinstance(got, np.float64)
        assert_within(got, expected, 2)


@pytest.mark.parametrize(
    ("a", "b", "expected", "sign"),
    [
        ([0.0, 0.0], [1, -3], LN2, -1.0),
        ([0.0, 0.0], [-1, -1], LN2, -1.0),
        ([0.0, 0.0], [1, 1], LN2, 1.0),
        ([2.0, 2.0], [1, -1], -inf, 0.0),
        ([2.0, 2.0], [0, 0], -inf, 0.0),
        ([-inf, -inf], [1, -1], -inf, 0.0),
        ([], [], -inf, 0.0),
        ([inf, 0.0], [-1, 1], inf, -1.0),
        ([inf, 0.0], [1, -1], inf, 1.0),
        ([inf, inf], [1, -1], nan, nan),
        ([nan, 0.0], [1, -1], nan, nan),
        ([nan, 0.0], [0, -1], 0.0, -1.0),
        ([1000.0, 1001.0], [1, -1], 1000.541324854612918, -1.0),
    ],
)
def test_return_sign(a, b, expected, sign):
    value, got = lsebook.logsumexp(a, b=b, return_sign=True)
    # Relative to the larger part: log 3 - log 3 + log 2 has the errors of a log 3.
    assert_within(value, expected, 2)
    assert_within(got, sign, 0)
    assert type(value) is type(got) is np.float64


def test_sign_without_weights_and_with_kept_axes():
    value, sign = lsebook.logsumexp([[0.0], [-inf], [nan]], axis=1, keepdims=True, return_sign=True)
    np.testing.assert_array_equal(value, [[0.0], [-inf], [nan]])
    np.testing.assert_array_equal(sign, [[1.0], [0.0], [nan]])


def test_sign_of_each_slice():
    value, sign = lsebook.logsumexp(
        np.zeros((3, 2)), axis=1, b=[[1, -3], [1, 2], [1, -1]], keepdims=True, return_sign=True
    )
    np.testing.assert_allclose(value, [[np.log(2)], [np.log(3)], [-inf]], rtol=1e-15)
    np.testing.assert_array_equal(sign, [[-1.0], [1.0], [0.0]])
    no_sign = lsebook.logsumexp(np.zeros((2, 2)), axis=1, b=[[1, -3], [1, 2]], keepdims=True)
    np.testing.assert_allclose(no_sign, [[nan], [np.log(3)]], rtol=1e-15)


@pytest.mark.parametrize(("x", "expected", "log"), SOFTMAX.values(), ids=SOFTMAX)
@pytest.mark.parametrize("axis", [None, 0, -1])
@pytest.mark.parametrize("engine", ENGINES)
def test_softmax_and_log_softmax(engine, x, expected, log, axis):
    got, got_log = engine.softmax(x, axis=axis), engine.log_softmax(x, axis=axis)
    assert got.dtype == got_log.dtype == np.float64
    assert_within(got, np.array(expected), 2)
    np.testing.assert_allclose(got_log, log, rtol=3e-16, atol=1e-80)


def test_softmax_of_a_scalar_and_of_no_axis():
    assert lsebook.softmax(5.0) == 1.0
    assert lsebook.log_softmax(5.0) == 0.0
    np.testing.assert_array_equal(lsebook.softmax([1.0, 700.0], axis=()), [1.0, 1.0])


def test_softmax_where_excludes():
    x = [[0.0, nan, 0.0], [1.0, 2.0, 3.0]]
    where = [[True, False, True], [False, False, False]]
    np.testing.assert_array_equal(lsebook.softmax(x, 1, where=where), [[0.5, 0, 0.5], [0, 0, 0]])
    np.testing.assert_allclose(
        lsebook.log_softmax(x, 1, where=where), [[-LN2, -inf, -LN2], [-inf] * 3], rtol=1e-15
    )
    masked = np.ma.array(x, mask=~np.array(where))
    np.testing.assert_array_equal(lsebook.softmax(masked, 1), [[0.5, 0, 0.5], [0, 0, 0]])


@pytest.mark.parametrize(
    ("a", "keywords", "expected"),
    [
        ([], {}, nan),
        ([3.0, 3.0], {}, 3.0),
        ([1000.0, -inf], {}, 1000 - LN2),
        ([-inf, -inf], {}, -inf),
        ([nan, 1.0], {}, nan),
        ([inf, 1.0], {}, inf),
        ([1.0, 7.0], {"b": [2, 0]}, 1.0),
        ([1.0, 2.0], {"b": [0, 0]}, nan),
        ([1.0, 1.0], {"b": [1, -3]}, 1.0),
        ([0.0, LN2], {"b": [3, -2]}, nan),
        ([1.0, 1.0], {"b": [3, -1]}, 1.0),
        ([1.0, 1.0], {"b": [-1, -1]}, 1.0),
        ([0.0, 0.0], {"b": [1, -1]}, nan),
        ([5.0, nan], {"where": [True, False]}, 5.0),
        ([5.0, nan], {"where": [False, False]}, nan),
        (np.ma.array([5.0, 6.0], mask=[0, 1]), {}, 5.0),
        ([5.0, 6.0, 7.0], {"b": [1, 1, 0], "where": [True, False, True]}, 5.0),
        ([[5.0], [6.0]], {"axis": 1, "keepdims": True}, [[5.0], [6.0]]),
        (np.zeros((0, 2)), {"axis": 0}, [nan, nan]),
        (np.zeros((0, 2)), {"axis": 1}, []),
    ],
)
def test_logmeanexp(a, keywords, expected):
    got = lsebook.logmeanexp(a, **keywords)
    assert_within(got, np.float64(expected), 1)
    assert got.shape == np.shape(expected)


@pytest.mark.parametrize(
    ("a", "expected"),
    [
        ([], []),
        (5.0, [5.0]),
        ([-inf, -inf, 0.0, 0.0], [-inf, -inf, 0.0, LN2]),
        ([1.0, inf, 2.0, -inf], [1.0, inf, inf, inf]),
        ([1.0, nan, 2.0], [1.0, nan, nan]),
        ([inf, nan], [inf, nan]),
        ([-1000.0, 0.0, 1000.0], [-1000.0, 0.0, 1000.0]),
        ([1000.0, 0.0, -1000.0], [1000.0, 1000.0, 1000.0]),
        ([[0, 0], [0, 0]], [0.0, LN2, 1.0986122886681098, 2 * LN2]),
        (np.ma.array([0.0, nan, 0.0], mask=[0, 1, 0]), [0.0, 0.0, LN2]),
    ],
)
def test_logcumsumexp(a, expected):
    got = lsebook.logcumsumexp(a)
    assert got.dtype == np.float64
    assert_within(got, np.array(expected), 1)


@pytest.mark.parametrize(
    ("a", "expected"),
    [
        ([0.0], 0.0),
        ([0.0, -inf], 0.0),
        ([], nan),
        ([-inf], nan),
        ([inf, 0.0], nan),
        ([nan], nan),
        ([-3.0], 1.0),
        ([1000.0, 1000.0], 1000 / 1000.6931471805599),
        (np.ma.array([4.0, nan], mask=[0, 1]), 1.0),
        ([[2.0, -inf], [0.0, 0.0]], 2 / (2 + LN2 + 0.1269280110429726)),
    ],
)
def test_condition(a, expected):
    if np.ndim(a) == 2:
        # Slices: of [2, -inf] all weight is on 2; of [0, 0] no exponent can change by a ratio.
        np.testing.assert_allclose(lsebook.condition(a, axis=1), [1.0, 0.0], rtol=1e-15)
    else:
        np.testing.assert_allclose(lsebook.condition(a), expected, rtol=1e-12)


@pytest.mark.parametrize(
    "dtype", [np.float16, ml_dtypes.bfloat16, np.float32, np.longdouble, ">f8"]
)
def test_dtype_of_the_result_is_that_of_the_values(dtype):
    x = np.array([0.0, 0.0, 0.0, 0.0], dtype)
    native = np.dtype(dtype).newbyteorder("=")
    for got, expected in [
        (lsebook.logsumexp(x), 2 * LN2),
        (lsebook.logmeanexp(x), 0.0),
        (lsebook.logcumsumexp(x)[-1], 2 * LN2),
        (lsebook.softmax(x)[0], 0.25),
        (lsebook.log_softmax(x)[0], -2 * LN2),
        (lsebook.log1mexp(x - np.asarray(LN2, dtype))[0], -LN2),
        (lsebook.logsubexp(x, x)[0], -inf),
    ]:
        assert got.dtype == native
        eps = float(ml_dtypes.finfo(native).eps) if native.itemsize < 16 else 1e-16
        np.testing.assert_allclose(float(got), expected, rtol=2 * eps)


def test_weights_promote_as_numpy_does():
    x = np.zeros(2, np.float32)
    assert lsebook.logsumexp(x, b=np.ones(2, np.float32)).dtype == np.float32
    assert lsebook.logsumexp(x, b=np.ones(2, np.int8)).dtype == np.float32
    assert lsebook.logsumexp(x, b=2.0).dtype == np.float32
    assert lsebook.logsumexp(x, b=np.ones(2)).dtype == np.float64
    value, sign = lsebook.logsumexp(x, b=np.array([1, -3], np.float32), return_sign=True)
    assert value.dtype == sign.dtype == np.float32


@pytest.mark.parametrize("name", ["int4", "uint4", "int2", "uint2"])
def test_integers_of_other_packages_are_integers(name):
    x = np.array([1, 0], getattr(ml_dtypes, name))
    for got, expected in [
        (lsebook.softmax(x), [0.7310585786300049, 0.2689414213699951]),
        (lsebook.log_softmax(x), [-0.3132616875182228, -1.3132616875182228]),
        (lsebook.logsumexp(x), 1.3132616875182228),
        (lsebook.logmeanexp(x), 0.6201145069582775),
        (lsebook.logsumexp([1.0, 0.0], b=np.array([1, 1], x.dtype)), 1.3132616875182228),
    ]:
        assert got.dtype == np.float64
        np.testing.assert_allclose(got, expected, rtol=1e-15)


@pytest.mark.parametrize("b", [[1, 2], [1.0, 2.0], 2, np.array([1, 2], np.int8)])
def test_weights_of_floats_of_other_packages(b):
    x = np.array([1, 2], ml_dtypes.bfloat16)
    expected = lsebook.logsumexp([1.0, 2.0], b=b)
    np.testing.assert_allclose(lsebook.logsumexp(x, b=b), expected, rtol=1e-6)
    assert lsebook.logsumexp(x, b=np.array([1, 2], x.dtype)).dtype == x.dtype


@pytest.mark.parametrize("axis", [0, -1, None])
def test_scalars_have_one_axis_everywhere(axis):
    for name in ("logsumexp", "logmeanexp", "softmax", "log_softmax", "condition"):
        assert np.shape(getattr(lsebook, name)(3.0, axis=axis)) == ()
    np.testing.assert_array_equal(lsebook.logcumsumexp(3.0, axis=axis), [3.0])


@pytest.mark.parametrize("size", [1e-320, 1e-300, 1e-16, 1e16, 1e300, 1.7e308])
def test_means_do_not_depend_on_the_size_of_the_weights(size):
    b = np.array([[size, size], [size, 0.0], [0.0, 0.0]])
    got = lsebook.logmeanexp([[0.0, 1.0]], axis=1, b=b)
    # mpmath: log((1 + e) / 2)
    np.testing.assert_allclose(got, [0.6201145069582775, 0.0, nan], rtol=1e-15, atol=2e-16)
    got = lsebook.logmeanexp([0.0, 1000.0], b=[size, 1e-10 if size > 1 else 0.0])
    expected = 1000 + np.log(1e-10) - np.log(size) if size > 1 else 0.0
    np.testing.assert_allclose(got, expected, rtol=1e-13, atol=2e-16)


def test_what_is_left_out_of_complex_sums_does_not_count():
    masked = np.ma.array([1.0, nan], mask=[0, 1])
    for got in (
        lsebook.logsumexp([0j, 9.0], b=masked),
        lsebook.logsumexp(np.ma.array([0j, nan], mask=[0, 1])),
        lsebook.logsumexp([0j, 9.0], b=[1.0, nan], where=[True, False]),
        lsebook.logsumexp([0j, inf], where=[True, False]),
    ):
        np.testing.assert_allclose(got, 0.0, atol=1e-15)


def test_weights_may_be_larger_than_values():
    got = lsebook.logsumexp([[0.0], [1.0]], b=np.ones((2, 4)), axis=1)
    assert_within(got, np.array([2 * LN2, 1 + 2 * LN2]), 1)
    got = lsebook.logsumexp([0.0, 1.0], b=np.ones((3, 2)), axis=1)
    np.testing.assert_allclose(got, [1.3132616875182228] * 3, rtol=1e-15)
    got = lsebook.logmeanexp([0.0, 1.0], b=np.ones((3, 2)), axis=(0, 1))
    np.testing.assert_allclose(got, 0.6201145069582775, rtol=1e-15)


def test_float16_sum_beyond_its_range():
    # 100000 exceeds 65504, its log does not; 11.512925... lies between 11.508 and 11.516.
    assert lsebook.logsumexp(np.zeros(100000, np.float16)) == np.float16(11.512925464970228)


def test_float32_count_beyond_two_to_the_24th():
    got = lsebook.logsumexp(np.zeros((25165824, 2), np.float32), axis=0)
    expected = np.float32(17.040997441546852)  # mpmath: log(25165824)
    np.testing.assert_array_equal(got, [expected, expected])


def test_complex_numbers_go_to_scipy():
    # exp(i pi) = -1, so the sum is 1 + e - 1 = e up to rounding.
    got = lsebook.logsumexp([0.0, 1.0, np.pi * 1j])
    np.testing.assert_allclose(got, 1.0 + 0.0j, atol=1e-15)
    got = lsebook.logsumexp([0.0, 5.0], b=[1j, 0])
    np.testing.assert_allclose(got, 0.5j * np.pi, atol=1e-15)
    got = lsebook.logsumexp([0.0, 5.0, 7.0 + 0j], where=[True, False, False])
    np.testing.assert_allclose(got, 0.0, atol=1e-15)
    masked = np.ma.array([0.0, 5.0 + 0j], mask=[0, 1])
    np.testing.assert_allclose(lsebook.logsumexp(masked), 0.0, atol=1e-15)
    np.testing.assert_allclose(
        lsebook.logsumexp([0j, 9.0], b=np.ma.array([1.0, 1.0], mask=[0, 1])), 0.0, atol=1e-15
    )
    value, sign = lsebook.logsumexp([0j, 0j], b=[-1, -1], return_sign=True)
    np.testing.assert_allclose([value, sign], [LN2, -1.0], atol=1e-15)
    np.testing.assert_array_equal(lsebook.logsumexp(np.empty((0, 2), complex), axis=0), [-inf] * 2)
    out = np.empty((), complex)
    assert lsebook.logsumexp([1j], out=out) is out
    np.testing.assert_allclose(out, 1j)
    value, sign = lsebook.logsumexp([1j, 1j], b=[-1, -1], out=out, return_sign=True)
    assert value is out
    np.testing.assert_allclose([value, sign * np.exp(value)], [LN2, -2 * np.exp(1j)], atol=1e-15)


def test_complex_numbers_along_an_axis():
    x = np.log([[1.0, 3.0], [2.0, 5.0]]) + 0j
    np.testing.assert_allclose(lsebook.logsumexp(x, axis=1), np.log([4.0, 7.0]), rtol=1e-14)
    kept, sign = lsebook.logsumexp(x, axis=0, keepdims=True, return_sign=True)
    np.testing.assert_allclose(kept, np.log([[3.0, 8.0]]), rtol=1e-14)
    np.testing.assert_allclose(sign, [[1.0, 1.0]], rtol=1e-14)
    nothing = np.empty((2, 0), complex)
    value, sign = lsebook.logsumexp(nothing, axis=1, keepdims=True, return_sign=True)
    np.testing.assert_array_equal([value, sign], [[[-inf]] * 2, [[0.0]] * 2])


def test_means_with_weights_and_where_along_an_axis():
    x = np.log([[1.0, 3.0, 9.0], [2.0, 5.0, 7.0]])
    b, where = [[1.0, 3.0, 5.0], [2.0, 2.0, 4.0]], [[True, True, False], [False, True, True]]
    got = lsebook.logmeanexp(x, axis=1, b=b, where=where)
    np.testing.assert_allclose(got, np.log([10 / 4, 38 / 6]), rtol=1e-15)
    # The sum of these weights is beyond float16.
    many = np.ones(70_000, np.float16)
    for keywords in ({}, {"where": np.arange(70_000) > 0}):
        assert lsebook.logmeanexp(np.zeros_like(many), b=many, **keywords) == 0.0


@pytest.mark.parametrize("name", ["logsumexp", "logmeanexp", "softmax", "log_softmax", "condition"])
def test_float_errors_of_the_user_stay_as_they_are(name):
    x = [1.0, -inf, inf, nan, 1e308, -1e308]
    with np.errstate(all="raise"):
        before = np.geterr()
        getattr(lsebook, name)(x)
        lsebook.LogSumExp().update(x)
        lsebook.log1mexp(x)
        lsebook.logsubexp(x, x)
        lsebook.logcumsumexp(x)
        assert np.geterr() == before


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_the_empty_sum_of_complex_numbers_is_complex(dtype):
    found = lsebook.logsumexp(np.empty((2, 0), dtype), axis=1)
    assert found.dtype == dtype
    assert np.array_equal(found, [-np.inf, -np.inf])
