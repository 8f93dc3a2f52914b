"""What became of the cases: rows, and the table that shows them as text and as HTML."""

from __future__ import annotations

import html
import unicodedata
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lsebook.exercises.cases import Hint

__all__ = ["Report", "Row", "shown"]


@dataclass(frozen=True)
class Row:
    """What became of one case.

    Attributes
    ----------
    case, expected, got : str
        The call, the right value and what came.
    passed : bool
    hint : Hint
        What to look at if it did not pass.
    error : Exception, optional
        What the function raised; ``raise report.rows[0].error`` shows where.
    """

    case: str
    expected: str
    got: str
    passed: bool
    hint: Hint
    error: Exception | None = None


@dataclass(frozen=True, repr=False)
class Report:
    """The rows of a check, as plain text or as an HTML table."""

    name: str
    rows: tuple[Row, ...]

    HEADER = (
        Hint("입력", "case"),
        Hint("기대한 값", "expected"),
        Hint("나온 값", "got"),
        Hint("판정", "verdict"),
    )

    @property
    def passed(self) -> bool:
        """Whether every case passed."""
        return all(row.passed for row in self.rows)

    @property
    def summary(self) -> str:
        """One line: the exercise and how many cases passed."""
        return f"{self.name}: {sum(row.passed for row in self.rows)} / {len(self.rows)}"

    @property
    def hint(self) -> Hint | None:
        """The hint of the first case that failed."""
        return next((row.hint for row in self.rows if not row.passed), None)

    def _cells(self) -> list[tuple[str, str, str, str]]:
        return [(r.case, r.expected, r.got, "ok" if r.passed else "no") for r in self.rows]

    def __repr__(self) -> str:
        table = [tuple(head.en for head in self.HEADER), *self._cells()]
        widths = [max(map(_width, column)) for column in zip(*table, strict=True)]
        lines = [
            "  ".join(
                c + " " * (w - _width(c)) for c, w in zip(cells, widths, strict=True)
            ).rstrip()
            for cells in table
        ]
        hint = [] if self.hint is None else [f"* {self.hint.ko}", f"  {self.hint.en}"]
        return "\n".join([self.summary, "", *lines, *hint])

    def _repr_html_(self) -> str:
        """Write both languages, each marked with its own; a page shows the one it is in."""
        head = "".join(
            f'<th scope="col"><span lang="ko">{ko}</span> <span lang="en">{en}</span></th>'
            for ko, en in self.HEADER
        )
        body = "".join(
            f'<tr><th scope="row"><code>{html.escape(case)}</code></th>'
            f"<td>{html.escape(expected)}</td><td>{html.escape(got)}</td><td>{verdict}</td></tr>"
            for case, expected, got, verdict in self._cells()
        )
        hints = {} if self.hint is None else self.hint._asdict()
        return (
            f"<table><caption>{html.escape(self.summary)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            + "".join(f'<p lang="{lang}">{html.escape(text)}</p>' for lang, text in hints.items())
        )


def shown(value: npt.NDArray[Any]) -> str:
    """Write at most four numbers, of ten digits or as many as their format is sure of."""
    sure = np.finfo(value.dtype).precision if value.dtype.kind == "f" else 10
    # Adding 0.0 makes 0 of -0.
    flat = [f"{float(v) + 0.0:.{min(sure, 10)}g}" for v in value.ravel()[:4]]
    if value.ndim == 0:
        return flat[0]
    more = ", …" if value.size > 4 else ""
    shape = f" {value.shape}" if value.ndim > 1 else ""
    return f"[{', '.join(flat)}{more}]{shape}"


def _width(text: str) -> int:
    """Columns that `text` takes in a terminal: Korean letters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
