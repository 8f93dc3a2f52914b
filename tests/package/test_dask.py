"""`lsebook.dask` against tables and mpmath over many chunkings; the engine is in test_cluster."""

import itertools
import subprocess
import sys
import threading

import dask
import dask.array as da
import ml_dtypes
import numpy as np
import pytest

import lsebook
import lsebook.dask
from tests.package import judge
from tests.package.judge import assert_within, ulps
from tests.package.tables import LN2, LOGSUMEXP, SOFTMAX, inf, nan

pytestmark = pytest.mark.usefixtures("one_thread")

CHUNKINGS = ["whole", "small", "uneven", "with an empty chunk", "unknown"]


@pytest.fixture
def one_thread():
    """Most cases are tiny: no threads. Those that need an engine choose one themselves."""
    with dask.config.set(scheduler="synchronous"):
        yield


def chunked(x, how):
    """`x` as a dask array; of several axes, the last is chunked."""
    n = x.shape[-1] if x.ndim else 0
    rest = x.shape[:-1]
    if how == "unknown" and x.ndim:
        few = max(1, n // 8)
        flags = da.ones(n, dtype=bool, chunks=few)
        return da.from_array(x, chunks=(*rest, few))[..., flags]
    if how == "with an empty chunk" and x.ndim:
        parts = [x[..., : n // 2], x[..., :0], x[..., n // 2 :]]
        return da.concatenate([da.from_array(p, chunks=-1) for p in parts], axis=-1)
    if how == "uneven" and n > 1:
        return da.from_array(x, chunks=(*rest, ((n + 2) // 3, n - (n + 2) // 3)))
    return da.from_array(x, chunks=(1 if n < 16 else 7) if how == "small" else -1)


#: The rows of the table that need neither weights nor `where`.
PLAIN = {name: row for name, row in LOGSUMEXP.items() if set(row[1]) <= {"axis"}}


@pytest.mark.parametrize("how", CHUNKINGS)
@pytest.mark.parametrize(("a", "keywords", "expected"), PLAIN.values(), ids=PLAIN)
def test_special_values_of_logsumexp(a, keywords, expected, how):
    lazy = lsebook.dask.logsumexp(chunked(np.asanyarray(a), how), **keywords)
    assert lazy.dtype == np.float64
    got = lazy.compute()
    assert isinstance(got, np.float64)
    assert_within(got, expected, 2)


@pytest.mark.parametrize("how", CHUNKINGS)
@pytest.mark.parametrize(("x", "expected", "log"), SOFTMAX.values(), ids=SOFTMAX)
def test_special_values_of_softmax(x, expected, log, how):
    x = chunked(np.asarray(x), how)
    got, got_log = dask.compute(lsebook.dask.softmax(x), lsebook.dask.log_softmax(x, axis=-1))
    assert got.dtype == got_log.dtype == np.float64
    assert_within(got, np.array(expected), 2)
    np.testing.assert_allclose(got_log, log, rtol=3e-16, atol=1e-80)


@pytest.mark.parametrize("how", CHUNKINGS)
@pytest.mark.parametrize(
    ("a", "expected"),
    [
        ([], nan),
        ([3.0, 3.0], 3.0),
        ([1e-30], 1e-30),
        ([1000.0, -inf], 1000 - LN2),
        ([-inf, -inf], -inf),
        ([nan, 1.0], nan),
        ([inf, 1.0], inf),
        (np.zeros(7, np.int8), 0.0),
        (np.ma.array([5.0, 6.0], mask=[0, 1]), 5.0),
        (np.ma.array([5.0, 6.0], mask=True), nan),
    ],
)
def test_special_values_of_logmeanexp(a, expected, how):
    got = lsebook.dask.logmeanexp(chunked(np.asanyarray(a), how)).compute()
    assert_within(got, np.float64(expected), 1)


@pytest.mark.parametrize("how", CHUNKINGS)
def test_masked_entries_have_no_share(how):
    x = chunked(np.ma.array([0.0, nan, 0.0], mask=[0, 1, 0]), how)
    np.testing.assert_array_equal(lsebook.dask.softmax(x).compute(), [0.5, 0.0, 0.5])
    np.testing.assert_allclose(lsebook.dask.log_softmax(x).compute(), [-LN2, -inf, -LN2])


rng = np.random.default_rng(6)
#: Of the sort that NUMERICS lists as lost by other libraries; all but the last are float64.
ACCURACY = {
    "normal": rng.normal(size=1000),
    "wide": 100.0 * rng.normal(size=1000),
    "peak 0 with a tail": np.r_[0.0, rng.uniform(-40, -20, 200)],
    "peak 1e-12 with a tail": np.r_[rng.uniform(-40, -20, 200), 1e-12],
    "peak -1e-12 with a tail": np.r_[rng.uniform(-40, -20, 200), -1e-12],
    "peak -1e-3 with a tail": np.r_[-1e-3, rng.uniform(-40, -5, 200)],
    "two halves": np.array([-np.log(2) + 1e-9, -np.log(2)]),
    "two halves far apart": np.r_[-np.log(2), np.full(200, -800.0), -np.log(2) + 1e-9],
    "probabilities": -np.log(2000) + 1e-3 * rng.normal(size=2000),
    "peak ahead by 45": np.r_[np.full(200, -44.7), 0.3],
    "sum e from many parts": np.r_[-5.0, np.full(998, -6.1), -5.3],
    "float32 halves": np.full(2, -np.log(2), np.float32),
}


@pytest.mark.parametrize("how", ["whole", "small", "uneven", "unknown"])
@pytest.mark.parametrize("x", ACCURACY.values(), ids=ACCURACY)
def test_results_are_as_good_as_those_of_whole_arrays(x, how):
    lazy = chunked(x, how)
    value, mean, log_share, share = dask.compute(
        lsebook.dask.logsumexp(lazy, split_every=16),
        lsebook.dask.logmeanexp(lazy, split_every=16),
        lsebook.dask.log_softmax(lazy),
        lsebook.dask.softmax(lazy),
    )
    assert value.dtype == mean.dtype == x.dtype
    log_total = judge.logsumexp(x)
    others = judge.mp.fsum(judge.mp.exp(judge.number(v) - judge.number(x[0])) for v in x[1:])
    assert ulps(value, log_total, x.dtype) <= judge.logsumexp_bound(x)
    error = abs(judge.number(mean) - (log_total - judge.mp.log(len(x))))
    unit = judge.number(np.finfo(x.dtype).eps)
    assert error <= 8 * unit * max(1, abs(log_total), float(abs(x).max()))
    far = float(np.ptp(x))
    assert ulps(log_share[0], -judge.mp.log1p(others), x.dtype) <= 5 + far
    assert ulps(share[0], 1 / (1 + others), x.dtype) <= 8 + far


def shares(x, axis):
    """The softmax and its log from 50 digits."""
    terms = np.vectorize(lambda v: judge.mp.exp(judge.number(v)), otypes=[object])(x)
    exact = terms / np.sum(terms, axis=axis, keepdims=True)
    return [np.vectorize(f, otypes=[float])(exact) for f in (float, judge.mp.log)]


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, (), 0, 1, -1, (0, 2), (2, 1), (0, 1, 2)])
@pytest.mark.parametrize("chunks", [(4, 5, 6), (1, 5, 2), ((3, 1), (1, 0, 4), (5, 1))])
def test_axes_and_chunks_as_numpy_arrays(axis, keepdims, chunks):
    x = 5.0 * np.random.default_rng(0).normal(size=(4, 5, 6))
    lazy = da.from_array(x, chunks=chunks)
    for name in ("logsumexp", "logmeanexp"):
        got = getattr(lsebook.dask, name)(lazy, axis=axis, keepdims=keepdims)
        expected = getattr(lsebook, name)(x, axis=axis, keepdims=keepdims)
        assert got.shape == expected.shape
        assert_within(got.compute(), expected, 4)
    functions = lsebook.dask.softmax, lsebook.dask.log_softmax
    for function, exact in zip(functions, shares(x, axis), strict=True):
        got = function(lazy, axis=axis)
        assert got.chunks == lazy.chunks
        assert_within(got.compute(), exact, 4)


def test_kept_axes_may_have_unknown_chunks():
    x = np.arange(12.0).reshape(6, 2)
    lazy = da.from_array(x, chunks=(2, 1))
    lazy = lazy[lazy[:, 0] > 3.0]
    kept = x[x[:, 0] > 3.0]
    assert_within(lsebook.dask.logsumexp(lazy, axis=1).compute(), lsebook.logsumexp(kept, 1), 1)
    assert_within(lsebook.dask.logmeanexp(lazy, axis=0).compute(), lsebook.logmeanexp(kept, 0), 1)
    assert_within(lsebook.dask.softmax(lazy, axis=1).compute(), lsebook.softmax(kept, 1), 1)
    assert_within(lsebook.dask.softmax(lazy, axis=0).compute(), lsebook.softmax(kept, 0), 2)


@pytest.mark.parametrize(
    "dtype", [np.float16, ml_dtypes.bfloat16, np.float32, np.longdouble, ">f8", np.int8, bool]
)
@pytest.mark.parametrize("chunks", [1, 4])
def test_dtype_of_the_result_is_that_of_the_values(dtype, chunks):
    x = da.from_array(np.zeros(4, dtype), chunks=chunks)
    native = np.dtype(dtype).newbyteorder("=")
    expected = np.dtype(np.float64) if native.kind in "bi" else native
    for name, value in [
        ("logsumexp", 2 * LN2),
        ("logmeanexp", 0.0),
        ("softmax", 0.25),
        ("log_softmax", -2 * LN2),
    ]:
        lazy = getattr(lsebook.dask, name)(x)
        got = lazy.compute()
        assert lazy.dtype == got.dtype == expected
        eps = float(ml_dtypes.finfo(expected).eps) if expected.itemsize < 16 else 1e-16
        np.testing.assert_allclose(got.astype(np.float64), np.full(lazy.shape, value), rtol=eps)


def test_float16_sum_beyond_its_range():
    # 100000 exceeds 65504, its log does not; 11.512925... lies between 11.508 and 11.516.
    x = da.zeros(100000, dtype=np.float16, chunks=9999)
    assert lsebook.dask.logsumexp(x).compute() == np.float16(11.512925464970228)


@pytest.mark.parametrize("name", ["logsumexp", "logmeanexp", "softmax", "log_softmax"])
def test_errors_come_when_the_graph_is_built(name):
    function = getattr(lsebook.dask, name)
    with pytest.raises(np.exceptions.AxisError, match="axis"):
        function(da.zeros((2, 2)), axis=2)
    with pytest.raises(ValueError, match="axis"):
        function(da.zeros((2, 2)), axis=(0, -2))
    with pytest.raises(TypeError, match="complex128"):
        function(da.zeros(2, dtype=complex))
    with pytest.raises(TypeError, match="object"):
        function(da.from_array(np.array([1, "a"], object), chunks=1))


class Source:
    """A lazy array that counts how often each of its chunks is read."""

    def __init__(self, x, chunks):
        self.x, self.reads, self.lock = x, 0, threading.Lock()
        self.shape, self.dtype, self.ndim = x.shape, x.dtype, x.ndim
        self.lazy = da.from_array(self, chunks=chunks, name=False)

    def __getitem__(self, box):
        chunk = self.x[box]
        with self.lock:
            self.reads += chunk.size > 0
        return chunk


@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("name", ["logsumexp", "logmeanexp"])
def test_one_pass_over_the_data_whatever_the_axis(name, axis):
    x = np.random.default_rng(1).normal(size=(60, 40))
    source = Source(x, (7, 11))
    lazy = getattr(lsebook.dask, name)(source.lazy, axis=axis)
    assert source.reads == 0
    with dask.config.set(scheduler="threads", num_workers=2):
        got = lazy.compute()
    assert source.reads == 9 * 4
    expected = getattr(lsebook, name)(x, axis=axis)
    np.testing.assert_allclose(got, expected, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_softmax_reads_every_chunk_once(axis):
    source = Source(np.zeros((6, 6)), (2, 6))
    lsebook.dask.softmax(source.lazy, axis=axis).compute()
    assert source.reads == 3


@pytest.mark.parametrize(
    ("shape", "axis"), [((4096,), None), ((64, 64), None), ((64, 64), 0), ((4096, 1), (0, 1))]
)
@pytest.mark.parametrize("name", ["logsumexp", "logmeanexp", "softmax", "log_softmax"])
def test_graph_has_a_few_tasks_for_every_chunk_and_no_rechunk(name, shape, axis):
    x = da.zeros(shape, chunks=1)
    graph = getattr(lsebook.dask, name)(x, axis=axis).__dask_graph__()
    assert not any("rechunk" in layer for layer in graph.layers)
    # For each chunk its data, its state, at most one merge, and one for the log or for the shares.
    assert len(graph.to_dict()) <= 4 * 4096


@pytest.mark.parametrize("split_every", [2, 3, 64, {0: 5}])
def test_split_every_sets_how_many_states_a_task_merges(split_every):
    x = da.arange(64.0, chunks=1)
    lazy = lsebook.dask.logsumexp(x, split_every=split_every)
    merges = len(lazy.__dask_graph__().to_dict()) - len(x.__dask_graph__().to_dict()) - 64 - 1
    fan_in = split_every if isinstance(split_every, int) else split_every[0]
    assert 63 / (fan_in - 1) <= merges <= 63 / (fan_in - 1) + 6
    assert_within(lazy.compute(), lsebook.logsumexp(np.arange(64.0)), 1)


def test_states_merge_in_any_grouping():
    x = np.random.default_rng(2).normal(size=24) - 4.0
    exact_value = judge.logsumexp(x)
    for cut in itertools.combinations(range(1, 24), 2):
        chunks = tuple(int(n) for n in np.diff([0, *cut, 24]))
        got = lsebook.dask.logsumexp(da.from_array(x, chunks=(chunks,)))
        assert ulps(got.compute(), exact_value) <= judge.logsumexp_bound(x)


@pytest.mark.parametrize("package", ["dask", "scipy"])
def test_lsebook_alone_does_not_import(package):
    code = f"import sys, lsebook; sys.exit({package!r} in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_message_without_dask_names_the_extra():
    code = "import sys; sys.modules['dask'] = None; import lsebook.dask"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'lsebook[dask]'" in run.stderr
