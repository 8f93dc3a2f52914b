"""Shapes, axes and memory layouts: every way through memory gives the value of every slice.

The reference is SciPy on a plain copy of the slices; values here are far from cancellation.
"""

import itertools
import tracemalloc

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st

import lsebook

SHAPES = [
    (10,),
    (70000,),
    (7, 300),
    (300, 7),
    (3, 70000),
    (70000, 3),
    (600, 600),
    (5, 1, 6),
    (2, 3, 4, 5),
    (33, 65, 40),
]
LAYOUTS = {
    "C": lambda x: x,
    "Fortran": np.asfortranarray,
    "reversed": lambda x: np.flip(x),
    "every other": lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
    "offset": lambda x: np.r_[0.0, x.ravel()][1:].reshape(x.shape),
    "big endian": lambda x: x.astype(">f8"),
    "swapped": lambda x: np.ascontiguousarray(np.moveaxis(x, 0, -1)).transpose(
        x.ndim - 1, *range(x.ndim - 1)
    ),
}


def axes_of(ndim):
    for count in range(1, ndim + 1):
        yield from itertools.combinations(range(ndim), count)


def values(shape):
    return np.random.default_rng(sum(shape)).normal(size=shape) * 3 + 9


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_axis_of_every_layout(shape, layout):
    x = LAYOUTS[layout](values(shape))
    before = x.copy()
    x.flags.writeable = False
    plain = np.ascontiguousarray(x, np.float64)
    for axes in axes_of(len(shape)):
        kept = tuple(n for i, n in enumerate(shape) if i not in axes)
        expected = scipy.special.logsumexp(plain, axis=axes)
        got = lsebook.logsumexp(x, axis=axes)
        assert got.shape == kept
        np.testing.assert_allclose(got, expected, rtol=1e-14)
        np.testing.assert_allclose(
            lsebook.softmax(x, axis=axes), scipy.special.softmax(plain, axis=axes), rtol=1e-13
        )
        np.testing.assert_allclose(
            lsebook.log_softmax(x, axis=axes),
            scipy.special.log_softmax(plain, axis=axes),
            rtol=1e-12,
            atol=1e-13,
        )
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("shape", [(300, 7), (7, 300), (20000, 3), (12, 13, 14)], ids=str)
@pytest.mark.parametrize("layout", ["C", "Fortran", "every other"])
def test_weights_and_where_follow_the_values(shape, layout):
    rng = np.random.default_rng(0)
    x = LAYOUTS[layout](values(shape))
    b = rng.uniform(0.5, 2, shape)
    where = rng.random(shape) < 0.7
    weight = np.where(where, b, 0.0)
    for axes in axes_of(len(shape)):
        expected = scipy.special.logsumexp(x, axis=axes, b=weight)
        got = lsebook.logsumexp(x, axis=axes, b=b, where=where)
        np.testing.assert_allclose(got, expected, rtol=1e-13)
        expected = scipy.special.logsumexp(x, axis=axes, b=where)
        np.testing.assert_allclose(lsebook.logsumexp(x, axes, where=where), expected, rtol=1e-13)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = expected - np.log(where.sum(axis=axes))
        got = lsebook.logmeanexp(x, axes, where=where)
        np.testing.assert_allclose(got, mean, rtol=1e-13, atol=1e-13)
        shares = lsebook.softmax(x, axes, where=where)
        np.testing.assert_allclose(shares.sum(axis=axes), where.any(axis=axes), rtol=1e-13)
        assert not shares[~where].any()
        logs = lsebook.log_softmax(x, axes, where=where)
        np.testing.assert_allclose(np.exp(logs), shares, rtol=1e-12)


def test_signed_weights_along_axes():
    rng = np.random.default_rng(1)
    x, b = values((4, 50, 3)), rng.normal(size=(4, 50, 3))
    for axes in axes_of(3):
        expected, expected_sign = scipy.special.logsumexp(x, axis=axes, b=b, return_sign=True)
        got, sign = lsebook.logsumexp(x, axis=axes, b=b, return_sign=True)
        np.testing.assert_allclose(got, expected, rtol=1e-12)
        np.testing.assert_array_equal(sign, expected_sign)


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=4).flatmap(
        lambda shape: st.tuples(
            st.just(tuple(shape)),
            st.permutations(range(len(shape))),
            st.sets(st.integers(0, len(shape) - 1)).map(tuple),
            st.lists(st.sampled_from([1, -1, 2]), min_size=len(shape), max_size=len(shape)),
        )
    )
)
def test_any_strides(case):
    shape, order, axes, steps = case
    x = values(tuple(2 * n for n in shape)).transpose(order)
    x = x[tuple(slice(None, None, s) for s in steps)]
    expected = np.log(np.exp(x).sum(axis=axes))
    np.testing.assert_allclose(lsebook.logsumexp(x, axis=axes), expected, rtol=1e-13)
    got = lsebook.softmax(x, axis=axes)
    np.testing.assert_allclose(
        got, np.exp(x - lsebook.logsumexp(x, axes, keepdims=True)), rtol=1e-12
    )


def test_negative_axis_and_kept_dimensions():
    x = values((2, 3, 4))
    got = lsebook.logsumexp(x, axis=(-1, 0), keepdims=True)
    assert got.shape == (1, 3, 1)
    np.testing.assert_allclose(got, np.log(np.exp(x).sum((0, 2), keepdims=True)), rtol=1e-14)
    assert lsebook.logmeanexp(x, axis=1, keepdims=True).shape == (2, 1, 4)


def test_no_axis_is_the_identity():
    x = values((3, 4))
    np.testing.assert_array_equal(lsebook.logsumexp(x, axis=()), x)
    np.testing.assert_allclose(lsebook.logsumexp(x, axis=(), b=2.0), x + np.log(2), rtol=1e-15)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 0, 3)], ids=str)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_empty_arrays(shape, dtype):
    x = np.empty(shape, dtype)
    for axes in axes_of(len(shape)):
        got = lsebook.logsumexp(x, axis=axes)
        np.testing.assert_array_equal(got, np.full(x.sum(axis=axes).shape, -np.inf))
        assert got.dtype == lsebook.logmeanexp(x, axis=axes).dtype == dtype
        assert lsebook.softmax(x, axis=axes).shape == shape
    assert lsebook.logcumsumexp(x, axis=0).shape == shape


def test_out_receives_the_result():
    x = values((3, 4))
    out = np.empty(3, np.float64)
    assert lsebook.logsumexp(x, axis=1, out=out) is out
    np.testing.assert_allclose(out, np.log(np.exp(x).sum(1)), rtol=1e-14)
    strided = np.zeros((3, 2), np.float32)
    assert lsebook.logsumexp(x, axis=1, out=strided[:, 0]).base is strided
    np.testing.assert_allclose(strided[:, 0], out, rtol=1e-7)
    assert not strided[:, 1].any()
    short = np.empty(())
    lsebook.logsumexp(x, out=short)
    np.testing.assert_allclose(short, np.log(np.exp(x).sum()), rtol=1e-14)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("shape", [(7,), (5, 3), (3000, 4), (4, 3000), (2, 70_000), (70_000, 2)])
def test_out_may_be_anything_that_fits(name, shape):
    function = getattr(lsebook, name)
    x = values(shape)
    for axis in (None, *range(len(shape))):
        expected = function(x, axis=axis)
        places = [
            np.empty_like(x),
            np.empty(shape, np.float32),
            np.empty(shape, ">f8"),
            np.empty(shape, order="F"),
            np.empty((2, *shape)).T[..., 0].T if len(shape) == 1 else np.empty(shape[::-1]).T,
            np.empty((*shape[:-1], 2 * shape[-1]))[..., ::2],
        ]
        for out in places:
            assert function(x, axis=axis, out=out) is out
            np.testing.assert_allclose(out, expected, rtol=2e-7, atol=1e-7)
        # The input itself, turned around, or shifted by one.
        for start in (x.copy(), np.array(x, order="F"), np.repeat(x, 2, axis=-1)[..., ::2]):
            assert function(start, axis=axis, out=start) is start
            np.testing.assert_allclose(start, expected, rtol=1e-14)
        turned = x.copy()
        function(turned, axis=axis, out=turned[::-1])
        np.testing.assert_allclose(turned[::-1], expected, rtol=1e-14)
        memory = np.r_[x.ravel(), 0.0]
        first, shifted = memory[:-1].reshape(shape), memory[1:].reshape(shape)
        function(first, axis=axis, out=shifted)
        np.testing.assert_allclose(shifted, expected, rtol=1e-14)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_out_with_where_and_narrow_dtypes(name):
    function = getattr(lsebook, name)
    rng = np.random.default_rng(2)
    for dtype in (np.float16, np.float32, np.float64, np.longdouble, np.int8):
        x = (rng.normal(size=(40, 30)) * 3).astype(dtype)
        where = rng.random(x.shape) < 0.7
        expected = function(x, axis=1, where=where)
        out = np.empty(x.shape, expected.dtype)
        assert function(x, axis=1, where=where, out=out) is out
        np.testing.assert_array_equal(out, expected)
        if dtype != np.int8:
            function(x, axis=1, where=where, out=x)
            np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize("axis", [0, 1, None])
def test_cumulative_sums_leave_out(axis):
    rng = np.random.default_rng(4)
    x, where = values((50, 40)), rng.random((50, 40)) < 0.5
    x[~where] = np.nan
    with np.errstate(divide="ignore"):
        expected = np.log(np.cumsum(np.where(where, np.exp(np.where(where, x, 0)), 0), axis=axis))
    got = lsebook.logcumsumexp(x, axis=axis, where=where)
    np.testing.assert_allclose(got, expected, rtol=1e-13)
    masked = np.ma.array(x, mask=~where)
    np.testing.assert_array_equal(lsebook.logcumsumexp(masked, axis=axis), got)
    none = lsebook.logcumsumexp(x, axis=axis, where=False)
    assert np.isneginf(none).all()


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("shape", [(5, 70, 3), (20000, 2, 2), (2, 2, 20000)], ids=str)
def test_cumulative_sums_along_axes(axis, shape):
    x = values(shape)
    expected = np.logaddexp.accumulate(x, axis=axis)
    got = lsebook.logcumsumexp(x, axis=axis)
    np.testing.assert_allclose(got, expected, rtol=1e-12)
    got = lsebook.logcumsumexp(np.asfortranarray(x), axis=axis - 3)
    np.testing.assert_allclose(got, expected, rtol=1e-12)


MIB = 2**20


@pytest.mark.parametrize(
    ("shape", "axis"),
    [
        ((2_000_000,), 0),
        ((200_000, 10), 1),
        ((20_000, 100), 1),
        ((10, 200_000), 0),
        ((1000, 2000), 0),
        ((2, 500_000), 0),
        ((500_000, 2), 1),
        ((2_000_000, 1), 1),
    ],
    ids=str,
)
@pytest.mark.parametrize("scale", [1.0, 20.0])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", ["logsumexp", "softmax", "log_softmax"])
def test_temporary_memory_is_at_most_one_mebibyte(name, shape, axis, scale, dtype):
    x = (np.random.default_rng(0).normal(size=shape) * scale).astype(dtype)
    function = getattr(lsebook, name)
    tracemalloc.start()
    result = function(x, axis=axis)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= result.nbytes + MIB


@pytest.mark.parametrize("name", ["logsumexp", "log_softmax"])
def test_temporary_memory_of_a_long_slice_that_one_term_dominates(name):
    x = np.full(300_000, -40.0)
    x[1000] = 1.0
    tracemalloc.start()
    result = getattr(lsebook, name)(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= result.nbytes + MIB


@pytest.mark.parametrize(
    ("x", "axis"),
    [
        (np.arange(2_000_000) % 7, 0),
        (np.zeros(4_000_000)[::2], 0),
        (np.zeros((4, 500_000), order="F"), 1),
        (np.zeros((500_000, 4), order="F"), 0),
        (np.zeros((4, 100_000, 4)), 1),
        (np.zeros((4, 100_000, 4), order="F"), 1),
    ],
    ids=["integers", "strided", "rows of F", "columns of F", "middle axis", "middle axis of F"],
)
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_temporary_memory_of_long_slices_that_are_copied(name, x, axis):
    tracemalloc.start()
    result = getattr(lsebook, name)(x, axis)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= result.nbytes + MIB


def test_temporary_memory_of_weights_and_where():
    x = values((2000, 500))
    b, where = np.ones_like(x), np.ones(x.shape, bool)
    lsebook.logsumexp(x[:1], axis=1, b=b[:1])
    tracemalloc.start()
    result = lsebook.logsumexp(x, axis=1, b=b, where=where)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= result.nbytes + MIB


def test_temporary_memory_of_slices_that_cancel():
    x = np.full((100_000, 10), -np.log(10)) + values((100_000, 10)) * 1e-4
    lsebook.logsumexp(x[:1], axis=1)
    tracemalloc.start()
    result = lsebook.logsumexp(x, axis=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= result.nbytes + MIB
