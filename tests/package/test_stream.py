"""The accumulator is a commutative monoid up to rounding, and its state survives every trip."""

import json
import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lsebook import LogSumExp
from tests.package import judge

elements = st.floats(-50, 50) | st.sampled_from([-np.inf, 0.0, 1000.0, -1000.0])
data = arrays(np.float64, st.integers(1, 40), elements=elements)


def states_equal(left, right):
    assert left.count == right.count
    for a, b in zip(left.pair, right.pair, strict=True):
        np.testing.assert_array_equal(a, b)


def merged_in_a_tree(parts, draw):
    """Merge accumulators two at a time, which two is drawn."""
    parts = list(parts)
    while len(parts) > 1:
        other = parts.pop(draw(st.integers(0, len(parts) - 1)))
        parts[draw(st.integers(0, len(parts) - 1))].merge(other)
    return parts[0]


@given(data, st.data())
def test_any_split_order_and_tree_of_merges(x, drawn):
    order = drawn.draw(st.permutations(range(len(x))))
    cuts = sorted(drawn.draw(st.lists(st.integers(0, len(x)), max_size=6)))
    parts = [LogSumExp().update(part) for part in np.split(x[list(order)], cuts)]
    tree = merged_in_a_tree(parts, drawn.draw)
    whole = LogSumExp().update(x)
    assert tree.count == whole.count == len(x)
    assert tree.pair.peak == whole.pair.peak == x.max()
    if np.isfinite(x.max()):
        # log1p(rest) is good to a few ulp; what it is added to has that of the peak.
        unit = np.spacing(max(1.0, abs(x.max()), abs(whole.value)))
        assert abs(tree.value - whole.value) <= 6 * unit
        np.testing.assert_allclose(tree.pair.rest, whole.pair.rest, rtol=2e-14)
        assert abs(judge.number(tree.value) - judge.logsumexp(x)) <= 6 * unit
    else:
        assert tree.value == whole.value == -np.inf


@given(data)
def test_empty_is_the_identity(x):
    whole = LogSumExp().update(x)
    states_equal(LogSumExp().merge(whole), whole)
    states_equal(LogSumExp().update(x).merge(LogSumExp()), whole)
    states_equal(LogSumExp().update([]).merge(whole), whole)
    states_equal(LogSumExp().update(x).update([]), whole)


@given(data, data)
def test_merging_commutes(x, y):
    left = LogSumExp().update(x).merge(LogSumExp().update(y))
    right = LogSumExp().update(y).merge(LogSumExp().update(x))
    assert left.pair.peak == right.pair.peak
    np.testing.assert_allclose(left.pair.rest, right.pair.rest, rtol=1e-15)


def test_merge_leaves_the_other_alone():
    left, right = LogSumExp().update([1.0]), LogSumExp().update([2.0])
    left.merge(right)
    left.update([3.0])
    assert (right.value, right.count, left.count) == (2.0, 1, 3)
    fresh = LogSumExp().merge(right)
    fresh.update([5.0])
    assert right.value == 2.0


@pytest.mark.parametrize("axis", [0, 1, (0, 2), -1, ()])
def test_batched_states(axis):
    rng = np.random.default_rng(0)
    pieces = rng.normal(size=(5, 3, 4, 6)) * 5
    state, other = LogSumExp(axis), LogSumExp(axis)
    for piece in pieces[:3]:
        assert state.update(piece) is state
    for piece in pieces[3:]:
        other.update(piece)
    state.merge(other)
    axes = (axis,) if isinstance(axis, int) else axis
    axes = tuple(i % 3 for i in axes)
    summed = (0, *(i + 1 for i in axes))
    expected = np.log(np.exp(pieces).sum(axis=summed))
    np.testing.assert_allclose(state.value, expected, rtol=1e-14)
    assert state.count == 5 * np.prod([pieces.shape[i + 1] for i in axes])
    np.testing.assert_allclose(
        state.mean, np.log(np.exp(pieces).mean(axis=summed)), rtol=1e-13, atol=1e-14
    )


def test_before_the_first_piece():
    state = LogSumExp()
    assert state.value == -np.inf
    assert np.isnan(state.mean)
    assert state.count == 0
    assert np.isnan(LogSumExp(axis=0).update(np.empty((0, 2))).mean).all()
    assert repr(state) == "LogSumExp(axis=None, count=0, value=-inf)"


@pytest.mark.parametrize(
    ("x", "value", "mean"),
    [
        ([-np.inf, -np.inf], -np.inf, -np.inf),
        ([np.inf, 0.0], np.inf, np.inf),
        ([np.nan, 0.0], np.nan, np.nan),
        ([-np.inf, 0.0], 0.0, -0.6931471805599453),
        ([7, 7], 7.693147180559945, 7.0),
    ],
)
def test_special_values_whole_and_in_pieces(x, value, mean):
    whole = LogSumExp().update(x)
    pieces = LogSumExp().update(x[:1]).update(x[1:])
    for state in (whole, pieces, LogSumExp().update(x[1:]).update(x[:1])):
        judge.assert_within(state.value, value, 0)
        judge.assert_within(state.mean, mean, 1)


def test_a_small_tail_survives():
    # mpmath: log1p(3 exp(-40))
    state = LogSumExp().update([-40.0, 0.0]).update([-40.0]).update([-40.0])
    judge.assert_within(state.value, 1.2745062765874766e-17, 2)


@pytest.mark.parametrize("length", [3, 60, 200])
def test_a_small_tail_survives_in_every_batched_sum(length):
    # Each of these terms alone is below half an ulp of 1. mpmath: log1p(k exp(-37.5)).
    exact_tail = {
        3: 1.5526665017405604e-16,
        60: 3.1053330034811163e-15,
        200: 1.0351110011603683e-14,
    }
    x = np.full((length + 1, 100), -37.5)
    x[length // 2] = 0.0
    for state in (LogSumExp(axis=0).update(x), LogSumExp(axis=1).update(x.T)):
        expected = np.full(100, exact_tail[length])
        np.testing.assert_allclose(state.value, expected, rtol=1e-15)


@given(arrays(np.float64, (2, 3), elements=elements | st.just(np.nan) | st.just(np.inf)))
def test_round_trips_are_exact(x):
    for axis in (None, 0, (0, 1)):
        state = LogSumExp(axis).update(x)
        text = state.to_json()
        # Strict JSON has no Infinity and no NaN.
        json.loads(text, parse_constant=pytest.fail)
        for back in (LogSumExp.from_json(text), pickle.loads(pickle.dumps(state))):
            states_equal(back, state)
            assert back.axis == axis
            assert back.to_json() == text
            states_equal(back.update(x), LogSumExp(axis).update(x).update(x))


def test_empty_round_trip():
    back = LogSumExp.from_json(LogSumExp(axis=(0, 1)).to_json())
    assert (back.axis, back.count, back.pair) == ((0, 1), 0, None)


@given(data, st.data())
def test_weights_in_pieces(x, drawn):
    b = drawn.draw(arrays(np.float64, len(x), elements=st.floats(0, 10) | st.just(0.0)))
    cut = drawn.draw(st.integers(0, len(x)))
    pieces = LogSumExp().update(x[:cut], b[:cut]).update(x[cut:], weights=b[cut:])
    assert pieces.count == len(x)
    if not (b * (x > -np.inf)).any():
        assert pieces.value == -np.inf
        return
    value, mean = judge.logsumexp(x, b), judge.logsumexp(x, b) - judge.mp.log(judge.number(b.sum()))
    if abs(value) > 1e-12:
        assert judge.ulps(pieces.value, value) <= judge.logsumexp_bound(x, b) + 2
    size = max(1.0, abs(float(value)), abs(x[x > -np.inf]).max())
    assert abs(judge.number(pieces.mean) - mean) <= 16 * np.spacing(size)


def test_weights_broadcast_and_mix_with_none():
    rows = LogSumExp(axis=1).update([[0.0, 1.0], [2.0, 3.0]], weights=[[2.0], [3.0]])
    np.testing.assert_allclose(rows.value, np.log([2 + 2 * np.e, 3 * np.e**2 + 3 * np.e**3]))
    np.testing.assert_allclose(rows.mean, np.log([(1 + np.e) / 2, (np.e**2 + np.e**3) / 2]))
    mixed = LogSumExp().update([0.0, 0.0]).update([np.log(4.0)], weights=[2.0])
    np.testing.assert_allclose([mixed.value, mixed.mean], np.log([10.0, 2.5]), rtol=1e-15)
    other = (
        LogSumExp()
        .update([np.nan, np.log(4.0)], weights=[0.0, 2.0])
        .merge(LogSumExp().update([0.0, 0.0]))
    )
    np.testing.assert_allclose([other.value, other.mean], np.log([10.0, 2.5]), rtol=1e-15)
    nothing = LogSumExp().update([1.0], weights=[0.0])
    assert nothing.value == -np.inf
    assert np.isnan(nothing.mean)
    large = LogSumExp().update([0.0, 0.0], weights=[1e308, 1e308])
    np.testing.assert_allclose(large.mean, 0.0, atol=1e-12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "text must be what to_json gives"),
        ("[]", "text must be what to_json gives"),
        ("{}", "text must have the key 'axis'"),
        ('{"axis": null}', "text must have the key 'count'"),
        ('{"axis": 0.5, "count": 0}', "axis must be an int"),
        ('{"axis": null, "count": -1}', "count must be an integer from 0 on, got -1"),
        ('{"axis": null, "count": 1.5}', "count must be an integer from 0 on, got 1.5"),
        ('{"axis": null, "count": 1, "shape": []}', "text must have the key 'peak'"),
        (
            '{"axis": null, "count": 1, "shape": [2], "peak": ["0x0p+0"], "rest": ["0x0p+0"]}',
            "cannot reshape",
        ),
        (
            '{"axis": null, "count": 1, "shape": [], "peak": ["x"], "rest": ["0x0p+0"]}',
            "text must be what to_json gives",
        ),
    ],
)
def test_malformed_json_is_a_value_error_that_says_what_is_wrong(text, message):
    with pytest.raises(ValueError, match=message):
        LogSumExp.from_json(text)


def test_an_axis_of_numpy_travels():
    state = LogSumExp(axis=np.int64(0)).update([[1.0, 2.0]])
    assert LogSumExp.from_json(state.to_json()).axis == 0
    assert LogSumExp(axis=(np.int32(1), 0)).to_json() == '{"axis": [1, 0], "count": 0}'


def test_errors_name_the_argument():
    state = LogSumExp(axis=0).update(np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"values must fit sums of shape \(3,\), got \(4,\)"):
        state.update(np.zeros((2, 4)))
    with pytest.raises(ValueError, match=r"other must fit sums of shape \(3,\), got \(\)"):
        state.merge(LogSumExp().update([1.0]))
    with pytest.raises(TypeError, match="other must be a LogSumExp, got float"):
        state.merge(1.0)
    with pytest.raises(TypeError, match="values must not be a masked array"):
        state.update(np.ma.array(np.zeros((2, 3)), mask=True))
    with pytest.raises(TypeError, match="values must be an array of real numbers"):
        state.update([["x"]])
    with pytest.raises(ValueError, match=r"weights must not be negative, got -1\.0"):
        state.update(np.zeros((2, 3)), weights=-1.0)
    with pytest.raises(ValueError, match=r"weights must broadcast with values of shape \(2, 3\)"):
        state.update(np.zeros((2, 3)), weights=[1.0, 2.0])
    with pytest.raises(TypeError, match="weights must be an array of real numbers"):
        state.update(np.zeros((2, 3)), weights="x")
    with pytest.raises(np.exceptions.AxisError):
        LogSumExp(axis=1).update([1.0])
    assert state.count == 2


def test_a_long_stream_needs_constant_memory():
    chunk = np.zeros(10**6)
    state = LogSumExp().update(chunk)
    tracemalloc.start()
    for _ in range(99):
        state.update(chunk)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20
    assert state.count == 10**8
    # mpmath: log(10**8)
    judge.assert_within(state.value, 18.420680743952367, 2)
    judge.assert_within(state.mean, 0.0, 0)
