"""Whether the Korean and the English edition are one book.

They share files, cells, code, outputs and the skeleton of every text. Labels are the only
names that differ: a label of the Korean edition begins with ``ko-``, its twin with ``en-``.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markdown_it.token import Token

from authoring.myst import Directive, role_target, walk
from authoring.pages import EDITIONS, WORDS, Cell, Page, page_names, read_page
from authoring.references import TAG, works

# Directives whose argument is a title, written in the page's language.
TITLED = {"admonition", "card", "dropdown", "exercise", "exercise-start", "grid-item-card"}
TITLED |= {"tab-item", "table", "list-table", "csv-table", "margin", "sidebar"}
# Directives whose argument is the label of something else.
POINTING = {"solution", "solution-start"}
LABEL_OPTIONS = {"keyprefix", "label", "name"}
WORD_OPTIONS = {"alt", "caption", "description", "header", "title"}
LABEL_ROLES = {"eq", "numref", "prf:ref", "ref"}
WORD_ROLES = {"abbr", "kbd", "sub", "sup", "term"}

_TEXT_IN_FORMULA = re.compile(r"\\text(?:bf|it|rm|sf|tt)?\{[^{}]*\}")
_LABEL_IN_FORMULA = re.compile(r"\\label\{([^{}]*)\}")
_ANCHOR = re.compile(r'<a id="([\w-]+)">')
_BARE_LABEL = re.compile(r"[\w-]+")
_EDITION_FOLDER = re.compile(r"(?<![^/])(ko|en)(?=/)")
_MARKS = re.compile(r"[^✍⌨]")

Outline = dict[str, list[Any]]


def disagreements(chapters: Path) -> list[str]:
    """Say where the editions under a folder differ; nothing is said of what agrees."""
    names = {edition: set(_files(chapters / edition)) for edition in EDITIONS}
    problems = [
        f"{edition}/{name} has no twin in the other edition; write it"
        for edition, other in (EDITIONS, EDITIONS[::-1])
        for name in sorted(names[edition] - names[other])
    ]
    for name in page_names(chapters, "ko"):
        if name in names["en"]:
            ko, en = (read_page(chapters / edition / name, edition) for edition in EDITIONS)
            problems += compare(ko, en)
    return problems


def _files(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            yield name.as_posix()


def compare(ko: Page, en: Page) -> list[str]:
    """Say where two pages differ that should be twins."""
    ids = [[cell.id for cell in page.cells] for page in (ko, en)]
    if ids[0] != ids[1]:
        return [f"{ko.name}: the cells' ids differ: {_first_difference(*ids)}"]
    problems = []
    for cell, twin in zip(ko.cells, en.cells, strict=True):
        problems += [f"{ko.name}, cell `{cell.id}`: {text}" for text in _compare_cells(cell, twin)]
    return problems


def _compare_cells(ko: Cell, en: Cell) -> Iterator[str]:
    if ko.kind != en.kind:
        yield f"ko is a {ko.kind} cell, en a {en.kind} cell"
        return
    if ko.tags != en.tags:
        yield f"the tags differ: ko {ko.tags}, en {en.tags}"
    if ko.kind == "code":
        if ko.source != en.source:
            lines = _first_difference(ko.source.splitlines(), en.source.splitlines())
            yield f"the code differs: {lines}"
        if ko.outputs != en.outputs:
            yield "the outputs differ; run: make outputs"
    yield from _compare_metadata(ko, en)
    yield from _compare_outlines(outline(ko, "ko"), outline(en, "en"))


def _compare_metadata(ko: Cell, en: Cell) -> Iterator[str]:
    plain = [json.dumps(_without_words(cell), sort_keys=True) for cell in (ko, en)]
    if plain[0] != plain[1]:
        yield f"the metadata differ: ko {plain[0]}, en {plain[1]}"


def _without_words(cell: Cell) -> dict[str, Any]:
    metadata: dict[str, Any] = json.loads(json.dumps(cell.metadata))
    metadata.pop("tags", None)
    shown = metadata.get("mystnb", {})
    for part, key in WORDS:
        if shown.get(part, {}).get(key):
            shown[part][key] = "…"
    shown.get("figure", {}).pop("name", None)
    return metadata


def _compare_outlines(ko: Outline, en: Outline) -> Iterator[str]:
    yield from ko.pop("mistakes", [])
    yield from en.pop("mistakes", [])
    for aspect in sorted(ko.keys() | en.keys()):
        pair = ko.get(aspect, []), en.get(aspect, [])
        if pair[0] != pair[1]:
            yield f"the {aspect} differ: {_first_difference(*pair)}"


def _first_difference(ko: list[Any], en: list[Any]) -> str:
    for number, (left, right) in enumerate(zip(ko, en, strict=False), 1):
        if left != right:
            return f"number {number} is {left!r} in ko, {right!r} in en"
    longer, edition = (ko, "ko") if len(ko) > len(en) else (en, "en")
    return f"ko has {len(ko)}, en {len(en)}; {edition} alone has {longer[min(len(ko), len(en))]!r}"


def outline(cell: Cell, edition: str) -> Outline:
    """The skeleton of a cell's text, aspect by aspect, without its words.

    What stands in the flow of a sentence is sorted, since languages order it differently;
    ``mistakes`` holds labels that lack their edition's prefix.
    """
    reader = _Reader(edition)
    if cell.kind == "code":
        name = cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
        if name:
            reader.define(name)
    else:
        for item in walk(cell.source):
            if isinstance(item, Directive):
                reader.directive(item)
            else:
                reader.token(item)
    for aspect in ("citations", "references"):
        reader.found[aspect].sort()
    return {aspect: items for aspect, items in reader.found.items() if items}


class _Reader:
    """Collects the outline of one text."""

    def __init__(self, edition: str) -> None:
        self.edition = edition
        self.found: defaultdict[str, list[Any]] = defaultdict(list)

    def label(self, name: str) -> str:
        """A label without its edition's prefix."""
        prefix = f"{self.edition}-"
        if not name.startswith(prefix):
            self.found["mistakes"].append(
                f"the label `{name}` of the {self.edition} edition must begin with `{prefix}`"
            )
        return name.removeprefix(prefix)

    def define(self, name: str) -> None:
        self.found["labels"].append(self.label(name))

    def directive(self, item: Directive) -> None:
        if item.name == "math":
            self.equation(item.body)
        if item.name in ("figure", "image"):
            self.found["images"].append(item.argument)
        body = [item.body] if item.name in ("code", "code-block", "code-cell") else []
        self.found["directives"].append([item.name, self.argument(item), self.options(item), *body])
        for key in LABEL_OPTIONS & item.options.keys():
            self.define(item.options[key])

    def argument(self, item: Directive) -> str:
        if item.name in POINTING:
            return self.label(item.argument)
        if item.name in TITLED or item.name.startswith("prf:"):
            return _MARKS.sub("", item.argument)
        return item.argument

    def options(self, item: Directive) -> dict[str, str]:
        hidden = WORD_OPTIONS | LABEL_OPTIONS
        return {key: "…" if key in hidden else item.options[key] for key in sorted(item.options)}

    def token(self, token: Token) -> None:
        if token.type == "heading_open":
            self.found["headings"].append(token.tag)
        elif token.type == "myst_target":
            self.define(token.content)
        elif token.type in ("math_block", "math_block_label", "amsmath"):
            self.equation(token.content)
            if token.type == "math_block_label":
                self.define(token.info)
        elif token.type in ("fence", "code_block"):
            self.found["code blocks"].append([token.info, token.content])
        for child in token.children or ():
            self.inline(child)

    def equation(self, formula: str) -> None:
        for name in _LABEL_IN_FORMULA.findall(formula):
            self.define(name)
        formula = TAG.sub("", _LABEL_IN_FORMULA.sub("", formula))
        formula = _TEXT_IN_FORMULA.sub(r"\\text{}", formula)
        # Where the sentence ends is the language's affair.
        self.found["equations"].append("".join(formula.split()).rstrip(".,"))

    def inline(self, token: Token) -> None:
        if token.type == "image":
            self.found["images"].append(str(token.attrs["src"]))
        elif token.type == "html_inline" and (anchor := _ANCHOR.fullmatch(token.content)):
            self.define(anchor[1])
        elif token.type == "link_open":
            self.link(str(token.attrs["href"]))
        elif token.type == "myst_role":
            self.role(str(token.meta["name"]), token.content)

    def link(self, address: str) -> None:
        # Pages elsewhere may be chosen for their language.
        if "://" in address or address.startswith("mailto:"):
            return
        path, _, label = address.partition("#")
        if not path and label in works():
            self.found["citations"].append(label)
            return
        if _BARE_LABEL.fullmatch(path):
            path, label = "", path
        anchor = f"#{self.label(label)}" if label else ""
        self.found["references"].append(self.place(path) + anchor)

    def place(self, path: str) -> str:
        """A path as both editions can name it: this edition or the other one."""
        return _EDITION_FOLDER.sub(
            lambda match: "this" if match[0] == self.edition else "other", path
        )

    def role(self, name: str, content: str) -> None:
        if name.startswith("cite"):
            keys = sorted(key.strip() for key in content.split(","))
            self.found["citations"].append(f"{name} {','.join(keys)}")
        elif name in LABEL_ROLES:
            self.found["references"].append(f"{name} {self.label(role_target(content))}")
        elif name in WORD_ROLES:
            self.found["references"].append(name)
        else:
            self.found["references"].append(f"{name} {self.place(role_target(content))}")
