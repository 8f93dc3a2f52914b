"""Give each prediction a line for the reader's guess.

A cell whose output is folded asks the reader to predict it, and a guess that was written down is
one that counts. site.js keeps it in the browser and shows it beside the answer.
"""

from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from extensions import korean
from extensions.editions import edition

LINE = (
    '<p class="guess pst-js-only"><label>{} <input type="text" autocomplete="off" '
    'autocapitalize="off" spellcheck="false"></label></p>'
)


class AskForGuess(SphinxPostTransform):
    """Runs before myst-nb puts the output into its fold, at 199."""

    default_priority = 190
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        if self.app.builder.name != "html":
            return
        words = korean.OWN if edition(self.env.docname) == "ko" else {}
        text = words.get("Your guess:", "Your guess:")
        for cell in list(self.document.findall(nodes.container)):
            if cell.get("hide_mode") == "output" and len(cell.children) > 1:
                cell.insert(1, nodes.raw("", LINE.format(escape(text)), format="html"))


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_post_transform(AskForGuess)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
