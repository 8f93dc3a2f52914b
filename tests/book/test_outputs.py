"""`make outputs` runs notebooks and never damages one."""

import json

import pytest

from authoring.normalform import normalise
from authoring.outputs import main
from tests.book.books import code_cell, text_cell, write_notebook

ADD = code_cell("add", "x = 1\nprint('a')\nprint('b')\nx + 1")


def outputs(path):
    return {c["id"]: c.get("outputs") for c in json.loads(path.read_text())["cells"]}


def test_outputs_are_written_in_normal_form(tmp_path, capsys):
    path = write_notebook(tmp_path / "sums.ipynb", text_cell("title", "# 합"), ADD)
    assert main([str(path)]) == 0
    text = path.read_text(encoding="utf-8")
    assert normalise(text) == text
    printed, result = outputs(path)["add"]
    assert printed["text"] == ["a\n", "b\n"]
    assert result["data"] == {"text/plain": ["2"]}
    assert capsys.readouterr().out.endswith("sums.ipynb: written\n")

    assert main([str(path)]) == 0
    assert path.read_text(encoding="utf-8") == text
    assert capsys.readouterr().out.endswith("sums.ipynb: unchanged\n")


def test_every_notebook_runs_in_a_fresh_kernel_in_its_own_folder(tmp_path):
    where = code_cell("where", "from pathlib import Path\nPath.cwd().name, 'x' in globals()")
    first = write_notebook(tmp_path / "one" / "a.ipynb", ADD)
    second = write_notebook(tmp_path / "two" / "b.ipynb", where)
    assert main([str(first), str(second)]) == 0
    assert outputs(second)["where"][0]["data"]["text/plain"] == ["('two', False)"]


def test_failing_notebook_is_left_as_it_was_and_its_cell_named(tmp_path, capsys):
    bad = write_notebook(tmp_path / "bad.ipynb", ADD, code_cell("divide", "\n1 / 0"))
    good = write_notebook(tmp_path / "good.ipynb", ADD)
    # Not in normal form, to see that not even that is mended.
    bad.write_text(bad.read_text() + "\n\n")
    before = bad.read_bytes()
    assert main([str(bad), str(good)]) == 1
    assert bad.read_bytes() == before
    message = capsys.readouterr().err
    assert (
        "bad.ipynb: cell `divide` ('1 / 0') fails: ZeroDivisionError: division by zero" in message
    )
    assert outputs(good)["add"]


def test_error_that_is_the_point_is_kept(tmp_path):
    cell = code_cell("divide", "1 / 0", tags=["raises-exception"])
    path = write_notebook(tmp_path / "errors.ipynb", cell, ADD)
    assert main([str(path)]) == 0
    (error,) = outputs(path)["divide"]
    assert error["traceback"] == ["ZeroDivisionError: division by zero"]
    assert outputs(path)["add"]


@pytest.mark.parametrize("text", ["", "{}", '{"nbformat": 4}'])
def test_file_that_is_no_notebook_is_named_and_left(tmp_path, capsys, text):
    path = tmp_path / "broken.ipynb"
    path.write_text(text)
    assert main([str(path)]) == 1
    assert path.read_text() == text
    assert "broken.ipynb" in capsys.readouterr().err
