"""References and citations are links whose words are true, and read well wherever they open."""

import json
from collections import Counter

import pytest

from authoring.editions import outline
from authoring.pages import CHAPTERS, EDITIONS, Cell, pages, read_page
from authoring.references import (
    Target,
    cited,
    filled,
    main,
    targets,
    unnumbered,
    works,
    written,
)
from tests.book.books import text_cell, write_notebook

HERE, THERE = "04-here.ipynb", "06-there.ipynb"
KNOWN = {
    "en-eq-lse": Target(HERE, "(4.2)"),
    "en-eq-far": Target(THERE, "(6.1)"),
    "en-thm-bounds": Target(HERE, "Theorem 4.1"),
}


@pytest.fixture(scope="module")
def known() -> dict[str, dict[str, Target]]:
    return {edition: targets(CHAPTERS, edition) for edition in EDITIONS}


@pytest.mark.parametrize("page", pages(CHAPTERS), ids=str)
def test_references_of_the_book_say_what_they_refer_to(page, known):
    for cell in page.text_cells():
        assert filled(cell.source, page.name, known[page.edition]) == cell.source, cell.id
        assert "[](#" not in cell.source, f"{cell.id}: nothing has this name"


@pytest.mark.parametrize(
    ("role", "link"),
    [
        ("by {eq}`en-eq-lse`에서", "by [(4.2)](#en-eq-lse)에서"),
        ("{eq}`en-eq-far`", "[(6.1)](06-there.ipynb#en-eq-far)"),
        ("{prf:ref}`en-thm-bounds`", "[Theorem 4.1](#en-thm-bounds)"),
        ("{cite:t}`goldberg1991` says", "[Goldberg (1991)](#goldberg1991) says"),
        ("{cite:t}`rabe2021`", "[Rabe & Staats (2021)](#rabe2021)"),
        ("{cite:t}`blanchard2021`", "[Blanchard et al. (2021)](#blanchard2021)"),
        ("{cite:t}`maechler2012`", "[Mächler (2012)](#maechler2012)"),
        ("{cite:t}`geronimo_logsumexp`", "[heygeronimo](#geronimo_logsumexp)"),
        ("so {cite}`goldberg1991`.", "so ([Goldberg, 1991](#goldberg1991))."),
        (
            "{cite}`goldberg1991, rabe2021`",
            "([Goldberg, 1991](#goldberg1991); [Rabe & Staats, 2021](#rabe2021))",
        ),
        ("({cite}`goldberg1991`)", "([Goldberg, 1991](#goldberg1991))"),
        ("{doc}`elsewhere`", "{doc}`elsewhere`"),
        ("[an exercise](#en-ex-one)", "[an exercise](#en-ex-one)"),
        ("[words](06-there.ipynb)", "[words](06-there.ipynb)"),
    ],
)
def test_role_becomes_a_link_with_words(role, link):
    assert written(role, HERE, KNOWN) == link
    assert written(link, HERE, KNOWN) == link


def test_stale_and_missing_words_are_filled_in():
    stale = "[(9.9)](#en-eq-lse), [](#goldberg1991), ([who?](#goldberg1991))"
    right = (
        "[(4.2)](#en-eq-lse), [Goldberg (1991)](#goldberg1991), ([Goldberg, 1991](#goldberg1991))"
    )
    assert filled(stale, HERE, KNOWN) == right


FORMULA = '<a id="en-eq-lse"></a>\n\n$$\na = b \\tag{4.2}\n$$\n'


@pytest.mark.parametrize(
    "source",
    [
        "$$\na = b\n$$ (en-eq-lse)\n",
        '<a id="en-eq-lse"></a>\n\n$$\na = b\n$$\n',
        '<a id="en-eq-lse"></a>\n\n$$\na = b \\tag{7.7}\n$$\n',
        FORMULA,
    ],
)
def test_formula_bears_its_number_and_a_name_that_hosts_hide(source):
    assert written(source, HERE, KNOWN) == FORMULA
    assert written(f"Text:\n\n{source}\nmore", HERE, KNOWN) == f"Text:\n\n{FORMULA}\nmore"
    if not source.startswith("<"):
        assert written(f"Text:\n{source}", HERE, KNOWN) == f"Text:\n\n{FORMULA}"


def test_formula_without_a_name_stays_as_it_is():
    assert written("$$\na = b\n$$", HERE, KNOWN) == "$$\na = b\n$$"


def test_formulas_and_theorems_count_through_a_chapter(tmp_path):
    first = "# T\n\n$$a$$ (ko-eq-a)\n\n$$b$$\n\n"
    second = (
        '<a id="ko-eq-c"></a>\n\n$$c$$\n\n:::{prf:theorem} 하나\n:label: ko-thm-one\n\n'
        "$$d$$ (ko-eq-d)\n:::\n\n:::{prf:theorem} 둘\n:label: ko-thm-two\n둘\n:::"
    )
    cells = text_cell("first", first), text_cell("second", second)
    write_notebook(tmp_path / "ko" / "07-x.ipynb", *cells)
    (tmp_path / "en").mkdir()
    found = {label: target.text for label, target in targets(tmp_path, "ko").items()}
    assert found == {
        "ko-eq-a": "(7.1)",
        "ko-eq-c": "(7.2)",
        "ko-eq-d": "(7.3)",
        "ko-thm-one": "정리 7.1",
        "ko-thm-two": "정리 7.2",
    }


def test_command_writes_both_editions_once(tmp_path, capsys):
    for edition in EDITIONS:
        see = text_cell("see", f"# T\n\n{{eq}}`{edition}-eq-a`\n\n$$a$$ ({edition}-eq-a)")
        write_notebook(tmp_path / edition / "01-x.ipynb", see)
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == "ko/01-x.ipynb: written\nen/01-x.ipynb: written\n"
    (cell,) = json.loads((tmp_path / "en" / "01-x.ipynb").read_text())["cells"]
    source = "".join(cell["source"])
    assert source == '# T\n\n[(1.1)](#en-eq-a)\n\n<a id="en-eq-a"></a>\n\n$$a \\tag{1.1}$$'
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""


def test_editions_agree_on_names_and_citations_in_links(tmp_path):
    source = (
        '[(1.1)](#{0}-eq-a) ([Goldberg, 1991](#goldberg1991))\n\n<a id="{0}-eq-a"></a>\n\n$$a$$'
    )
    ko, en = (outline(Cell("x", "markdown", source.format(e)), e) for e in EDITIONS)
    assert ko == en
    assert ko["labels"] == ["eq-a"]
    assert ko["citations"] == ["goldberg1991"]
    assert ko["references"] == ["#eq-a"]


def test_every_work_is_cited_by_words_of_its_own():
    counts = Counter(cited(key, in_parentheses=False) for key in works())
    assert [words for words, count in counts.items() if count > 1] == []


def test_a_new_number_is_no_new_text():
    one, two = (
        FORMULA + f"see [({n})](#en-eq-lse), [Theorem {n}](#en-thm-one)" for n in (4.2, 4.3)
    )
    assert unnumbered(one) == unnumbered(two.replace("4.2", "4.3"))
    assert unnumbered(one) != unnumbered(one.replace("see", "cf."))


def test_page_of_markdown_is_written_too(tmp_path):
    for edition in EDITIONS:
        (tmp_path / edition).mkdir()
        (tmp_path / edition / "about.md").write_text("# T\n\n{cite:t}`goldberg1991`\n")
    assert main([str(tmp_path)]) == 0
    text = read_page(tmp_path / "en" / "about.md", "en").cells[0].source
    assert text == "# T\n\n[Goldberg (1991)](#goldberg1991)\n"
