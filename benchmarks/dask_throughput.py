"""Throughput out of core: one pass of `lsebook.dask` against the textbook shift in two passes.

Run with ``python -m benchmarks.dask_throughput``; needs 10 GB of free disk for a quarter of an hour
and writes ``benchmarks/results/dask_throughput.json``.
"""

import json
import math
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.environment import environment  # sets the number of threads, so it comes first

import dask.array as da  # isort: skip
import numpy as np  # isort: skip
from distributed import Client, LocalCluster, get_worker  # isort: skip

import lsebook.dask  # isort: skip

RESULTS = Path(__file__).parent / "results" / "dask_throughput.json"
SIZES = (10**7, 10**8, 10**9)
CHUNK = 2**22
MEMORY = 2**30
ROUNDS = 3


def load(starts: np.ndarray, path: str, size: int) -> np.ndarray:
    """Read one chunk of the memory-mapped file, and add its bytes to the worker's count."""
    first = int(starts[0])
    chunk = np.array(np.load(path, mmap_mode="r")[first : min(first + CHUNK, size)])
    worker = get_worker()
    worker.bytes_read = getattr(worker, "bytes_read", 0) + chunk.nbytes
    return chunk


def bytes_read(dask_worker: Any) -> int:
    """Return the count of a worker and start it anew."""
    count = getattr(dask_worker, "bytes_read", 0)
    dask_worker.bytes_read = 0
    return count


def lazy(path: str, size: int) -> Any:
    """Return the first `size` elements of the file as a dask array that calls `load`."""
    starts = da.arange(0, size, CHUNK, chunks=1)
    lengths = tuple(min(CHUNK, size - first) for first in range(0, size, CHUNK))
    return starts.map_blocks(load, path, size, chunks=(lengths,), meta=np.empty(0))


def one_pass(x: Any) -> float:
    """The reduction of this package."""
    return float(lsebook.dask.logsumexp(x).compute())


def two_passes(x: Any) -> float:
    """The textbook: the maximum first, then the sum of the shifted exponentials."""
    shift = float(x.max().compute())
    return shift + math.log(float(da.exp(x - shift).sum().compute()))


def plain_sum(x: Any) -> float:
    """What reading and adding up cost, without an exponential."""
    return float(x.sum().compute())


CONTESTANTS: dict[str, Callable[[Any], float]] = {
    "lsebook.dask": one_pass,
    "max, then sum": two_passes,
    "sum of x": plain_sum,
}


def write(path: Path, size: int, shift: float) -> None:
    """Write normal numbers around `shift`, a chunk at a time, and wait until they are on disk."""
    rng = np.random.default_rng(0)
    out = np.lib.format.open_memmap(path, mode="w+", dtype=np.float64, shape=(size,))
    for first in range(0, size, CHUNK):
        part = out[first : first + CHUNK]
        part[...] = rng.normal(shift, 1.0, len(part))
    out.flush()


def forget(path: Path) -> None:
    """Drop the file from the operating system's cache, so that it is read from disk."""
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)


def measure(client: Client, path: Path, size: int, cached: bool) -> list[dict[str, Any]]:
    """Time every contestant in turn, for some rounds."""
    x = lazy(str(path), size)
    seconds: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    read, values = {}, {}
    plain_sum(x)
    for _ in range(ROUNDS):
        for name, function in CONTESTANTS.items():
            if not cached:
                forget(path)
            client.run(bytes_read)
            start = time.perf_counter()
            values[name] = function(x)
            seconds[name].append(time.perf_counter() - start)
            read[name] = sum(client.run(bytes_read).values())
    one, two = values["lsebook.dask"], values["max, then sum"]
    assert math.isclose(one, two, rel_tol=1e-12, abs_tol=1e-12)
    return [
        {
            "reduction": name,
            "elements": size,
            "workers": len(client.scheduler_info()["workers"]),
            "cached": cached,
            "seconds": round(statistics.median(times), 3),
            "rounds": [round(t, 3) for t in times],
            "bytes_read": read[name],
            "bytes_per_element": round(read[name] / size, 3),
            "million_elements_per_second": round(size / statistics.median(times) / 1e6, 1),
        }
        for name, times in seconds.items()
    ]


def cluster(workers: int) -> LocalCluster:
    """Return a cluster of processes of one thread each."""
    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        memory_limit=MEMORY,
        host="127.0.0.1",
        dashboard_address=":0",
    )


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows as text."""
    lines = [f"{'elements':>9} workers cached {'reduction':15} seconds  M/s    bytes/element"]
    for row in rows:
        lines.append(
            f"{row['elements']:9.0e} {row['workers']:7} {row['cached']!s:6} {row['reduction']:15}"
            f" {row['seconds']:7.2f} {row['million_elements_per_second']:7.1f}"
            f" {row['bytes_per_element']:6.1f}"
        )
    return "\n".join(lines)


def main(sizes: tuple[int, ...]) -> None:
    """Measure all sizes on one worker and on two, and what cancellation costs."""
    rows, cancelling = [], []
    with tempfile.TemporaryDirectory() as folder:
        path, near_zero = Path(folder) / "x.npy", Path(folder) / "near_zero.npy"
        write(path, max(sizes), 0.0)
        small = min(max(sizes), 10**8)
        # The log of the sum of the exponentials of n normal numbers is near log n + 1/2.
        write(near_zero, small, -math.log(small) - 0.5)
        for workers in (1, 2):
            with cluster(workers) as running, Client(running) as client:
                for size in sizes:
                    for cached in (True, False):
                        rows += measure(client, path, size, cached)
                        print(table(rows[-len(CONTESTANTS) :]), flush=True)
                cancelling += measure(client, near_zero, small, True)
    versions = {name: metadata.version(name) for name in ("dask", "distributed")}
    record = {
        "environment": environment()
        | versions
        | {
            "threads": "1 a worker",
            "memory_limit_of_a_worker": MEMORY,
            "processors": os.cpu_count(),
        },
        "chunk_bytes": 8 * CHUNK,
        "normal": rows,
        "near zero": cancelling,
    }
    RESULTS.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(table(rows), table(cancelling), sep="\n\n")


if __name__ == "__main__":
    main(tuple(int(float(size)) for size in sys.argv[1:]) or SIZES)
