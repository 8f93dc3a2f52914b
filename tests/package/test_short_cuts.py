"""Which way the sums go: costly ways are barred or counted, and plain data must do without them."""

from collections.abc import Callable

import exact
import numpy as np
import pytest

import lsebook
from lsebook import doubledouble, pair, reductions
from lsebook.slices import Slices

Bar = Callable[[object, str], None]
DTYPES = [np.float64, np.float32]
FUNCTIONS = [lsebook.logsumexp, lsebook.softmax, lsebook.log_softmax]


@pytest.fixture
def bar(monkeypatch: pytest.MonkeyPatch) -> Bar:
    """Let calls of a function fail."""

    def barred(owner: object, name: str) -> None:
        def fail(*_: object, **__: object) -> None:
            raise AssertionError(f"{name} was called")

        monkeypatch.setattr(owner, name, fail)

    return barred


@pytest.fixture
def gathered(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the slices that were taken out for a second try."""
    numbers: list[int] = []
    gather = Slices.gather

    def noting(self: Slices, which: np.ndarray) -> Slices:
        numbers.extend(which.tolist())
        return gather(self, which)

    monkeypatch.setattr(Slices, "gather", noting)
    return numbers


def layouts(x: np.ndarray) -> list[tuple[np.ndarray, int]]:
    """The slices of a matrix as rows and as columns."""
    return [(x, 1), (np.ascontiguousarray(x.T), 0)]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [2, 10, 33, 64, 5000])
def test_one_short_slice_goes_without_the_walk(bar, function, dtype, n):
    bar(reductions, "Slices")
    x = np.linspace(2.5, 3.5, n).astype(dtype)
    got = function(x)
    assert got.dtype == dtype
    if function is lsebook.logsumexp:
        assert exact.ulps(got, exact.logsumexp(x), dtype) <= 1
    else:
        log_share = exact.log_share(x, 0)
        truth = log_share if function is lsebook.log_softmax else exact.mp.exp(log_share)
        assert exact.ulps(got[0], truth, dtype) <= 5
    assert function(x.reshape(1, n)).shape == ((1, n) if got.ndim else ())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_one_short_slice_has_one_axis(bar, function):
    x = np.array([0.5, 1.5, 0.25])
    for axis in (1, -2, 2):
        with pytest.raises(np.exceptions.AxisError, match=f"axis {axis} is out of bounds"):
            function(x, axis=axis)
    bar(reductions, "Slices")
    np.testing.assert_array_equal(function(x, axis=0), function(x))
    np.testing.assert_array_equal(function(x, axis=-1), function(x))


@pytest.mark.parametrize("level", [1000.0, -1000.0])
def test_one_short_slice_is_shifted_without_the_walk(bar, level):
    bar(reductions, "Slices")
    x = level + np.arange(5.0)
    assert exact.ulps(lsebook.logsumexp(x), exact.logsumexp(x)) <= 1


@pytest.mark.parametrize("x", [[0.0, -1.0], [0.0, -1000.0], [0.0, -1000.0] + [-999.0] * 40])
def test_softmax_of_a_short_slice_with_a_sum_below_2(bar, x):
    bar(reductions, "Slices")
    assert exact.ulps(lsebook.softmax(x)[0], exact.mp.exp(exact.log_share(x, 0))) <= 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("level", [0.0, 20.0, -20.0])
def test_plain_slices_are_not_shifted(bar, dtype, level):
    for name in ("pair", "refine", "gather"):
        bar(Slices, name)
    x = (np.random.default_rng(1).normal(size=(200, 90)) + level).astype(dtype)
    for values, axis in layouts(x):
        got = lsebook.logsumexp(values, axis)
        assert exact.ulps(got[7], exact.logsumexp(x[7]), dtype) <= 1


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        (np.float64, [1.0, 2.0, 3.0]),
        (np.float32, [1.0, 2.0, 3.0]),
        # The sum is 1: what underflows has no normal share.
        (np.float64, [0.0, -800.0, -800.0]),
        (np.float32, [0.0, -100.0, -100.0]),
        # The sum is small, and no term is near to underflow.
        (np.float64, [-600.0, -601.0, -600.0]),
        (np.float32, [-60.0, -61.0, -60.0]),
        (np.float64, [-600.0, -np.inf, -600.0]),
        (np.float32, [-60.0, -np.inf, -60.0]),
    ],
)
def test_softmax_is_not_shifted_where_nothing_is_lost(bar, dtype, values):
    bar(reductions, "_shifted_softmax")
    x = np.array([values] * 70, dtype)
    truth = exact.mp.exp(exact.log_share(x[0], 0))
    for matrix, axis in layouts(x):
        got = lsebook.softmax(matrix, axis)
        assert exact.ulps(got.ravel()[0], truth, dtype) <= 5
        assert not np.isnan(got).any()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", [lsebook.logsumexp, lsebook.log_softmax])
def test_only_slices_that_need_more_are_tried_again(gathered, function, dtype):
    # In every fifth and in the one behind it, a single number is nearly all of the sum.
    x = np.random.default_rng(2).uniform(0.0, 0.5, size=(300, 100)).astype(dtype)
    few = sorted([*range(0, 300, 5), *range(1, 300, 5)])
    x[few] = -30.0
    x[few, 3] = 0.5
    for values, axis in layouts(x):
        gathered.clear()
        got = np.moveaxis(np.atleast_2d(function(values, axis)), axis, -1).reshape(300, -1)
        assert sorted(gathered) == few
        for k in (0, 1, 2, 299):
            if function is lsebook.logsumexp:
                assert exact.ulps(got[k, 0], exact.logsumexp(x[k]), dtype) <= 4
            else:
                assert exact.ulps(got[k, 3], exact.log_share(x[k], 3), dtype) <= 2


@pytest.mark.parametrize("function", [lsebook.logsumexp, lsebook.log_softmax])
def test_more_slices_are_tried_again_than_are_kept_in_mind(gathered, function):
    x = np.random.default_rng(5).uniform(0.0, 0.5, size=(12_000, 8))
    few = np.arange(0, 12_000, 3)
    x[few] = -30.0
    x[few, 3] = 0.5
    for values, axis in layouts(x):
        gathered.clear()
        got = np.moveaxis(np.atleast_2d(function(values, axis)), axis, -1).reshape(12_000, -1)
        assert sorted(gathered) == few.tolist()
        truth = (
            exact.logsumexp if function is lsebook.logsumexp else lambda x: exact.log_share(x, 3)
        )
        for k in (0, 1, 6000, 11_997, 11_999):
            assert exact.ulps(got[k, -1 if got.shape[1] == 1 else 3], truth(x[k])) <= 4


def test_only_slices_that_cancel_go_through_double_double(monkeypatch):
    columns = []
    sum_of_exp = doubledouble.sum_of_exp

    def counting(x, b, base):
        columns.append(x.shape[1])
        return sum_of_exp(x, b, base)

    monkeypatch.setattr(doubledouble, "sum_of_exp", counting)
    x = np.random.default_rng(3).normal(size=(500, 20))
    x[::100] = -np.log(20)
    x[::100, 0] += 1e-9
    for values, axis in layouts(x):
        columns.clear()
        got = lsebook.logsumexp(values, axis)
        assert sum(columns) == 5
        for k in (0, 1, 400):
            assert exact.ulps(got[k], exact.logsumexp(x[k])) <= 4


def test_care_is_taken_of_columns_that_need_it_alone(monkeypatch):
    columns = []
    careful_rest = pair._careful_rest

    def counting(x, peak, axis):
        columns.append(x.shape[1 - axis])
        return careful_rest(x, peak, axis)

    monkeypatch.setattr(pair, "_careful_rest", counting)
    x = np.random.default_rng(4).normal(size=(20, 400))
    x[:, 10:] = -30.0
    x[0, 10:] = 0.5
    got = lsebook.logsumexp(x, axis=0)
    assert sum(columns) == 390
    for k in (0, 10, 399):
        assert exact.ulps(got[k], exact.logsumexp(x[:, k])) <= 4
