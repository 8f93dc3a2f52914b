"""Build an edition's EPUB with Sphinx's own builder and the site's settings."""

import os
import shutil
from pathlib import Path
from typing import Any

import vl_convert
import yaml
from jupyter_book.config import get_final_config
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from extensions.editions import NAMES, TITLES
from extensions.metadata import commit_date, metadata

# What makes a site of the pages, and not a book.
ONLY_SITE = {
    "sphinx_togglebutton", "sphinx_copybutton", "sphinx_thebe", "sphinx_comments",
    "sphinx_book_theme", "sphinx_sitemap", "extensions.contents", "extensions.search",
    "extensions.publishing", "extensions.downloads", "extensions.not_found", "extensions.assets",
    "extensions.colophon",
}  # fmt: skip
# Their settings, which Sphinx does not know without them.
OTHERS = ("comments_", "repository_", "sitemap_", "ogp_", "thebe_")
DESCRIPTIONS = {
    "ko": "np.exp([1000, 1000, 1000])은 왜 [inf inf inf]일까요? "
    "그 이유와 고치는 법, 그리고 그 방법의 쓰임을 수식과 실행되는 코드로 보여 주는 책입니다.",
    "en": "Why np.exp([1000, 1000, 1000]) is [inf inf inf], how to mend it, "
    "and how far the mending reaches, in formulas and in code that runs.",
}
COVER = Path(__file__).with_name("cover.svg")


def table_of_contents(root: Path, edition: str) -> dict[str, Any]:
    """An edition's part of _toc.yml, as the table of a book of its own."""
    whole = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    index = f"chapters/{edition}/index"
    part = next(part for part in whole["chapters"] if part["file"] == index)
    return {
        "format": "jb-book",
        "root": index,
        "parts": [{**tree, "chapters": tree["sections"]} for tree in part["subtrees"]],
    }


def draw_cover(edition: str, target: Path) -> None:
    title, _, subtitle = TITLES[edition].partition(": ")
    drawing = COVER.read_text(encoding="utf-8").format(title=title, subtitle=subtitle)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(vl_convert.svg_to_png(drawing))


def configuration(root: Path, edition: str, folder: Path) -> dict[str, Any]:
    """The site's settings, less what makes a site, and what an EPUB says of itself."""
    toc = folder / f"toc-{edition}.yml"
    toc.write_text(yaml.safe_dump(table_of_contents(root, edition)), encoding="utf-8")
    draw_cover(edition, folder / edition / "static" / "cover.png")
    settings, _ = get_final_config(
        user_yaml=root / "_config.yml",
        cli_config={"latex_individualpages": False, "external_toc_path": str(toc)},
        sourcedir=root,
    )
    about = metadata(root)
    extensions = [name for name in settings["extensions"] if name not in ONLY_SITE]
    kept = {name: value for name, value in settings.items() if not name.startswith(OTHERS)}
    return kept | {
        "extensions": [*extensions, "extensions.epub"],
        "language": edition,
        "version": about["version"],
        "templates_path": [],
        "html_theme_path": [str(root / "site" / "themes")],
        "html_static_path": [str(folder / edition / "static")],
        "html_js_files": [],
        "html_theme_options": {},
        "html_favicon": None,
        "html_logo": None,
        "epub_theme": "edition-epub",
        "epub_basename": f"logsumexp-{edition}",
        "epub_title": TITLES[edition],
        "epub_description": DESCRIPTIONS[edition],
        "epub_contributor": NAMES[edition],
        # One name for both, or the two tables of contents that EPUB 3 allows disagree.
        "epub_identifier": f"lsebook-{edition}",
        "epub_uid": f"lsebook-{edition}",
        "epub_cover": ("_static/cover.png", "epub-cover.html"),
        "epub_show_urls": "no",
        "epub_tocdepth": 2,
        "epub_tocscope": "includehidden",
        "epub_tocdup": False,
        "suppress_warnings": [*settings["suppress_warnings"], "epub.unknown_project_files"],
    }


def build(root: Path, edition: str, folder: Path) -> Path:
    """Build one edition's EPUB in a folder and return its path; warnings are errors."""
    os.environ["SOURCE_DATE_EPOCH"] = str(commit_date(root))
    out = folder / edition / "epub"
    shutil.rmtree(out, ignore_errors=True)
    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            srcdir=root,
            confdir=None,
            outdir=out,
            doctreedir=folder / edition / "doctrees",
            buildername="epub",
            confoverrides=configuration(root, edition, folder),
            warningiserror=True,
            keep_going=True,
            freshenv=True,
        )
        app.build(force_all=True)
    if app.statuscode:
        raise SystemExit(f"The EPUB of the edition {edition!r} has warnings.")
    return out / f"logsumexp-{edition}.epub"
