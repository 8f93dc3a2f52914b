"""Docstrings that appear once in each edition.

numpydoc writes the headings of its sections (Parameters, Returns, …) in English, and has no
setting for another language: on Korean pages this extension replaces them. It also names a
docstring's references by the function alone, so that the second edition would repeat the labels
of the first: here they end in the edition. The docstrings themselves stay as the code has them.
"""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

KOREAN = {
    "Attributes": "속성",
    "Examples": "예",
    "Methods": "메서드",
    "Notes": "설명",
    "Parameters": "매개변수",
    "Raises": "예외",
    "References": "참고 문헌",
    "Returns": "반환값",
    "See Also": "함께 보기",
}


# numpydoc checks the length of its labels, so the edition takes the place of two digits.
_LABEL = re.compile(r"\bR([0-9a-f]{10})[0-9a-f]{2}-(?=\w)")
_SHOWN = re.compile(r"\[R[0-9a-f]{10}(?:ko|en)-(\w+)\]")


def label_by_edition(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    """Make the labels of a docstring's references different in each edition."""
    edition = app.env.docname.split("/")[1]
    lines[:] = [_LABEL.sub(rf"R\g<1>{edition}-", line) for line in lines]


def shorten_labels(app: Sphinx, doctree: nodes.document) -> None:
    """Show ``[1]`` where a docstring cites; numpydoc does not find citations that MyST holds."""
    for text in list(doctree.findall(nodes.Text)):
        short = _SHOWN.sub(r"[\g<1>]", text.astext())
        if short != text.astext():
            text.parent.replace(text, nodes.Text(short))


def translate_headings(app: Sphinx, doctree: nodes.document) -> None:
    """Replace the headings that numpydoc wrote on a Korean page."""
    if not app.env.docname.startswith("chapters/ko/"):
        return
    for heading in doctree.findall(lambda n: isinstance(n, nodes.rubric | nodes.field_name)):
        korean = KOREAN.get(heading.astext())
        if korean is not None:
            heading[:] = [nodes.Text(korean)]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    # After numpydoc, which connects with the default priority.
    app.connect("autodoc-process-docstring", label_by_edition, priority=600)
    app.connect("doctree-read", shorten_labels)
    app.connect("doctree-read", translate_headings)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
