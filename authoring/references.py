"""Write references and citations as links whose words read well wherever a notebook is opened.

An author writes ``[](#en-eq-lse)`` or ``[](#blanchard2021)``, and names a formula by an HTML
anchor in a paragraph of its own before it. Here the texts are filled in: ``[(4.2)](#en-eq-lse)``,
``[Blanchard et al. (2021)](#blanchard2021)``, and ``\\tag{4.2}`` in the formula. MyST's roles and
labels, which other programs show raw, are turned into these first. What is right stays as it is.
"""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pybtex.database import Entry, parse_file
from pybtex.richtext import Text

from authoring.myst import Directive, walk
from authoring.normalform import normalise
from authoring.pages import CHAPTERS, EDITIONS, pages, replace_text

WORKS = CHAPTERS / "references.bib"
# What sphinx-proof numbers, in the words of each edition.
PROOFS = {
    "ko": {"theorem": "정리", "lemma": "보조정리", "corollary": "따름정리", "proposition": "명제"},
    "en": {
        "theorem": "Theorem",
        "lemma": "Lemma",
        "corollary": "Corollary",
        "proposition": "Proposition",
    },
}

_FORMULA = re.compile(
    r'(?:^(?P<margin>[ \t]*)<a id="(?P<id>[\w-]+)"></a>\n(?:[ \t]*\n)*)?'
    r"^(?P<indent>[ \t]*)\$\$(?P<tex>[^$]+)\$\$(?: *\((?P<label>[\w-]+)\))?[ \t]*$",
    re.MULTILINE,
)
TAG = re.compile(r"\s*\\tag\{[\d.]+\}")
_ROLE = re.compile(r"\{(eq|prf:ref|cite(?::\w+)?)\}`([^`<>]+)`")
_LINK = re.compile(r"\[(?P<text>[^\[\]]*)\]\((?P<path>[\w.-]*)#(?P<label>[\w-]+)\)")
_CITED_BEFORE = re.compile(r"\]\(#[\w-]+\); $")
_NUMBER_IN_LINK = re.compile(r"\[[^\[\]]*?[\d.]+\)?\](?=\([\w.-]*#)")


@dataclass(frozen=True)
class Target:
    """Something numbered: the page that has it, and what a reference to it says."""

    page: str
    text: str


@cache
def works(path: Path = WORKS) -> dict[str, Entry]:
    """The works that can be cited, by key."""
    return dict(parse_file(path).entries)


@cache
def plain(name: str) -> str:
    """A name without LaTeX; for each, pybtex reads the entry points of all that is installed."""
    return str(Text.from_latex(name).render_as("text"))


def author_of(entry: Entry) -> str:
    """The authors as a sentence names them."""
    names = [
        plain(" ".join([*person.prelast_names, *person.last_names]))
        for person in entry.persons["author"]
    ]
    return f"{names[0]} et al." if len(names) > 2 else " & ".join(names)


def cited(key: str, *, in_parentheses: bool) -> str:
    """What a citation says: ``Goldberg (1991)``, or ``Goldberg, 1991`` in parentheses."""
    entry = works()[key]
    year = entry.fields.get("year")
    if year is None:
        return author_of(entry)
    return f"{author_of(entry)}, {year}" if in_parentheses else f"{author_of(entry)} ({year})"


def targets(chapters: Path, edition: str) -> dict[str, Target]:
    """Everything numbered in an edition, by label."""
    found = {}
    for page in pages(chapters):
        if page.edition == edition and page.is_chapter:
            source = "\n\n".join(cell.source for cell in page.text_cells())
            for label, text in _numbered(source, edition, int(page.name[:2])):
                found[label] = Target(page.name, text)
    return found


def _numbered(source: str, edition: str, chapter: int) -> Iterator[tuple[str, str]]:
    labels = [match["id"] or match["label"] for match in _FORMULA.finditer(source)]
    for number, label in enumerate(filter(None, labels), 1):
        yield label, f"({chapter}.{number})"
    counts: Counter[str] = Counter()
    for item in walk(source):
        if isinstance(item, Directive) and item.name.startswith("prf:") and "label" in item.options:
            name = item.name.removeprefix("prf:")
            counts[name] += 1
            word = PROOFS[edition].get(name, name.title())
            yield item.options["label"], f"{word} {chapter}.{counts[name]}"


def written(source: str, page: str, known: dict[str, Target]) -> str:
    """A text with its roles turned into links, and all that is numbered or cited named."""
    return filled(_as_links(source), page, known)


def _as_links(source: str) -> str:
    def link(match: re.Match[str]) -> str:
        role, keys = match[1], [key.strip() for key in match[2].split(",")]
        if role != "cite":
            return ", ".join(f"[](#{key})" for key in keys)
        links = "; ".join(f"[](#{key})" for key in keys)
        text = match.string
        inside = text[: match.start()].endswith("(") and text[match.end() :].startswith(")")
        return links if inside else f"({links})"

    def anchored(match: re.Match[str]) -> str:
        if match["label"] is None:
            return match[0]
        before = source[: match.start()]
        alone = not before or before.endswith("\n\n")
        anchor = f'{match["indent"]}<a id="{match["label"]}"></a>'
        return f"{'' if alone else chr(10)}{anchor}\n\n{match['indent']}$${match['tex']}$$"

    return _ROLE.sub(link, _FORMULA.sub(anchored, source))


def filled(source: str, page: str, known: dict[str, Target]) -> str:
    """A text whose links and formulas say what they refer to and how they are numbered."""

    def tagged(match: re.Match[str]) -> str:
        if match["id"] is None or match["id"] not in known:
            return match[0]
        tex = TAG.sub("", match["tex"])
        body = tex.rstrip()
        number = known[match["id"]].text.strip("()")
        start, end = (match.span("tex")[i] - match.start() for i in (0, 1))
        return rf"{match[0][:start]}{body} \tag{{{number}}}{tex[len(body) :]}{match[0][end:]}"

    def named(match: re.Match[str]) -> str:
        label, before = match["label"], match.string[: match.start()]
        if target := known.get(label):
            path = "" if target.page == page else target.page
            return f"[{target.text}]({path}#{label})"
        if label in works() and not match["path"]:
            apart = before.endswith("(") or _CITED_BEFORE.search(before) is not None
            return f"[{cited(label, in_parentheses=apart)}](#{label})"
        return match[0]

    return _LINK.sub(named, _FORMULA.sub(tagged, source))


def unnumbered(source: str) -> str:
    """A text without the numbers that are filled in, to tell whether its author changed it."""
    return _NUMBER_IN_LINK.sub("[]", TAG.sub("", source))


def update(path: Path, text: str, known: dict[str, Target]) -> str:
    """The text of a page's file with its references written."""
    if path.suffix == ".md":
        return written(text, path.name, known)
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = written("".join(cell["source"]), path.name, known)
    return normalise(json.dumps(notebook))


def main(arguments: list[str] | None = None) -> int:
    """Write the references of all pages; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m authoring.references", description=__doc__)
    parser.add_argument("chapters", nargs="?", type=Path, default=CHAPTERS)
    chapters = parser.parse_args(arguments).chapters
    for edition in EDITIONS:
        known = targets(chapters, edition)
        for path in sorted((chapters / edition).glob("*.*")):
            if path.suffix in (".ipynb", ".md"):
                old = path.read_text(encoding="utf-8")
                if (new := update(path, old, known)) != old:
                    replace_text(path, new)
                    print(f"{path.parent.name}/{path.name}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
