"""The one form in which notebooks are committed, so that their diffs show what changed.

Nothing here runs a notebook: `authoring.outputs` does.
"""

import json
import re
from collections import Counter
from typing import Any

import nbformat
from nbformat import NotebookNode

# How a cell may be marked. The first three fold a part of it, on the site and in JupyterLab.
FOLDS: dict[str, dict[str, bool]] = {
    "hide-cell": {"outputs_hidden": True, "source_hidden": True},
    "hide-input": {"source_hidden": True},
    "hide-output": {"outputs_hidden": True},
}
TAGS = {
    *FOLDS,
    "digits",  # more than ten significant digits are the point of its output
    "exercise",  # the reader writes here
    "hangul",  # Korean is its data, the same in both editions
    "raises-exception",  # the error is the point of its output
    "solution",  # answers an exercise
}

NOTEBOOK_METADATA: dict[str, Any] = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
# Set by hand: the page's description for search engines, how the site shows a cell.
AUTHORED_NOTEBOOK_METADATA = {"myst"}
AUTHORED_CELL_METADATA = {"mystnb"}

VEGA_LITE = "application/vnd.vegalite.v5+json"
SVG = "image/svg+xml"
FIGURE = {VEGA_LITE, SVG, "text/plain"}

_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
# Eight hexadecimal digits come from nbformat, a UUID from JupyterLab.
_MACHINE_ID = re.compile(r"(?=.*\d)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=.*\d)[0-9a-f]{8}")


class NotebookError(Exception):
    """What is wrong with a notebook, where, and what its author can do."""


def normalise(text: str) -> str:
    """Give the text of a notebook its normal form.

    Parameters
    ----------
    text : str
        A notebook as JSON.

    Returns
    -------
    str
        The same notebook, as it is to be committed.

    Raises
    ------
    NotebookError
        If the notebook needs its author: cells without names, tags that the book does not have.
    """
    notebook = nbformat.from_dict(json.loads(text))
    _check_version(notebook)
    _check_ids(notebook)
    notebook.nbformat_minor = 5
    kept = {k: v for k, v in notebook.metadata.items() if k in AUTHORED_NOTEBOOK_METADATA}
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA | kept)
    count = 0
    for cell in notebook.cells:
        _normalise_cell(cell)
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            cell.outputs = [_normal_output(o, count) for o in _merge_streams(cell.outputs)]
    return str(nbformat.writes(notebook)) + "\n"


def _check_version(notebook: NotebookNode) -> None:
    if notebook.get("nbformat") != 4 or "cells" not in notebook:
        raise NotebookError("is not a notebook of nbformat 4; save it as one")


def _check_ids(notebook: NotebookNode) -> None:
    counts = Counter(cell.get("id") for cell in notebook.cells)
    for number, cell in enumerate(notebook.cells, 1):
        name = cell.get("id")
        where = f"cell {number} ({first_line(cell)!r})"
        if not name:
            raise NotebookError(f"{where} has no id; give it one of a few words, as `first-try`")
        if not _SLUG.fullmatch(name) or _MACHINE_ID.fullmatch(name):
            raise NotebookError(
                f"{where} has the id `{name}`; use lower-case words joined by hyphens"
            )
        if counts[name] > 1:
            raise NotebookError(f"{counts[name]} cells have the id `{name}`; ids must differ")


def _normalise_cell(cell: NotebookNode) -> None:
    tags = sorted(set(cell.metadata.get("tags", [])))
    unknown = [tag for tag in tags if tag not in TAGS]
    if unknown:
        raise NotebookError(
            f"cell `{cell.id}` has the tag {unknown[0]!r}; the book knows {', '.join(sorted(TAGS))}"
        )
    metadata = {k: v for k, v in cell.metadata.items() if k in AUTHORED_CELL_METADATA}
    if tags:
        metadata["tags"] = tags
    folded = {key: True for tag in tags if tag in FOLDS for key in FOLDS[tag]}
    if folded:
        metadata["jupyter"] = folded
    cell.metadata = nbformat.from_dict(metadata)
    cell.source = joined(cell.source).rstrip()


def _merge_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    # How a kernel cuts what is printed into messages depends on timing.
    merged: list[NotebookNode] = []
    for output in outputs:
        last = merged[-1] if merged else None
        if (
            last is not None
            and output.output_type == "stream"
            and last.output_type == "stream"
            and output.name == last.name
        ):
            last.text = joined(last.text) + joined(output.text)
        else:
            merged.append(output)
    return merged


def _normal_output(output: NotebookNode, count: int) -> NotebookNode:
    if output.output_type == "error":
        # The frames would show where the author's machine keeps its libraries.
        output.traceback = [f"{output.ename}: {output.evalue}"]
    if output.output_type in ("display_data", "execute_result"):
        output.metadata = NotebookNode()
        if SVG in output.data:
            output.data = NotebookNode({k: v for k, v in output.data.items() if k in FIGURE})
    if output.output_type == "execute_result":
        output.execution_count = count
    return output


def joined(text: str | list[str]) -> str:
    """Text that nbformat may hold as a list of lines."""
    return text if isinstance(text, str) else "".join(text)


def first_line(cell: NotebookNode) -> str:
    """The first line of a cell that says something, to name the cell in messages."""
    return next((line for line in joined(cell.source).splitlines() if line.strip()), "")
