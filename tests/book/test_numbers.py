"""What the pages show is what their code prints, whatever the processor."""

import json
import os
import re
import subprocess
import sys

import pytest

from authoring.outputs import main as write_outputs
from authoring.pages import ROOT
from tests.book.books import code_cell, write_notebook

FEATURES = "NPY_DISABLE_CPU_FEATURES"

# The digits of exp over an interval, the instruction sets in use, and those NumPy has loops for.
PROBE = """
import hashlib, json
import numpy as np
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
x = np.linspace(-80, 80, 100_001)
# Of X86_V3 only float32 has an exp of its own, of X86_V4 float64 too.
digits = np.exp(x).tobytes() + np.exp(x.astype(np.float32)).tobytes()
used = [name for name in __cpu_dispatch__ if __cpu_features__[name]]
print(json.dumps([hashlib.sha256(digits).hexdigest(), used, __cpu_dispatch__]))
"""

NUMBERS = """\
import numpy as np
import matplotlib.pyplot as plt
from lsebook import plotting

plotting.use()
y = np.log(np.exp([0.5, 0.25]).sum())
print(f"{y:.6f}")"""
FIGURE = "plt.plot([0, 1], [0.5, 0.25])\nplt.show()"


def baseline() -> str:
    """What `make test` switches off for its second run of the notebooks."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return re.search(r"^BASELINE := (.*)$", makefile, re.MULTILINE)[1]


def probe(**environment: str) -> list:
    inherited = {k: v for k, v in os.environ.items() if k != FEATURES}
    command = [sys.executable, "-c", PROBE]
    run = subprocess.run(command, env=inherited | environment, capture_output=True, check=True)
    return json.loads(run.stdout)


def test_second_run_uses_other_instructions():
    digits, used, _ = probe()
    other_digits, still_used, _ = probe(**{FEATURES: baseline()})
    switched_off = set(baseline().split())
    assert not switched_off & set(still_used)
    # A processor that has none of them computes the same both times.
    assert (digits != other_digits) == bool(switched_off & set(used))


def test_second_run_names_every_loop_that_numpy_has_for_such_processors():
    dispatched = probe()[2]
    if "X86_V3" in dispatched:
        assert baseline().split() == dispatched


# What is changed by one in the outputs of a cell, whose validation must then fail.
DOCTORED = {
    "number": (NUMBERS, r"(?<=1\.07)\d"),
    "curve": (FIGURE, r"(?<=\.)\d(?=\d+ \\n)"),
    "colour": (FIGURE, r"(?<=#0b6fb)8"),
    "words": (FIGURE, r"(?<=with )1(?= Axes)"),
}


def doctor(outputs: list, pattern: str) -> list:
    text = json.dumps(outputs, ensure_ascii=False)
    changed, count = re.subn(pattern, lambda m: str((int(m[0]) + 1) % 10), text, count=1)
    assert count == 1
    return json.loads(changed)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory) -> dict[str, str]:
    """What nbval says of each cell: one for each change, and then two true ones."""
    folder = tmp_path_factory.mktemp("book")
    sources = {name: source for name, (source, _) in DOCTORED.items()}
    sources |= {"true number": NUMBERS, "true figure": FIGURE}
    cells = [code_cell(name.replace(" ", "-"), source) for name, source in sources.items()]
    path = write_notebook(folder / "doctored.ipynb", *cells)
    assert write_outputs([str(path)]) == 0
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell, name in zip(notebook["cells"], sources, strict=True):
        if name in DOCTORED:
            cell["outputs"] = doctor(cell["outputs"], DOCTORED[name][1])
    path.write_text(json.dumps(notebook), encoding="utf-8")
    settings = ["-c", ROOT / "pyproject.toml", "--rootdir", folder, "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "--nbval", "--color=no", "-rA", *settings, folder]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 1, run.stdout
    found = re.findall(r"^(PASSED|FAILED) doctored\.ipynb::Cell (\d+)", run.stdout, re.MULTILINE)
    return {list(sources)[int(number)]: outcome for outcome, number in found}


def test_true_outputs_are_valid(outcomes):
    assert outcomes["true number"] == outcomes["true figure"] == "PASSED"


@pytest.mark.parametrize("name", DOCTORED)
def test_one_doctored_character_is_found(outcomes, name):
    assert outcomes[name] == "FAILED"


def test_notebooks_are_validated_twice_and_strictly():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert makefile.count("--nbval $(EDITIONS)") == 2
    ci = makefile[makefile.index("\nci:") :]
    assert re.search(r"\$\(MAKE\) test .*EDITIONS=chapters\n", ci)
    assert re.search(r"\$\(MAKE\) test-baseline EDITIONS=chapters\n", ci)
    assert "lax" not in makefile
