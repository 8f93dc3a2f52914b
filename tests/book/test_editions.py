"""The Korean and the English edition are one book."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from authoring.editions import disagreements
from authoring.pages import CHAPTERS
from authoring.translations import main as confirm
from authoring.translations import unconfirmed
from tests.book.books import code_cell, display, text_cell, write_notebook

NAME = "01-sums.ipynb"

KO = r"""# 합을 더하기

(ko-sec-sum)=
## 합

{eq}`ko-eq-sum`은 {cite:p}`gundersen2020`에서 왔고 [다음 장](02-next.ipynb#ko-sec-log)에 나옵니다.
[English](../en/01-sums.ipynb)

![점](dots.svg)

$$
y = \sum_i x_i \quad \text{모든 } i
$$ (ko-eq-sum)

```python
total = 0
```

:::{exercise} ✍ 손으로 더하기
:label: ko-ex-sum

{ref}`문제 <ko-sec-sum>`를 보세요.
:::

:::{solution} ko-ex-sum
:class: dropdown
넷입니다.
:::
"""
EN = r"""# Adding sums

(en-sec-sum)=
## Sums

We took {eq}`en-eq-sum`, which the [next chapter](02-next.ipynb#en-sec-log) uses,
from {cite:p}`gundersen2020`. [한국어](../ko/01-sums.ipynb)

![dots](dots.svg)

$$
y = \sum_i x_i \quad \text{for all } i .
$$ (en-eq-sum)

```python
total = 0
```

:::{exercise} ✍ Add by hand
:label: en-ex-sum

See {ref}`the question <en-sec-sum>`.
:::

:::{solution} en-ex-sum
:class: dropdown
Four.
:::
"""


def figure(edition: str, caption: str, alt: str) -> dict:
    return {"figure": {"name": f"{edition}-fig-sum", "caption": caption}, "image": {"alt": alt}}


def write_edition(folder: Path, text: str, mystnb: dict) -> None:
    draw = code_cell("draw", "1 + 1", display(plain="2"), mystnb=mystnb, tags=["hide-input"])
    write_notebook(folder / NAME, text_cell("intro", text), draw, text_cell("end", "- $x$"))
    (folder / "index.md").write_text("# LogSumExp\n\n- [a](01-sums.ipynb)\n", encoding="utf-8")


@pytest.fixture
def chapters(tmp_path: Path) -> Path:
    """A book of two pages whose editions agree."""
    write_edition(tmp_path / "ko", KO, figure("ko", "점 셋", "점 셋이 있다"))
    write_edition(tmp_path / "en", EN, figure("en", "Three dots", "There are three dots"))
    assert confirm([str(tmp_path)]) == 0
    return tmp_path


def test_editions_of_the_book_agree():
    problems = disagreements(CHAPTERS)
    assert not problems, "\n".join(problems)


def test_texts_of_the_book_are_confirmed():
    problems = unconfirmed(CHAPTERS)
    assert not problems, "\n".join(problems)


def test_editions_that_agree_are_let_be(chapters):
    assert disagreements(chapters) == []
    assert unconfirmed(chapters) == []


def edit(change: Callable[[list[dict]], object]) -> Callable[[Path], None]:
    """Change the cells of the English notebook."""

    def apply(folder: Path) -> None:
        path = folder / "en" / NAME
        notebook = json.loads(path.read_text(encoding="utf-8"))
        change(notebook["cells"])
        path.write_text(json.dumps(notebook), encoding="utf-8")

    return apply


def swap(old: str, new: str, cell: int = 0) -> Callable[[Path], None]:
    """Replace a part of the source of a cell of the English notebook."""

    def change(cells: list[dict]) -> None:
        source = "".join(cells[cell]["source"])
        assert old in source
        cells[cell]["source"] = source.replace(old, new)

    return edit(change)


def set_shown(part: str, key: str, value: str) -> Callable[[Path], None]:
    return edit(lambda cells: cells[1]["metadata"]["mystnb"][part].update({key: value}))


DOCTORED = {
    "missing page": (lambda p: (p / "en" / "index.md").unlink(), "ko/index.md has no twin"),
    "missing figure file": (lambda p: (p / "ko" / "a.svg").touch(), "ko/a.svg has no twin"),
    "missing cell": (edit(lambda cells: cells.pop()), "ids differ: ko has 3, en 2"),
    "renamed cell": (edit(lambda c: c[2].update(id="last")), "'end' in ko, 'last' in en"),
    "order of cells": (edit(lambda c: c.reverse()), "number 1 is 'intro' in ko, 'end' in en"),
    "kind": (edit(lambda c: c[2].update(cell_type="code")), "`end`: ko is a markdown cell"),
    "tags": (edit(lambda c: c[1]["metadata"].update(tags=["hide-cell"])), "`draw`: the tags"),
    "code": (swap("1 + 1", "1 +  1", cell=1), "`draw`: the code differs"),
    "output": (
        edit(lambda c: c[1]["outputs"][0]["data"].update({"text/plain": ["3"]})),
        "`draw`: the outputs differ",
    ),
    "metadata": (set_shown("figure", "align", "left"), "`draw`: the metadata differ"),
    "missing caption": (set_shown("figure", "caption", ""), "`draw`: the metadata differ"),
    "figure label": (set_shown("figure", "name", "en-fig-total"), "`draw`: the labels differ"),
    "foreign figure label": (set_shown("figure", "name", "ko-fig-sum"), "begin with `en-`"),
    "heading level": (swap("## Sums", "### Sums"), "`intro`: the headings differ"),
    "missing heading": (swap("## Sums", "Sums"), "the headings differ: ko has 2, en 1"),
    "directive": (swap("{solution}", "{answer}"), "the directives differ"),
    "option": (swap(":class: dropdown\n", ""), "the directives differ"),
    "mark of an exercise": (swap("✍", "⌨"), "the directives differ"),
    "missing label": (swap(":label: en-ex-sum\n", ""), "the labels differ"),
    "label": (swap("(en-sec-sum)=", "(en-sec-total)="), "the labels differ"),
    "label without prefix": (swap("(en-sec-sum)=", "(sec-sum)="), "`sec-sum` of the en edition"),
    "label of an equation": (swap("$$ (en-eq-sum)", "$$ (en-eq-total)"), "the labels differ"),
    "unlabelled equation": (swap("$$ (en-eq-sum)", "$$"), "the labels differ"),
    "equation": (swap(r"\sum_i", r"\sum_j"), "`intro`: the equations differ"),
    "missing equation": (swap("$$", "`"), "the equations differ: ko has 1, en 0"),
    "citation": (swap("gundersen2020", "higham2002"), "`intro`: the citations differ"),
    "image": (swap("dots.svg", "lines.svg"), "`intro`: the images differ"),
    "reference": (swap("{ref}`the question <en-sec-sum>`", "it"), "the references differ"),
    "foreign reference": (swap("{eq}`en-eq-sum`", "{eq}`ko-eq-sum`"), "must begin with `en-`"),
    "link": (swap("02-next.ipynb#", "03-next.ipynb#"), "the references differ"),
    "link into the other edition": (swap("../ko/", "../en/"), "the references differ"),
    "code in the text": (swap("total = 0", "total = 1"), "the code blocks differ"),
}


@pytest.mark.parametrize(("doctor", "message"), DOCTORED.values(), ids=DOCTORED.keys())
def test_difference_is_found(chapters, doctor, message):
    doctor(chapters)
    problems = "\n".join(disagreements(chapters))
    assert message in problems
    assert NAME in problems or "has no twin" in problems


def test_korean_label_needs_its_prefix(chapters):
    page = chapters / "ko" / "index.md"
    page.write_text("(start)=\n" + page.read_text(encoding="utf-8"), encoding="utf-8")
    problem = disagreements(chapters)[0]
    assert "index.md, cell `page`: the label `start` of the ko edition" in problem


MEND_KO = f"{NAME}, cell `end`: en changed and ko did not; mend ko, then run: make translations"
EDITED = {
    "one text": (swap("- $x$", "- $y$", cell=2), MEND_KO),
    "caption": (set_shown("figure", "caption", "Dots"), "cell `draw`: en changed and ko did not"),
    "alternative text": (set_shown("image", "alt", "Dots"), "`draw`: en changed and ko did not"),
    "Markdown page": (
        lambda p: (p / "ko" / "index.md").write_text("# 다른 제목\n", encoding="utf-8"),
        "index.md, cell `page`: ko changed and en did not; mend en",
    ),
    "new cell": (
        edit(lambda c: c.append({"cell_type": "markdown", "id": "more", "source": "More."})),
        "cell `more`: is new",
    ),
    "removed page": (
        lambda p: [shutil.move(p / e / NAME, p / e / "02-moved.ipynb") for e in ("ko", "en")],
        f"{NAME}, cell `intro`: is in the record and not in the book",
    ),
    "no record": (lambda p: (p / "translations.json").unlink(), "cell `intro`: is new"),
}


@pytest.mark.parametrize(("change", "message"), EDITED.values(), ids=EDITED.keys())
def test_edit_of_one_edition_is_found(chapters, change, message):
    change(chapters)
    assert message in "\n".join(unconfirmed(chapters))


def test_edit_of_code_needs_no_translation(chapters):
    swap("1 + 1", "2", cell=1)(chapters)
    assert unconfirmed(chapters) == []


def test_confirming_lists_what_was_confirmed(chapters, capsys):
    swap("Four.", "It is four.")(chapters)
    assert confirm([str(chapters)]) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        f"confirmed {NAME}, cell `intro`: en changed and ko did not",
        "texts confirmed now: 1",
    ]
    assert unconfirmed(chapters) == []


def test_editions_that_differ_are_not_confirmed(chapters, capsys):
    before = (chapters / "translations.json").read_bytes()
    swap("## Sums", "### Sums")(chapters)
    assert confirm([str(chapters)]) == 1
    assert (chapters / "translations.json").read_bytes() == before
    assert "the headings differ" in capsys.readouterr().err
