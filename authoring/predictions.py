"""Rules for what a reader is asked to guess: open until unfolded, answered inside the fold."""

import re
from collections.abc import Iterator
from decimal import Decimal

from authoring.myst import Directive, walk
from authoring.pages import Cell, Page

# What a page shows only when it is unfolded.
FENCED = re.compile(r"^(:{3,})\{(dropdown|solution)\}.*?^\1\s*$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#{1,6} .*$", re.MULTILINE)
_ROLE = re.compile(r"\{[\w:]+\}`[^`]*`|\]\([^)]*\)|\(\w\w-eq-[\w-]+\)")
_SUBSCRIPT = re.compile(r"[_^](?:\{[^{}]*\}|\w)")
_NUMBER = re.compile(
    r"(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?(?![\w.]*\d)", re.IGNORECASE
)
_WORD = re.compile(r"[A-Za-z]{3,}")
_ERRSTATE = re.compile(r"\b(over|under|divide|invalid)=")


def predictions(page: Page) -> Iterator[tuple[int, Cell]]:
    """Cells whose output the reader guesses before unfolding it, with their places."""
    for place, cell in enumerate(page.cells):
        if cell.kind == "code" and "hide-output" in cell.tags:
            yield place, cell


def answered_in_the_fold(page: Page) -> Iterator[str]:
    """Folded outputs that no folded answer follows."""
    for place, cell in predictions(page):
        following = page.cells[place + 1] if place + 1 < len(page.cells) else None
        first = None
        if following is not None and following.kind == "markdown":
            first = next(walk(following.source), None)
        if not (isinstance(first, Directive) and first.name == "dropdown"):
            yield (
                f"cell `{cell.id}`: begin the next cell with :::{{dropdown}} and say there "
                "what the folded output means"
            )


def open_predictions(page: Page) -> Iterator[str]:
    """Numbers and words of a folded output that the visible text after it gives away.

    What the question already names, in its section or its code, is no secret.
    """
    for place, cell in predictions(page):
        if _ERRSTATE.search(cell.source):
            yield f'cell `{cell.id}`: the code names what happens; write np.errstate(all="ignore")'
        asked = _before(page, place) + "\n" + cell.source
        printed = "\n".join(output.text for output in cell.results if not output.is_figure)
        words, numbers = _words(printed), _numbers(printed)
        # A digit alone in a table says little; one that is an answer says all.
        numbers = [n for n in numbers if abs(n) > 9 or n % 1 or f"= {n}" in printed]
        after = _after(page, place)
        given = [n for n in numbers if not _told(n, _numbers(asked)) and _told(n, _numbers(after))]
        given += sorted((words - _words(asked)) & _words(after))
        if given:
            yield (
                f"cell `{cell.id}`: the text after the fold gives away {given[0]!s}; "
                "say it inside the fold"
            )


def _visible(cell: Cell) -> str:
    """What a cell shows without being unfolded: text, captions, open outputs."""
    if cell.kind == "markdown":
        return FENCED.sub("", cell.source)
    shown = "\n".join(cell.words().values())
    if not {"hide-output", "hide-cell"} & set(cell.tags):
        shown += "\n" + "\n".join(o.text for o in cell.results if not o.is_figure)
    return shown


def _before(page: Page, place: int) -> str:
    """The visible text of a cell's section, up to the cell."""
    found: list[str] = []
    for cell in reversed(page.cells[:place]):
        text = _visible(cell)
        *_, start = [0, *(m.start() for m in _HEADING.finditer(text))]
        found.append(text[start:])
        if cell.kind == "markdown" and _HEADING.search(text):
            break
    return "\n".join(found)


def _after(page: Page, place: int) -> str:
    """What is in view with a folded output: the text that follows and the first cell of code.

    It ends before the next heading, or after that heading's text if nothing stands between.
    """
    found = ""
    for cell in page.cells[place + 1 :]:
        text = _visible(cell)
        heading = _HEADING.search(text) if cell.kind == "markdown" else None
        if heading is None:
            found += text + "\n"
            if cell.kind == "code":
                break
            continue
        before = found + text[: heading.start()]
        return before if before.strip() else text
    return found


def _plain(text: str) -> str:
    text = _SUBSCRIPT.sub("", _ROLE.sub(" ", text)).replace("\u2212", "-")
    return text.replace("\\infty", " inf ").replace("{,}", ",").replace("\\,", "")


def _words(text: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(_plain(text))}


def _numbers(text: str) -> list[Decimal]:
    return [Decimal(n.replace(",", "")) for n in _NUMBER.findall(_plain(text))]


def _told(secret: Decimal, said: list[Decimal]) -> bool:
    """Whether a number, or the same number rounded to two digits or more, was said."""
    return any(n == secret or _rounds_to(secret, n) for n in said)


def _rounds_to(secret: Decimal, said: Decimal) -> bool:
    digits = len(said.as_tuple().digits)
    if digits < 2 or not secret or not said:
        return False
    exponent = secret.adjusted() - digits + 1
    return secret.quantize(Decimal(1).scaleb(exponent)) == said


RULES = (answered_in_the_fold, open_predictions)
