"""What judges a reader's function: cases, what became of each, and the table that shows it.

The reader's function is never trusted: whatever it does becomes a row. A case fails if the value,
its shape or its dtype is wrong, if the function changed its input, held all of its input in memory
where that was to be avoided, or let a RuntimeWarning out.
"""

from __future__ import annotations

import html
import tracemalloc
import unicodedata
import warnings
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Case", "Exercise", "Hint", "Report", "Row", "judge"]

Array = npt.NDArray[np.float64]


class Hint(NamedTuple):
    """One sentence for the reader, in the languages of both editions."""

    ko: str
    en: str


# Says, from a wrong value and its case, whether a mistake shows in it.
Sign = Callable[[Array, "Case"], bool]


@dataclass(frozen=True)
class Case:
    """One call of the reader's function and what it should return.

    Attributes
    ----------
    arguments : tuple
        Positional arguments, copied before every call.
    expected : array_like
        The right value; its shape is required.
    hint : Hint, optional
        Shown when the case fails and no sign tells more; the exercise's `usual` if left out.
    keywords : dict
        Keyword arguments.
    name : str
        The call as the reader would write it, if it cannot be made from the arguments.
    rtol, atol : float
        A finite value passes if ``abs(got - expected) <= atol + rtol * abs(expected)``;
        an infinity or a nan only where the same is expected.
    dtype : type, optional
        The dtype that the value must have, if it matters.
    quiet : bool
        Whether a RuntimeWarning fails the case, on platforms that can warn.
    stream : bool
        Whether each argument is passed as an iterator, which can be read once.
    memory : int, optional
        The most bytes that the call may hold at once.
    """

    arguments: tuple[Any, ...]
    expected: Any
    hint: Hint | None = None
    keywords: dict[str, Any] = field(default_factory=dict)
    name: str = ""
    rtol: float = 1e-12
    atol: float = 0.0
    dtype: type | None = None
    quiet: bool = True
    stream: bool = False
    memory: int | None = None

    @cached_property
    def want(self) -> Array:
        """The expected value as an array."""
        return np.asarray(self.expected, dtype=np.float64)

    def accepts(self, got: Array) -> bool:
        """Say whether a value of the right shape is the expected one, nan for nan."""
        both = np.isfinite(got) & np.isfinite(self.want)
        with np.errstate(invalid="ignore", over="ignore"):
            close = np.abs(got - self.want) <= self.atol + self.rtol * np.abs(self.want)
        same = (got == self.want) | (np.isnan(got) & np.isnan(self.want))
        return bool(np.all(same | (both & close)))


@dataclass(frozen=True)
class Exercise:
    """What the book asks for, and how an answer is judged.

    Attributes
    ----------
    name : str
        The function's name.
    parameters : str
        Its parameters, as the chapter writes them.
    usual : Hint
        What to look at when a value is wrong and nothing more is known.
    cases : tuple of Case
        The easiest first: the reader is shown the hint of the first that fails.
    signs : tuple of (Sign, Hint)
        Mistakes that can be told from the wrong value; the first that shows gives the hint.
    """

    name: str
    parameters: str
    usual: Hint
    cases: tuple[Case, ...]
    signs: tuple[tuple[Sign, Hint], ...] = ()

    def call(self, case: Case) -> str:
        """Write the arguments of a case as the reader would."""
        if case.name:
            return case.name
        first, *others = map(_written, case.arguments)
        if case.stream:
            first = f"iter({first})"
        names = self.parameters.split(", ")[1:]
        named = [f"{n}={v}" for n, v in zip(names, others, strict=False)]
        return ", ".join([first, *named, *(f"{k}={v}" for k, v in case.keywords.items())])

    def hint(self, got: Array, case: Case) -> Hint:
        """Choose what to tell about a wrong value of the right shape."""
        for sign, hint in self.signs:
            if sign(got, case):
                return hint
        if case.hint is None:
            return _DIGITS if np.allclose(got, case.want, rtol=1e-6, atol=0) else self.usual
        if case.hint not in (OVERFLOW, UNDERFLOW):
            return case.hint
        if np.isfinite(got).all():
            return self.usual
        return UNDERFLOW if np.isneginf(got).any() else case.hint


@dataclass(frozen=True)
class Row:
    """What became of one case.

    Attributes
    ----------
    case, expected, got : str
        The call, the right value and what came.
    passed : bool
    hint : Hint
        What to look at if it did not pass.
    error : Exception, optional
        What the function raised; ``raise report.rows[0].error`` shows where.
    """

    case: str
    expected: str
    got: str
    passed: bool
    hint: Hint
    error: Exception | None = None


@dataclass(frozen=True, repr=False)
class Report:
    """The rows of a check, as plain text or as an HTML table."""

    name: str
    rows: tuple[Row, ...]

    HEADER = (
        Hint("입력", "case"),
        Hint("기대한 값", "expected"),
        Hint("나온 값", "got"),
        Hint("판정", "verdict"),
    )

    @property
    def passed(self) -> bool:
        """Whether every case passed."""
        return all(row.passed for row in self.rows)

    @property
    def summary(self) -> str:
        """One line: the exercise and how many cases passed."""
        return f"{self.name}: {sum(row.passed for row in self.rows)} / {len(self.rows)}"

    @property
    def hint(self) -> Hint | None:
        """The hint of the first case that failed."""
        return next((row.hint for row in self.rows if not row.passed), None)

    def _cells(self) -> list[tuple[str, str, str, str]]:
        return [(r.case, r.expected, r.got, "ok" if r.passed else "no") for r in self.rows]

    def __repr__(self) -> str:
        table = [tuple(head.en for head in self.HEADER), *self._cells()]
        widths = [max(map(_width, column)) for column in zip(*table, strict=True)]
        lines = [
            "  ".join(
                c + " " * (w - _width(c)) for c, w in zip(cells, widths, strict=True)
            ).rstrip()
            for cells in table
        ]
        hint = [] if self.hint is None else [f"* {self.hint.ko}", f"  {self.hint.en}"]
        return "\n".join([self.summary, "", *lines, *hint])

    def _repr_html_(self) -> str:
        """Write both languages, each marked with its own; a page shows the one it is in."""
        head = "".join(
            f'<th scope="col"><span lang="ko">{ko}</span> <span lang="en">{en}</span></th>'
            for ko, en in self.HEADER
        )
        body = "".join(
            f'<tr><th scope="row"><code>{html.escape(case)}</code></th>'
            f"<td>{html.escape(expected)}</td><td>{html.escape(got)}</td><td>{verdict}</td></tr>"
            for case, expected, got, verdict in self._cells()
        )
        hints = {} if self.hint is None else self.hint._asdict()
        return (
            f"<table><caption>{html.escape(self.summary)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            + "".join(f'<p lang="{lang}">{html.escape(text)}</p>' for lang, text in hints.items())
        )


OVERFLOW = Hint(
    "exp가 넘쳤습니다. exp에 들어간 수는 얼마나 큰가요?",
    "exp overflowed: how large is the number that goes into it?",
)
UNDERFLOW = Hint(
    "exp가 모두 0이 되었습니다. exp에 들어간 수는 얼마나 작은가요?",
    "Every exp became 0: how small are the numbers that go into it?",
)
_NOTHING = Hint("돌아온 값이 없습니다. return이 있나요?", "Nothing came back: is there a return?")
_NO_NUMBER = Hint(
    "수 하나나 수로 된 배열 하나를 돌려주세요.", "Return a number, or one array of numbers."
)
_DIGITS = Hint(
    "앞의 몇 자리만 맞습니다. 나머지 자릿수는 어디에서 잃었나요?",
    "Only the first digits are right: where were the others lost?",
)
_CHANGED = Hint(
    "값은 맞지만 입력을 바꾸었습니다.", "The value is right, but the input was changed."
)
_HELD = Hint(
    "값은 맞지만 수를 한꺼번에 모두 메모리에 올렸습니다.",
    "The value is right, but all the numbers were in memory at once.",
)
_READ_AGAIN = Hint(
    "다 읽은 이터레이터를 또 읽었습니다. 한 번만 읽을 수 있습니다.",
    "The iterator was read again after its end; it can be read only once.",
)
_WARNED = Hint(
    "값은 맞지만 NumPy가 경고했습니다. 필요한 것만 계산하거나 np.errstate를 쓰세요.",
    "The value is right, but NumPy warned: compute only what you need, or use np.errstate.",
)


def judge(exercise: Exercise, function: Callable[..., Any]) -> Report:
    """Run a function on every case of an exercise.

    Parameters
    ----------
    exercise : Exercise
    function : callable
        The reader's answer. It may raise, warn, change its input or return anything.

    Returns
    -------
    Report
    """
    return Report(exercise.name, tuple(_row(exercise, case, function) for case in exercise.cases))


@dataclass
class _Call:
    """A call of the reader's function, and what was seen while it ran."""

    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    value: Any = None
    error: Exception | None = None
    warned: warnings.WarningMessage | None = None
    held: int = 0
    read_again: bool = False


def _row(exercise: Exercise, case: Case, function: Callable[..., Any]) -> Row:
    call = _call(case, function)
    usual = case.hint or exercise.usual
    shape = case.want.shape

    def row(got: str, hint: Hint | None = None, error: Exception | None = None) -> Row:
        passed = hint is None
        return Row(exercise.call(case), _shown(case.want), got, passed, hint or usual, error)

    if call.error is not None:
        hint = _READ_AGAIN if call.read_again else usual
        if _never_began(call.error):
            hint = Hint(
                f"{exercise.name}({exercise.parameters})로 부를 수 있어야 합니다.",
                f"It must be possible to call {exercise.name}({exercise.parameters}).",
            )
            return row(_one_line(f"{type(call.error).__name__}: {call.error}"), hint, call.error)
        return row(type(call.error).__name__ + _line(call.error, function), hint, call.error)
    if call.value is None:
        return row("None", _NOTHING)
    value = _numbers(call.value)
    if value is None:
        return row(type(call.value).__name__, _NO_NUMBER)
    if value.shape != shape:
        return row(f"shape {value.shape}", _wrong_shape(case))
    shown, got = _shown(value), value.astype(np.float64)
    if not case.accepts(got):
        if call.read_again:
            return row(shown, _READ_AGAIN)
        if case.dtype is None and _too_narrow(value, case):
            hint = Hint(
                f"{value.dtype}로는 자릿수가 모자랍니다. float64로 계산하세요.",
                f"{value.dtype} has too few digits: compute in float64.",
            )
            return row(f"{shown}, {value.dtype}", hint)
        return row(shown, exercise.hint(got, case))
    if case.dtype is not None and value.dtype != case.dtype:
        wanted = np.dtype(case.dtype).name
        hint = Hint(
            f"{wanted}로 계산해서 {wanted}로 돌려주세요.", f"Compute in {wanted} and return it."
        )
        return row(f"{shown}, {value.dtype}", hint)
    if not _same((call.arguments, call.keywords), (case.arguments, case.keywords)):
        return row(f"{shown}, input changed", _CHANGED)
    if case.memory is not None and call.held > case.memory:
        return row(f"{shown}, all in memory", _HELD)
    if call.warned is not None and case.quiet and _platform_warns():
        return row(f"{shown}, {call.warned.category.__name__}", _WARNED)
    return row(shown)


def _call(case: Case, function: Callable[..., Any]) -> _Call:
    """Call a function on copies of the arguments, watched."""
    call = _Call(*deepcopy((case.arguments, case.keywords)))
    streams = [_Once(a) for a in call.arguments] if case.stream else []
    with (
        warnings.catch_warnings(record=True) as caught,
        np.errstate(divide="warn", over="warn", invalid="warn", under="ignore"),
    ):
        warnings.simplefilter("always")
        with _Memory(case.memory is not None) as memory:
            try:
                call.value = function(*(streams or call.arguments), **call.keywords)
            except Exception as error:
                call.error = error
    call.held = memory.held
    call.read_again = any(stream.read_again for stream in streams)
    call.warned = next((w for w in caught if issubclass(w.category, RuntimeWarning)), None)
    return call


class _Once:
    """An iterator that knows whether it was asked for more after it had said it was at its end."""

    def __init__(self, values: Any) -> None:
        self.values = iter(values)
        self.ended = self.read_again = False

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        self.read_again |= self.ended
        try:
            return next(self.values)
        except StopIteration:
            self.ended = True
            raise


class _Memory:
    """The most bytes that Python and NumPy held at once, beyond what they held before."""

    def __init__(self, wanted: bool) -> None:
        self.wanted = wanted
        self.ours = wanted and not tracemalloc.is_tracing()
        self.held = 0

    def __enter__(self) -> _Memory:
        if self.ours:
            tracemalloc.start()
        if self.wanted:
            tracemalloc.reset_peak()
            self.before = tracemalloc.get_traced_memory()[0]
        return self

    def __exit__(self, *raised: object) -> None:
        if self.wanted:
            self.held = tracemalloc.get_traced_memory()[1] - self.before
        if self.ours:
            tracemalloc.stop()


def _platform_warns() -> bool:
    """Say whether NumPy can warn: WebAssembly has no floating-point flags that it could read."""
    with (
        warnings.catch_warnings(record=True) as caught,
        np.errstate(over="warn"),
    ):
        warnings.simplefilter("always")
        np.exp(np.array([1000.0]))
    return bool(caught)


def _never_began(error: Exception) -> bool:
    """Say whether the call itself failed: its arguments did not fit, or it was no function."""
    return isinstance(error, TypeError) and (
        error.__traceback__ is None or error.__traceback__.tb_next is None
    )


def _wrong_shape(case: Case) -> Hint:
    shape = case.want.shape
    if not shape:
        hint = Hint("수 하나를 돌려주세요.", "Return one number.")
    else:
        hint = Hint(f"모양이 {shape}이어야 합니다.", f"The shape should be {shape}.")
    if any(isinstance(a, np.ndarray) and a.ndim > 1 for a in case.arguments):
        return Hint(f"{hint.ko} axis와 keepdims를 보세요.", f"{hint.en} Look at axis and keepdims.")
    return hint


def _too_narrow(value: npt.NDArray[Any], case: Case) -> bool:
    """Say whether a value is right but for the digits that its dtype cannot hold."""
    if value.dtype not in (np.float16, np.float32):
        return False
    rtol = 8 * float(np.finfo(value.dtype).eps)
    return np.allclose(value.astype(np.float64), case.want, rtol, 1e-30, equal_nan=True)


def _line(error: Exception, function: Callable[..., Any]) -> str:
    """The line of the reader's function in which it raised, as its cell counts lines.

    The message is left out: Python and NumPy change their wording, and tables are compared.
    """
    code, line, trace = getattr(function, "__code__", None), None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is code:
            line = trace.tb_lineno
        trace = trace.tb_next
    return "" if line is None else f" (line {line})"


def _numbers(value: Any) -> npt.NDArray[Any] | None:
    """The value as an array of real numbers, or nothing if it holds anything else."""
    try:
        array = np.asarray(value)
        if array.dtype == object and all(hasattr(v, "__float__") for v in array.flat):
            array = array.astype(np.float64)
    except Exception:
        return None
    return array if array.dtype.kind in "iuf" else None


def _same(left: Any, right: Any) -> bool:
    """Say whether two nests of tuples, dicts, arrays and numbers are equal, nan for nan."""
    if isinstance(left, dict):
        return all(_same(left[k], right[k]) for k in right)
    if isinstance(left, (tuple, list)):
        return len(left) == len(right) and all(map(_same, left, right))
    a, b = np.asarray(left), np.asarray(right)
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


def _written(value: Any) -> str:
    """Write an argument as code; equal numbers in a row as ``[0] * 1000``."""
    if isinstance(value, np.ndarray) and value.dtype not in (np.float64, np.bool_):
        return f"{value.dtype}({_written(value.tolist())})"
    if isinstance(value, np.ndarray):
        return _written(value.tolist())
    if isinstance(value, tuple):
        return f"({', '.join(map(_written, value))})"
    if not isinstance(value, list):
        text = f"{value:.10g}" if isinstance(value, float) else str(value)
        return text.replace("e+", "e").replace("e-0", "e-")
    if len(value) <= 8:
        return f"[{', '.join(map(_written, value))}]"
    runs = [(_written(key), len(list(run))) for key, run in groupby(value)]
    return " + ".join(f"[{key}]" + (f" * {count}" if count > 1 else "") for key, count in runs)


def _shown(value: npt.NDArray[Any]) -> str:
    """Write at most four numbers, of ten digits or as many as their format is sure of."""
    sure = np.finfo(value.dtype).precision if value.dtype.kind == "f" else 10
    flat = [f"{float(v):.{min(sure, 10)}g}" for v in value.ravel()[:4]]
    if value.ndim == 0:
        return flat[0]
    more = ", …" if value.size > 4 else ""
    shape = f" {value.shape}" if value.ndim > 1 else ""
    return f"[{', '.join(flat)}{more}]{shape}"


def _width(text: str) -> int:
    """Columns that `text` takes in a terminal: Korean letters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _one_line(text: str, most: int = 60) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"
