"""The build itself: the same to the byte, strict, and with notebooks that run when unpacked."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from bs4 import Tag

from extensions.offers import FOLDER, is_offer
from tests.site.building import ROOT, build, copy_sources, parsed

HEAVY = 900_000


@pytest.fixture(scope="module")
def second_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from another folder of another name, on another day, in another time zone."""
    source = copy_sources(tmp_path_factory.mktemp("a-second-clone"))
    (source / "site" / "node_modules").symlink_to(ROOT / "site" / "node_modules")
    if (made := ROOT / "_build" / FOLDER).is_dir():
        (source / "_build").mkdir()
        (source / "_build" / FOLDER).symlink_to(made)
    return build(source, PYTHONHASHSEED="4711", TZ="Asia/Seoul", LC_ALL="C.UTF-8")


def files(site: Path) -> dict[str, bytes]:
    return {
        path.relative_to(site).as_posix(): path.read_bytes()
        for path in site.rglob("*")
        if path.is_file()
    }


def test_two_builds_are_identical(site: Path, second_site: Path) -> None:
    first, second = files(site), files(second_site)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_no_file_of_the_site_is_dead_weight(site: Path) -> None:
    heavy = [p for p in site.rglob("*") if p.is_file() and p.stat().st_size > HEAVY]
    # Python and its packages load when a reader runs a cell, and no sooner.
    assert [p.name for p in heavy if p.parent.name != "live" and not is_offer(p.name)] == []
    names = {p.name for p in site.rglob("*")}
    assert not names & {"fontawesome.js", "searchindex.js", "sphinx-thebe.js", "togglebutton.js"}


def test_no_third_party_file_is_committed() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    assert not [n for n in listed if n.endswith((".woff2", ".ttf", ".woff", ".min.js", ".min.css"))]
    assert not [n for n in listed if n.startswith(("site/node_modules/", "_build/"))]


def test_mistakes_in_a_chapter_fail_the_build_with_file_and_line(tmp_path: Path) -> None:
    mistakes = {
        "$\\frac{1}{$": "KaTeX parse error",
        "{eq}`ko-eq-nowhere`": "ko-eq-nowhere",
        "[text](nowhere.md)": "nowhere.md",
        "{cite}`nobody2000`": "nobody2000",
    }
    source = miniature(tmp_path, "\n\n".join(mistakes))
    with pytest.raises(AssertionError) as failure:
        build(source)
    log = str(failure.value)
    for line, complaint in zip(range(3, 11, 2), mistakes.values(), strict=True):
        assert re.search(rf"chapters/ko/about\.md:{line}: .*{complaint}", log), (complaint, log)


BOTH_FORMS = """
<a id="ko-eq-tagged"></a>

$$
a = b \\tag{7.1}
$$

$$
c = d
$$ (ko-eq-labelled)

[(7.1)](#ko-eq-tagged) {eq}`ko-eq-labelled` [words](#ko-eq-labelled)
[Goldberg (1991)](#goldberg1991) {cite:t}`goldberg1991`

```{bibliography}
:keyprefix: ko-
```
"""


def test_links_lead_where_roles_do(tmp_path: Path) -> None:
    page = parsed(build(miniature(tmp_path, BOTH_FORMS)) / "chapters" / "ko" / "about.html")
    places = [str(link["href"]) for link in page.select(".bd-article p a.internal")]
    tagged, labelled, entry = (
        f"#{node['id']}" for node in page.select("div.math[id], div.citation")
    )
    assert places == [tagged, labelled, labelled, entry, entry]
    assert page.select(".eqno")[0].text.startswith("(7.1)")
    assert "tag" not in page.select("div.math")[0].text
    assert not page.select("a[id^=ko-]")


def miniature(source: Path, text: str) -> Path:
    """A book of two pages with the site's own settings."""
    copy_sources(source)
    (source / "site" / "node_modules").symlink_to(ROOT / "site" / "node_modules")
    for notebook in source.glob("chapters/*/*.ipynb"):
        notebook.unlink()
    for name in ("ko", "en"):
        for page in ("index", "about"):
            (source / "chapters" / name / f"{page}.md").write_text("# One\n", encoding="utf-8")
    (source / "chapters" / "ko" / "about.md").write_text(f"# One\n\n{text}\n", encoding="utf-8")
    chapters = [
        {"file": f"chapters/{name}/index", "sections": [{"file": f"chapters/{name}/about"}]}
        for name in ("ko", "en")
    ]
    toc = {"format": "jb-book", "root": "index", "chapters": chapters}
    (source / "_toc.yml").write_text(json.dumps(toc), encoding="utf-8")
    return source


@pytest.fixture(scope="module")
def unpacked(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(site / "_downloads" / "logsumexp-ko.zip") as archive:
        archive.extractall(folder)
    return folder / "logsumexp-ko"


def code_of(path: Path) -> list[dict[str, object]]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code" and cell["id"] != "install"]


def test_archive_holds_every_notebook(unpacked: Path, site: Path) -> None:
    ours = sorted((ROOT / "chapters" / "ko").glob("*.ipynb"))
    theirs = sorted(unpacked.glob("chapters/ko/*.ipynb"))
    assert [path.name for path in theirs] == [path.name for path in ours]
    assert len(theirs) >= 4
    for our, their in zip(ours, theirs, strict=True):
        assert code_of(their) == code_of(our) == code_of(site / "_downloads" / "ko" / our.name)


def test_takeaway_is_offered(tmp_path: Path) -> None:
    source = miniature(tmp_path, "")
    (source / "chapters" / "ko" / "index.md").write_text("# One\n\n## Two\n\n```{offers}\n```\n")
    made = source / "_build" / FOLDER
    site = build(source)
    assert [link.text for link in offered(site)] == ["모든 노트북: 패키지와 자료 포함"]
    made.mkdir(parents=True)
    (made / "logsumexp-ko.pdf").write_bytes(b"0" * 2_345_678)
    os.utime(made / "logsumexp-ko.pdf", (1_000_000_000, 1_000_000_000))
    parsed.cache_clear()
    pdf = offered(build(source))[0]
    assert pdf["href"] == "../../_downloads/logsumexp-ko.pdf"
    assert pdf.find_next("span").text == "2.3 MB, 2001-09-09"  # type: ignore[union-attr]
    assert (site / "_downloads" / "logsumexp-ko.pdf").stat().st_size == 2_345_678
    shutil.rmtree(made)
    parsed.cache_clear()
    assert len(offered(build(source))) == 1
    assert not (site / "_downloads" / "logsumexp-ko.pdf").exists()


def offered(site: Path) -> list[Tag]:
    return list(parsed(site / "chapters" / "ko" / "index.html").select("ul.offers a"))


def test_report_and_source_are_linked_where_there_is_a_repository(tmp_path: Path) -> None:
    source = miniature(tmp_path, "")
    page = "chapters/ko/about"
    colophon = parsed(build(source) / f"{page}.html").select_one(".colophon")
    assert colophon is not None
    assert not colophon.select("a[href^=http]")
    settings = (source / "_config.yml").read_text(encoding="utf-8")
    settings = settings.replace(
        'repository_url: ""', "repository_url: https://example.org/our/book"
    )
    (source / "_config.yml").write_text(settings, encoding="utf-8")
    parsed.cache_clear()
    colophon = parsed(build(source) / f"{page}.html").select_one(".colophon")
    assert colophon is not None
    assert [str(link["href"]) for link in colophon.select("a[href^=http]")] == [
        f"https://example.org/our/book/issues/new?title={page}",
        f"https://example.org/our/book/blob/main/{page}.md",
    ]
    assert "url = {https://example.org/our/book}" in colophon.text


def test_wheel_runs_the_notebooks_code(unpacked: Path) -> None:
    """All cells of a chapter, with the package taken from the archive's wheel alone."""
    wheel = next(unpacked.glob("*.whl"))
    cells = code_of(unpacked / "chapters" / "ko" / "04-the-trick.ipynb")
    code = "\n".join("".join(cell["source"]) for cell in cells)  # type: ignore[call-overload]
    ast.parse(code)
    check = f"\nassert lsebook.__file__.startswith({str(wheel)!r}), lsebook.__file__"
    done = subprocess.run(
        [sys.executable, "-c", code + check],
        cwd=unpacked / "chapters" / "ko",
        env={**os.environ, "PYTHONPATH": str(wheel), "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
