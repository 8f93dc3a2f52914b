"""Bad input gets an error that names the argument; any other input gets a right value."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import lsebook
from tests.package.judge import assert_within

REDUCTIONS = ["logsumexp", "logmeanexp", "softmax", "log_softmax", "condition", "logcumsumexp"]


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize(
    "bad", [["a"], [None], np.array([b"x"]), np.array(["2020"], "M8[Y]"), np.zeros(2, "i4,f8")]
)
def test_arrays_of_no_numbers(name, bad):
    with pytest.raises(TypeError, match=r"^[ax] must be an array of real numbers, got dtype "):
        getattr(lsebook, name)(bad)


@pytest.mark.parametrize("name", REDUCTIONS[1:])
def test_complex_numbers_beyond_logsumexp(name):
    with pytest.raises(TypeError, match=r"^[ax] must be .* got dtype complex128"):
        getattr(lsebook, name)([1j])


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("shape", [(), (2,), (0,), (2, 3)])
@pytest.mark.parametrize("axis", [5, -6])
def test_bad_axis(name, shape, axis):
    with pytest.raises(np.exceptions.AxisError, match=f"axis {axis} is out of bounds"):
        getattr(lsebook, name)(np.zeros(shape), axis=axis)


@pytest.mark.parametrize("name", REDUCTIONS[:-1])
@pytest.mark.parametrize("shape", [(2, 3), (0, 3)])
def test_duplicate_axis(name, shape):
    with pytest.raises(ValueError, match=r"repeated axis in `axis`"):
        getattr(lsebook, name)(np.zeros(shape), axis=(0, -2))


@pytest.mark.parametrize("name", REDUCTIONS)
def test_axis_of_the_wrong_type(name):
    with pytest.raises(TypeError, match=r"axis must be an int, a tuple of ints or None, got 0\.5"):
        getattr(lsebook, name)([1.0], axis=0.5)


def test_cumulative_sums_have_one_axis():
    with pytest.raises(TypeError, match=r"axis must be an int or None, got \(0, 1\)"):
        lsebook.logcumsumexp(np.zeros((2, 2)), axis=(0, 1))


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        (
            {"b": [1, 2, 3]},
            ValueError,
            r"b must broadcast with a of shape \(2,\), got shape \(3,\)",
        ),
        ({"b": ["x", "y"]}, TypeError, "b must be an array of real numbers, got dtype <U1"),
        ({"where": [1, 0]}, TypeError, "where must be an array of bool, got dtype int64"),
        ({"where": [True] * 3}, ValueError, r"where must broadcast to the shape \(2,\).*\(3,\)"),
        ({"where": [[True, True]]}, ValueError, r"where must broadcast .* got shape \(1, 2\)"),
        ({"out": np.empty(2)}, ValueError, r"out must have the shape \(\) .* got \(2,\)"),
        ({"out": np.empty((), int)}, TypeError, "out must hold dtype float64, got int64"),
        ({"out": [0.0]}, TypeError, "out must be an ndarray, got list"),
    ],
)
def test_bad_keywords(keywords, error, message):
    with pytest.raises(error, match=message):
        lsebook.logsumexp(np.zeros(2), **keywords)


def test_elementwise_refuses_masks_and_shapes_that_differ():
    masked = np.ma.array([1.0], mask=[True])
    with pytest.raises(TypeError, match="x must not be a masked array"):
        lsebook.log1mexp(masked)
    with pytest.raises(TypeError, match="y must not be a masked array"):
        lsebook.logsubexp(1.0, masked)
    with pytest.raises(ValueError, match=r"y must broadcast with x of shape \(2,\), .* \(3,\)"):
        lsebook.logsubexp(np.zeros(2), np.zeros(3))
    with pytest.raises(TypeError, match="x must be an array of real numbers, got dtype object"):
        lsebook.log1mexp([None])


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("axis", [True, False, np.True_, (0, True)])
def test_a_bool_is_no_axis(name, axis):
    with pytest.raises(TypeError, match="axis must be an int, a tuple of ints or None, got"):
        getattr(lsebook, name)(np.zeros((2, 2)), axis=axis)
    with pytest.raises(TypeError, match="axis must be an int"):
        lsebook.LogSumExp(axis=axis)


@pytest.mark.parametrize("name", REDUCTIONS)
def test_masks_inside_lists_are_not_ignored(name):
    masked = np.ma.array([0.0, 1.0], mask=[0, 1])
    for bad in ([masked, masked], ([masked],), [1.0, np.ma.masked]):
        with pytest.raises(TypeError, match="must not be a list of masked arrays: give them to"):
            getattr(lsebook, name)(bad)


@pytest.mark.parametrize(
    "name", ["logsumexp", "logmeanexp", "softmax", "log_softmax", "logcumsumexp"]
)
def test_where_must_not_be_masked(name):
    where = np.ma.array([True, True], mask=[0, 1])
    with pytest.raises(TypeError, match=r"where must not be a masked array: give where.filled"):
        getattr(lsebook, name)([0.0, 1.0], where=where)
    with pytest.raises(TypeError, match="where must be an array of bool, got dtype int64"):
        getattr(lsebook, name)([0.0, 1.0], where=[1, 0])


@pytest.mark.parametrize("keywords", [{"where": [1, 0]}, {"where": [True] * 3}, {"b": [1, 2, 3]}])
def test_complex_numbers_are_checked_as_real_ones_are(keywords):
    with pytest.raises((TypeError, ValueError), match=r"^(where|b) must"):
        lsebook.logsumexp([1j, 2j], **keywords)
    with pytest.raises(np.exceptions.AxisError):
        lsebook.logsumexp([1j, 2j], axis=1)
    with pytest.raises(TypeError, match="b must be an array of numbers, got dtype <U1"):
        lsebook.logsumexp([1j], b=["x"])


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize(
    ("out", "error", "message"),
    [
        (np.empty(3), ValueError, r"out must have the shape \(2,\) of the result, got \(3,\)"),
        (np.empty(2, int), TypeError, "out must hold dtype float64, got int64"),
        ([0.0, 0.0], TypeError, "out must be an ndarray, got list"),
        (np.ma.zeros(2), TypeError, "out must be an ndarray, got MaskedArray"),
        (np.broadcast_to(0.0, 2), ValueError, "out must be writeable, got a read-only array"),
    ],
)
def test_bad_out(name, out, error, message):
    x = np.array([0.0, 1.0])
    with pytest.raises(error, match=message):
        getattr(lsebook, name)(x, out=out)
    np.testing.assert_array_equal(x, [0.0, 1.0])


DTYPES = st.sampled_from(["f2", "f4", "f8", ">f8", "g", "i1", "u2", "i8", "?", "c16", "O", "U1"])
numbers = st.sampled_from([0.0, -0.0, 1.0, -1.5, 30.0, -700.0, np.inf, -np.inf, np.nan])


@st.composite
def calls(draw):
    """Any array, axis, weights, where and mask; most of them fit together."""
    shape = draw(array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    with np.errstate(invalid="ignore"):
        a = draw(arrays(np.float64, shape, elements=numbers)).astype(draw(DTYPES))
    if draw(st.booleans()):
        a = a.T
    axes = st.integers(-4, 4)
    axis = draw(st.none() | axes | st.lists(axes, max_size=3).map(tuple))
    b = draw(
        st.none() | arrays(np.float64, a.shape, elements=numbers) | st.just(np.zeros(3)) | numbers
    )
    where = draw(st.none() | st.booleans() | arrays(bool, a.shape))
    if draw(st.booleans()) and a.dtype.kind != "U":
        a = np.ma.array(a, mask=draw(arrays(bool, a.shape)))
    return a, axis, b, where


def definition(a, axis, b, where):
    """Return the sum in extended precision, of the values that fit into its range."""
    wide = np.asarray(np.ma.getdata(a)).astype(np.longdouble)
    weight = np.asarray(1.0 if b is None else b, np.longdouble)
    wide, weight = np.broadcast_arrays(wide, weight)
    include = np.broadcast_to(~np.ma.getmaskarray(a), wide.shape)
    if where is not None:
        include = include & where
    with np.errstate(all="ignore"):
        terms = np.where(weight == 0, 0, np.exp(wide) * weight)
        return np.sum(terms, axis=axis, where=include)


def assert_names_an_argument(error):
    assert any(name in str(error) for name in ("a must", "x must", "b must", "axis", "where must"))


@given(calls())
def test_a_right_value_or_a_clear_error(call):
    a, axis, b, where = call
    try:
        value, sign = lsebook.logsumexp(a, axis, b, return_sign=True, where=where)
    except (TypeError, ValueError) as error:
        assert_names_an_argument(error)
        return
    if np.iscomplexobj(a):
        return
    expected = definition(a, axis, b, where)
    assert value.shape == sign.shape == expected.shape
    with np.errstate(all="ignore"):
        log = np.log(np.abs(expected))
    np.testing.assert_array_equal(sign, np.sign(expected).astype(float))
    tolerance = 3e-3 if value.dtype == np.float16 else 1e-6
    ours, theirs = np.asarray(value, np.longdouble), np.asarray(log)
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


@given(calls())
def test_the_others_return_or_say_why(call):
    a, axis, b, where = call
    for function, keywords in [
        (lsebook.logmeanexp, {"b": b, "where": where}),
        (lsebook.softmax, {"where": where}),
        (lsebook.log_softmax, {"where": where}),
        (lsebook.condition, {}),
        (lsebook.logcumsumexp, {}),
    ]:
        try:
            got = function(a, axis, **keywords)
        except (TypeError, ValueError) as error:
            assert_names_an_argument(error)
            continue
        if function is lsebook.softmax:
            shares = np.asarray(got, np.float64)
            total = shares.sum(axis=axis)
            whole = np.isnan(total) | (total == 0) | (np.abs(total - 1) < 1e-2)
            assert np.all(whole)
            assert not np.any(shares < 0)


@given(arrays(np.float64, st.integers(0, 6), elements=numbers))
def test_single_numbers_elementwise(x):
    got = lsebook.log1mexp(x)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(got, np.log(-np.expm1(x)), rtol=1e-12, atol=1e-12)
    assert_within(lsebook.logsubexp(x, -np.inf), np.where(np.isnan(x), np.nan, x), 0)
