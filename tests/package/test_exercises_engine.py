"""The engine of the exercises: whatever a function does becomes a row that is told right."""

import subprocess
import sys
import tracemalloc
import warnings
from fractions import Fraction
from html.parser import HTMLParser

import numpy as np
import pytest
from mpmath import mpf

from lsebook.exercises import EXERCISES, Case, Exercise, Hint, Report, Row, check
from lsebook.exercises.engine import judge

USUAL, OWN = Hint("흔한 말", "usual"), Hint("제 말", "own")


def exercise(*cases, parameters="x", signs=()):
    return Exercise("f", parameters, USUAL, cases, signs)


def row_of(function, case, **rest):
    (row,) = judge(exercise(case, **rest), function).rows
    return row


def is_right(got, expected, **rest):
    return row_of(lambda x: got, Case((0.0,), expected, **rest)).passed


INF, NAN = np.inf, np.nan


@pytest.mark.parametrize(
    ("got", "expected", "right"),
    [
        (INF, INF, True),
        (-INF, -INF, True),
        (NAN, NAN, True),
        (0.0, INF, False),
        (7.0, -INF, False),
        (1e308, INF, False),
        (-INF, INF, False),
        (INF, -INF, False),
        (NAN, INF, False),
        (NAN, 1.0, False),
        (INF, 1.0, False),
        (INF, NAN, False),
        (1.0, NAN, False),
        ([INF, 1.0], [INF, 1.0], True),
        ([INF, 1.0], [INF, 2.0], False),
        ([0.0, 1.0], [INF, 1.0], False),
        ([1.0, NAN], [1.0, NAN], True),
        ([NAN, 1.0], [1.0, NAN], False),
        (1.0 + 1e-13, 1.0, True),
        (1.0 + 1e-11, 1.0, False),
        (1e-20, 0.0, False),
        (-0.0, 0.0, True),
        (1, 1.0, True),
        (np.float32(0.5), 0.5, True),
        (np.longdouble(0.5), 0.5, True),
        (Fraction(1, 2), 0.5, True),
        (mpf("0.5"), 0.5, True),
        ([mpf(1), 2], [1.0, 2.0], True),
    ],
)
def test_values_are_compared_one_by_one_infinities_and_nan_as_such(got, expected, right):
    assert is_right(got, expected) is right


def test_tolerances_do_not_reach_infinities():
    assert not is_right(7.0, INF, rtol=1e9, atol=1e9)
    assert not is_right(-INF, INF, rtol=INF)
    assert is_right(7.0, 8.0, atol=1.0)


class Strange:
    def __array__(self, *args, **kwargs):
        raise RuntimeError("no array")


@pytest.mark.parametrize(
    ("value", "got", "said"),
    [
        (None, "None", "return"),
        ("text", "str", "number"),
        (Strange(), "Strange", "number"),
        ([[1], [1, 2]], "list", "number"),
        ((1.0, [2.0]), "tuple", "number"),
        (1j, "complex", "number"),
        (True, "bool", "number"),
        ([None], "list", "number"),
        ([1.0, 2.0], "shape (2,)", "one number"),
        (2.0, "2", "usual"),
        (1.0 + 1e-8, "1.00000001", "first digits"),
    ],
)
def test_whatever_comes_back_becomes_a_row(value, got, said):
    row = row_of(lambda x: value, Case((0.0,), 1.0))
    assert (row.got, row.passed) == (got, False)
    assert said in row.hint.en


def test_a_wrong_shape_is_named_and_axis_only_where_there_is_one():
    assert row_of(lambda x: 1.0, Case((np.zeros(2),), [1.0, 2.0])).hint.en == (
        "The shape should be (2,)."
    )
    hint = row_of(lambda x: 1.0, Case((np.zeros((2, 2)),), [1.0, 2.0])).hint
    assert hint.en == "The shape should be (2,). Look at axis and keepdims."
    assert hint.ko == "모양이 (2,)이어야 합니다. axis와 keepdims를 보세요."


def raises(x):
    y = x + 1
    raise ValueError(f"a message that Python may word otherwise {y}")


def test_an_exception_is_told_by_its_class_and_line_not_by_its_words():
    row = row_of(raises, Case((1.0,), 1.0, OWN))
    line = raises.__code__.co_firstlineno + 2
    assert (row.got, row.hint) == (f"ValueError (line {line})", OWN)
    with pytest.raises(ValueError, match="word otherwise"):
        raise row.error


def test_the_line_is_the_readers_even_where_a_library_raised():
    def deep(x):
        return np.linalg.inv(np.zeros((2, 2)))

    row = row_of(deep, Case((1.0,), 1.0))
    assert row.got == f"LinAlgError (line {deep.__code__.co_firstlineno + 1})"
    row = row_of(np.linalg.inv, Case((np.zeros((2, 2)),), 1.0))
    assert row.got.startswith("LinAlgError")


@pytest.mark.parametrize("function", [lambda: 1.0, lambda x: 1.0, 5, np.float64])
def test_a_call_that_does_not_fit_says_how_it_is_called(function):
    row = row_of(function, Case((1.0,), 1.0, OWN, {"axis": 0}), parameters="x, axis=None")
    assert row.got.startswith("TypeError: ")
    assert row.hint.en == "It must be possible to call f(x, axis=None)."


def test_exits_are_the_readers_own():
    def leave(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        row_of(leave, Case((1.0,), 1.0))


def warn(x):
    warnings.warn("watch out", RuntimeWarning, stacklevel=1)
    return 1.0


def test_a_right_value_beside_a_warning_gets_a_hint_of_its_own():
    row = row_of(warn, Case((1.0,), 1.0, OWN))
    assert (row.passed, row.got) == (False, "1, RuntimeWarning")
    assert "value is right, but NumPy warned" in row.hint.en
    assert row_of(warn, Case((1.0,), 1.0, quiet=False)).passed


def test_a_wrong_value_beside_a_warning_is_told_as_wrong():
    row = row_of(warn, Case((1.0,), 2.0, OWN))
    assert (row.got, row.hint) == ("1", OWN)


def test_numpys_warnings_count_whatever_was_set_outside():
    def overflows(x):
        return np.minimum(np.exp(x), 1.0)

    case = Case((np.array([1000.0]),), [1.0])
    with np.errstate(all="ignore"):
        assert row_of(overflows, case).got == "[1], RuntimeWarning"
    with np.errstate(all="raise"):
        assert row_of(overflows, case).got == "[1], RuntimeWarning"


def test_where_numpy_cannot_warn_silence_is_not_judged(monkeypatch):
    monkeypatch.setattr(np, "exp", lambda x: np.full(np.shape(x), np.inf))
    assert row_of(warn, Case((1.0,), 1.0)).passed


def test_other_warnings_are_no_failure():
    def deprecated(x):
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        return 1.0

    assert row_of(deprecated, Case((1.0,), 1.0)).passed


def change(x):
    x[...] = 0
    return 3.0


def test_a_changed_input_fails_and_is_told():
    case = Case((np.array([1.0, 2.0]),), 3.0, OWN)
    row = row_of(change, case)
    assert (row.passed, row.got) == (False, "3, input changed")
    assert "input was changed" in row.hint.en
    assert row_of(change, case) == row
    assert row_of(lambda x: x.sum(), case).passed


def test_a_changed_list_inside_the_input_is_seen():
    def pop(states):
        states.pop()
        return 1.0

    assert row_of(pop, Case(([(1.0, 2.0)],), 1.0)).got == "1, input changed"


def test_dtype_counts_only_where_it_is_asked_for():
    assert row_of(lambda x: np.float64(0.5), Case((0.0,), 0.5, dtype=np.float32)).got == (
        "0.5, float64"
    )
    assert row_of(lambda x: np.float32(0.5), Case((0.0,), 0.5, dtype=np.float32)).passed
    assert row_of(lambda x: np.float32(0.5), Case((0.0,), 0.5)).passed


def test_too_narrow_a_dtype_is_told():
    row = row_of(lambda x: np.float32(1 / 3), Case((0.0,), 1 / 3, OWN))
    assert row.got == "0.333333, float32"
    assert "float32 has too few digits" in row.hint.en
    assert row_of(lambda x: np.float32(1 / 4), Case((0.0,), 1 / 3, OWN)).hint == OWN


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (lambda xs: max(xs) + sum(xs), True),
        (lambda xs: sum(list(xs)) + len(list(xs)) + 1, True),
        (lambda xs: sum(sum(1 for _ in xs) * x for x in xs), True),
        (lambda xs: next(xs), False),
        (lambda xs: sum(iter(xs)) + 1, False),
        (lambda xs: sum(x for i, x in enumerate(xs) if i), False),
    ],
)
def test_reading_again_what_can_be_read_once_is_told(function, told):
    row = row_of(function, Case(([1.0, 2.0, 4.0],), 7.0, OWN, stream=True))
    assert not row.passed
    assert ("only once" in row.hint.en) is told


@pytest.mark.parametrize("most", [1, 10])
def test_keeping_all_numbers_of_a_stream_fails_where_it_counts(most):
    case = Case(([1.0] * 95,), 95.0, stream=True, kept=most)

    def ten_by_ten(xs):
        total, block = 0.0, []
        for x in xs:
            block.append(x)
            if len(block) == 10:
                total, block = total + sum(block), []
        return total + sum(block)

    row = row_of(lambda xs: sum(list(xs)), case)
    assert (row.passed, row.got) == (False, "95, all in memory")
    assert "in memory at once" in row.hint.en
    assert row_of(sum, case).passed
    assert row_of(lambda xs: sum(x for x in xs), case).passed
    assert row_of(ten_by_ten, case).passed is (most == 10)  # five are left when the end comes


def test_measuring_memory_leaves_a_measurement_of_the_readers_alone():
    case = Case((np.zeros(100_000),), 0.0, memory=50_000)
    assert row_of(lambda x: (x + 1 - 1).sum(), case).got == "0, too much memory"
    assert not tracemalloc.is_tracing()
    tracemalloc.start()
    try:
        np.ones(1_000_000)  # a peak of the reader's own, before
        assert row_of(np.sum, case).passed
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()


def test_a_sign_in_the_value_tells_more_than_the_case():
    twice = Hint("두 배", "twice")
    signs = ((lambda got, case: bool(got == 2 * case.want), twice),)
    case = Case((1.0,), 3.0, OWN)
    assert row_of(lambda x: 6.0, case, signs=signs).hint == twice
    assert row_of(lambda x: 5.0, case, signs=signs).hint == OWN


def test_finite_answers_are_not_said_to_overflow():
    def not_shifted_back(x):
        return 2 * np.log(np.exp(x - x.max()).sum())

    text = str(check("logsumexp_1d", not_shifted_back))
    assert "overflowed" not in text
    assert "became 0" not in text


@pytest.mark.parametrize(
    ("arguments", "written"),
    [
        ((1.0,), "1"),
        ((-1e-20,), "-1e-20"),
        ((1e10,), "1e10"),
        ((np.array([0.5, INF, -INF, NAN]),), "[0.5, inf, -inf, nan]"),
        ((np.array([1, -2], np.int8),), "int8([1, -2])"),
        ((np.zeros(100, np.float16),), "float16([0] * 100)"),
        ((np.array([True, False]),), "[True, False]"),
        ((np.eye(2),), "[[1, 0], [0, 1]]"),
        ((np.array([]),), "[]"),
        (([(1.0, 0.0), (-INF, 0.0)],), "[(1, 0), (-inf, 0)]"),
        ((np.r_[np.zeros(9), 1.0, np.zeros(2)],), "[0] * 9 + [1] + [0] * 2"),
        ((np.zeros(2), 3), "[0, 0], b=3"),
        (((1.0, np.array([2.0])), (3.0, np.array([4.0]))), "(1, [2]), b=(3, [4])"),
    ],
)
def test_names_of_cases_are_written_from_their_arguments(arguments, written):
    assert exercise(parameters="a, b").call(Case(arguments, 0.0)) == written


def test_keywords_and_streams_are_written_too():
    assert exercise().call(Case((np.zeros(2),), 0.0, None, {"axis": -1})) == "[0, 0], axis=-1"
    assert exercise().call(Case(([0.0],), 0.0, stream=True)) == "iter([0])"
    assert exercise().call(Case((0.1 + 0.2,), 0.0, name="0.3")) == "0.3"


def some_report(hint=OWN):
    return Report("f", (Row("[1]", "1", "1", True, USUAL), Row("[2]", "2", "3", False, hint)))


def test_text_is_a_table_and_the_first_hint_on_two_lines():
    rows = (*some_report().rows, Row("[3]", "3", "0", False, USUAL))
    assert repr(Report("f", rows)).splitlines() == [
        "f: 1 / 3",
        "",
        "case  expected  got  verdict",
        "[1]   1         1    ok",
        "[2]   2         3    no",
        "[3]   3         0    no",
        "* 제 말",
        "  own",
    ]


def test_a_passed_report_has_no_hint():
    report = Report("f", some_report().rows[:1])
    assert report.passed
    assert report.hint is None
    assert repr(report).splitlines()[-1].endswith("ok")
    assert "<p" not in report._repr_html_()


def test_korean_letters_take_two_columns():
    lines = repr(Report("e", (Row("합", "1", "2", True, USUAL),))).splitlines()
    assert lines[2] == "case  expected  got  verdict"
    assert lines[3] == "합    1         2    ok"


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found, self.texts = [], []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.texts.append((self.found[-1][1].get("lang"), data))


def test_html_is_an_accessible_table_in_both_languages():
    html = some_report(Hint("<b>말", "<b>word"))._repr_html_()
    assert "<b>" not in html
    tags = Tags()
    tags.feed(html)
    headers = [attributes for tag, attributes in tags.found if tag == "th"]
    assert len(headers) == 4 + 2
    assert {h["scope"] for h in headers} == {"col", "row"}
    assert ("caption", {}) in tags.found
    assert not {"id", "style", "class"} & {name for _, a in tags.found for name in a}
    marked = [tag for tag, attributes in tags.found if "lang" in attributes]
    assert marked == ["span", "span"] * 4 + ["p", "p"]
    for language, text in tags.texts:
        korean = any("가" <= letter <= "힣" for letter in text)
        if language is not None and text.strip():
            assert korean == (language == "ko")
        assert language is not None or not korean


@pytest.mark.parametrize("name", EXERCISES)
def test_every_hint_is_one_short_sentence_in_each_language(name):
    one = EXERCISES[name]
    hints = {one.usual, *(c.hint for c in one.cases if c.hint), *(hint for _, hint in one.signs)}
    for hint in hints:
        assert any("가" <= letter <= "힣" for letter in hint.ko)
        assert not any("가" <= letter <= "힣" for letter in hint.en)
        assert max(map(len, hint)) <= 90
        assert hint.en[-1] in ".?"
        assert hint.ko[-1] in ".?"


def test_at_most_ten_significant_digits():
    row = row_of(lambda x: 1 / 3, Case((1 / 3,), 1 / 3))
    assert (row.case, row.expected, row.got) == ("0.3333333333",) * 3


def test_long_arrays_are_cut():
    row = row_of(lambda x: np.zeros((3, 2)), Case((0.0,), np.zeros((3, 2))))
    assert row.got == "[0, 0, 0, 0, …] (3, 2)"


def test_a_check_is_the_same_every_time():
    first, second = (check("logsumexp_1d", lambda x: x.max()) for _ in range(2))
    assert repr(first) == repr(second)
    assert first._repr_html_() == second._repr_html_()


def test_unknown_exercise():
    with pytest.raises(ValueError, match=r"no exercise named 'x'; there are .*logsumexp"):
        check("x", np.sum)


def test_importing_brings_numpy_alone():
    program = (
        "import sys; import lsebook.exercises;"
        " print({'matplotlib', 'altair', 'mpmath', 'pandas', 'dask', 'numba'} & set(sys.modules))"
    )
    run = [sys.executable, "-c", program]
    found = subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip()
    assert found == "set()"


@pytest.mark.parametrize(
    ("got", "expected"),
    [(1.0 + 1e-11, 1.0), ([1.0, 2.0, 3.0, 4.0, 9.0], [1.0, 2.0, 3.0, 4.0, 5.0])],
)
def test_a_wrong_value_does_not_look_like_the_right_one(got, expected):
    row = row_of(lambda x: np.array(got), Case((0.0,), expected))
    assert not row.passed
    assert row.got == f"{row.expected}, differs further on"
