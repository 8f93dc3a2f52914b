"""Make each page speak the language of its edition.

One Sphinx build has one ``language``; this book has two editions in one build,
``chapters/ko`` and ``chapters/en``. The extension swaps the message catalogues
page by page (reading, resolving references, writing the page), sets what a template
needs to know of the edition, keeps previous/next inside the edition and names the
same page of the other edition for the language switch.
"""

from gettext import NullTranslations
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import locale
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform

from extensions import korean

EDITIONS = ("ko", "en")
TITLES = {
    "ko": "LogSumExp: 넘치지 않고 exp를 더하는 법",
    "en": "LogSumExp: adding exponentials without overflow",
}
NAMES = {"ko": "한국어", "en": "English"}
CATALOGUES = {
    "sphinx": ("sphinx/locale", "pydata_sphinx_theme/locale"),
    "booktheme": ("sphinx_book_theme/theme/sphinx_book_theme/static/locales",),
    "exercise": ("sphinx_exercise/translations/locales",),
    "proof": ("sphinx_proof/translations/locales",),
}
NUMBERED = {
    "ko": {"figure": "그림 %s", "table": "표 %s", "code-block": "코드 %s", "section": "%s장"},
    "en": {
        "figure": "Figure %s",
        "table": "Table %s",
        "code-block": "Code %s",
        "section": "Ch. %s",
    },
}


class Catalogue(NullTranslations):
    """Our own strings first, then what the packages bring."""

    def __init__(self, own: dict[str, str], shipped: NullTranslations) -> None:
        super().__init__()
        self.own = own
        self.add_fallback(shipped)

    def gettext(self, message: str) -> str:
        return self.own.get(message) or super().gettext(message)


def edition(docname: str) -> str | None:
    """The edition a page belongs to, or None for the pages that both share."""
    folder, _, rest = docname.partition("/")
    name = rest.partition("/")[0]
    return name if folder == "chapters" and name in EDITIONS else None


def counterpart(docname: str, env: BuildEnvironment) -> str:
    """The same page in the other edition, or that edition's first page."""
    here = edition(docname)
    there = EDITIONS[1 - EDITIONS.index(here or "en")]
    other = docname.replace(f"chapters/{here}/", f"chapters/{there}/", 1)
    generated = other.endswith("/search")
    return other if generated or other in env.found_docs else f"chapters/{there}/index"


def load_catalogues() -> dict[str, dict[str, NullTranslations]]:
    site = {}
    for name in {folder.partition("/")[0] for folders in CATALOGUES.values() for folder in folders}:
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        site[name] = Path(spec.origin).parent.parent
    loaded: dict[str, dict[str, NullTranslations]] = {"ko": {}, "en": {}}
    for name, folders in CATALOGUES.items():
        folders_here = [str(site[folder.partition("/")[0]] / folder) for folder in folders]
        locale.translators.pop(("editions", name), None)
        shipped, _ = locale.init(folders_here, "ko", name, "editions")
        loaded["ko"][name] = Catalogue(korean.STRINGS.get(name, {}), shipped)
        loaded["en"][name] = NullTranslations()
    return loaded


def speak(app: Sphinx, language: str) -> None:
    """Let every string from here on come out in this language."""
    if not hasattr(app, "edition_catalogues"):
        app.edition_catalogues = load_catalogues()  # type: ignore[attr-defined]
        app.plain_numfig_format = dict(app.config.numfig_format)  # type: ignore[attr-defined]
    for name, catalogue in app.edition_catalogues[language].items():  # type: ignore[attr-defined]
        locale.translators["general", name] = catalogue
    exercise = locale.get_translation("exercise")("Exercise")
    app.config.numfig_format = {
        **app.plain_numfig_format,  # type: ignore[attr-defined]
        **NUMBERED[language],
        "exercise": f"{exercise} %s",
    }


def begin_reading(app: Sphinx, docname: str, source: list[str]) -> None:
    speak(app, edition(docname) or "en")


class SpeakWhileResolving(SphinxPostTransform):
    """References and titles are made while a page is resolved, just before it is written."""

    default_priority = 1

    def run(self, **kwargs: Any) -> None:
        speak(self.app, edition(self.env.docname) or "en")


def section_ids(env: BuildEnvironment, docname: str) -> str:
    """The anchors of a page's sections in order, for the switch to find the same one."""
    links = env.tocs[docname].findall(nodes.reference) if docname in env.tocs else []
    own = (link["anchorname"] for link in links if link["refuri"] == docname)
    return " ".join(anchor.lstrip("#") or "top" for anchor in own)


def begin_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    here = edition(pagename)
    language = here or "en"
    speak(app, language)
    environment = app.builder.templates.environment
    environment.install_gettext_translations(locale.translators["general", "sphinx"])
    context.update(edition=here, language=language, docstitle=TITLES[language])
    context["theme_search_bar_text"] = locale.get_translation("booktheme")("Search")
    context["strings"] = korean.OWN if language == "ko" else {key: key for key in korean.OWN}
    if here is None:
        context.update(prev=None, next=None)
        return
    other = counterpart(pagename, app.env)
    context["home"] = f"chapters/{here}/index"
    context["switch"] = {
        "page": other,
        "language": edition(other),
        "name": NAMES[edition(other) or "en"],
        "here": section_ids(app.env, pagename),
        "there": section_ids(app.env, other),
        "same": other.rpartition("/")[2] == pagename.rpartition("/")[2],
    }
    _parent, previous, following = app.env.collect_relations().get(pagename, (None, None, None))
    for direction, docname in (("prev", previous), ("next", following)):
        if docname is None or edition(docname) != here:
            context[direction] = None


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", begin_reading, priority=1)
    app.add_post_transform(SpeakWhileResolving)
    app.connect("html-page-context", begin_page, priority=400)
    return {"parallel_read_safe": False, "parallel_write_safe": False}
