"""Bring the figures of ``lsebook.explore`` to life on the site, without a kernel.

myst-nb has no renderer for Vega-Lite and would warn of it. The committed picture stays what the
page shows; beside it this extension puts the specification, and a loader that fetches the site's
own Vega (from vl-convert, never from another host) when the first such figure comes into view.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import vl_convert
from docutils import nodes
from myst_nb.core.render import MimeData, NbElementRenderer, load_mime_renders
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

VEGA_LITE = "application/vnd.vegalite.v5+json"
LOADER = Path(__file__).with_name("explorables.js")


class explorable(nodes.General, nodes.Element):
    """The specification of a figure that can come alive."""


class VegaLiteRenderer:
    """Lets myst-nb hand over Vega-Lite outputs instead of warning of them."""

    mime_priority_overrides = ()

    @staticmethod
    def handle_mime(
        renderer: NbElementRenderer, data: MimeData, inline: bool
    ) -> list[nodes.Element] | None:
        return [explorable(spec=data.content)] if data.mime_type == VEGA_LITE else None


class KeepSpecificationBesidePicture(SphinxPostTransform):
    """Runs before myst-nb chooses one of an output's forms and drops the others."""

    default_priority = 3

    def run(self, **kwargs: Any) -> None:
        for live in list(self.document.findall(explorable)):
            form = live.parent
            for other in form.parent.children:
                if other.get("mime_type") == "image/svg+xml":
                    form.remove(live)
                    picture = next(iter(other.findall(nodes.image)))
                    picture.parent.replace(picture, live)
                    live += picture


def visit_explorable(self: HTML5Translator, node: explorable) -> None:
    sliders = len(node["spec"]["params"])
    self.body.append(f'<div class="explorable" style="--sliders: {sliders}">')


def depart_explorable(self: HTML5Translator, node: explorable) -> None:
    spec = json.dumps(node["spec"], ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    spec = spec.replace("</", "<\\/")
    self.body.append(f'<script type="application/json">{spec}</script></div>\n')


def write_vega(app: Sphinx) -> None:
    if app.builder.name == "html":
        static = Path(app.outdir, "_static")
        static.mkdir(parents=True, exist_ok=True)
        shutil.copy(LOADER, static)
        (static / "vega.js").write_text(
            vl_convert.javascript_bundle(vl_version="6.4"),  # type: ignore[call-arg]
            encoding="utf-8",
        )


def add_loader(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    if doctree is not None and any(doctree.findall(explorable)):
        app.add_js_file(LOADER.name, loading_method="defer")


def setup(app: Sphinx) -> dict[str, Any]:
    app.setup_extension("myst_nb")
    if VegaLiteRenderer not in load_mime_renders():
        load_mime_renders().append(VegaLiteRenderer)
    app.add_node(explorable, html=(visit_explorable, depart_explorable))
    app.add_post_transform(KeepSpecificationBesidePicture)
    app.connect("builder-inited", write_vega)
    app.connect("html-page-context", add_loader)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
