"""`lsebook.dask` on its real engine: worker processes under a memory limit, one of them killed.

Every worker may use 256 MiB; the data, 2 GiB, exist only one chunk at a time.
"""

import os
import signal
import sys
import uuid

import dask.array as da
import numpy as np
import psutil
import pytest
from distributed import Client, LocalCluster

import lsebook.dask
from tests.package import judge

LIMIT = 256 * 2**20
CHUNK = 2**21
CHUNKS = 128
STEP = 2.0**-20
#: Seconds after which a test has failed, for slow machines.
PATIENCE = 300


@pytest.fixture(scope="module")
def client():
    """Two worker processes of one thread, each with a nanny that enforces the memory limit."""
    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            memory_limit=LIMIT,
            host="127.0.0.1",
            dashboard_address=":0",
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def staircase(start, block_info=None):
    """One chunk of 1000 - k STEP, k = 0, 1, ...; every number is exact."""
    first = block_info[0]["chunk-location"][0] * CHUNK
    out = np.arange(first, first + CHUNK, dtype=np.float64)
    out *= -STEP
    out += start
    return out


def fatal_staircase(start, marks, block_info=None):
    """The same; the worker that first comes to the middle kills itself without a word."""
    number = block_info[0]["chunk-location"][0]
    (marks / f"{number}-{uuid.uuid4()}").touch()
    mark = marks / "killed"
    if number == CHUNKS // 2 and not mark.exists():
        mark.write_text(str(os.getpid()))
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    return staircase(start, block_info)


def stairs(function, **keywords):
    starts = da.full(CHUNKS, 1000.0, chunks=1)
    return starts.map_blocks(function, chunks=(CHUNK,), dtype=float, meta=np.empty(0), **keywords)


def expected():
    """A geometric series: log((1 - q^n) / (1 - q)) + 1000 for q = exp(-STEP)."""
    mp = judge.mp
    n = CHUNK * CHUNKS
    return 1000 + mp.log(mp.expm1(-n * mp.mpf(STEP)) / mp.expm1(-mp.mpf(STEP)))


def peak_memory():
    """The most memory that this process has held, in bytes."""
    if sys.platform == "linux":
        with open("/proc/self/status") as status:
            return next(int(row.split()[1]) * 1024 for row in status if row.startswith("VmHWM"))
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_array_four_times_the_memory_of_all_workers_is_reduced_within_their_limit(client):
    x = stairs(staircase)
    before = client.run(os.getpid)
    assert x.nbytes >= 4 * sum(
        w["memory_limit"] for w in client.scheduler_info()["workers"].values()
    )
    got = client.compute(lsebook.dask.logsumexp(x)).result(timeout=PATIENCE)
    assert judge.ulps(got, expected()) <= 1
    # The same processes as before: no nanny had to restart its worker.
    assert client.run(os.getpid) == before
    peaks = client.run(peak_memory)
    assert max(peaks.values()) < LIMIT


def test_mean_and_an_ill_conditioned_sum_on_workers(client):
    x = -np.log(2**18) + 1e-3 * np.random.default_rng(3).normal(size=2**18)
    lazy = da.from_array(x, chunks=2**14)
    results = client.compute(
        [lsebook.dask.logsumexp(lazy), lsebook.dask.logmeanexp(lazy), lsebook.dask.softmax(lazy)]
    )
    value, mean, shares = client.gather(results)
    assert value == lsebook.logsumexp(x)
    np.testing.assert_array_max_ulp(mean, lsebook.logmeanexp(x), 2)
    total = judge.mp.fsum(judge.mp.exp(judge.number(v)) for v in x)
    for k in range(0, x.size, 1000):
        assert judge.ulps(shares[k], judge.mp.exp(judge.number(x[k])) / total) <= 5


def test_worker_killed_in_mid_run_does_not_change_the_answer(client, tmp_path):
    before = set(client.run(os.getpid).values())
    x = stairs(fatal_staircase, marks=tmp_path)
    got = client.compute(lsebook.dask.logsumexp(x)).result(timeout=PATIENCE)
    assert judge.ulps(got, expected()) <= 1
    killed = int((tmp_path / "killed").read_text())
    assert killed in before
    assert not psutil.pid_exists(killed) or killed not in client.run(os.getpid).values()
    # Before its end it had worked, and after it the other one went on.
    numbers = [int(mark.name.split("-")[0]) for mark in tmp_path.glob("*-*")]
    assert set(numbers) == set(range(CHUNKS))
    assert len(numbers) > CHUNKS
