"""Pages say what they say in the book's manner. Every rule is shown to let be and to find."""

from pathlib import Path

import pytest

from authoring import code, frame, predictions, prose
from authoring.pages import CHAPTERS, Cell, Page, pages
from authoring.terms import read_terms
from tests.book.books import display, stream

RULES = {
    rule.__name__: rule for module in (prose, frame, code, predictions) for rule in module.RULES
}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("page", pages(CHAPTERS), ids=str)
def test_page_keeps_rule(page, rule):
    problems = [f"chapters/{page}: {problem}" for problem in RULES[rule](page)]
    assert not problems, "\n".join(problems)


def page_of(edition: str, *cells: Cell, name: str = "01-sums.ipynb") -> Page:
    return Page(Path("chapters") / edition / name, edition, name, cells)


def text(source: str, edition: str = "ko", name: str = "01-sums.ipynb") -> Page:
    return page_of(edition, Cell("text", "markdown", source), name=name)


def shows(*outputs: dict, tags: tuple[str, ...] = (), edition: str = "ko", **mystnb: dict) -> Page:
    metadata = {"tags": list(tags), "mystnb": mystnb}
    return page_of(edition, Cell("show", "code", "1", metadata, list(outputs)))


def runs(*sources: str) -> Page:
    return page_of("ko", *(Cell(f"run-{i}", "code", s) for i, s in enumerate(sources)))


def chapter(*changes: tuple[str, str]) -> Page:
    """A Korean chapter that keeps every rule, then changed."""
    source = """# 합을 구한다
## 이 장에서 할 일
- 하나
- 둘
- 셋
## 합
### 작은 합
## 정리
- **하나만 기억한다면**: 합은 합입니다.
## 연습문제
:::{exercise} ✍ 하나
:label: ko-ex-one
:::
:::{solution} ko-ex-one
:class: dropdown
:::
:::{exercise} ⌨ 둘
:label: ko-ex-two
:::
:::{solution} ko-ex-two
:class: dropdown
:::
:::{exercise} ⌨ 셋
:label: ko-ex-three
:::
:::{solution} ko-ex-three
:class: dropdown
:::
## 실전에서
## 더 읽을거리
"""
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    guess = Cell("guess", "code", "1", {"tags": ["hide-output"]})
    return page_of("ko", Cell("all", "markdown", source), guess)


def predicts(
    question: str, *outputs: dict, answer: str, after: str = "", code: str = "f(x)"
) -> Page:
    """A question, its folded output, the folded answer and what follows in the open."""
    fold = f":::{{dropdown}} 무슨 일이 있었나\n{answer}\n:::\n\n" if answer else ""
    return page_of(
        "ko",
        Cell("ask", "markdown", f"## 먼저 맞혀 보세요\n\n{question}"),
        Cell("guess", "code", code, {"tags": ["hide-output"]}, list(outputs)),
        Cell("answer", "markdown", fold + after),
    )


def prints(text: str) -> Page:
    return page_of("ko", Cell("show", "code", "print(y)", {}, [stream(text)]))


def value(shown: str, code: str) -> Page:
    output = display(plain=shown) | {"output_type": "execute_result"}
    return page_of("ko", Cell("show", "code", code, {}, [output]))


def solution_cell(*tags: str) -> Page:
    return page_of("ko", Cell("answer", "code", "1", {"tags": ["solution", *tags]}))


SVG = display(svg="<svg/>", plain="<Figure size 660x310 with 1 Axes>")
VEGA = display(**{"application/vnd.vegalite.v5+json": {"mark": "bar"}, "svg": "<svg/>"})
ERROR = {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": []}

GOOD = {
    "no_literal_markup": [
        text(
            "**소프트맥스**(softmax)는 *지수*를 씁니다. $a * b$, `*`, 2 \\* 3, `log_softmax`의 값"
        ),
        text("**평균**·**분산**을 봅니다. 이것은 **정규화 상수**입니다."),
        text("- **합**은\n\n| `*` | **곱**의 |\n|---|---|\n| 1 | 2 |\n"),
    ],
    "canonical_terms": [
        text("오버플로가 나고 언더플로도 납니다. 소프트맥스와 로그-합-지수, 로짓."),
        text("`오버플로우`라는 이름의 변수"),
        text("오버플로(overflow, 오버플로우)입니다. “헤시안”이라고도 부릅니다."),
        text("오버플로우 → 오버플로", name="glossary.md"),
        text("오버플로우", edition="en"),
    ],
    "english_without_korean": [
        text("A sum.", "en"),
        text('It is called <span lang="ko">로그-합-지수</span> in Korean.', "en"),
        text("[한국어](../ko/01-sums.ipynb)", "en"),
        text("overflow: 오버플로", "en", "glossary.md"),
        text("합입니다."),
    ],
    "formal_korean": [
        text("합을 구합니다. 어떤 수를 골라도 될까요? 짐작해 보세요. 함께 넣어 봅시다. 맞습니까?"),
        text("답은 `inf`입니다. “합은 크다.”라고 적습니다. 값(아주 크다.)을 봅니다."),
        text("## 합이 크다.\n\n- 합이 크다.\n\n> 합이 크다.\n\n| 크다. |\n|---|\n| 작다. |\n"),
        text("이렇게 요구합니다. **확률은 변하지 않아야 한다.** 그러면 됩니다."),
        text("비용이 필요. 수는 0.5입니다. 다음을 봅니다:"),
        text("평서문 아님: 다만 이것은 예입니다. 이어서 씁니다."),
    ],
    "figures_have_alternative_text": [
        shows(SVG, image={"alt": "점이 셋 있다"}),
        shows(VEGA, image={"alt": "Three dots"}, edition="en"),
        shows(stream("1\n")),
        text("![점 셋](dots.svg)"),
        text(":::{figure} dots.svg\n:alt: 점 셋\n설명\n:::"),
    ],
    "one_title": [chapter(), text("# 하나\n## 둘", name="about.md")],
    "headings_without_gaps": [chapter(), text("# 하나\n## 둘\n### 셋\n## 넷")],
    "chapter_frame": [chapter(), text("# 용어", name="glossary.md")],
    "few_goals": [chapter(), text("# 용어", name="glossary.md")],
    "something_to_predict": [chapter(), text("# 용어", name="glossary.md")],
    "exercises": [chapter(), text("# 용어", name="glossary.md")],
    "folded_solutions": [chapter(), solution_cell("hide-cell"), solution_cell("hide-input")],
    "short_code": [runs("x = 1\n" * 20)],
    "code_without_korean": [
        runs("x = 1"),
        shows(stream("맞음 / correct\n")),
        shows(display(svg="<text>ㄱ</text>"), tags=("hangul",)),
    ],
    "imports_once_at_the_top": [runs("import numpy as np\nfrom math import exp", "x = 1")],
    "every_output_is_validated": [runs("# NB: see below"), shows(SVG), shows(VEGA)],
    "no_final_semicolon": [runs("x = 1; y = 2", "plt.show()")],
    "quiet_outputs": [shows(stream("1\n")), shows(ERROR, tags=("raises-exception",))],
    "no_places_in_outputs": [shows(stream("0x1.5bf0a8b145769p+1 1/2 a/b\n")), shows(SVG)],
    "short_main_line": [
        chapter(("### 작은 합", "합 " * 1900)),
        chapter(("### 작은 합", "::::{dropdown} 더 깊이\n" + "합 " * 3000 + "\n::::")),
        chapter(("## 실전에서", "## 실전에서\n" + "합 " * 3000)),
        text("합 " * 3000, name="about.md"),
    ],
    "one_thing_to_remember": [chapter(), text("# 용어", name="glossary.md")],
    "answered_in_the_fold": [
        predicts("얼마일까요?", stream("y = 7\n"), answer="7입니다."),
        shows(stream("y = 7\n")),
    ],
    "open_predictions": [
        predicts("얼마일까요?", stream("y = 13.8155\n"), answer="13.8입니다.", after="왜일까요?"),
        predicts(
            "1000을 넣습니다.", stream("y = 1000\n"), answer="같습니다.", after="1000은 큽니다."
        ),
        predicts(
            "얼마일까요?", stream("y = inf\n"), answer="넘칩니다.", after="왜?\n\n## 다음\n\n`inf`"
        ),
        predicts("`inf`일까요?", stream("y = inf\n"), answer="예.", after="`inf`는 큽니다."),
        predicts("몇일까요?", stream("y = 1424\n"), answer="1424", after="14장, {eq}`ko-eq-24`."),
    ],
    "outputs_that_speak": [
        prints("naive = inf\nshifted = 1001.0986\n"),
        prints(
            "     c    largest         y\n   290        inf       inf\n   291  8.2e+307   1000.4\n"
        ),
        prints("float16: largest 65504\n"),
        value("array([0.09, 0.24, 0.67])", "softmax(x)"),
        value("13.8155", "lse"),
        shows(SVG),
    ],
    "few_digits": [
        shows(stream("1.098612289 1e-05 0.0000012345 1000000000000 1000000000000.0 2.4.6\n")),
        shows(display(plain="array([1.234567891e+300, -0.5])"), display(html="<td>0.25</td>")),
        shows(stream("1001.0986122886682\n"), tags=("digits",)),
        shows(display(svg="<path d='1.0986122886682'/>", plain="<Figure>")),
    ],
}

BAD = {
    "no_literal_markup": [
        (text("**소프트맥스(softmax)**는 함수입니다."), "`*` would be printed"),
        (text("**`logsumexp`**는 함수입니다."), "cell `text`"),
        (text("**$c$**를 고릅니다."), "stand outside it"),
        (text("*“합”*이라고 합니다."), "`*`"),
        (text("**합.**은"), "`*`"),
        (text("_강조_는"), "`_`"),
        (text(":::{note}\n**합(sum)**은\n:::"), "`*`"),
        (text("| **합(sum)**은 |\n|---|\n"), "`*`"),
        (text("$$ a = b $$ 가운데"), "`$`"),
        (shows(SVG, figure={"caption": "**합(sum)**은"}), "cell `show`"),
        (text("**sum(x)**s", "en"), "`*`"),
    ],
    "canonical_terms": [
        (text("오버플로우가 납니다."), "write 오버플로, not 오버플로우"),
        (text("소프트\n맥스를 씁니다."), "write 소프트맥스"),
        (text("## 로그썸익스프"), "write 로그-합-지수"),
        (text(":::{exercise} ✍ 로지트\n:::"), "write 로짓"),
        (shows(SVG, image={"alt": "언더플로우"}), "cell `show`: write 언더플로"),
    ],
    "english_without_korean": [
        (text("The 합 of numbers", "en"), "cell `text`: Korean in an English page: 'The 합 of"),
        (shows(SVG, image={"alt": "점"}, edition="en"), "cell `show`"),
        (shows(SVG, figure={"caption": "점"}, edition="en"), "cell `show`"),
    ],
    "formal_korean": [
        (text("합을 구한다. 그리고 씁니다."), "'구한다.'"),
        (text("답은 $x$이다."), "'이다.'"),
        (text("답은 `inf`다."), "'다.'"),
        (text("합이 아니다."), "'아니다.'"),
        (text("합을 구해요."), "'구해요.'"),
        (text("합이에요!"), "'합이에요!'"),
        (text("그렇죠?"), "'그렇죠?'"),
        (text("합을 구합니다. 값이 **크다**. **끝.**"), "'크다.'"),
        (text(":::{exercise} ✍ 합\n합을 구한다.\n:::"), "'구한다.'"),
    ],
    "figures_have_alternative_text": [
        (shows(SVG), "write mystnb.image.alt"),
        (shows(VEGA, image={"alt": " "}), "cell `show`: a figure has no alternative text"),
        (shows(SVG, image={"alt": "three dots"}), "is not Korean"),
        (text("![](dots.svg)"), "cell `text`"),
        (text("```{figure} dots.svg\n```"), "cell `text`"),
        (text("![dots](dots.svg)"), "is not Korean"),
    ],
    "one_title": [
        (text("합입니다."), "does not begin with a title"),
        (text("## 합\n# 제목"), "does not begin with a title"),
        (text("# 하나\n# 둘"), "a second title, '둘'"),
    ],
    "headings_without_gaps": [(text("# 하나\n### 둘"), "'둘' has level 3 under level 1")],
    "chapter_frame": [
        (chapter(("## 정리", "## 요약")), "the section '정리' must be there once"),
        (chapter(("## 실전에서", "### 실전에서")), "'실전에서' must be there"),
        (chapter(("# 합을 구한다", "# 합\n## 머리말")), "begin with '이 장에서 할 일'"),
        (chapter(("## 합\n### 작은 합\n", "")), "no section of its own"),
        (
            chapter(("## 실전에서\n## 더 읽을거리", "## 더 읽을거리\n## 실전에서")),
            "end with '정리', '연습문제', '실전에서', '더 읽을거리'",
        ),
    ],
    "few_goals": [(chapter(("- 둘\n- 셋\n", "")), "'이 장에서 할 일' has 1 bullets")],
    "something_to_predict": [(text("# 합"), "no cell has the tag hide-output")],
    "exercises": [
        (chapter((":::{exercise} ⌨ 셋", ":::{note} 셋")), "2 exercises; write three to six"),
        (chapter(("⌨", "✍")), "no exercise begins with ⌨"),
        (chapter(("✍", "⌨")), "no exercise begins with ✍"),
        (chapter(("✍ 하나", "하나")), "'하나' begins neither with"),
        (chapter(("## 연습문제", "## 문제")), "0 exercises"),
    ],
    "folded_solutions": [
        (chapter((":::{solution} ko-ex-two", ":::{note} two")), "'⌨ 둘' has no solution"),
        (chapter(("ko-ex-two\n:class: dropdown", "ko-ex-two")), "`ko-ex-two` is open"),
        (solution_cell(), "cell `answer`: a solution that is open"),
    ],
    "short_code": [(runs("x = 1\n" * 21), "cell `run-0`: 21 lines of code; at most 20")],
    "code_without_korean": [
        (runs("x = 1  # 합"), "cell `run-0`: Korean in the code ('합')"),
        (runs("print('ㅏ')"), "Korean in the code"),
        (shows(display(svg="<text>합</text>")), "Korean in the figure"),
    ],
    "imports_once_at_the_top": [
        (runs("x = 1", "import numpy as np"), "cell `run-1`: imports belong"),
        (runs("x = 1", "def f():\n    from math import exp"), "cell `run-1`: imports belong"),
        (runs("%matplotlib inline"), "cell `run-0`: not plain Python"),
    ],
    "every_output_is_validated": [
        (runs("# NBVAL_IGNORE_OUTPUT\nx"), "cell `run-0`: a comment switches nbval off"),
        (runs("#NBVAL_SKIP\nx"), "switches nbval off"),
        (runs("x\n# PYTEST_VALIDATE_IGNORE_OUTPUT"), "switches nbval off"),
        (shows(display(**{"image/png": "AAAA"})), "nbval does not compare image/png"),
        (shows(display(**{"application/vnd.vegalite.v5+json": {}})), "has no SVG"),
    ],
    "no_final_semicolon": [
        (runs("x = 1\nax.legend();\n"), "cell `run-0`: ends in `;`; assign the result"),
    ],
    "quiet_outputs": [
        (shows(stream("RuntimeWarning: overflow\n", "stderr")), "'RuntimeWarning: overflow"),
        (shows(ERROR), "cell `show`: shows a warning or an error: 'ValueError: no'"),
    ],
    "no_places_in_outputs": [
        (shows(display(plain="<object at 0x7f3a2c1b0d30>")), "0x7f3a2c1b0d30"),
        (shows(stream("/home/me/book\n")), "'/home/'"),
        (shows(stream("C:\\book\n")), "cell `show`"),
        (shows(ERROR | {"evalue": "/tmp/x"}, tags=("raises-exception",)), "'/tmp/'"),
    ],
    "short_main_line": [
        (chapter(("### 작은 합", "합 " * 2100)), "words; at most 2000: fold"),
    ],
    "one_thing_to_remember": [
        (chapter(("- **하나만 기억한다면**: 합은 합입니다.\n", "")), "end the section '정리'"),
        (chapter(("합은 합입니다.\n", "합은 합입니다.\n- 끝.\n")), "begins '하나만 기억한다면'"),
    ],
    "answered_in_the_fold": [
        (predicts("얼마일까요?", stream("y = 7\n"), answer="", after="7입니다."), "cell `guess`"),
    ],
    "open_predictions": [
        (predicts("몇?", stream("y = 13.8155\n"), answer="a", after="겨우 13.8입니다."), "13.8155"),
        (predicts("몇?", stream("n = 1424\n"), answer="a", after="1,424개입니다."), "1424"),
        (predicts("몇?", stream("n = 1424\n"), answer="a", after="$1{,}424$개입니다."), "1424"),
        (predicts("몇?", stream("n = 22\n"), answer="a", after="## 22번\n\n그렇습니다."), "22"),
        (predicts("몇?", stream("y = inf\n"), answer="a", after="`inf`가 나왔습니다."), "inf"),
        (predicts("몇?", stream("y = inf\n"), answer="a", after="$\\infty$입니다."), "inf"),
        (predicts("몇?", stream("y = -40\n"), answer="a", after="\u221240입니다."), "-40"),
        (
            predicts("몇?", stream("y = 7\n"), answer="a", code='np.errstate(over="ignore")'),
            "names what happens",
        ),
        (
            page_of(
                "ko",
                *predicts("몇?", stream("y = 7.25\n"), answer="7.25").cells,
                Cell("draw", "code", "1", {"mystnb": {"figure": {"caption": "7.25에서 만난다"}}}),
            ),
            "7.25",
        ),
    ],
    "outputs_that_speak": [
        (prints("1.0 2.0 0.5\n"), "prints '1.0 2.0 0.5' without saying"),
        (prints("y = 3\n4 5\n"), "'4 5'"),
        (prints("True\n"), "'True'"),
        (prints("inf [0. 0. 0.]\n"), "'inf [0. 0. 0.]'"),
        (prints("float64  709.78  -745.13\n"), "'float64  709.78  -745.13'"),
        (prints("array([nan, nan])\n"), "array([nan, nan])"),
        (value("True", "a == b"), "'True'"),
        (value("(3.4, 2.1)", "f(x), g(x)"), "'(3.4, 2.1)'"),
    ],
    "few_digits": [
        (shows(stream("1001.0986122886682\n")), "1001.0986122886682 has more than 10"),
        (shows(display(plain="array([0.33333333333, 0.5])")), "0.33333333333 has"),
        (shows(display(plain="4.248354255291589e-18")), "4.248354255291589e-18 has"),
        (shows(display(html="<td>0.12345678901</td>")), "tag the cell `digits`"),
        (shows(stream("1.0000000000"), stream("1.00000000001\n")), "1.00000000001 has"),
    ],
}


def flat(examples):
    return [
        pytest.param(rule, example, id=f"{rule}-{number}")
        for rule in examples
        for number, example in enumerate(examples[rule])
    ]


def test_every_rule_has_examples():
    assert set(GOOD) == set(BAD) == set(RULES)


@pytest.mark.parametrize(("rule", "page"), flat(GOOD))
def test_rule_lets_be(rule, page):
    assert list(RULES[rule](page)) == []


@pytest.mark.parametrize(("rule", "example"), flat(BAD))
def test_rule_finds(rule, example):
    page, message = example
    found = list(RULES[rule](page))
    assert found
    assert any(message in problem for problem in found), found


@pytest.mark.parametrize("edition", ["ko", "en"])
def test_the_glossary_lists_every_term_in_alphabetical_order(edition):
    text = (CHAPTERS / edition / "glossary.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in text.splitlines()[6:]]
    names = [row[0] for row in rows]
    assert names == sorted(names, key=str.lower)
    expected = {
        (t.ko, t.en) if edition == "ko" else (t.en, t.ko): ", ".join(
            t.also_ko if edition == "ko" else t.also_en
        )
        for t in read_terms()
    }
    assert {(row[0], row[1]): row[4] for row in rows} == expected


def test_no_term_is_another_name_of_a_term():
    for term in read_terms():
        assert not any(other.ko in term.also_ko + term.misspelt for other in read_terms())
        assert term.ko
        assert term.en
