"""Serve one small style sheet and only the scripts that a page uses.

The theme and a dozen extensions add their files to every page: 0.6 MB of Font Awesome, 0.5 MB of
style sheets, Bootstrap, scripts for things this book does not have. Neither Sphinx nor the theme
has a setting for it. Here each page loads what it uses, and the style sheets become one, without
the rules for classes that occur on no page, and without the variables that nothing reads.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tinycss2
from sphinx.application import Sphinx

SHEETS = (
    "basic.css",
    "styles/pydata-sphinx-theme.css",
    "styles/sphinx-book-theme.css",
    "pygments.css",
    "mystnb*.css",
    "sphinx-design.min.css",
    "exercise.css",
    "proof.css",
)
SCRIPTS = {
    "scripts/sphinx-book-theme.js", "site.js", "explorables.js", "live.js", "hover.js",
    "search.js", "search-ko.js", "search-en.js",
}  # fmt: skip
UNUSED = (
    "vendor/**/*", "styles/*", "scripts/fontawesome*", "scripts/bootstrap*", "scripts/*.map",
    "scripts/*.txt", "*.map",
    "doctools.js", "documentation_options.js", "sphinx_highlight.js", "searchtools.js",
    "language_data.js", "design-tabs.js", "togglebutton.*", "sphinx-thebe.*", "thebe*", "copy*.svg",
    "check-solid.svg", "clipboard.min.js", "copybutton*", "images/*", "locales/**/*", "minus.png",
    "plus.png", "file.png", "sbt-webpack-macros.html", "webpack-macros.html", "*.css_t", "site.css",
    *SHEETS,
)  # fmt: skip
# Scripts that name no class of the pages, or that no page loads; the theme's name all it ever had.
NO_NAMES = {
    "vega.js", "fontawesome.js", "bootstrap.js", "search-ko.js", "search-en.js",
    "pydata-sphinx-theme.js", "sphinx-book-theme.js",
}  # fmt: skip
#: What the theme's scripts make of elements that are there.
STATES = {"active", "hide", "pst-sidebar-hidden", "scrolled"}
ATTRIBUTE = re.compile(r'\b(?:class|id)="([^"]*)"')
NAME = re.compile(r"-?[_a-zA-Z][\w-]*")
VARIABLE = re.compile(r"--[\w-]+")
READ = re.compile(r"var\(\s*(--[\w-]+)")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def keep_used_files(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    own = [sheet for sheet in context["css_files"] if "katex" in str(sheet.filename)]
    context["css_files"] = own
    kept = [
        s for s in context["script_files"] if str(s.filename).removeprefix("_static/") in SCRIPTS
    ]
    for script in kept:
        script.attributes["defer"] = "defer"
    context["script_files"] = kept


def names_in(folder: Path) -> set[str]:
    """The classes and ids of the site's pages, and what scripts make of them."""
    names = set(STATES)
    for page in folder.rglob("*.html"):
        for value in ATTRIBUTE.findall(page.read_text(encoding="utf-8")):
            names.update(value.split())
    for script in folder.glob("_static/**/*.js"):
        if script.name not in NO_NAMES:
            names.update(NAME.findall(script.read_text(encoding="utf-8")))
    return names


def wanted(selector: str, names: set[str]) -> bool:
    """Whether all classes and ids that a selector asks for occur, negations aside."""
    asked = re.findall(r"[.#](-?[_a-zA-Z][\w-]*)", re.sub(r":(?:not|has)\([^)]*\)", "", selector))
    return all(name in names for name in asked)


def split(tokens: list[Any], mark: str) -> Iterator[str]:
    """What stands between the marks: selectors between commas, declarations between semicolons."""
    part: list[Any] = []
    for token in [*tokens, None]:
        if token is None or (token.type == "literal" and token.value == mark):
            yield tinycss2.serialize(part).strip()
            part = []
        else:
            part.append(token)


def declarations(content: list[Any], read: set[str]) -> str:
    """The declarations of a rule, without the variables that nothing reads."""
    kept = []
    for declaration in filter(None, split(content, ";")):
        variable = VARIABLE.match(declaration)
        if variable is None or variable[0] in read:
            kept.append(declaration)
    return ";".join(kept)


def purge(rules: list[Any], names: set[str], read: set[str]) -> str:
    """The rules of a style sheet that can apply to a page with these names and variables."""
    out = []
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = [s for s in split(rule.prelude, ",") if wanted(s, names)]
            content = declarations(rule.content, read)
            if selectors and content:
                out.append(f"{','.join(selectors)}{{{content}}}")
        elif rule.type == "at-rule" and rule.at_keyword in ("media", "supports"):
            inner = tinycss2.parse_rule_list(rule.content, True, True)
            if kept := purge(inner, names, read):
                out.append(
                    f"@{rule.at_keyword} {tinycss2.serialize(rule.prelude).strip()}{{{kept}}}"
                )
        elif rule.type == "at-rule" and rule.at_keyword not in ("font-face", "import", "charset"):
            out.append(rule.serialize())
    return "\n".join(out)


def variables_in(folder: Path) -> set[str]:
    """The variables that pages and scripts name."""
    files = [*folder.rglob("*.html"), *folder.glob("_static/**/*.js")]
    return {name for file in files for name in VARIABLE.findall(file.read_text(encoding="utf-8"))}


def needed(text: str, own: str, names: set[str], read: set[str]) -> str:
    """What pages need of the theme's style sheets; a variable may be read for another alone."""
    while True:
        rules = tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
        kept = purge(rules, names, read.union(READ.findall(text + own)))
        if kept == text:
            return kept
        text = kept


def write_style_sheet(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    names = names_in(Path(app.outdir))
    sheets = [path for pattern in SHEETS for path in sorted(static.glob(pattern))]
    if (static / "styles").is_dir():
        text = "\n".join(path.read_text(encoding="utf-8") for path in sheets)
        own = COMMENT.sub("", (static / "site.css").read_text(encoding="utf-8"))
        book = needed(text, own, names, variables_in(Path(app.outdir)))
        (static / "book.css").write_text(f"{book}\n{own}", encoding="utf-8")
    for path in [path for pattern in UNUSED for path in static.glob(pattern)]:
        if path.is_file():
            path.unlink()


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", keep_used_files, priority=900)
    app.connect("build-finished", write_style_sheet, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
