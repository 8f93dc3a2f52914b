"""Print an edition from the pages of the built site, as one book.

All pages become one document, which Chromium prints: so every link inside the book, the outline and
the tags are Chromium's own. It prints twice, since only a printed book knows the page numbers that
its table of contents shows.
"""

import io
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import pikepdf
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Page, sync_playwright

from extensions.editions import TITLES
from extensions.metadata import commit_date, metadata
from takeaway.chromium import launched

STYLE = Path(__file__).with_name("pdf.css")
FIT = Path(__file__).with_name("pdf_fit.js")
# A4 less its margins, at 96 to the inch.
TEXT_WIDTH = 627
WORDS = {
    "ko": {
        "contents": "차례",
        "moves": "사이트에서는 이 그림을 움직여 볼 수 있습니다.",
        "terms": "글과 그림은 CC BY 4.0, 코드는 BSD 3-Clause 조건으로 쓸 수 있습니다.",
    },
    "en": {
        "contents": "Contents",
        "moves": "On the site this figure moves.",
        "terms": "Text and figures: CC BY 4.0. Code: BSD 3-Clause.",
    },
}
NAMING = ("id", "aria-labelledby", "aria-describedby", "for")


def parse(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def order(folder: Path) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The parts of an edition with their pages and titles, from the list beside every page."""
    for caption in parse(folder / "index.html").select(".bd-links .caption"):
        entries = caption.find_next_sibling("ul")
        assert isinstance(entries, Tag)
        links = [(str(a["href"]).removesuffix(".html"), a.text) for a in entries.select("a")]
        yield caption.text, links


def article(folder: Path, name: str, pages: set[str]) -> Tag:
    """A page's text, whose anchors and links are unlike those of every other page."""
    text = parse(folder / f"{name}.html").select_one("article.bd-article > section")
    assert text is not None
    for dropped in text.select("script, .headerlink, .only-site"):
        dropped.decompose()
    for node in text.find_all(True):
        for key in NAMING:
            if given := node.get(key):
                node[key] = f"{name}--{given}"
    for link in text.select("a[href]"):
        page, _, anchor = str(link["href"]).partition("#")
        target = page.removesuffix(".html") or name
        if target in pages:
            link["href"] = f"#{target}--{anchor}" if anchor else f"#{target}"
        elif "://" not in page:
            link.unwrap()
    text["class"] = "bd-article chapter"
    text["style"] = f"page: {page_name(name)}"
    own = text.attrs.pop("id", None)
    text["id"] = name
    for link in text.select(f"a[href='#{own}']") if own else ():
        link["href"] = f"#{name}"
    return text


def page_name(name: str) -> str:
    return f"page-{name}"


def heads(pages: dict[str, str]) -> str:
    """Running heads: the title of the chapter a page belongs to."""
    return "\n".join(
        f"@page {page_name(name)} {{ @top-right {{ content: {quoted} }} }}"
        for name, title in pages.items()
        for quoted in [json.dumps(title, ensure_ascii=False)]
    )


def sections(text: Tag) -> Iterator[tuple[str, str]]:
    for section in text.find_all("section", recursive=False):
        heading = section.find("h2", recursive=False)
        if isinstance(heading, Tag):
            yield str(section["id"]), heading.decode_contents()


def contents(edition: str, parts: list[tuple[str, list[tuple[str, str]]]], texts: dict[str, Tag],
             numbers: dict[str, int]) -> str:  # fmt: skip
    def line(anchor: str, text: str, kind: str) -> str:
        number = numbers.get(anchor, 0)
        return f'<a class="{kind}" href="#{anchor}"><span>{text}</span><span>{number}</span></a>'

    lines = []
    for caption, links in parts:
        lines.append(f'<p class="part">{escape(caption)}</p>')
        for name, title in links:
            lines.append(line(name, escape(title), "entry"))
            lines += [line(a, heading, "section") for a, heading in sections(texts[name])]
    title = WORDS[edition]["contents"]
    return f'<nav class="printed-contents"><h1 id="contents">{title}</h1>{"".join(lines)}</nav>'


def document(folder: Path, edition: str, foot: str, numbers: dict[str, int]) -> str:
    """The whole edition as one page of HTML."""
    parts = list(order(folder))
    titles = {"index": TITLES[edition]} | {n: t for _, links in parts for n, t in links}
    texts = {name: article(folder, name, set(titles)) for name in titles}
    for picture in [image for text in texts.values() for image in text.select(".explorable img")]:
        note = f'<p class="moves">{WORDS[edition]["moves"]}</p>'
        picture.insert_after(BeautifulSoup(note, "html.parser"))
    title, _, subtitle = TITLES[edition].partition(": ")
    return f"""<!DOCTYPE html>
<html lang="{edition}" data-theme="light">
<head><meta charset="utf-8"><title>{escape(TITLES[edition])}</title>
<link rel="stylesheet" href="../../_static/book.css">
<link rel="stylesheet" href="../../_static/katex/katex-swap.min.css">
<style>{STYLE.read_text(encoding="utf-8")}{heads(titles)}</style></head>
<body><header class="title-page"><h1>{title}</h1><p class="subtitle">{subtitle}</p>
<p class="imprint">{escape(foot)}</p></header>
{contents(edition, parts, texts, numbers)}
<main>{"".join(str(text) for text in texts.values())}</main></body></html>"""


def printed(page: Page, path: Path) -> bytes:
    page.goto(path.as_uri(), wait_until="load")
    page.evaluate(FIT.read_text(encoding="utf-8"))
    return page.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)


def page_numbers(pdf: bytes) -> dict[str, int]:
    """The page of every anchor that something leads to."""
    with pikepdf.open(io.BytesIO(pdf)) as book:
        pages = {page.obj.objgen: number for number, page in enumerate(book.pages, start=1)}
        places = book.Root.Dests.items()
        return {str(name).lstrip("/"): pages[place[0].objgen] for name, place in places}


def mend(items: Sequence[pikepdf.OutlineItem], headings: dict[str, str]) -> None:
    """Put back the spaces that Chromium drops from the outline where a heading's line ends.

    No report of it was found upstream.
    """
    for item in items:
        item.title = headings.get("".join(item.title.split()), item.title)
        mend(item.children, headings)


def save(
    pdf: bytes, target: Path, headings: Sequence[str], author: str, seconds: int | None
) -> None:
    """Write the book with its author and date, and its many small objects packed together."""
    with pikepdf.open(io.BytesIO(pdf)) as book:
        with book.open_outline() as outline:
            mend(outline.root, {"".join(h.split()): " ".join(h.split()) for h in headings})
        book.docinfo["/Author"] = author
        if seconds is not None:
            made = datetime.fromtimestamp(seconds, UTC).strftime("D:%Y%m%d%H%M%SZ")
            book.docinfo["/CreationDate"] = book.docinfo["/ModDate"] = made
        packed = pikepdf.ObjectStreamMode.generate
        book.save(target, object_stream_mode=packed, recompress_flate=True, deterministic_id=True)


def imprint(root: Path, edition: str) -> str:
    """What stands at the foot of the title page."""
    about = metadata(root)
    seconds = commit_date(root)
    day = "" if seconds is None else f" · {datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
    authors = ", ".join(author["name"] for author in about["authors"])
    return "\n".join([authors, f"{about['version']}{day}", WORDS[edition]["terms"]])


def build(root: Path, site: Path, edition: str, target: Path) -> None:
    """Print one edition of a built site into a file."""
    folder = site / "chapters" / edition
    draft = folder / "printed-book.html"
    try:
        foot = imprint(root, edition)
        with sync_playwright() as playwright, launched(playwright) as browser:
            page = browser.new_page(viewport={"width": TEXT_WIDTH, "height": 900})
            page.emulate_media(media="print", color_scheme="light")
            draft.write_text(document(folder, edition, foot, {}), encoding="utf-8")
            numbers = page_numbers(printed(page, draft))
            draft.write_text(document(folder, edition, foot, numbers), encoding="utf-8")
            book = printed(page, draft)
            headings = page.locator("h1, h2, h3").all_text_contents()
        authors = ", ".join(author["name"] for author in metadata(root)["authors"])
        save(book, target, headings, authors, commit_date(root))
    finally:
        draft.unlink(missing_ok=True)
