"""Rules for code cells and what they show."""

import ast
import re
from collections.abc import Iterator

from authoring.pages import Page
from authoring.prose import HANGUL

MOST_LINES = 20
MOST_FOLDED_LINES = 30
MOST_DIGITS = 10

_REAL = re.compile(r"(?<![\w.])(\d*)\.(\d*)(?:[eE][-+]?\d+)?(?!\w)")
_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}|/home/|/Users/|/root/|/tmp/|[A-Z]:\\|site-packages")
_VALUES = re.compile(
    r"\b(?:True|False|None|nan|inf|array|dtype|np|float\d*|int\d*)\b|\d[\d.]*e[-+]?\d+"
)
_SPEAKS = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"(?<![\w^])\d")
_NBVAL_COMMENT = re.compile(r"#\s*(NBVAL|PYTEST_VALIDATE)_")
_NOT_COMPARED = ("image/jpeg", "image/png", "application/vnd.jupyter.widget-view+json")


def short_code(page: Page) -> Iterator[str]:
    """Cells that do not fit on a screen; the code of a figure, which is folded, may be longer."""
    for cell in page.code_cells():
        lines = len(cell.source.splitlines())
        most = MOST_FOLDED_LINES if "hide-input" in cell.tags else MOST_LINES
        if lines > most:
            yield f"cell `{cell.id}`: {lines} lines of code; at most {most}"


def code_without_korean(page: Page) -> Iterator[str]:
    """Korean in code and in figures, which both editions share; as data it has the tag hangul."""
    for cell in page.code_cells():
        if "hangul" in cell.tags:
            continue
        if match := HANGUL.search(cell.source):
            yield f"cell `{cell.id}`: Korean in the code ({match[0]!r}); editions share it"
        for output in cell.results:
            if output.is_figure and HANGUL.search(output.drawing):
                yield f"cell `{cell.id}`: Korean in the figure; editions share it"


def imports_once_at_the_top(page: Page) -> Iterator[str]:
    """Imports after the first code cell, and cells that are not plain Python."""
    for number, cell in enumerate(page.code_cells()):
        try:
            nodes = list(ast.walk(ast.parse(cell.source)))
        except SyntaxError as error:
            yield f"cell `{cell.id}`: not plain Python: {error.text}"
            continue
        if number and any(isinstance(node, ast.Import | ast.ImportFrom) for node in nodes):
            yield f"cell `{cell.id}`: imports belong into the first code cell"


def every_output_is_validated(page: Page) -> Iterator[str]:
    """Ways round nbval: comments, pictures it does not compare, figures without SVG."""
    for cell in page.code_cells():
        if _NBVAL_COMMENT.search(cell.source):
            yield f"cell `{cell.id}`: a comment switches nbval off; print what is stable"
        for output in cell.results:
            for kind in output.types & set(_NOT_COMPARED):
                yield f"cell `{cell.id}`: nbval does not compare {kind}; show SVG"
            if output.is_figure and "image/svg+xml" not in output.types:
                yield f"cell `{cell.id}`: the figure has no SVG for pages without JavaScript"


def no_final_semicolon(page: Page) -> Iterator[str]:
    """Results hidden by a semicolon, which nbval sees all the same."""
    for cell in page.code_cells():
        if cell.source.rstrip().endswith(";"):
            yield f"cell `{cell.id}`: ends in `;`; assign the result, or end with plt.show()"


def quiet_outputs(page: Page) -> Iterator[str]:
    """Warnings and errors that are not the point of their cell."""
    for cell in page.code_cells():
        if "raises-exception" in cell.tags:
            continue
        for output in cell.results:
            if output.is_error:
                yield f"cell `{cell.id}`: shows a warning or an error: {output.text[:60]!r}"


def no_places_in_outputs(page: Page) -> Iterator[str]:
    """Memory addresses and paths, which differ from machine to machine."""
    for cell in page.code_cells():
        for output in cell.results:
            if match := _ADDRESS.search(output.text):
                yield f"cell `{cell.id}`: shows an address or a path: {match[0]!r}"


def few_digits(page: Page) -> Iterator[str]:
    """Numbers with more digits than a reader needs; whole numbers may be long."""
    for cell in page.code_cells():
        if "digits" in cell.tags:
            continue
        for output in cell.results:
            for match in _REAL.finditer(output.text):
                if _significant_digits(match[1], match[2]) > MOST_DIGITS:
                    yield (
                        f"cell `{cell.id}`: {match[0]} has more than {MOST_DIGITS} significant "
                        "digits; round it, or tag the cell `digits` if they are the point"
                    )


def outputs_that_speak(page: Page) -> Iterator[str]:
    """Printed values without a name: bare numbers in a row, bare truth values.

    A line speaks if it holds a word; rows of numbers speak under a head of words.
    """
    for cell in page.code_cells():
        if {"exercise", "solution"} & set(cell.tags) and "exercises.check(" in cell.source:
            continue
        for output in cell.results:
            if output.is_figure or output.is_error:
                continue
            if output.raw["output_type"] == "execute_result":
                mute = _mute_value(cell.source, output.text.strip())
            else:
                mute = _mute_line(output.text)
            if mute:
                yield f"cell `{cell.id}`: prints {mute!r} without saying what it is; name it"


def _mute_value(source: str, shown: str) -> str:
    """The value of a cell's last expression if that neither names it nor is one thing."""
    last = ast.parse(source).body[-1]
    unnamed = isinstance(last, ast.Expr) and isinstance(last.value, ast.Tuple | ast.List)
    return shown if unnamed or shown in ("True", "False", "np.True_", "np.False_") else ""


def _mute_line(text: str) -> str:
    headed = False
    for line in text.splitlines():
        if _SPEAKS.search(_VALUES.sub(" ", line)):
            headed = headed or ("=" not in line and not _DIGIT.search(line))
        elif line.strip() and not headed:
            return line.strip()
    return ""


def _significant_digits(whole: str, fraction: str) -> int:
    if not fraction.strip("0"):
        return 0
    return len((whole + fraction).lstrip("0"))


RULES = (
    short_code,
    code_without_korean,
    imports_once_at_the_top,
    every_output_is_validated,
    no_final_semicolon,
    quiet_outputs,
    no_places_in_outputs,
    few_digits,
    outputs_that_speak,
)
