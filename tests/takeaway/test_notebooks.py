"""Notebooks from the archives, run where nothing is installed but what runs notebooks."""

import json
import zipfile
from pathlib import Path

import pytest

from tests.site.building import ROOT
from tests.takeaway.conftest import Run


def texts(notebook: Path) -> str:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


@pytest.mark.parametrize(("edition", "name"), [("ko", "07-special-values"), ("en", "04-the-trick")])
def test_notebook_installs_what_it_needs_and_runs(
    fresh: Run, tmp_path: Path, edition: str, name: str
) -> None:
    archive = ROOT / "_build" / "html" / "_downloads" / f"logsumexp-{edition}.zip"
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(tmp_path)
    folder = tmp_path / f"logsumexp-{edition}" / "chapters" / edition
    fresh("-m", "pip", "install", "--quiet", "nbclient", "ipykernel")
    fresh("-m", "jupyter", "execute", "--inplace", f"{name}.ipynb", cwd=folder)
    assert ":::" not in texts(folder / f"{name}.ipynb")
    outputs = [
        output
        for cell in json.loads((folder / f"{name}.ipynb").read_text("utf-8"))["cells"]
        if cell["cell_type"] == "code"
        for output in cell["outputs"]
    ]
    assert len(outputs) > 10
    used = fresh("-c", "import lsebook; print(lsebook.logsumexp([1000, 1000]))")
    assert used.startswith("1000.6")
