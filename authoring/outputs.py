"""Run notebooks in fresh kernels and write their outputs back in normal form.

A notebook that fails is left byte for byte as it was.
"""

import argparse
import json
import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from authoring import references
from authoring.normalform import NOTEBOOK_METADATA, NotebookError, first_line, normalise
from authoring.pages import CHAPTERS, EDITIONS, notebooks, replace_text

SECONDS_PER_CELL = 300


def run(path: Path) -> str:
    """Run a notebook in a fresh kernel, in its own folder.

    Parameters
    ----------
    path : pathlib.Path
        The notebook; it is read only.

    Returns
    -------
    str
        The notebook with its new outputs, in normal form.

    Raises
    ------
    NotebookError
        If a cell fails; the message names it.
    """
    # Ids are checked first: nbformat would silently invent those that are missing.
    source = normalise(path.read_text(encoding="utf-8"))
    notebook = nbformat.reads(source, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=SECONDS_PER_CELL,
        kernel_name=NOTEBOOK_METADATA["kernelspec"]["name"],
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
    )
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            try:
                client.execute_cell(cell, index)
            except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
                raise NotebookError(
                    f"cell `{cell.id}` ({first_line(cell)!r}) fails: {_reason(error)}"
                ) from error
    return normalise(json.dumps(notebook))


def _reason(error: Exception) -> str:
    if isinstance(error, CellExecutionError):
        return f"{error.ename}: {error.evalue}"
    if isinstance(error, CellTimeoutError):
        return f"it ran for more than {SECONDS_PER_CELL} s"
    return "the kernel died"


def update(path: Path) -> bool:
    """Write a notebook's new outputs; say whether it changed."""
    text = run(path)
    if path.parent.name in EDITIONS:
        known = references.targets(path.parents[1], path.parent.name)
        text = references.update(path, text, known)
    if path.read_bytes() == text.encode():
        return False
    replace_text(path, text)
    return True


def main(arguments: list[str] | None = None) -> int:
    """Update the notebooks named, or all; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m authoring.outputs", description=__doc__)
    parser.add_argument("notebooks", nargs="*", type=Path, help="all chapters, unless named")
    paths = parser.parse_args(arguments).notebooks or notebooks(CHAPTERS)
    failed = 0
    for path in paths:
        name = os.path.relpath(path)
        try:
            print(f"{name}: {'written' if update(path) else 'unchanged'}", flush=True)
        except (NotebookError, OSError, json.JSONDecodeError) as error:
            print(f"{name}: {error}; the file is left as it was", file=sys.stderr, flush=True)
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
