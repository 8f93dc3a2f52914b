"""Notebooks are committed in one form, and `make outputs` writes it."""

import json
from pathlib import Path

import pytest

from authoring.normalform import NOTEBOOK_METADATA, NotebookError, normalise
from authoring.pages import CHAPTERS, EDITIONS, ROOT, notebooks, page_names
from tests.book.books import code_cell, notebook_text, stream, text_cell

SVG_FIGURE = {
    "output_type": "display_data",
    "metadata": {"needs_background": "light"},
    "data": {"image/svg+xml": "<svg/>", "image/png": "AAAA", "text/plain": "<Figure>"},
}


def normal(*cells, **changes):
    raw = json.loads(notebook_text(list(cells))) | changes
    return json.loads(normalise(json.dumps(raw)))


def first_cell(cell):
    return normal(cell)["cells"][0]


@pytest.mark.parametrize("edition", EDITIONS)
def test_book_has_chapters(edition):
    assert any(name.endswith(".ipynb") for name in page_names(CHAPTERS, edition))


@pytest.mark.parametrize("path", notebooks(CHAPTERS), ids=lambda p: f"{p.parent.name}/{p.name}")
def test_chapter_is_in_normal_form(path: Path):
    text = path.read_bytes().decode()
    # As a name, so that pytest does not print two whole notebooks.
    is_normal = text == normalise(text)
    assert is_normal, f"run: make outputs NOTEBOOKS={path.relative_to(ROOT).as_posix()}"


def test_normal_form_is_stable():
    once = normalise(notebook_text([text_cell("title", "# 제목\n\n"), code_cell("sum", "1 + 1")]))
    assert normalise(once) == once
    assert once.endswith("}\n")
    assert "제목" in once


def test_notebook_metadata_is_one_for_all():
    metadata = {"kernelspec": {"name": "conda"}, "widgets": {}, "language_info": {"version": "3"}}
    assert normal(metadata=metadata)["metadata"] == NOTEBOOK_METADATA


def test_description_for_search_engines_is_kept():
    myst = {"html_meta": {"description": "Why logs"}}
    assert normal(metadata={"myst": myst})["metadata"]["myst"] == myst


def test_cell_metadata_keeps_what_authors_set():
    shown = {"image": {"alt": "a line"}}
    cell = first_cell(
        code_cell("line", "1", execution={"iopub.execute_input": "2026"}, trusted=1, mystnb=shown)
    )
    assert cell["metadata"] == {"mystnb": shown}


@pytest.mark.parametrize(
    ("tag", "folded"),
    [
        ("hide-output", {"outputs_hidden": True}),
        ("hide-input", {"source_hidden": True}),
        ("hide-cell", {"outputs_hidden": True, "source_hidden": True}),
    ],
)
def test_folded_cells_fold_in_jupyterlab_too(tag, folded):
    cell = first_cell(code_cell("guess", "1", tags=[tag], jupyter={"outputs_hidden": False}))
    assert cell["metadata"] == {"jupyter": folded, "tags": [tag]}


def test_cell_without_folding_tag_is_open():
    assert "jupyter" not in first_cell(code_cell("guess", "1", jupyter={"x": 1}))["metadata"]


def test_execution_counts_are_sequential():
    result = {"output_type": "execute_result", "metadata": {}, "data": {"text/plain": "2"}}
    cells = normal(
        code_cell("one", "1", result | {"execution_count": 31}),
        text_cell("between", "text"),
        code_cell("two", "2", result | {"execution_count": 33}),
    )["cells"]
    assert [c.get("execution_count") for c in cells] == [1, None, 2]
    assert [o["execution_count"] for c in (cells[0], cells[2]) for o in c["outputs"]] == [1, 2]


def test_what_is_printed_in_pieces_is_one_output():
    cell = code_cell("show", "1", stream("a\n"), stream("b\n"), SVG_FIGURE, stream("c\n"))
    outputs = first_cell(cell)["outputs"]
    assert [o["output_type"] for o in outputs] == ["stream", "display_data", "stream"]
    assert outputs[0]["text"] == ["a\n", "b\n"]


def test_figures_are_svg_and_nothing_else():
    (output,) = first_cell(code_cell("draw", "1", SVG_FIGURE))["outputs"]
    assert output["data"] == {"image/svg+xml": ["<svg/>"], "text/plain": ["<Figure>"]}
    assert output["metadata"] == {}


def test_errors_show_no_path_of_the_authors_machine():
    error = {
        "output_type": "error",
        "ename": "ValueError",
        "evalue": "no",
        "traceback": ["File /home/someone/x.py"],
    }
    (output,) = first_cell(code_cell("fail", "1", error))["outputs"]
    assert output["traceback"] == ["ValueError: no"]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([text_cell("", "# Title")], r"cell 1 \('# Title'\) has no id"),
        ([text_cell("3f2a90bc", "a")], "`3f2a90bc`; use lower-case words"),
        ([text_cell("c0ffee12-1111-4222-8333-123456789abc", "a")], "use lower-case words"),
        ([text_cell("First_Try", "a")], "use lower-case words"),
        ([text_cell("a", "x"), text_cell("a", "y")], "2 cells have the id `a`"),
        ([code_cell("a", "x", tags=["nbval-skip"])], "cell `a` has the tag 'nbval-skip'"),
        ([code_cell("a", "x", tags=["nbval-ignore-output"])], "the book knows digits, exercise"),
    ],
)
def test_what_needs_the_author_is_named(cells, message):
    with pytest.raises(NotebookError, match=message):
        normalise(notebook_text(cells))


def test_older_formats_are_refused():
    with pytest.raises(NotebookError, match="not a notebook of nbformat 4"):
        normalise('{"nbformat": 3, "nbformat_minor": 0, "worksheets": [], "metadata": {}}')
