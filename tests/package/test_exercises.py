"""The checker: right answers pass, each mistake is caught by the case that explains it."""

import re
import warnings
from html.parser import HTMLParser

import numpy as np
import pytest
import scipy.special

from lsebook import exercises
from lsebook.exercises import EXERCISES, check


def failed(report):
    return [row.case for row in report.rows if not row.passed]


def hint_of(report, case):
    return next(row.hint for row in report.rows if row.case == case)


def naive(x, axis=None):
    return np.log(np.sum(np.exp(x), axis=axis))


def shifted(x, axis=None):
    c = np.max(x, axis=axis, keepdims=True)
    return np.squeeze(c, axis=axis) + np.log(np.sum(np.exp(x - c), axis=axis))


def careful(x, axis=None):
    """A complete answer, written with SciPy so that it is not ours."""
    x = np.asarray(x, np.float64)
    with np.errstate(all="ignore"):
        return scipy.special.logsumexp(x, axis=axis)


def test_naive_fails_where_exp_overflows():
    report = check("logsumexp", naive)
    assert not report.passed
    assert {"[1000, 1000]", "[-1000, -1000]", "[0, -40]", "2 × 2, axis=1"} <= set(failed(report))
    assert "[0, 1, 2]" not in failed(report)
    assert "subtract the maximum" in hint_of(report, "[1000, 1000]")


def test_shifted_fails_only_at_the_edges():
    assert set(failed(check("logsumexp", shifted))) == {
        "[0, -40]",
        "[-inf, -inf]",
        "[inf, 0]",
        "[]",
        "int8 [100, -100]",
        "float16, 100000 zeros",
    }


def no_maximum_back(x, axis=None):
    return careful(x - np.max(x, axis=axis, keepdims=True, initial=-1e308), axis)


def global_maximum(x, axis=None):
    x = np.asarray(x, float)
    c = x.max(initial=-np.inf)
    if not np.isfinite(c):
        return c
    with np.errstate(all="ignore"):
        e = np.exp(x - c)
        top = e.sum(axis=axis)
        return c + np.where(top < 1.5, np.log1p(top - 1), np.log(top))


def kept_dimensions(x, axis=None):
    return np.expand_dims(careful(x, axis), axis) if axis is not None else careful(x)


def integers_wrap(x, axis=None):
    return (
        careful(x - x.max(axis=axis, keepdims=True), axis) + x.max()
        if x.dtype == np.int8
        else careful(x, axis)
    )


def narrow_sum(x, axis=None):
    if x.dtype == np.float16:
        with np.errstate(all="ignore"):
            return np.log(np.exp(x).sum(dtype=np.float16))
    return careful(x, axis)


def nan_of_nothing(x, axis=None):
    if x.size and np.all(x == -np.inf):
        return np.nan
    return careful(x, axis)


def fails_on_empty(x, axis=None):
    x.max()
    return careful(x, axis)


@pytest.mark.parametrize(
    ("mistake", "case", "hint"),
    [
        (no_maximum_back, "[0, 1, 2]", "add the maximum back"),
        (global_maximum, "2 × 2, axis=1", "axis"),
        (kept_dimensions, "2 × 2, axis=0", "keepdims"),
        (integers_wrap, "int8 [100, -100]", "wrap"),
        (narrow_sum, "float16, 100000 zeros", "float16 overflows"),
        (nan_of_nothing, "[-inf, -inf]", "is nan"),
        (fails_on_empty, "[]", "empty sum"),
    ],
)
def test_each_mistake_is_caught_by_the_case_that_explains_it(mistake, case, hint):
    report = check("logsumexp", mistake)
    assert case in failed(report)
    assert hint in hint_of(report, case)
    assert hint in repr(report)
    assert hint in report._repr_html_()


@pytest.mark.parametrize(
    "mistake",
    [global_maximum, kept_dimensions, integers_wrap, narrow_sum, nan_of_nothing, fails_on_empty],
)
def test_a_single_mistake_leaves_the_other_cases_alone(mistake):
    report = check("logsumexp", mistake)
    assert len(failed(report)) <= 3
    assert len(report.rows) - len(failed(report)) >= 8


def streaming(numbers):
    peak, total = -np.inf, 0.0
    for x in numbers:
        if x > peak:
            total = total * np.exp(peak - x) + 1.0 if peak > -np.inf else 1.0
            peak = x
        elif x > -np.inf:
            total += np.exp(x - peak)
    return peak + np.log(total) if total else -np.inf


def weighted(x, w):
    return scipy.special.logsumexp(np.where(w > 0, x, -np.inf), b=w)


def rows(x):
    return careful(x, axis=1)


def hessian(x):
    p = scipy.special.softmax(x)
    return np.diag(p) - np.outer(p, p)


def accurate(x):
    k = np.argmax(x)
    return x[k] + np.log1p(np.exp(np.delete(x, k) - x[k]).sum())


def masked(x, keep):
    p = np.zeros(x.shape)
    if keep.any():
        p[keep] = scipy.special.softmax(x[keep])
    return p


def complement(x):
    return np.log(-np.expm1(x)) if x > -0.6931 else np.log1p(-np.exp(x))


def log_softmax_1d(x):
    k = np.argmax(x)
    return x - x[k] - np.log1p(np.exp(np.delete(x, k) - x[k]).sum())


def joined(p, q):
    (c, s, w), (low, t, v) = (p, q) if p[0] >= q[0] else (q, p)
    scale = np.exp(low - c) if np.isfinite(low) else 0.0
    return np.concatenate([[c, s + t * scale], w + v * scale])


def combined(states):
    kept = [(c, r) for c, r in states if np.isfinite(c)]
    if not kept:
        return -np.inf
    top = max(kept)
    others = list(kept)
    others.remove(top)
    rest = top[1] + sum((1 + r) * np.exp(c - top[0]) for c, r in others)
    return top[0] + np.log1p(rest)


RIGHT = {
    "logsumexp": careful,
    "softmax": lambda x, axis=None: scipy.special.softmax(np.asarray(x, float), axis),
    "log_softmax": lambda x, axis=None: scipy.special.log_softmax(np.asarray(x, float), axis),
    "streaming": streaming,
    "log_product": lambda p: np.sum(np.log(p)),
    "softmax_temperature": lambda x, t: np.exp(x / t) / np.exp(x / t).sum(),
    "log_normalise": lambda w: np.exp(w - np.log(np.exp(w).sum())),
    "log_weighted_sum": weighted,
    "logsumexp_1d": careful,
    "lse_hessian": hessian,
    "logsumexp_accurate": accurate,
    "masked_softmax": masked,
    "log1mexp": complement,
    "logcumsumexp": np.logaddexp.accumulate,
    "logsumexp_rows": rows,
    "softmax_integers": lambda x: scipy.special.softmax(np.asarray(x, float)),
    "cross_entropy": lambda x, label: careful(x) - x[label],
    "softmax_float32": lambda x: scipy.special.softmax(np.asarray(x, np.float32)),
    "log_softmax_1d": log_softmax_1d,
    "merge_attention": joined,
    "logsumexp_blocks": lambda x, size: careful(x),
    "combine_states": combined,
}
# SciPy's log_softmax loses the tail of 1e-18; that is what the case is about.
KNOWN_TO_FAIL = {"log_softmax": ["[0, -40]"]}


@pytest.mark.parametrize("name", EXERCISES)
def test_right_answers_pass(name):
    report = check(name, RIGHT[name])
    assert failed(report) == KNOWN_TO_FAIL.get(name, [])
    assert report.passed is (name not in KNOWN_TO_FAIL)
    count = len(EXERCISES[name])
    assert report.summary == f"{name}: {count - len(failed(report))} / {count}"


@pytest.mark.parametrize(
    ("name", "wrong", "case", "hint"),
    [
        (
            "softmax",
            lambda x, axis=None: np.exp(x) / np.exp(x).sum(axis),
            "[1000, 1000]",
            "overflows",
        ),
        ("softmax", lambda x, axis=None: careful(x), "[0, 1, 2]", "shape"),
        (
            "log_softmax",
            lambda x, axis=None: np.log(scipy.special.softmax(x * 1.0, axis)),
            "[0, -1000]",
            "too late",
        ),
        (
            "streaming",
            lambda xs: careful(np.array([*xs, *xs]) if max(xs) else 0),
            "0, 1, 2",
            "once",
        ),
        ("streaming", lambda xs: naive(list(xs)), "1000, 1000", "overflows"),
        ("log_product", lambda p: np.log(np.prod(p)), "0.5, 2000 times", "underflows"),
        ("log_product", lambda p: np.sum(np.log(p)) if len(p) else -np.inf, "[]", "empty product"),
        (
            "softmax_temperature",
            lambda x, t: np.exp(x) / t / (np.exp(x) / t).sum(),
            "[0, 2, 4], T = 2",
            "Divide x by T",
        ),
        ("log_normalise", lambda w: np.exp(w), "[-2, -2, -2, -2]", "add up to 1"),
        ("log_weighted_sum", lambda x, w: careful(x), "[0, 0], w = [1, 3]", "multiplies"),
        (
            "log_weighted_sum",
            lambda x, w: x.max() + np.log(np.sum(w * np.exp(x - x.max()))),
            "[0, 1000], w = [1, 0]",
            "weight 0",
        ),
    ],
)
def test_mistakes_of_the_other_exercises(name, wrong, case, hint):
    report = check(name, wrong)
    assert case in failed(report)
    assert hint in hint_of(report, case)


class Strange:
    def __array__(self, *args, **kwargs):
        raise RuntimeError("no array")


def change_input(x, axis=None):
    value = careful(x, axis)
    x[...] = 0
    return value


def warn(x, axis=None):
    warnings.warn("watch out", RuntimeWarning, stacklevel=1)
    return careful(x, axis)


def user_warning(x, axis=None):
    warnings.warn("deprecated", DeprecationWarning, stacklevel=1)
    return careful(x, axis)


def raises(x, axis=None):
    raise ZeroDivisionError("a\n long  message " + "x" * 80)


@pytest.mark.parametrize(
    ("function", "got", "hint"),
    [
        (lambda x, axis=None: None, "None", "return"),
        (lambda x, axis=None: "text", "str", "number"),
        (lambda x, axis=None: Strange(), "Strange", "number"),
        (lambda x, axis=None: [[1], [1, 2]], "list", "number"),
        (lambda x, axis=None: 1j, "complex", "number"),
        (lambda x, axis=None: [1.0, 2.0], "shape (2,)", "keepdims"),
        (lambda x: 1.0 / 3, "0.3333333333", "maximum back"),
        (change_input, "changed its input", "copy"),
        (warn, "2.407605964, warning: watch out", "maximum back"),
        (raises, "ZeroDivisionError: a long message " + "x" * 25 + "…", "maximum back"),
        (5, "TypeError: 'int' object is not callable", "maximum back"),
    ],
)
def test_whatever_the_function_does_becomes_a_row(function, got, hint):
    row = check("logsumexp", function).rows[0]
    assert row.got == got
    assert not row.passed
    assert hint in row.hint


def test_other_warnings_are_no_failure():
    assert check("logsumexp", user_warning).rows[0].passed


def test_exits_are_the_readers_own():
    def leave(x, axis=None):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check("logsumexp", leave)


def test_warnings_of_log_zero_are_allowed_in_the_first_chapters():
    report = check("log_product", lambda p: np.log(p).sum())
    assert report.passed


def test_unknown_exercise():
    with pytest.raises(
        ValueError, match=r"no exercise named 'x'; there are .*logsumexp.*streaming"
    ):
        check("x", naive)


def test_a_check_is_deterministic_and_leaves_the_cases_alone():
    first, second = check("logsumexp", naive), check("logsumexp", naive)
    assert repr(first) == repr(second)
    assert first._repr_html_() == second._repr_html_()
    check("logsumexp", change_input)
    assert repr(check("logsumexp", naive)) == repr(first)


def test_text_is_a_table_with_aligned_columns():
    lines = repr(check("log_normalise", lambda w: np.full(w.shape, 0.25))).splitlines()
    assert lines[0] == "log_normalise: 1 / 4"
    assert lines[2].split() == ["case", "expected", "got", "verdict"]
    start = lines[2].index("verdict")
    assert [line[start:] for line in lines[3:7]] == ["no", "ok", "no", "no"]
    assert lines[7].startswith("* ")


def test_korean_letters_take_two_columns():
    row = exercises.Row("합", "1", "2", False, "h")
    lines = repr(exercises.Report("e", (row,))).splitlines()
    assert lines[2] == "case  expected  got  verdict"
    assert lines[3] == "합    1         2    no"


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def test_html_is_an_accessible_table():
    html = check("logsumexp", lambda x, axis=None: [["<b>"]])._repr_html_()
    assert "<b>" not in html
    tags = Tags()
    tags.feed(html)
    headers = [attributes for tag, attributes in tags.found if tag == "th"]
    assert len(headers) == 4 + len(EXERCISES["logsumexp"])
    assert {h["scope"] for h in headers} == {"col", "row"}
    assert all(not ({"id", "style", "class", "color"} & a.keys()) for _, a in tags.found)
    assert not re.search(r"<th[^>]*>\s*</th>", html)
    assert ("caption", {}) in tags.found
    assert "<ul>" not in check("log_normalise", RIGHT["log_normalise"])._repr_html_()


def test_at_most_ten_significant_digits():
    text = repr(check("softmax", RIGHT["softmax"]))
    for number in re.findall(r"\d+\.?\d*(?:e[+-]\d+)?", text):
        digits = re.sub(r"e.*", "", number).replace(".", "").lstrip("0")
        assert len(digits) <= 10


@pytest.mark.parametrize("name", EXERCISES)
def test_every_hint_is_one_short_line_in_both_languages(name):
    for case in EXERCISES[name]:
        korean, english = case.hint.split(" / ")
        assert re.search("[가-힣]", korean)
        assert not re.search("[가-힣]", english)
        assert len(case.hint) <= 100


def test_finite_answers_are_not_said_to_overflow():
    def not_added_back(x):
        x = np.asarray(x, float)
        return np.log(np.exp(x - x.max()).sum())

    text = str(exercises.check("logsumexp_1d", not_added_back))
    assert "add the maximum back" in text
    assert "overflows" not in text
    assert "Every exp is 0" not in text
    assert "overflows" in str(exercises.check("logsumexp_1d", lambda x: np.log(np.exp(x).sum())))
