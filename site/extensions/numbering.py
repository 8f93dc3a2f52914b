"""Number chapters, equations, figures and exercises alike in both editions.

Sphinx starts a new count for every table of contents (so part 2 would begin with chapter 1
again), sphinx-multitoc-numbering counts on through the whole site (so the second edition would
begin where the first ends), and figures with equal chapter numbers share one counter across the
editions. After Sphinx has numbered everything, each chapter gets the number that its address
begins with, and everything numbered by chapter counts anew on each page.
"""

from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors.toctree import TocTreeCollector

from extensions.editions import EDITIONS

Number = tuple[int, ...]


def numbered_chapters(env: BuildEnvironment, index: str) -> list[str]:
    """The documents of an edition that bear a chapter number, in reading order."""
    toctrees = env.get_doctree(index).findall(addnodes.toctree)
    return [doc for tree in toctrees if tree.get("numbered") for _, doc in tree["entries"]]


def renumber(first: int, number: Number | list[int] | None) -> Number | None:
    return (first, *number[1:]) if number else None


def number_chapter(env: BuildEnvironment, docname: str, chapter: int) -> None:
    sections = env.toc_secnumbers.get(docname, {})
    env.toc_secnumbers[docname] = {
        anchor: renumber(chapter, number) or () for anchor, number in sections.items()
    }
    places: list[nodes.Element] = [env.titles[docname], *env.tocs[docname].findall(nodes.reference)]
    for node in places:
        if node.get("secnumber"):
            node["secnumber"] = renumber(chapter, node["secnumber"])


def count_anew(numbers: dict[str, Number]) -> dict[str, Number]:
    """Give the numbered things of one page, in their order, the last components 1, 2, 3, …"""
    return {
        anchor: (*number[:-1], count)
        for count, (anchor, number) in enumerate(numbers.items(), start=1)
    }


def number_editions(app: Sphinx, env: BuildEnvironment) -> list[str]:
    for name in EDITIONS:
        index = f"chapters/{name}/index"
        if index in env.found_docs:
            for docname in numbered_chapters(env, index):
                number_chapter(env, docname, int(docname.rpartition("/")[2].partition("-")[0]))
    TocTreeCollector().assign_figure_numbers(env)
    for docname, kinds in env.toc_fignumbers.items():
        env.toc_fignumbers[docname] = {kind: count_anew(kinds[kind]) for kind in kinds}
    return sorted(env.toc_fignumbers)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("env-get-updated", number_editions, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
