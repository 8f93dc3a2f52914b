"""Mark the terms of the glossary in the text, so that a reader can ask what a word means.

Sphinx marks what an author marks by a role; the notebooks are plain Markdown. Here the terms are
found while a page is written, in each edition's own words with their endings: the first use in a
section becomes a link to the term's row. A word that is everyday language too is marked only in
the chapter that explains it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode
from sphinx_design.dropdown import dropdown_title

from extensions.editions import EDITIONS, edition
from extensions.search import is_titled

EVERYDAY = {
    "en": {
        "block", "kernel", "key", "merge", "pair", "peak", "query", "rest", "state", "trick",
        "value", "weight",
    },
    "ko": {"값", "병합", "블록", "상태", "쌍", "최댓값", "쿼리", "키", "커널", "트릭"},
}  # fmt: skip
#: What may follow a Korean noun: particles, the copula, and verbs made of nouns.
ENDINGS = (
    "은|는|이|가|을|를|의|에|에서|에게|에는|에도|으로|로|으로는|로는|와|과|도|만|까지|부터|보다|처럼|마다|"
    "이나|나|이란|란|이라|라|이고|고|이며|며|이다|다|입니다|이므로|인|일|들|하|해|한|할|합|되|돼|된|될|됩|조차|뿐"
)
ENGLISH = {"ko": 1, "en": 0}
NOT_IN = (
    nodes.reference, nodes.title, nodes.literal, nodes.literal_block, nodes.math, nodes.strong,
    nodes.caption, nodes.rubric, nodes.raw, nodes.table, pending_xref, dropdown_title,
)  # fmt: skip


@dataclass(frozen=True)
class Term:
    """A term, the name of its row, and the page that explains it."""

    words: tuple[str, ...]
    anchor: str
    explained: str


def rows_of(doctree: nodes.document) -> Iterator[nodes.row]:
    for body in doctree.findall(nodes.tbody):
        yield from body.findall(nodes.row)


def name_rows(app: Sphinx, doctree: nodes.document) -> None:
    """Name the rows of a glossary by their English terms, alike in both editions."""
    if (here := edition(app.env.docname)) and app.env.docname.endswith("/glossary"):
        for row in rows_of(doctree):
            english = row.children[ENGLISH[here]].astext()
            row["ids"].append(f"term-{nodes.make_id(english)}")


@cache
def terms(env: BuildEnvironment, here: str) -> list[Term]:
    """The terms of an edition, as its glossary has them."""
    docname = f"chapters/{here}/glossary"
    if docname not in env.found_docs:
        return []
    found = []
    for row in rows_of(env.get_doctree(docname)):
        link = next(iter(row.children[3].findall(pending_xref)), None)
        page = link["reftarget"].rpartition("/")[2].removesuffix(".ipynb") if link else ""
        words = tuple(row.children[0].astext().split(", "))
        found.append(Term(words, row["ids"][0], page))
    return found


def pattern(here: str, word: str) -> str:
    """A regular expression for a word of an edition, whatever stands around or behind it."""
    written = r"[\s-]".join(re.escape(part) for part in re.split(r"[\s-]", word))
    if here == "ko":
        return rf"(?<![가-힣\w-]){written}(?=(?:{ENDINGS})|[^가-힣\w-]|$)"
    if word.endswith("y"):
        written = rf"{written[:-1]}(?:y|ies)"
    endings = "s|es" if " " in word else "s|es|d|ed|ing"
    return rf"(?<![\w-]){written}(?:{endings})?(?![\w-])"


@cache
def finder(env: BuildEnvironment, here: str, page: str) -> tuple[re.Pattern[str], list[Term]]:
    """What finds a page's terms, the longest first, and the term of each of its groups."""
    words = [
        (word, term)
        for term in terms(env, here)
        for word in term.words
        if word not in EVERYDAY[here] or term.explained == page
    ]
    words.sort(key=lambda pair: -len(pair[0]))
    joined = "|".join(f"({pattern(here, word)})" for word, _ in words)
    return re.compile(joined or r"(?!)", re.IGNORECASE), [term for _, term in words]


def texts_of(node: nodes.Node) -> Iterator[nodes.Text]:
    """The running text of a section, its subsections left out."""
    for child in node.children:
        if isinstance(child, nodes.Text):
            yield child
        elif not isinstance(child, NOT_IN) and not is_titled(child):
            yield from texts_of(child)


class MarkTerms(SphinxPostTransform):
    """Runs after references are resolved, so that no link is put inside another."""

    default_priority = 300
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        here, page = edition(self.env.docname), self.env.docname.rpartition("/")[2]
        if here in EDITIONS and self.env.titles[self.env.docname].get("secnumber"):
            find, owners = finder(self.env, here, page)
            for section in list(self.document.findall(nodes.section)):
                if is_titled(section):
                    self.mark(section, find, owners, f"chapters/{here}/glossary")

    def mark(
        self, section: nodes.section, find: re.Pattern[str], owners: list[Term], glossary: str
    ) -> None:
        seen: set[str] = set()
        for text in list(texts_of(section)):
            parts: list[nodes.Node] = []
            at = 0
            for match in find.finditer(text.astext()):
                anchor = owners[(match.lastindex or 0) - 1].anchor
                if anchor in seen:
                    continue
                seen.add(anchor)
                word = nodes.inline("", match[0])
                link = make_refnode(
                    self.app.builder, self.env.docname, glossary, anchor, word, None
                )
                link["classes"].append("term")
                parts += [nodes.Text(text.astext()[at : match.start()]), link]
                at = match.end()
            if parts:
                parts.append(nodes.Text(text.astext()[at:]))
                text.parent.replace(text, [part for part in parts if part.astext()])


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-read", name_rows)
    app.add_post_transform(MarkTerms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
