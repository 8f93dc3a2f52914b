"""The PDFs: whole, tagged, linked, and no word of them beyond the edge of the page."""

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest

from extensions.editions import EDITIONS, TITLES
from takeaway.pdf import WORDS, order
from tests.site.building import ROOT
from tests.takeaway.conftest import tool

POINTS = 72 / 25.4
WORD = re.compile(r'xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)<')


@pytest.fixture(params=EDITIONS)
def edition(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def path(made: Path, edition: str) -> Path:
    return made / f"logsumexp-{edition}.pdf"


@pytest.fixture
def book(path: Path) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(path) as opened:
        yield opened


def titles(edition: str) -> list[str]:
    parts = order(ROOT / "_build" / "html" / "chapters" / edition)
    return [title for _, links in parts for _, title in links]


def test_book_says_what_it_is_and_is_tagged(book: pikepdf.Pdf, edition: str) -> None:
    assert str(book.docinfo["/Title"]) == TITLES[edition]
    assert str(book.Root.Lang).startswith(edition)
    assert bool(book.Root.MarkInfo.Marked)
    assert len(book.pages) > 150


def test_outline_has_every_chapter_in_order(book: pikepdf.Pdf, edition: str) -> None:
    with book.open_outline() as outline:
        found = [item.title.strip() for item in outline.root]
        depth = [len(item.children) for item in outline.root]
    expected = titles(edition)
    assert [title for title in found if title in expected] == expected
    assert sum(depth) > 80


def links(book: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    for page in book.pages:
        for note in page.get("/Annots", []):
            if note.Subtype == "/Link":
                yield note


def test_links_lead_into_the_book_or_to_an_address(book: pikepdf.Pdf) -> None:
    kinds: Counter[str] = Counter()
    for link in links(book):
        if "/A" in link and "/URI" in link.A:
            assert str(link.A.URI).startswith("https://"), link.A.URI
            kinds["address"] += 1
        else:
            place = str(link.Dest if "/Dest" in link else link.A.D)
            assert place in book.Root.Dests, place
            kinds["inside"] += 1
    assert kinds["inside"] > 500
    assert kinds["address"] > 40


def test_contents_name_the_page_of_each_chapter(
    book: pikepdf.Pdf, path: Path, edition: str
) -> None:
    text = subprocess.run(
        [tool("pdftotext"), "-layout", "-l", "8", str(path), "-"], capture_output=True, text=True
    ).stdout
    shown = {int(n): int(page) for n, page in re.findall(r"^ *(\d+)\. .*?\s(\d+)$", text, re.M)}
    pages = {page.objgen: number for number, page in enumerate(book.pages, start=1)}
    folder = ROOT / "chapters" / edition
    for notebook in sorted(folder.glob("[0-9]*.ipynb")):
        if (name := f"/{notebook.stem}") in book.Root.Dests:
            assert shown[int(notebook.name[:2])] == pages[book.Root.Dests[name][0].objgen]
    assert len(shown) >= 13


def test_every_font_is_embedded(book: pikepdf.Pdf) -> None:
    seen = set()
    for page in book.pages:
        for font in page.get("/Resources", {}).get("/Font", {}).values():
            if font.Subtype == "/Type3":
                continue
            inner = font.DescendantFonts[0] if "/DescendantFonts" in font else font
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(inner.FontDescriptor.keys())
            seen.add(str(font.BaseFont))
    assert len(seen) > 8


def test_no_word_is_cut(path: Path) -> None:
    """Outside the margins stand only the running heads and the page numbers."""
    done = subprocess.run(
        [tool("pdftotext"), "-f", "2", "-bbox", str(path), "-"], capture_output=True, text=True
    )
    left, right = 22 * POINTS - 1, (210 - 22) * POINTS + 1
    words = [(*map(float, found[:4]), found[4]) for found in WORD.findall(done.stdout)]
    assert len(words) > 20_000
    assert [w for w in words if w[0] < left or w[2] > right] == []
    top, bottom = 14 * POINTS, (297 - 12) * POINTS
    assert [w for w in words if w[1] < top or w[3] > bottom] == []


def test_every_page_of_a_chapter_bears_its_title(path: Path, edition: str) -> None:
    folder = ROOT / "_build" / "html" / "chapters" / edition
    top = ["-x", "0", "-y", "0", "-W", "600", "-H", "65"]
    done = subprocess.run(
        [tool("pdftotext"), "-raw", *top, str(path), "-"], capture_output=True, text=True
    )
    heads = re.sub(r"\s+", " ", done.stdout)
    titles = [title for _, chapters in order(folder) for _, title in chapters]
    assert [title for title in titles if title not in heads] == []


def test_folds_are_open_and_explorables_are_pictures(path: Path, edition: str) -> None:
    text = subprocess.run(
        [tool("pdftotext"), str(path), "-"], capture_output=True, text=True
    ).stdout
    moves = WORDS[edition]["moves"][:12]
    solution = {"ko": "풀이", "en": "Solution to"}[edition]
    assert text.count(solution) >= 50
    assert text.count(moves) >= 14
    hidden = {"ko": ("결과 보기", "코드 보기"), "en": ("Show the result", "Show the code")}
    assert not [label for label in hidden[edition] if label in text]
