"""Self-checks for the reader's own code: a fixed list of cases, and a table of what came.

The reader's function is never trusted: whatever it does becomes a row. Expected values are known
by mathematics (written as formulas) or to 17 digits from mpmath; nothing here calls our functions.

Adding an exercise is one entry in `EXERCISES`: its cases, each with arguments, the expected value
and a hint for the mistake that the case is there to find.
"""

from __future__ import annotations

import html
import unicodedata
import warnings
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["EXERCISES", "Case", "Report", "Row", "check"]

LN2 = 0.6931471805599453
LN3 = 1.0986122886681098
INF = float("inf")


@dataclass(frozen=True)
class Case:
    """One call of the reader's function and what it should return.

    Attributes
    ----------
    name : str
        The call as the reader would write it.
    arguments : tuple
        Positional arguments, copied before every call.
    expected : array_like
        The right value; its shape is required, its dtype is not.
    hint : str
        One line in both languages, shown when the case fails.
    keywords : dict
        Keyword arguments.
    rtol, atol : float
        A value passes if ``abs(got - expected) <= atol + rtol * abs(expected)``.
    quiet : bool
        Whether a RuntimeWarning fails the case.
    stream : bool
        Whether the argument is passed as a generator, which can be read once.
    """

    name: str
    arguments: tuple[Any, ...]
    expected: Any
    hint: str
    keywords: dict[str, Any] = field(default_factory=dict)
    rtol: float = 1e-9
    atol: float = 0.0
    quiet: bool = True
    stream: bool = False


@dataclass(frozen=True)
class Row:
    """What became of one case."""

    case: str
    expected: str
    got: str
    passed: bool
    hint: str


@dataclass(frozen=True, repr=False)
class Report:
    """The rows of a check, as plain text or as an HTML table."""

    name: str
    rows: tuple[Row, ...]

    HEADER = ("case", "expected", "got", "verdict")

    @property
    def passed(self) -> bool:
        """Whether every case passed."""
        return all(row.passed for row in self.rows)

    @property
    def summary(self) -> str:
        """One line: the exercise and how many cases passed."""
        return f"{self.name}: {sum(row.passed for row in self.rows)} / {len(self.rows)}"

    def _cells(self) -> list[tuple[str, str, str, str]]:
        return [(r.case, r.expected, r.got, "ok" if r.passed else "no") for r in self.rows]

    def _hints(self) -> list[str]:
        """The hints of the failed cases, each once."""
        return list(dict.fromkeys(row.hint for row in self.rows if not row.passed))

    def __repr__(self) -> str:
        table = [self.HEADER, *self._cells()]
        widths = [max(map(_width, column)) for column in zip(*table, strict=True)]
        lines = [
            "  ".join(
                c + " " * (w - _width(c)) for c, w in zip(cells, widths, strict=True)
            ).rstrip()
            for cells in table
        ]
        return "\n".join([self.summary, "", *lines, *(f"* {hint}" for hint in self._hints())])

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{name}</th>' for name in self.HEADER)
        body = "".join(
            f'<tr><th scope="row"><code>{html.escape(case)}</code></th>'
            f"<td>{html.escape(expected)}</td><td>{html.escape(got)}</td><td>{verdict}</td></tr>"
            for case, expected, got, verdict in self._cells()
        )
        hints = "".join(f"<li>{html.escape(hint)}</li>" for hint in self._hints())
        table = (
            f"<table><caption>{html.escape(self.summary)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )
        return table + (f"<ul>{hints}</ul>" if hints else "")


def _width(text: str) -> int:
    """Columns that `text` takes in a terminal: Korean letters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def check(name: str, function: Callable[..., Any]) -> Report:
    """Run the reader's function on the cases of an exercise.

    Parameters
    ----------
    name : str
        The exercise, a key of `EXERCISES`.
    function : callable
        The reader's answer. It may raise, warn, change its input or return anything.

    Returns
    -------
    Report
        A table of case, expected, got and verdict; ``report.passed`` sums it up.

    Raises
    ------
    ValueError
        If there is no such exercise.

    Examples
    --------
    >>> import numpy as np
    >>> from lsebook.exercises import check
    >>> check("log_product", lambda p: np.log(np.prod(p)))
    log_product: 3 / 4
    <BLANKLINE>
    case             expected      got           verdict
    [0.5, 0.25]      -2.079441542  -2.079441542  ok
    0.5, 2000 times  -1386.294361  -inf          no
    [0.5, 0.0]       -inf          -inf          ok
    []               0             0             ok
    * 곱이 0이 됩니다. 로그를 더하세요. / The product underflows to 0: add the logs.
    """
    if name not in EXERCISES:
        raise ValueError(f"no exercise named {name!r}; there are {', '.join(sorted(EXERCISES))}")
    cases = EXERCISES[name]
    return Report(name, tuple(_row(case, function, cases[0].hint) for case in cases))


def _row(case: Case, function: Callable[..., Any], usual: str) -> Row:
    """Return what became of a case; `usual` is the hint where nothing overflowed or vanished."""
    arguments, keywords = deepcopy((case.arguments, case.keywords))
    passed_in = tuple((v for v in a) for a in arguments) if case.stream else arguments
    expected = _shown(np.asarray(case.expected))

    def row(got: str, passed: bool = False, hint: str = case.hint) -> Row:
        return Row(case.name, expected, got, passed, hint)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = function(*passed_in, **keywords)
        except Exception as error:
            return row(_one_line(f"{type(error).__name__}: {error}"))
    if value is None:
        return row(
            "None",
            hint="돌아온 값이 없습니다. return이 있나요? / Nothing came back: is there a return?",
        )
    try:
        got = np.asarray(value)
        numeric = got.dtype.kind in "biuf"
    except Exception:
        numeric = False
    if not numeric:
        return row(
            type(value).__name__, hint="수나 배열을 돌려주세요. / Return a number or an array."
        )
    want = np.asarray(case.expected, dtype=np.float64)
    if got.shape != want.shape:
        return row(f"shape {got.shape}", hint=_SHAPE)
    if not _same((arguments, keywords), (case.arguments, case.keywords)):
        return row("changed its input", hint=_MUTATION)
    warned = [w for w in caught if issubclass(w.category, RuntimeWarning)]
    shown = _shown(got)
    got = got.astype(np.float64)
    close = (got == want) | (np.isnan(got) & np.isnan(want))
    with np.errstate(all="ignore"):
        close |= np.abs(got - want) <= case.atol + case.rtol * np.abs(want)
        close &= np.isfinite(got) | ~np.isfinite(want)
    if not close.all():
        overflowed = not np.isfinite(got).all()
        return row(shown, hint=case.hint if overflowed or case.hint not in _RANGE else usual)
    if warned and case.quiet:
        return row(_one_line(f"{shown}, warning: {warned[0].message}"))
    return row(shown, passed=True)


def _same(left: Any, right: Any) -> bool:
    """Say whether two nests of tuples, dicts, arrays and numbers are equal, nan for nan."""
    if isinstance(left, dict):
        return all(_same(left[k], right[k]) for k in right)
    if isinstance(left, (tuple, list)):
        return len(left) == len(right) and all(map(_same, left, right))
    a, b = np.asarray(left), np.asarray(right)
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


def _shown(value: np.ndarray[Any, Any]) -> str:
    """Write at most four numbers, of ten digits or as many as their format is sure of."""
    sure = np.finfo(value.dtype).precision if value.dtype.kind == "f" else 10
    flat = [f"{float(v):.{min(sure, 10)}g}" for v in value.ravel()[:4]]
    if value.ndim == 0:
        return flat[0]
    more = ", …" if value.size > 4 else ""
    shape = f" {value.shape}" if value.ndim > 1 else ""
    return f"[{', '.join(flat)}{more}]{shape}"


def _one_line(text: str, most: int = 60) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


_SHAPE = (
    "모양이 다릅니다. axis와 keepdims를 보세요. / The shape differs: look at axis and keepdims."
)
_MUTATION = "입력을 바꾸지 마세요. 복사해서 계산하세요. / Leave the input as it is; work on a copy."
_SHIFT = "exp가 넘칩니다. 최댓값을 먼저 빼세요. / exp overflows: subtract the maximum first."
_UNDER = (
    "exp가 모두 0이 됩니다. 최댓값을 먼저 빼세요. / Every exp is 0: subtract the maximum first."
)
_RANGE = (_SHIFT, _UNDER)
_BACK = "뺀 최댓값을 다시 더했나요? / Did you add the maximum back?"
_TAIL = "아주 작은 꼬리도 남습니다: log1p. / A tiny tail counts here: use log1p."
_ALL_OUT = "−inf − (−inf)는 nan입니다. 따로 다루세요. / −inf − (−inf) is nan: treat it apart."
_PLUS = "최댓값이 inf면 답도 inf입니다. / If the maximum is inf, so is the answer."
_EMPTY = "빈 합은 0, 그 로그는 −inf입니다. / The empty sum is 0 and its log is −inf."
_AXIS = "최댓값도 같은 axis로, keepdims=True로. / The maximum needs axis and keepdims=True."
_INTEGERS = (
    "정수는 빼기에서 넘칩니다. 먼저 float로. / Integers wrap around: convert to float first."
)
_HALF = "float16은 65504에서 넘칩니다. float64로. / float16 overflows at 65504: add in float64."
_ONE_PASS = "제너레이터는 한 번만 읽힙니다. / A generator can be read only once."
_RESCALE = (
    "최댓값이 바뀌면 지금까지의 합도 바꾸세요. / When the maximum changes, rescale the sum so far."
)
_DIVIDE = "확률의 합은 1이어야 합니다. / The probabilities must add up to 1."
_LOGS = "곱이 0이 됩니다. 로그를 더하세요. / The product underflows to 0: add the logs."
_LOG_EMPTY = "0의 로그는 −inf이고, 합은 0입니다. / The log of 0 is −inf: the sum is 0."
_LOG_ZERO = "0의 로그는 −inf이고, 곱은 0입니다. / The log of 0 is −inf: the product is 0."
_NO_FACTOR = "빈 곱은 1, 그 로그는 0입니다. / The empty product is 1 and its log is 0."
_TEMPERATURE = "지수에서 x를 T로 나누세요. / Divide x by T inside the exponential."
_WEIGHT = "w는 exp(x)에 곱합니다. / The weight multiplies exp(x)."
_ZERO_WEIGHT = (
    "가중치가 0인 항은 최댓값에서도 빼세요. / A term of weight 0 must not choose the maximum."
)
_LATE_LOG = (
    "0이 된 확률의 로그는 늦습니다: x − LSE. / The log of a lost probability is too late: x − LSE."
)

_COVARIANCE = "pᵢpⱼ를 모두 빼야 합니다. / Subtract every pᵢpⱼ."

_STRETCH = "행의 길이와 크기가 다를 때를 보세요. / Look at rows of other length and size."
_COMPLEMENT = "0 근처와 −40 근처는 식이 다릅니다. / Near 0 and near −40 need different formulas."
_OWN_PEAK = "답마다 자기 최댓값이 필요합니다. / Every answer needs a maximum of its own."
_CEILING = "손실에 천장이 있습니다. LSE(x) − xᵢ로. / The loss has a ceiling: use LSE(x) − xᵢ."
_MASKED = "가려진 자리는 정확히 0입니다. / Masked places are exactly 0."
_LARGER_PEAK = (
    "큰 쪽의 꼭대기에 맞추세요. 빈 상태도요. / Scale to the larger peak; mind empty states."
)
_STATES = "값을 평균하지 말고 상태를 병합하세요. / Merge states; do not average values."
_NAN = "nan은 nan으로 남습니다: np.maximum. / A nan stays nan: np.maximum."
_DIVISION = "큰 LSE의 반올림이 지수로 갑니다. / Rounding of a large LSE enters exp: divide."

# softmax([0, 1, 2]) from mpmath at 80 digits.
_SOFTMAX_012 = [0.09003057317038046, 0.24472847105479764, 0.6652409557748218]
_LOG_SOFTMAX_012 = [-2.4076059644443803, -1.4076059644443803, -0.40760596444438030]
_LSE_012 = 2.4076059644443803
_TABLE = np.array([[0.0, 1000.0], [0.0, -1000.0]])


EXERCISES: dict[str, tuple[Case, ...]] = {
    "logsumexp": (
        Case("[0, 1, 2]", (np.array([0.0, 1.0, 2.0]),), _LSE_012, _BACK),
        Case("[1000, 1000]", (np.array([1000.0, 1000.0]),), 1000 + LN2, _SHIFT),
        Case("[-1000, -1000]", (np.array([-1000.0, -1000.0]),), -1000 + LN2, _UNDER),
        Case("[0, -40]", (np.array([0.0, -40.0]),), 4.248354255291589e-18, _TAIL),
        Case("[-inf, -inf]", (np.array([-INF, -INF]),), -INF, _ALL_OUT),
        Case("[inf, 0]", (np.array([INF, 0.0]),), INF, _PLUS),
        Case("[]", (np.array([]),), -INF, _EMPTY),
        Case("2 × 2, axis=1", (_TABLE,), [1000.0, 0.0], _AXIS, {"axis": 1}),
        Case("2 × 2, axis=0", (_TABLE,), [LN2, 1000.0], _AXIS, {"axis": 0}),
        Case("int8 [100, -100]", (np.array([100, -100], np.int8),), 100.0, _INTEGERS),
        Case(
            "float16, 100000 zeros",
            (np.zeros(100000, np.float16),),
            11.512925464970229,
            _HALF,
            rtol=1e-3,
        ),
    ),
    "logsumexp_1d": (
        Case("[0, 1, 2]", (np.array([0.0, 1.0, 2.0]),), _LSE_012, _BACK),
        Case("[5]", (np.array([5.0]),), 5.0, _BACK),
        Case("[1000, 1000, 1000]", (np.full(3, 1000.0),), 1000 + LN3, _SHIFT),
        Case("[-1000, -1000, -1000]", (np.full(3, -1000.0),), -1000 + LN3, _UNDER),
        Case("[-1000, -1000, 1000]", (np.array([-1000.0, -1000.0, 1000.0]),), 1000.0, _SHIFT),
    ),
    "softmax": (
        Case("[0, 1, 2]", (np.array([0.0, 1.0, 2.0]),), _SOFTMAX_012, _DIVIDE),
        Case("[1000, 1000]", (np.array([1000.0, 1000.0]),), [0.5, 0.5], _SHIFT),
        Case("[-1000, -1000]", (np.array([-1000.0, -1000.0]),), [0.5, 0.5], _UNDER),
        Case("[0, -600]", (np.array([0.0, -600.0]),), [1.0, 2.6503965530043108e-261], _DIVIDE),
        Case("[0, -inf]", (np.array([0.0, -INF]),), [1.0, 0.0], _ALL_OUT),
        Case("2 × 2, axis=1", (_TABLE,), [[0.0, 1.0], [1.0, 0.0]], _AXIS, {"axis": 1}, atol=1e-300),
        Case("2 × 2, axis=0", (_TABLE,), [[0.5, 1.0], [0.5, 0.0]], _AXIS, {"axis": 0}, atol=1e-300),
        Case(
            "int8 [100, -100]",
            (np.array([100, -100], np.int8),),
            [1.0, 1.3838965267367376e-87],
            _INTEGERS,
        ),
        Case(
            "float16, 100000 zeros",
            (np.zeros(100000, np.float16),),
            np.full(100000, 1e-5),
            _HALF,
            rtol=1e-2,
        ),
    ),
    "log_softmax": (
        Case("[0, 1, 2]", (np.array([0.0, 1.0, 2.0]),), _LOG_SOFTMAX_012, _DIVIDE),
        Case("[1000, 1000]", (np.array([1000.0, 1000.0]),), [-LN2, -LN2], _SHIFT),
        Case("[-1000, -1000]", (np.array([-1000.0, -1000.0]),), [-LN2, -LN2], _UNDER),
        Case("[0, -1000]", (np.array([0.0, -1000.0]),), [0.0, -1000.0], _LATE_LOG),
        Case("[0, -40]", (np.array([0.0, -40.0]),), [-4.248354255291589e-18, -40.0], _TAIL),
        Case("[0, -inf]", (np.array([0.0, -INF]),), [0.0, -INF], _ALL_OUT),
        Case("2 × 2, axis=1", (_TABLE,), [[-1000.0, 0.0], [0.0, -1000.0]], _AXIS, {"axis": 1}),
        Case(
            "int8 [100, -100]",
            (np.array([100, -100], np.int8),),
            [0.0, -200.0],
            _INTEGERS,
            atol=1e-80,
        ),
    ),
    "streaming": (
        Case("0, 1, 2", ([0.0, 1.0, 2.0],), _LSE_012, _ONE_PASS, stream=True),
        Case("2, 1, 0", ([2.0, 1.0, 0.0],), _LSE_012, _BACK, stream=True),
        Case("-1000, 0, 1000", ([-1000.0, 0.0, 1000.0],), 1000.0, _RESCALE, stream=True),
        Case("1000, 1000", ([1000.0, 1000.0],), 1000 + LN2, _SHIFT, stream=True),
        Case("-1000, -1000", ([-1000.0, -1000.0],), -1000 + LN2, _UNDER, stream=True),
        Case("-inf, -inf", ([-INF, -INF],), -INF, _ALL_OUT, stream=True),
        Case("-inf, 0", ([-INF, 0.0],), 0.0, _ALL_OUT, stream=True, atol=1e-12),
        Case("nothing", ([],), -INF, _EMPTY, stream=True),
    ),
    "log_product": (
        Case("[0.5, 0.25]", (np.array([0.5, 0.25]),), -3 * LN2, _LOGS),
        Case("0.5, 2000 times", (np.full(2000, 0.5),), -2000 * LN2, _LOGS, quiet=False),
        Case("[0.5, 0.0]", (np.array([0.5, 0.0]),), -INF, _LOG_ZERO, quiet=False),
        Case("[]", (np.array([]),), 0.0, _NO_FACTOR),
    ),
    "softmax_temperature": (
        Case("[0, 1, 2], T = 1", (np.array([0.0, 1.0, 2.0]), 1.0), _SOFTMAX_012, _DIVIDE),
        Case("[0, 2, 4], T = 2", (np.array([0.0, 2.0, 4.0]), 2.0), _SOFTMAX_012, _TEMPERATURE),
        Case(
            "[0, 1], T = 0.01",
            (np.array([0.0, 1.0]), 0.01),
            [3.720075976020836e-44, 1.0],
            _TEMPERATURE,
        ),
        Case(
            "[0, 1], T = 1000000",
            (np.array([0.0, 1.0]), 1e6),
            [0.49999975, 0.50000025],
            _TEMPERATURE,
        ),
    ),
    "log_normalise": (
        Case("[0, 1, 2]", (np.array([0.0, 1.0, 2.0]),), _SOFTMAX_012, _DIVIDE),
        Case("[-2, -2, -2, -2]", (np.full(4, -2.0),), [0.25] * 4, _DIVIDE),
        Case("[5]", (np.array([5.0]),), [1.0], _DIVIDE),
        Case(
            "[0, -30]",
            (np.array([0.0, -30.0]),),
            [0.9999999999999064, 9.357622968839299e-14],
            _DIVIDE,
        ),
    ),
    "log_weighted_sum": (
        Case("[0, 0], w = [1, 3]", (np.array([0.0, 0.0]), np.array([1.0, 3.0])), 2 * LN2, _WEIGHT),
        Case(
            "[1000, 1000], w = [1, 3]",
            (np.array([1000.0, 1000.0]), np.array([1.0, 3.0])),
            1000 + 2 * LN2,
            _SHIFT,
        ),
        Case(
            "[-1000, -1000], w = [1, 1]",
            (np.array([-1000.0, -1000.0]), np.ones(2)),
            -1000 + LN2,
            _UNDER,
        ),
        Case(
            "[0, 1000], w = [1, 0]",
            (np.array([0.0, 1000.0]), np.array([1.0, 0.0])),
            0.0,
            _ZERO_WEIGHT,
            atol=1e-12,
            quiet=False,
        ),
        Case(
            "[1000, 1000], w = [0, 0]",
            (np.array([1000.0, 1000.0]), np.zeros(2)),
            -INF,
            _LOG_EMPTY,
            quiet=False,
        ),
    ),
    "lse_hessian": (
        Case("[0, 0]", (np.array([0.0, 0.0]),), [[0.25, -0.25], [-0.25, 0.25]], _COVARIANCE),
        Case(
            "[0, ln 3]",
            (np.array([0.0, LN3]),),
            [[0.1875, -0.1875], [-0.1875, 0.1875]],
            _COVARIANCE,
        ),
        Case("[1000, 1000]", (np.full(2, 1000.0),), [[0.25, -0.25], [-0.25, 0.25]], _SHIFT),
        Case("[7]", (np.array([7.0]),), [[0.0]], _COVARIANCE, atol=1e-15),
    ),
    "logsumexp_accurate": (
        Case("[0, 1, 2]", (np.array([0.0, 1.0, 2.0]),), _LSE_012, _BACK),
        Case("[1000, 1000]", (np.full(2, 1000.0),), 1000 + LN2, _SHIFT),
        Case("[0, -40]", (np.array([0.0, -40.0]),), 4.248354255291589e-18, _TAIL),
        Case("[-40, 0]", (np.array([-40.0, 0.0]),), 4.248354255291589e-18, _TAIL),
        Case("[0, 0]", (np.zeros(2),), LN2, _TAIL),
    ),
    "masked_softmax": (
        Case(
            "[2, 1, 3], keep 1st and 2nd",
            (np.array([2.0, 1.0, 3.0]), np.array([True, True, False])),
            [0.7310585786300049, 0.2689414213699951, 0.0],
            _MASKED,
        ),
        Case(
            "[0, 0], keep none",
            (np.zeros(2), np.array([False, False])),
            [0.0, 0.0],
            _MASKED,
        ),
        Case(
            "[-1e10, 0], keep 1st",
            (np.array([-1e10, 0.0]), np.array([True, False])),
            [1.0, 0.0],
            _MASKED,
        ),
        Case(
            "[0, inf], keep 1st",
            (np.array([0.0, INF]), np.array([True, False])),
            [1.0, 0.0],
            _MASKED,
        ),
    ),
    "log1mexp": (
        Case("-1", (-1.0,), -0.45867514538708189, _COMPLEMENT),
        Case("-0.5", (-0.5,), -0.93275212956718857, _COMPLEMENT),
        Case("-40", (-40.0,), -4.248354255291589e-18, _COMPLEMENT),
        Case("-1e-20", (-1e-20,), -46.051701859880914, _COMPLEMENT),
    ),
    "logcumsumexp": (
        Case("[0, 1, 2]", (np.array([0.0, 1.0, 2.0]),), [0.0, 1.3132616875182228, _LSE_012], _BACK),
        Case(
            "[-1000, -999, 0]",
            (np.array([-1000.0, -999.0, 0.0]),),
            [-1000.0, -998.68673831248178, 0.0],
            _OWN_PEAK,
        ),
        Case("[1000, 1000]", (np.full(2, 1000.0),), [1000.0, 1000 + LN2], _SHIFT),
    ),
    "logsumexp_rows": (
        Case("3 × 3 zeros", (np.zeros((3, 3)),), [LN3, LN3, LN3], _AXIS),
        Case(
            "[[0, 1, 2], [1, 2, 3]]",
            (np.array([[0.0, 1.0, 2.0], [1.0, 2.0, 3.0]]),),
            [_LSE_012, _LSE_012 + 1],
            _STRETCH,
        ),
        Case(
            "[[0, 0], [1000, 1000]]",
            (np.array([[0.0, 0.0], [1000.0, 1000.0]]),),
            [LN2, 1000 + LN2],
            _STRETCH,
        ),
    ),
    "softmax_integers": (
        Case("int8 [0, 1, 2]", (np.array([0, 1, 2], np.int8),), _SOFTMAX_012, _DIVIDE),
        Case(
            "int8 [100, -100]",
            (np.array([100, -100], np.int8),),
            [1.0, 1.3838965267367375e-87],
            _INTEGERS,
        ),
        Case(
            "uint8 [0, 255]",
            (np.array([0, 255], np.uint8),),
            [1.7984862202794634e-111, 1.0],
            _INTEGERS,
        ),
    ),
    "cross_entropy": (
        Case("[2, 0.5, -1], label 1", (np.array([2.0, 0.5, -1.0]), 1), 1.7413112966571571, _BACK),
        Case("[0, 0], label 0", (np.zeros(2), 0), LN2, _BACK),
        Case("[0, 40], label 0", (np.array([0.0, 40.0]), 0), 40.0, _CEILING),
        Case("[0, 1000], label 0", (np.array([0.0, 1000.0]), 0), 1000.0, _CEILING),
    ),
    "softmax_float32": (
        Case("[0, 1, 2]", (np.array([0.0, 1.0, 2.0]),), _SOFTMAX_012, _DIVIDE, rtol=1e-6),
        Case("[1000, 1000]", (np.full(2, 1000.0),), [0.5, 0.5], _DIVISION, rtol=1e-6),
        Case(
            "[1000000, 1000001, 1000002]",
            (np.array([1e6, 1e6 + 1, 1e6 + 2]),),
            _SOFTMAX_012,
            _DIVISION,
            rtol=1e-6,
        ),
    ),
    "log_softmax_1d": (
        Case("[0, 1, 2]", (np.array([0.0, 1.0, 2.0]),), _LOG_SOFTMAX_012, _LATE_LOG),
        Case("[0, -1000]", (np.array([0.0, -1000.0]),), [0.0, -1000.0], _LATE_LOG),
        Case(
            "[45, 0]",
            (np.array([45.0, 0.0]),),
            [-2.8625185805493936e-20, -45.0],
            _TAIL,
        ),
    ),
    "merge_attention": (
        Case(
            "(log 2, 1, [5]), (0, 2, [4])",
            ((LN2, 1.0, np.array([5.0])), (0.0, 2.0, np.array([4.0]))),
            [LN2, 2.0, 7.0],
            _LARGER_PEAK,
        ),
        Case(
            "(0, 2, [4]), (1000, 1, [5])",
            ((0.0, 2.0, np.array([4.0])), (1000.0, 1.0, np.array([5.0]))),
            [1000.0, 1.0, 5.0],
            _LARGER_PEAK,
        ),
        Case(
            "(-inf, 0, [0]), (3, 1, [2])",
            ((-INF, 0.0, np.array([0.0])), (3.0, 1.0, np.array([2.0]))),
            [3.0, 1.0, 2.0],
            _LARGER_PEAK,
        ),
        Case(
            "(-inf, 0, [0]), (-inf, 0, [0])",
            ((-INF, 0.0, np.array([0.0])), (-INF, 0.0, np.array([0.0]))),
            [-INF, 0.0, 0.0],
            _LARGER_PEAK,
        ),
    ),
    "logsumexp_blocks": (
        Case("[0, 1, 2], size 2", (np.array([0.0, 1.0, 2.0]), 2), _LSE_012, _RESCALE),
        Case("[2, 1, 0], size 2", (np.array([2.0, 1.0, 0.0]), 2), _LSE_012, _RESCALE),
        Case("[1000, 1000], size 1", (np.full(2, 1000.0), 1), 1000 + LN2, _SHIFT),
        Case("[-inf, -inf, 0], size 2", (np.array([-INF, -INF, 0.0]), 2), 0.0, _ALL_OUT),
        Case("[-inf, -inf], size 2", (np.full(2, -INF), 2), -INF, _ALL_OUT),
        Case("[inf, 0], size 1", (np.array([INF, 0.0]), 1), INF, _PLUS),
        Case("[nan, 0], size 1", (np.array([np.nan, 0.0]), 1), np.nan, _NAN),
        Case("[], size 2", (np.array([]), 2), -INF, _EMPTY),
    ),
    "combine_states": (
        Case("(1000, 0), (1000, 0)", ([(1000.0, 0.0), (1000.0, 0.0)],), 1000 + LN2, _STATES),
        Case("(0, 1), (ln 2, 0)", ([(0.0, 1.0), (LN2, 0.0)],), 2 * LN2, _STATES),
        Case("(0, 0), (-40, 0)", ([(0.0, 0.0), (-40.0, 0.0)],), 4.248354255291589e-18, _STATES),
        Case("(5, 0), (-inf, 0)", ([(5.0, 0.0), (-INF, 0.0)],), 5.0, _STATES),
        Case("(-inf, 0), (-inf, 0)", ([(-INF, 0.0), (-INF, 0.0)],), -INF, _ALL_OUT),
        Case("nothing", ([],), -INF, _EMPTY),
    ),
}
