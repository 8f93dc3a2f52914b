"""The pages of the book as the rules see them: an edition, a name, and cells.

A Markdown page is one text cell named ``page``.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from authoring.normalform import SVG, VEGA_LITE, joined

ROOT = Path(__file__).parents[1]
CHAPTERS = ROOT / "chapters"
EDITIONS = ("ko", "en")

# What a cell's metadata says in the page's own language.
WORDS = (("figure", "caption"), ("image", "alt"))

_MARKUP = re.compile(r"</?[a-zA-Z][^>]*>")


@dataclass(frozen=True)
class Output:
    """One output of a code cell, as nbformat holds it."""

    raw: dict[str, Any]

    @property
    def types(self) -> set[str]:
        """Its types, if it is displayed rather than printed."""
        return set(self.raw.get("data", {}))

    @property
    def is_figure(self) -> bool:
        return bool(self.types & {SVG, VEGA_LITE})

    @property
    def is_error(self) -> bool:
        return self.raw["output_type"] == "error" or self.raw.get("name") == "stderr"

    @property
    def text(self) -> str:
        """What a reader sees of it as text."""
        if self.raw["output_type"] == "error":
            return f"{self.raw['ename']}: {self.raw['evalue']}"
        data = self.raw.get("data", {})
        texts = {mime: joined(data[mime]) for mime in sorted(data) if mime.startswith("text/")}
        if "text/html" in texts:
            texts["text/html"] = _MARKUP.sub(" ", texts["text/html"])
        return "\n".join([joined(self.raw.get("text", "")), *texts.values()])

    @property
    def drawing(self) -> str:
        """What a figure is drawn from, as text."""
        return json.dumps(self.raw.get("data", {}), ensure_ascii=False)


@dataclass(frozen=True)
class Cell:
    """One cell; `kind` is ``markdown`` or ``code``."""

    id: str
    kind: str
    source: str
    metadata: dict[str, Any] = field(default_factory=dict)
    outputs: list[dict[str, Any]] = field(default_factory=list)

    @property
    def results(self) -> list["Output"]:
        return [Output(output) for output in self.outputs]

    @property
    def tags(self) -> list[str]:
        return list(self.metadata.get("tags", []))

    def words(self) -> dict[str, str]:
        """Captions and alternative texts, by their names in the metadata."""
        shown = self.metadata.get("mystnb", {})
        found = {f"mystnb.{a}.{b}": shown.get(a, {}).get(b) for a, b in WORDS}
        return {name: text for name, text in found.items() if text}


@dataclass(frozen=True)
class Page:
    """One file of one edition."""

    path: Path
    edition: str
    name: str
    cells: tuple[Cell, ...]

    def __str__(self) -> str:
        return f"{self.edition}/{self.name}"

    @property
    def is_chapter(self) -> bool:
        """Whether it has the frame of a chapter: its name starts with a number."""
        return self.path.suffix == ".ipynb" and self.name[:2].isdigit()

    def text_cells(self) -> Iterator[Cell]:
        return (cell for cell in self.cells if cell.kind == "markdown")

    def code_cells(self) -> Iterator[Cell]:
        return (cell for cell in self.cells if cell.kind == "code")


def read_page(path: Path, edition: str) -> Page:
    """Read a notebook or a Markdown page of an edition."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return Page(path, edition, path.name, (Cell("page", "markdown", text),))
    cells = tuple(
        Cell(
            cell.get("id", f"#{number}"),
            cell["cell_type"],
            joined(cell["source"]),
            cell.get("metadata", {}),
            cell.get("outputs", []),
        )
        for number, cell in enumerate(json.loads(text)["cells"], 1)
    )
    return Page(path, edition, path.name, cells)


def page_names(chapters: Path, edition: str) -> list[str]:
    """File names of an edition's pages, in reading order."""
    return sorted(p.name for p in (chapters / edition).glob("*") if p.suffix in (".ipynb", ".md"))


def notebooks(chapters: Path) -> list[Path]:
    """All notebooks of both editions."""
    return [path for edition in EDITIONS for path in sorted((chapters / edition).glob("*.ipynb"))]


def pages(chapters: Path) -> list[Page]:
    """All pages of both editions."""
    return [
        read_page(chapters / edition / name, edition)
        for edition in EDITIONS
        for name in page_names(chapters, edition)
    ]


def replace_text(path: Path, text: str) -> None:
    """Write a file in one step, so that no interruption leaves half of it."""
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(text, encoding="utf-8", newline="\n")
    os.replace(draft, path)
