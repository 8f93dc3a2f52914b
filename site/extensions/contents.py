"""List an edition's chapters beside each of its pages, the search page included.

The theme's list is cut out of one tree of the whole site, so that it names both editions, and
nothing for a page that stands in no table of contents. An edition's list is what its first page
says: parts with their chapters.
"""

from functools import cache
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from extensions.editions import edition

Part = tuple[str, list[tuple[str, str]]]


def titled(env: BuildEnvironment, docname: str) -> tuple[str, str]:
    """A page and its title, with the number of a chapter."""
    title = env.titles[docname]
    number = ".".join(map(str, title.get("secnumber", ())))
    return docname, f"{number}. {title.astext()}" if number else title.astext()


@cache
def parts(env: BuildEnvironment, index: str) -> list[Part]:
    trees = env.get_doctree(index).findall(addnodes.toctree)
    return [
        (tree["caption"] or "", [titled(env, docname) for _, docname in tree["entries"]])
        for tree in trees
    ]


def add_contents(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    if here := edition(pagename):
        context["parts"] = parts(app.env, f"chapters/{here}/index")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", add_contents)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
