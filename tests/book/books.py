"""Small notebooks to try the rules on."""

import json
from pathlib import Path
from typing import Any

from authoring.normalform import normalise

Cell = dict[str, Any]


def text_cell(name: str, source: str) -> Cell:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def code_cell(name: str, source: str, *outputs: dict[str, Any], **metadata: Any) -> Cell:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": metadata,
        "outputs": list(outputs),
        "source": source,
    }


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def display(**data: Any) -> dict[str, Any]:
    """An output; keywords name its types: ``plain``, ``html``, ``svg``."""
    types = {"plain": "text/plain", "html": "text/html", "svg": "image/svg+xml"}
    return {
        "output_type": "display_data",
        "metadata": {},
        "data": {types.get(name, name): value for name, value in data.items()},
    }


def notebook_text(cells: list[Cell]) -> str:
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def write_notebook(path: Path, *cells: Cell) -> Path:
    """Write cells as a notebook in normal form."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(normalise(notebook_text(list(cells))), encoding="utf-8", newline="\n")
    return path
