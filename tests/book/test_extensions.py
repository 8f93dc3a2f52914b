"""The site's extensions by themselves, without building the book."""

import json
import re
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pybtex.database
import pytest
import tinycss2
import yaml
from docutils import nodes

from authoring.pages import ROOT
from extensions import (
    assets,
    colophon,
    downloads,
    editions,
    installation,
    korean,
    mathematics,
    metadata,
    notebooks,
    npm_packages,
    search,
)
from extensions.numbering import count_anew, renumber

EXTENSIONS = sorted((ROOT / "site" / "extensions").glob("*.py"))


@pytest.mark.parametrize("path", EXTENSIONS, ids=lambda path: path.stem)
def test_extension_is_short_and_says_why_it_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 165
    assert len(text.split('"""')[1].split()) >= 12


class TestEditions:
    @pytest.mark.parametrize(
        ("docname", "expected"),
        [
            ("chapters/ko/01-why-logs", "ko"),
            ("chapters/en/index", "en"),
            ("index", None),
            ("chapters/fr/index", None),
            ("other/ko/index", None),
        ],
    )
    def test_edition_is_read_off_the_folder(self, docname: str, expected: str | None) -> None:
        assert editions.edition(docname) == expected

    def test_own_words_come_before_shipped_ones(self) -> None:
        loaded = editions.load_catalogues()
        assert loaded["ko"]["exercise"].gettext("Exercise") == "연습문제"
        assert loaded["ko"]["sphinx"].gettext("Color mode") == "화면 밝기"
        assert loaded["en"]["sphinx"].gettext("Color mode") == "Color mode"

    def test_shipped_words_serve_where_we_have_none(self) -> None:
        korean_words = editions.load_catalogues()["ko"]["sphinx"]
        assert "Index" not in korean.STRINGS["sphinx"]
        assert korean_words.gettext("Index") == "색인"


class TestNumbering:
    def test_chapter_replaces_the_first_component(self) -> None:
        assert renumber(5, (2,)) == (5,)
        assert renumber(5, [2, 3]) == (5, 3)
        assert renumber(5, ()) is None

    def test_each_page_counts_from_one(self) -> None:
        numbers = {"a": (3, 7), "b": (3, 8), "c": (3, 9)}
        assert count_anew(numbers) == {"a": (3, 1), "b": (3, 2), "c": (3, 3)}


@pytest.fixture(scope="module")
def katex() -> Iterator[mathematics.Typesetter]:
    yield mathematics.katex
    mathematics.katex.close()
    mathematics.temml.close()


class TestMathematics:
    def test_formula_has_html_and_mathml(self, katex: mathematics.Typesetter) -> None:
        html = katex.render(r"\LSE(x) = \log \sum_i e^{x_i}", True)["html"]
        assert "<math" in html
        assert 'class="katex-html" aria-hidden="true"' in html
        assert "LSE" in html

    @pytest.mark.parametrize("tex", [r"\frac{1}{", r"\nosuchmacro", r"x_1_2"])
    def test_bad_formula_is_an_error_for_an_epub_too(self, tex: str) -> None:
        assert "error" in mathematics.temml.render(tex, False)

    def test_epub_has_mathml_alone(self) -> None:
        html = mathematics.temml.render(r"\begin{aligned} a &= \softmax(b) \end{aligned}", True)[
            "html"
        ]
        assert html.startswith("<math ")
        assert 'xmlns="http://www.w3.org/1998/Math/MathML"' in html
        assert "softmax" in html

    @pytest.mark.parametrize("tex", [r"\frac{1}{", r"\nosuchmacro", r"x_1_2", "é"])
    def test_bad_formula_is_an_error(self, katex: mathematics.Typesetter, tex: str) -> None:
        assert "error" in katex.render(tex, False)

    def test_bad_formula_is_a_warning_with_its_place(self) -> None:
        node = nodes.math(r"\frac{1}{", r"\frac{1}{")
        node.source, node.line = "chapter.ipynb", 42
        warned: list[dict[str, object]] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(mathematics.logger, "warning", lambda *a, **k: warned.append(k))
            assert mathematics.formula(node, r"\frac{1}{", False) == r"<code>\frac{1}{</code>"
            mathematics.katex.close()
        assert [w["location"] for w in warned] == [node]

    def test_bare_lines_are_aligned(self) -> None:
        assert mathematics.one_display(r"a \\ b") == r"\begin{aligned}a \\ b\end{aligned}"
        own = r"\begin{cases} a \\ b \end{cases}"
        assert mathematics.one_display(own) == own
        assert mathematics.one_display("x") == "x"

    def test_number_of_a_formula_is_set_beside_it(self, katex: mathematics.Typesetter) -> None:
        tag = mathematics.TAG.search(r"a = b \tag{4.2}")
        assert tag is not None
        assert tag[1] == "4.2"
        assert mathematics.TAG.sub("", r"a = b \tag{4.2}") == "a = b"

    def test_every_macro_sets(self, katex: mathematics.Typesetter) -> None:
        for name in json.loads(mathematics.MACROS.read_text(encoding="utf-8")):
            assert "html" in katex.render(name, False), name


class TestAssets:
    def purge(self, css: str, *names: str) -> str:
        rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
        return assets.purge(rules, set(names), set())

    def test_rules_for_absent_classes_go(self) -> None:
        css = "p{color:red} .used{top:0} .unused{top:1px} #id .used:hover{top:2px}"
        assert self.purge(css, "used") == "p{color:red}\n.used{top:0}"

    def test_one_of_several_selectors_stays(self) -> None:
        assert self.purge(".a,.b,p:not(.c){top:0}", "b") == ".b,p:not(.c){top:0}"

    def test_media_rules_are_purged_inside(self) -> None:
        assert self.purge("@media print{.a{top:0}.b{top:0}}", "a") == "@media print{.a{top:0}}"
        assert self.purge("@media print{.b{top:0}}", "a") == ""

    def test_variables_that_nothing_reads_go(self) -> None:
        css = ":root{--a:var(--b);--b:1px;--c:url('x;y');--d:var(--c);--e:0}p{top:var(--a)}"
        kept = assets.needed(css, ".own{left:var(--e)}", set(), set())
        assert kept == ":root{--a:var(--b);--b:1px;--e:0}\np{top:var(--a)}"
        assert assets.needed(css, "", set(), {"--d"}).count('url("x;y")') == 1

    def test_fonts_and_imports_go(self) -> None:
        assert self.purge('@import "x.css";@font-face{src:url(x)}') == ""


class TestSearchIndex:
    def document(self) -> nodes.document:
        from docutils.utils import new_document

        document = new_document("")
        title = nodes.title("", "지수")
        deeper = nodes.section("", nodes.title("", "둘"), nodes.paragraph("", "안쪽"), ids=["id2"])
        box = nodes.section("", nodes.paragraph("", "문제"))
        text = nodes.paragraph(
            "", "", nodes.Text("값은 "), nodes.strong("", "확률"), nodes.math("", "x^2")
        )
        document += nodes.section("", title, text, box, deeper, ids=["id1"])
        return document

    def test_sections_hold_their_own_text_only(self) -> None:
        first, second = search.sections_of(self.document())
        assert first == {
            "anchor": "",
            "title": "지수",
            "text": "값은 확률x^2 문제",
            "defined": "확률",
        }
        assert second == {"anchor": "id2", "title": "둘", "text": "안쪽", "defined": ""}


class TestDownloads:
    def test_pins_are_those_that_notebooks_need(self) -> None:
        text = "alabaster==0.7\nnumpy==2.4.6\nscipy==1.17.1 ; x\nscipy-doctest==1\n-e .\n"
        assert downloads.pins(text, "w.whl") == "numpy==2.4.6\nscipy==1.17.1 ; x\n./w.whl\n"

    def test_every_needed_package_is_pinned(self) -> None:
        text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
        for name in downloads.TO_RUN:
            assert re.search(rf"^{name}==", text, re.M), name

    def test_archive_does_not_depend_on_the_clock(self, tmp_path: Path) -> None:
        files = {"b.txt": b"b", "a.txt": b"a"}
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            downloads.write_archive(tmp_path / name / "book.zip", files)
        first, second = (tmp_path / n / "book.zip" for n in ("one", "two"))
        assert first.read_bytes() == second.read_bytes()
        assert zipfile.ZipFile(first).namelist() == ["book/a.txt", "book/b.txt"]


BOX = """:::{exercise} ✍ Try
:label: en-ex-try

Show (1).
:::

::::{dropdown} Going deeper
Seen.

:::{prf:theorem} Old
It holds.
:::
::::

:::{solution} en-ex-try
:class: dropdown

By [(1.1)](#en-eq-one), [Goldberg (1991)](#goldberg1991), [two](02-b.ipynb), [terms](glossary.md).
:::
"""
PLAIN = """<a id="en-ex-try"></a>

### Exercise 3.1: ✍ Try

> Show (1).

<details>
<summary>Going deeper</summary>

Seen.

> **Theorem (Old)**
>
> It holds.

</details>

<details>
<summary>Solution: Exercise 3.1</summary>

By [(1.1)](01-a.ipynb#en-eq-one), [Goldberg (1991)](https://doi.org/1), [two](02-b.ipynb), terms.

</details>
"""


class TestNotebooks:
    def test_boxes_and_links_are_plain(self) -> None:
        text = notebooks.plain(BOX, "en", {"en-ex-try": "3.1"})
        known, cited = {"en-eq-one": "01-a.ipynb"}, {"goldberg1991": "https://doi.org/1"}
        assert notebooks.linked(text, "03-c.ipynb", known, cited, "") == PLAIN

    def test_no_chapter_keeps_markup_of_the_site(self) -> None:
        for edition in editions.EDITIONS:
            write = notebooks.writer(ROOT, edition)
            for path in sorted((ROOT / "chapters" / edition).glob("*.ipynb")):
                cells = json.loads(write(path, "x.whl", "https://example.org/"))["cells"]
                text = "\n".join("".join(c["source"]) for c in notebooks.texts(cells))
                assert not re.search(r":::|\{cite|\]\(#[a-z]+\d{4}|\.md\)", text), path

    def test_what_is_imported_is_installed(self) -> None:
        code = "import os\nimport numpy as np\nfrom lsebook import plotting\nimport sklearn.svm\n"
        cell = installation.installation(code, "en", "../x.whl")
        assert cell is not None
        assert 'find_spec, ["lsebook", "numpy", "sklearn"]' in cell
        assert '%pip install --quiet "../x.whl[figures]" scikit-learn' in cell
        assert installation.installation("import os", "en", "x.whl") is None
        there = installation.installation("import lsebook", "en", "https://example.org/x.whl")
        assert there is not None
        assert '"lsebook @ https://example.org/x.whl"' in there


class TestMetadata:
    def test_citation_says_what_the_project_says(self) -> None:
        citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
        about = metadata.metadata(ROOT)
        assert citation["version"] == about["version"]
        assert citation["title"] == editions.TITLES["en"]
        assert [author["name"] for author in citation["authors"]] == [book_author()]
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        assert citation["license"] == project["license"]

    def test_entry_for_latex_has_what_citation_has(self) -> None:
        about = metadata.metadata(ROOT)
        entry = pybtex.database.parse_string(colophon.bibtex(about, "T: t", ""), "bibtex")
        fields = entry.entries["lsebook"].fields
        assert fields["version"] == about["version"]
        assert fields["year"] == about["date-released"][:4]
        assert fields["title"] == "{T: t}"
        assert "url" not in fields

    def test_changelogs_have_the_same_versions_and_the_newest_is_ours(self) -> None:
        heads = [
            re.findall(
                r"^## (\d\S*)(?: \((\d\S*)\))?",
                (ROOT / "chapters" / edition / "changelog.md").read_text(encoding="utf-8"),
                re.M,
            )
            for edition in editions.EDITIONS
        ]
        assert heads[0] == heads[1]
        assert heads[0][0][0] == metadata.metadata(ROOT)["version"]


def book_author() -> str:
    return str(yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["author"])


class TestNpmPackages:
    def test_lock_file_names_no_registry(self) -> None:
        locked = (ROOT / "site" / "package-lock.json").read_text(encoding="utf-8")
        assert '"resolved"' not in locked

    def test_what_is_locked_counts_as_installed(self) -> None:
        assert (npm_packages.require("katex") / "package.json").exists()
        assert npm_packages.installed("katex")


CONNECTED = re.compile(r'app\.connect\(\s*"([\w-]+)",\s*(\w+)(?:,\s*priority=(\d+))?')
TRANSFORM = re.compile(r"class (\w+)\(Sphinx(Post)?Transform\):.*?default_priority = (\d+)", re.S)


def handlers() -> set[tuple[str, str, str]]:
    """Event, priority and handler of everything that the extensions hook into Sphinx."""
    found = set()
    for path in EXTENSIONS:
        text = path.read_text(encoding="utf-8")
        mends = re.search(r"for mend in \(([\w, ]+)\)", text)
        for event, name, priority in CONNECTED.findall(text):
            names = mends[1].split(", ") if mends and name == "mend" else [name]
            found |= {(f"`{event}`", priority or "500", f"`{path.stem}.{n}`") for n in names}
        for name, post, priority in TRANSFORM.findall(text):
            found.add((f"{'post-' if post else ''}transform", priority, f"`{path.stem}.{name}`"))
    return found


def test_order_of_events_is_as_documented() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[\w-]+`|(?:post-)?transform) \| (\d+) \| (`[\w.]+`) \|", text, re.M)
    assert len(rows) > 20
    assert set(rows) == handlers()
