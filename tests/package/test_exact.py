"""`lsebook.exact`: one ulp for any condition number and any signs, held against mpmath."""

import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import lsebook.exact
from tests.package import judge
from tests.package.judge import assert_within
from tests.package.tables import LOGSUMEXP

PLAIN = {name: row for name, row in LOGSUMEXP.items() if set(row[1]) <= {"axis", "b"}}


@pytest.mark.parametrize(("a", "keywords", "expected"), PLAIN.values(), ids=PLAIN)
def test_special_values(a, keywords, expected):
    got = lsebook.exact.logsumexp(a, **keywords)
    assert isinstance(got, np.float64)
    assert_within(got, expected, 1)


def ulps_of_positive_sums(x, b=None):
    """The error in ulps, None where the sum is negative or its log below the promise."""
    total = judge.total(x, b)
    if total <= 0 or abs(judge.mp.log(total)) < 1e-12:
        return None
    return judge.ulps(lsebook.exact.logsumexp(x, b=b), judge.mp.log(total))


finite = st.floats(-1e4, 1e4) | st.floats(-3, 3) | st.floats(-1e-3, 1e-3)
weights = st.floats(-1e300, 1e300) | st.floats(-10, 10) | st.sampled_from([0.0, 1.0, -1.0, 5e-324])


@given(
    st.integers(1, 30).flatmap(
        lambda n: st.tuples(*[arrays(np.float64, n, elements=e) for e in (finite, weights)])
    )
)
def test_any_exponents_and_weights(pair):
    x, b = pair
    for error in (ulps_of_positive_sums(x), ulps_of_positive_sums(x, b)):
        assert error is None or error <= 1


@pytest.mark.parametrize("n", [2, 3, 100, 5000])
@pytest.mark.parametrize("nearness", [1e-1, 1e-5, 1e-9, 1e-11])
def test_logs_that_are_nearly_normalised(n, nearness):
    rng = np.random.default_rng(n)
    x = rng.normal(size=n) * 5
    x -= float(judge.logsumexp(x))
    x[x.argmax()] += nearness
    assert ulps_of_positive_sums(x) <= 1


@pytest.mark.parametrize("gap", [1e-3, 1e-9, 1e-12])
@pytest.mark.parametrize("shift", [-700.0, -1.0, 0.0, 3.0, 1000.0])
def test_signed_sums_that_cancel(gap, shift):
    x = np.array([shift + gap, shift, shift - 5.0])
    assert ulps_of_positive_sums(x, np.array([1.0, -1.0, 1e-13])) <= 1


@pytest.mark.parametrize(
    ("x", "b"),
    [
        ([744.0, -744.0], [5e-324, 1e300]),
        ([-690.0] * 3, [1e299, 3e299, 2e299]),
        ([-709.0, -710.0], [1.7e308, -1e308]),
        ([1.5, 1e-3], [np.exp(-1.5) / 2, 0.4995]),
    ],
)
def test_weights_that_cancel_exponents(x, b):
    assert ulps_of_positive_sums(np.array(x), np.array(b)) <= 1


def test_axes_masks_and_weights():
    rng = np.random.default_rng(0)
    x, b = rng.normal(size=(2, 3, 4)), rng.uniform(0.5, 2.0, (3, 1))
    masked = np.ma.array(x, mask=rng.random(x.shape) < 0.3)
    for axis in (None, (), 0, 1, -1, (0, 2), (2, 1)):
        for a in (x, masked):
            got = lsebook.exact.logsumexp(a, axis=axis, b=b)
            # Nothing cancels here: the default is good to its 4 ulp and 3 κ.
            np.testing.assert_allclose(got, lsebook.logsumexp(a, axis=axis, b=b), rtol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, ml_dtypes.bfloat16, np.int8, ">f8"])
def test_dtypes(dtype):
    x = np.array([3, 1, -2], dtype)
    got = lsebook.exact.logsumexp(x)
    assert got.dtype == lsebook.logsumexp(x).dtype
    np.testing.assert_allclose(float(got), float(judge.logsumexp(x.astype(float))), rtol=4e-3)


def test_narrow_values_that_cancel():
    x = np.array([-0.69314718, -0.69314724], np.float32)
    got, total = lsebook.exact.logsumexp(x), judge.logsumexp(x)
    assert judge.ulps(got, total, np.float32) <= 0.5


def test_slices_are_independent_and_the_input_stays():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(300, 7))
    x[::3] = -np.inf
    x[1::3] = np.log(1 / 7) + 1e-9 * rng.normal(size=(100, 7))
    before = x.copy()
    got = lsebook.exact.logsumexp(x, axis=1)
    np.testing.assert_array_equal(got, [lsebook.exact.logsumexp(row) for row in x])
    np.testing.assert_array_equal(x, before)


def test_errors():
    with pytest.raises(TypeError, match="a and b must fit in float64, got dtype"):
        lsebook.exact.logsumexp(np.zeros(2, np.longdouble))
    with pytest.raises(TypeError, match="a must be an array of real numbers, got dtype complex128"):
        lsebook.exact.logsumexp([1j])
    with pytest.raises(ValueError, match=r"b must broadcast with a of shape \(2,\)"):
        lsebook.exact.logsumexp([0.0, 1.0], b=[1.0, 2.0, 3.0])
    with pytest.raises(np.exceptions.AxisError):
        lsebook.exact.logsumexp([0.0], axis=1)


def test_nothing_imports_it():
    code = "import sys, lsebook; sys.exit('lsebook.exact' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
