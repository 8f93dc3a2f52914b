"""The EPUBs: valid, whole, and without what only a site has."""

import re
import subprocess
import zipfile
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from extensions.editions import EDITIONS
from takeaway.epub import table_of_contents
from tests.site.building import ROOT
from tests.takeaway.conftest import tool


@pytest.fixture(params=EDITIONS)
def edition(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def book(made: Path, edition: str) -> zipfile.ZipFile:
    return zipfile.ZipFile(made / f"logsumexp-{edition}.epub")


def page(book: zipfile.ZipFile, name: str) -> BeautifulSoup:
    return BeautifulSoup(book.read(name).decode(), "html.parser")


def chapters(edition: str) -> list[str]:
    parts = table_of_contents(ROOT, edition)["parts"]
    return [entry["file"] for part in parts for entry in part["chapters"]]


def test_epubcheck_finds_nothing(made: Path, edition: str) -> None:
    # Debian's epubcheck is a jar, which only some systems start by themselves.
    command = [tool("java"), "-jar", str(Path(tool("epubcheck")).resolve())]
    done = subprocess.run(
        [*command, str(made / f"logsumexp-{edition}.epub")], capture_output=True, text=True
    )
    assert "0 fatals / 0 errors / 0 warnings" in done.stdout + done.stderr, done.stderr[-3000:]


def test_contents_lead_to_every_chapter_and_its_sections(
    book: zipfile.ZipFile, edition: str
) -> None:
    entries = page(book, "nav.xhtml").select("nav a")
    places = [str(entry["href"]) for entry in entries]
    assert [p for p in places if "#" not in p][1:] == [f"{c}.xhtml" for c in chapters(edition)]
    assert len([p for p in places if "#" in p]) > 80
    assert entries[1].text.startswith("1. ")
    for place in places:
        file, _, anchor = place.partition("#")
        assert not anchor or page(book, file).find(id=anchor), place


def test_pages_speak_their_language_and_hold_mathml_and_no_script(
    book: zipfile.ZipFile, edition: str
) -> None:
    for name in chapters(edition):
        text = book.read(f"{name}.xhtml").decode()
        assert f'lang="{edition}"' in text
        assert "katex" not in text
        assert "<script" not in text
    assert book.read(f"chapters/{edition}/04-the-trick.xhtml").decode().count("<math") > 100


def test_solutions_stand_at_the_end_of_their_chapter(book: zipfile.ZipFile, edition: str) -> None:
    text = page(book, f"chapters/{edition}/04-the-trick.xhtml")
    last = text.select("body > section > section")[-1]
    assert len(last.select("div.solution")) == len(text.select("div.exercise")) >= 3
    assert len(text.select("div.solution")) == len(last.select("div.solution"))


def test_explorables_are_pictures_with_words(book: zipfile.ZipFile, edition: str) -> None:
    text = page(book, f"chapters/{edition}/04-the-trick.xhtml")
    assert text.select("p.moves")
    pictures = text.select("figure img")
    assert len(pictures) > 2
    assert all(re.search(r"\w{3}", str(picture["alt"])) for picture in pictures)
