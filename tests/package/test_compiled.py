"""What the compiled engine has beyond the NumPy engine: loops of its own, threads, a cache.

The tables of special values, the mixed arrays and the families of test_accuracy judge both engines;
here stand its exp and log1p, and what layouts, threads and hard slices could do to its loops.
"""

import itertools
import os
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ml_dtypes
import mpmath
import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st

import lsebook
from lsebook import compiled, kernels
from tests.package import judge
from tests.package.judge import assert_within, ulps
from tests.package.test_layouts import LAYOUTS, axes_of, values

inf, nan = np.inf, np.nan
FUNCTIONS = {name: getattr(compiled, name) for name in compiled.__all__}
#: Lengths around those of vectors, tiles and blocks.
LENGTHS = [1, 2, 3, 7, 8, 9, 31, 33, 47, 48, 49, 63, 65, 127, 129, 1023, 1025, 32767, 65537]


def kinds(n, rng):
    """Slices of every kind: what one needs must not disturb its neighbours."""
    z = rng.normal(size=n)
    far, giant, tail = np.full(n, -800.0), z.copy(), np.full(n, -40.0)
    giant[n // 2], tail[n // 3] = 1e300, 0.0
    mixed = z.copy()
    mixed[n // 2] = -inf
    odd = [np.full(n, -inf), np.where(np.arange(n) == n // 2, nan, z)]
    odd += [np.where(np.arange(n) == n // 2, inf, z), np.where(np.arange(n) == n - 1, inf, nan)]
    return [z, z + 800, far, giant, tail, mixed, 500 * z, z - np.logaddexp.reduce(z), *odd]


@pytest.mark.parametrize("n", [3, 10, 100, 300])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("columns", [False, True])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_result_belongs_to_its_slice_alone(name, n, dtype, columns):
    rng = np.random.default_rng(n)
    with np.errstate(over="ignore"):
        rows = np.array([row for _ in range(50) for row in kinds(n, rng)], dtype)
    rows = rows[rng.permutation(len(rows))]
    x = np.ascontiguousarray(rows.T) if columns else rows
    got = FUNCTIONS[name](x, axis=0 if columns else 1)
    if columns:
        got = got.T
    for row, value in zip(rows[::7], got[::7], strict=True):
        eps = np.finfo(dtype).eps
        np.testing.assert_allclose(value, FUNCTIONS[name](row), rtol=8 * eps, atol=8 * eps)
        with np.errstate(all="ignore"):
            reference = getattr(scipy.special, name)(row.astype(np.float64))
        np.testing.assert_array_equal(np.isnan(value), np.isnan(reference))
        finite = np.isfinite(reference)
        np.testing.assert_allclose(value[finite], reference[finite], rtol=100 * eps, atol=100 * eps)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", LENGTHS)
def test_every_length_as_a_row_and_as_columns(n, dtype):
    x = (np.random.default_rng(n).normal(size=n) * 3).astype(dtype)
    wide = x.astype(np.float64)
    top = wide.max()
    total = np.exp(wide - top).sum()
    expected = {
        "logsumexp": top + np.log(total),
        "softmax": np.exp(wide - top) / total,
        "log_softmax": wide - top - np.log(total),
    }
    tolerance = 20 * np.finfo(dtype).eps
    stacked = np.ascontiguousarray(np.repeat(x[:, None], 17, axis=1))
    for name, function in FUNCTIONS.items():
        want = expected[name]
        np.testing.assert_allclose(function(x), want, rtol=tolerance, atol=tolerance)
        for column in np.moveaxis(function(stacked, axis=0), -1, 0):
            np.testing.assert_allclose(column, want, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("shape", [(10,), (70000,), (300, 7), (3, 70000), (70000, 3), (33, 65, 40)])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_axis_of_every_layout(shape, layout, threads):
    x = LAYOUTS[layout](values(shape))
    before = x.copy()
    x.flags.writeable = False
    plain = np.ascontiguousarray(x, np.float64)
    for axes in axes_of(len(shape)):
        for name, function in FUNCTIONS.items():
            got = function(x, axis=axes, threads=threads)
            expected = getattr(scipy.special, name)(plain, axis=axes)
            assert got.shape == expected.shape
            np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(x, before)


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=4).flatmap(
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
    expected = np.log(np.exp(x).sum(axis=axes, keepdims=True))
    np.testing.assert_allclose(
        compiled.logsumexp(x, axis=axes, keepdims=True), expected, rtol=1e-13
    )
    np.testing.assert_allclose(compiled.softmax(x, axes), np.exp(x - expected), rtol=1e-12)


@pytest.mark.parametrize(
    "dtype", [np.float16, ml_dtypes.bfloat16, np.float32, np.longdouble, ">f8", ">f4"]
)
@pytest.mark.parametrize("shape", [(4,), (70, 90)])
def test_dtype_of_the_result_is_that_of_the_values(dtype, shape):
    x = np.zeros(shape, dtype)
    native = np.dtype(dtype).newbyteorder("=")
    n = x.size
    eps = float(ml_dtypes.finfo(native).eps) if native.itemsize < 16 else 1e-16
    for got, expected in [
        (compiled.logsumexp(x), np.log(n)),
        (compiled.softmax(x).flat[0], 1 / n),
        (compiled.log_softmax(x).flat[0], -np.log(n)),
    ]:
        assert got.dtype == native
        np.testing.assert_allclose(float(got), expected, rtol=2 * eps)


def test_integers_bools_and_lists_are_float64():
    for x in ([1, 2], np.array([1, 2], np.uint8), np.array([[0, 1]], bool), ((1, 2),)):
        for name, function in FUNCTIONS.items():
            got = function(x)
            assert got.dtype == np.float64
            np.testing.assert_allclose(
                got, getattr(scipy.special, name)(np.array(x, float)), rtol=1e-15
            )


def test_what_the_loops_do_not_take_goes_to_the_numpy_engine():
    assert compiled.logsumexp(np.ma.array([0.0, nan, 0.0], mask=[0, 1, 0])) == np.log(2)
    masked = np.ma.array([[0.0, nan, 0.0]], mask=[[0, 1, 0]])
    np.testing.assert_array_equal(compiled.softmax(masked, 1), [[0.5, 0.0, 0.5]])
    out = np.empty((1, 3))
    assert compiled.softmax(masked, 1, out=out) is out
    np.testing.assert_array_equal(out, [[0.5, 0.0, 0.5]])
    np.testing.assert_allclose(compiled.logsumexp([1j, 1j]), np.log(2) + 1j)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 0, 3)], ids=str)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_empty_arrays(shape, dtype):
    x = np.empty(shape, dtype)
    for axes in axes_of(len(shape)):
        got = compiled.logsumexp(x, axis=axes)
        np.testing.assert_array_equal(got, np.full(x.sum(axis=axes).shape, -inf))
        assert got.dtype == dtype
        for function in (compiled.softmax, compiled.log_softmax):
            assert function(x, axis=axes).shape == shape


def test_zero_dimensions_no_axis_and_negative_zero():
    assert compiled.logsumexp(3.0) == compiled.logsumexp(3.0, axis=0) == 3.0
    assert compiled.softmax(5.0) == 1.0
    assert compiled.log_softmax(5.0) == 0.0
    x = np.array([[1.0, -0.0], [700.0, -inf]])
    np.testing.assert_array_equal(compiled.logsumexp(x, axis=()), x)
    np.testing.assert_array_equal(compiled.softmax(x[0], axis=()), [1.0, 1.0])
    assert compiled.logsumexp([-0.0, 0.0]) == np.log(2)
    assert compiled.logsumexp(x, axis=(-1, 0), keepdims=True).shape == (1, 1)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_errors_are_those_of_the_numpy_engine(name):
    function, twin = FUNCTIONS[name], getattr(lsebook, name)
    x = np.zeros((2, 3))
    calls = [(["a"], {}), ([None], {}), (np.array(["2020"], "M8[Y]"), {}), (x, {"axis": 2})]
    calls += [(x, {"axis": (0, -2)}), (x, {"axis": 0.5}), (np.zeros((0, 3)), {"axis": (0, 0)})]
    for a, keywords in calls:
        with pytest.raises((TypeError, ValueError)) as expected:
            twin(a, **keywords)
        with pytest.raises(type(expected.value)) as got:
            function(a, **keywords)
        assert str(got.value) == str(expected.value)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_threads_that_cannot_be(name):
    for bad, error in ((0, ValueError), (-1, ValueError), (1.5, TypeError), (True, TypeError)):
        with pytest.raises(error, match=r"^threads must be a positive int, got "):
            FUNCTIONS[name]([1.0], threads=bad)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_bad_out(name):
    x = np.zeros((2, 3))
    shape = () if name == "logsumexp" else (2, 3)
    for out, error, message in [
        ([0.0], TypeError, "out must be an ndarray, got list"),
        (np.empty(7), ValueError, r"out must have the shape .* got \(7,\)"),
        (np.empty(shape, int), TypeError, "out must hold dtype float64, got int64"),
    ]:
        with pytest.raises(error, match=message):
            FUNCTIONS[name](x, out=out)


@pytest.mark.parametrize("shape", [(1000,), (70000,), (300, 7), (300, 200)])
@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_out_of_every_kind(name, dtype, axis, shape):
    function, x = FUNCTIONS[name], values(shape).astype(dtype)
    expected = function(x, axis)
    fresh = np.empty_like(x)
    assert function(x, axis, out=fresh) is fresh
    strided = np.empty((*shape, 2), dtype)
    function(x, axis, out=strided[..., 0])
    fortran = np.empty_like(x, order="F")
    function(x, axis, out=fortran)
    wide = np.empty(shape, np.float64)
    function(x, axis, out=wide)
    itself = x.copy()
    assert function(itself, axis, out=itself) is itself
    backwards = x.copy()
    function(backwards, axis, out=backwards[::-1])
    memory = np.empty(x.size + 1, dtype)
    memory[:-1] = x.ravel()
    function(memory[:-1].reshape(shape), axis, out=memory[1:].reshape(shape))
    bytes_ = np.empty(x.nbytes + 1, np.uint8)[1:].view(dtype).reshape(shape)
    function(x, axis, out=bytes_)
    for got in (fresh, strided[..., 0], fortran, wide, itself, backwards[::-1], bytes_):
        np.testing.assert_allclose(got, expected, rtol=4 * np.finfo(dtype).eps)
    np.testing.assert_allclose(memory[1:].reshape(shape), expected, rtol=4 * np.finfo(dtype).eps)
    np.testing.assert_allclose(function(bytes_.copy(), axis), function(bytes_, axis), rtol=1e-6)


def test_logsumexp_into_out():
    x = values((3, 4))
    out = np.empty((3, 1), np.float32)
    assert compiled.logsumexp(x, axis=1, keepdims=True, out=out) is out
    np.testing.assert_allclose(out[:, 0], np.log(np.exp(x).sum(1)), rtol=1e-7)


def test_out_that_cannot_be_written_to_stays_as_it_is():
    out = np.zeros(3)
    out.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        compiled.softmax([1.0, 2.0, 3.0], out=out)
    assert not out.any()


@pytest.mark.parametrize(
    ("exp", "dtype", "lift", "least", "most"),
    [
        (kernels.exp64, np.float64, 100, -777.0, 600.0),
        (kernels.exp32, np.float32, 32, -109.0, 60.0),
    ],
)
def test_exp_is_within_one_ulp_of_mpmath_and_0_below(exp, dtype, lift, least, most):
    rng = np.random.default_rng(0)
    halves = (np.arange(least / np.log(2), most / np.log(2)) + 0.5) * np.log(2)
    ys = np.r_[least, most, 0.0, halves, rng.uniform(least, most, 8000), rng.uniform(-1, 1, 2000)]
    ys = np.r_[ys, np.nextafter(halves, inf), np.nextafter(halves, -inf)]
    # Next to these ends of the polynomial the roundings around it are worth most.
    ys = np.r_[ys, rng.choice(halves, 4000) + rng.uniform(0, 0.06, 4000)].astype(dtype)
    ys = ys[(ys >= least) & (ys <= most)]
    scale = mpmath.mpf(2) ** lift
    assert max(ulps(exp(y), scale * mpmath.exp(judge.number(y)), dtype) for y in ys) <= 1.0
    for y in (np.nextafter(dtype(least), dtype(-inf)), dtype(-1e30), dtype(-inf)):
        assert exp(y) == 0.0
    assert np.isnan(exp(dtype(nan)))


def test_log1p_is_within_two_ulp_of_mpmath():
    rng = np.random.default_rng(0)
    rs = np.r_[0.0, 5e-324, 10.0 ** rng.uniform(-320, 18, 3000), rng.uniform(0, 4, 2000), 2.0**60]
    worst = max(ulps(kernels.log1p(r), mpmath.log1p(judge.number(r))) for r in rs)
    assert worst <= 2.0


def log_sum(x):
    """The log of the sum of exponentials, with a tail that 80 digits lose beside 1."""
    peak = int(np.argmax(x))
    return judge.number(x[peak]) - judge.log_share(x, peak)


def bound(x):
    """The contract of logsumexp in ulp: max(4, 3 kappa)."""
    terms = [mpmath.exp(judge.number(v)) for v in x]
    weighted = mpmath.fsum(t * abs(judge.number(v)) for t, v in zip(terms, x, strict=True))
    kappa = weighted / mpmath.fsum(terms) / abs(log_sum(x))
    return max(4.0, float(3 * kappa))


def hard_slices(rng):
    n = int(10 ** rng.uniform(0.3, 2.6))
    yield rng.normal(size=n) * 10.0 ** rng.uniform(-3, 2)
    yield np.r_[0.0, rng.uniform(-40, -20, n)]
    yield np.r_[rng.choice([-1, 1]) * 10.0 ** rng.uniform(-12, -3), rng.uniform(-40, -20, n)]
    yield np.array([-np.log(2) + 10 ** rng.uniform(-11, -1), -np.log(2)])
    yield -np.log(n) + 1e-3 * rng.normal(size=n)
    yield np.array([0.0, rng.uniform(-744, -40)])
    yield rng.normal(size=n) + rng.choice([-1e4, -1000, 800, 1e5, 1e6, 1e9])


@pytest.mark.parametrize("columns", [False, True])
def test_logsumexp_keeps_its_contract(columns):
    rng = np.random.default_rng(3)
    for _ in range(8):
        for x in hard_slices(rng):
            if columns:
                got = compiled.logsumexp(np.repeat(x[:, None], 16, axis=1), axis=0)[3]
            else:
                got = compiled.logsumexp(x)
            assert ulps(got, log_sum(x)) <= bound(x)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("columns", [False, True])
def test_softmax_and_log_softmax_keep_their_contract(name, columns):
    rng = np.random.default_rng(4)
    for _ in range(8):
        for x in hard_slices(rng):
            if columns:
                got = FUNCTIONS[name](np.repeat(x[:, None], 16, axis=1), axis=0)[:, 3]
            else:
                got = FUNCTIONS[name](x)
            peak = x.max()
            # Outside of the window the differences from the peak are rounded.
            spread = 0.0 if 0 <= peak <= 600 else float(np.ptp(x))
            for i in {0, len(x) - 1, int(x.argmax()), int(x.argmin())}:
                log = judge.log_share(x, i)
                want, most = (log, 5) if name == "log_softmax" else (mpmath.exp(log), 8)
                assert ulps(got[i], want) <= most + spread


def test_float32_keeps_its_contract():
    rng = np.random.default_rng(5)
    for _ in range(60):
        n = int(10 ** rng.uniform(0.3, 3))
        x = (rng.normal(size=n) * 10.0 ** rng.uniform(-2, 2) + rng.choice([0, 5, -50])).astype("f4")
        want = log_sum(x)
        if abs(want) >= 1:
            assert ulps(compiled.logsumexp(x), want, np.float32) <= 2
        # Outside of the window the differences from the peak are rounded.
        most = 8 if 0 <= x.max() <= 60 else 8 + float(np.ptp(x))
        for i in (0, int(x.argmax()), int(x.argmin())):
            log = judge.log_share(x, i)
            assert ulps(compiled.log_softmax(x)[i], log, np.float32) <= most
            assert ulps(compiled.softmax(x)[i], mpmath.exp(log), np.float32) <= most


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_tiny_tails_and_subnormal_shares(dtype):
    assert_within(
        compiled.logsumexp(np.array([0.0, -40.0], dtype)), dtype(4.248354255291589e-18), 2
    )
    assert compiled.logsumexp(np.array([0.0, -inf, -inf], dtype)) == 0.0
    assert compiled.logsumexp(np.r_[0.0, np.full(100_000, -inf)].astype(dtype)) == 0.0
    far = dtype(-740.0 if dtype is np.float64 else -100.0)
    share = compiled.softmax(np.array([0.0, far], dtype))[1]
    want = mpmath.exp(judge.number(far))
    assert 0 < share < np.finfo(dtype).tiny
    assert ulps(share, want, dtype) <= 1
    np.testing.assert_allclose(
        compiled.log_softmax(np.full(100, -103, dtype)), -4.605170185988091, rtol=1e-6
    )


def test_extreme_finite_numbers():
    for dtype in (np.float64, np.float32):
        most = np.finfo(dtype).max
        x = np.array([most, -most, 0.0, most], dtype)
        assert compiled.logsumexp(x) == most
        np.testing.assert_array_equal(compiled.softmax(x), [0.5, 0, 0, 0.5])
        least = np.finfo(dtype).smallest_subnormal
        assert_within(compiled.logsumexp(np.full(2, least, dtype)), dtype(0.6931471805599453), 1)


def test_nan_with_any_payload_stays_nan():
    for bits in (0x7FF8000000000000, 0x7FF8000000000FFF, 0xFFFFFFFFFFFFFFFF, 0x7FF0000000000001):
        bad = np.array([bits], np.uint64).view(np.float64)[0]
        for n, at in itertools.product((3, 60, 40_000), (0, -1)):
            x = np.zeros(n)
            x[at] = bad
            assert np.isnan(compiled.logsumexp(x))
            assert np.isnan(compiled.softmax(x)).all()
            assert np.isnan(compiled.log_softmax(np.stack([x, x], axis=1), axis=0)).all()


@pytest.mark.parametrize("shape", [(200_000,), (5, 40_000), (40_000, 5), (3, 200, 300)])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_threads_do_not_change_a_digit(name, shape):
    x = values(shape)
    for axes in axes_of(len(shape)):
        one = FUNCTIONS[name](x, axes)
        for threads in (2, 5):
            np.testing.assert_array_equal(FUNCTIONS[name](x, axes, threads=threads), one)


def test_many_threads_may_call_at_once():
    arrays = [values((40, 1000 + i)) for i in range(16)]
    expected = [scipy.special.log_softmax(x, axis=1) for x in arrays]
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda x: compiled.log_softmax(x, 1, threads=2), arrays * 4))
    for value, want in zip(got, expected * 4, strict=True):
        np.testing.assert_allclose(value, want, rtol=1e-12)


def test_float_errors_of_the_user_stay_as_they_are():
    x = [1.0, -inf, inf, nan, 1e308, -1e308]
    with np.errstate(all="raise"):
        before = np.geterr()
        for function in FUNCTIONS.values():
            function(x)
            function(np.array([65504.0, 1e-8], np.float16))
        compiled.softmax(np.full(70_000, 1.0, np.float16), threads=2)
        assert np.geterr() == before


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize(
    ("shape", "axis"),
    [
        ((2_000_000,), 0),
        ((200_000, 10), 1),
        ((2000, 1000), 1),
        ((10, 200_000), 0),
        ((2000, 1000), 0),
    ],
)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_temporary_memory_is_at_most_one_mebibyte(name, shape, axis, dtype):
    x = np.zeros(shape, dtype)
    FUNCTIONS[name](x[:2], axis)
    tracemalloc.start()
    result = FUNCTIONS[name](x, axis)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= result.nbytes + 2**20


def python(code, folder, **environment):
    """Run a fresh interpreter, and return what it prints."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=os.environ | environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_importing_the_package_does_not_import_numba():
    root = Path(lsebook.__file__).parents[1]
    code = "import sys, lsebook; print({'numba', 'llvmlite'} & set(sys.modules))"
    assert python(code, root) == "set()\n"


def test_without_numba_the_error_names_the_extra(tmp_path):
    root = str(Path(lsebook.__file__).parents[1])
    code = (
        "import sys; sys.modules['numba'] = None\n"
        "try: import lsebook.compiled\n"
        "except ImportError as e: print(e)"
    )
    assert "pip install 'lsebook[compiled]'" in python(code, tmp_path, PYTHONPATH=root)


def test_works_where_no_folder_can_be_written_to(tmp_path):
    package = tmp_path / "lsebook"
    package.mkdir()
    for file in Path(lsebook.__file__).parent.glob("*.py"):
        (package / file.name).write_bytes(file.read_bytes())
    # A file where the folder would be stops even the superuser.
    (package / "__pycache__").write_text("")
    (tmp_path / "home").write_text("")
    code = "from lsebook.compiled import logsumexp; print(logsumexp([1000.0, 1000.0]))"
    home = str(tmp_path / "home" / "below")
    out = python(
        code,
        tmp_path,
        PYTHONPATH=str(tmp_path),
        PYTHONDONTWRITEBYTECODE="1",
        NUMBA_CACHE_DIR="",
        NUMBA_OPT="0",
        HOME=home,
        XDG_CACHE_HOME=home,
    )
    assert float(out) == 1000.6931471805599
