"""The package as it is published: metadata, README, and each extra in an environment of its own."""

import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.site.building import ROOT, copy_sources
from tests.takeaway.conftest import Run

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
USE = {
    "": "import lsebook; print(lsebook.logsumexp([1000.0, 1000.0]))",
    "dask": "import dask.array as da, lsebook.dask as d; "
    "print(float(d.logsumexp(da.full(2, 1000.0, chunks=1)).compute()))",
    "figures": "from lsebook import explore, plotting; plotting.use(); "
    "explore.shift_window()._repr_mimebundle_(); print(1000.693147)",
    "book": "import jupyter_book, myst_nb, sphinx_exercise, sphinx_proof, sklearn, lsebook; "
    "print(lsebook.logsumexp([1000.0, 1000.0]))",
}


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = copy_sources(tmp_path_factory.mktemp("source"))
    subprocess.run(
        [sys.executable, "-m", "build", "--quiet"], cwd=source, check=True, capture_output=True
    )
    return source / "dist"


def test_metadata_and_readme_are_fit_to_publish(dist: Path) -> None:
    paths = sorted(map(str, dist.iterdir()))
    assert len(paths) == 2
    done = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", *paths], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_wheel_holds_the_package_alone(dist: Path) -> None:
    wheel = next(dist.glob("*.whl"))
    assert wheel.name == f"lsebook-{VERSION}-py3-none-any.whl"
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {"lsebook", f"lsebook-{VERSION}.dist-info"}
    assert "lsebook/py.typed" in names
    with tarfile.open(next(dist.glob("*.tar.gz"))) as archive:
        assert f"lsebook-{VERSION}/LICENSE" in archive.getnames()


@pytest.mark.parametrize("extra", list(USE))
def test_extra_brings_what_it_promises(fresh: Run, dist: Path, extra: str) -> None:
    wheel = next(dist.glob("*.whl"))
    fresh("-m", "pip", "install", "--quiet", f"{wheel}[{extra}]" if extra else str(wheel))
    assert fresh("-c", USE[extra]).strip().startswith("1000.69314")
    if not extra:
        present = fresh("-m", "pip", "list", "--format=freeze")
        others = {line.split("==")[0] for line in present.split()}
        assert others <= {"lsebook", "numpy", "scipy", "pip", "setuptools"}
