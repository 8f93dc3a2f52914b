"""What a result depends on: versions and the processor."""

import os
import platform
from importlib import metadata
from pathlib import Path

# One thread each, or the comparison is of thread pools. Must be set before NumPy is imported.
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

PACKAGES = ("numpy", "scipy", "torch", "mpmath")


def processor() -> str:
    """Return the model name of the processor."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def environment() -> dict[str, str]:
    """Return the versions of what was measured, and the processor."""
    found = {"python": platform.python_version(), "system": platform.system()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found | {"processor": processor(), "threads": "1"}
