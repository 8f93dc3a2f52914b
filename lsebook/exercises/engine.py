"""The engine that judges a reader's function: every case becomes a row.

A case fails if the value, its shape or its dtype is wrong, if the function changed its input, held
all of its input in memory where that was to be avoided, or let a RuntimeWarning out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from lsebook.exercises.calls import Call, call, platform_warns
from lsebook.exercises.cases import Case, Exercise, Hint
from lsebook.exercises.report import Report, Row, shown

__all__ = ["judge"]

# What stands in the column "got", and what to tell if that is a failure.
Told = tuple[str, Hint | None]

_NOTHING = Hint("돌아온 값이 없습니다. return이 있나요?", "Nothing came back: is there a return?")
_NO_NUMBER = Hint(
    "수 하나나 수로 된 배열 하나를 돌려주세요.", "Return a number, or one array of numbers."
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


def _row(exercise: Exercise, case: Case, function: Callable[..., Any]) -> Row:
    seen = call(case, function)
    value, expected = _numbers(seen.value), shown(case.want)
    if seen.error is not None:
        got, hint = _error(exercise, case, seen, function)
    elif value is None:
        got, hint = type(seen.value).__name__, _NO_NUMBER
        if seen.value is None:
            got, hint = "None", _NOTHING
    elif value.shape != case.want.shape:
        got, hint = f"shape {value.shape}", _wrong_shape(case)
    elif not case.accepts(value.astype(np.float64)):
        got, hint = _wrong_value(exercise, case, seen, value)
        if got == expected:
            got += ", differs further on"
    else:
        got, hint = _beside_the_value(case, seen, value)
    passed = hint is None
    hint = hint or case.hint or exercise.usual
    return Row(exercise.call(case), expected, got, passed, hint, seen.error)


def _error(exercise: Exercise, case: Case, seen: Call, function: Callable[..., Any]) -> Told:
    assert seen.error is not None
    kind = type(seen.error).__name__
    if _never_began(seen.error):
        called = f"{exercise.name}({exercise.parameters})"
        return _one_line(f"{kind}: {seen.error}"), Hint(
            f"{called}로 부를 수 있어야 합니다.", f"It must be possible to call {called}."
        )
    hint = _READ_AGAIN if seen.read_again else case.hint or exercise.usual
    return kind + _line(seen.error, function), hint


def _wrong_value(exercise: Exercise, case: Case, seen: Call, value: npt.NDArray[Any]) -> Told:
    if seen.read_again:
        return shown(value), _READ_AGAIN
    if case.dtype is None and _too_narrow(value, case):
        return f"{shown(value)}, {value.dtype}", Hint(
            f"{value.dtype}로는 자릿수가 모자랍니다. float64로 계산하세요.",
            f"{value.dtype} has too few digits: compute in float64.",
        )
    return shown(value), exercise.hint(value.astype(np.float64), case)


def _beside_the_value(case: Case, seen: Call, value: npt.NDArray[Any]) -> Told:
    """What else can fail a right value."""
    if case.dtype is not None and value.dtype != case.dtype:
        wanted = np.dtype(case.dtype).name
        return f"{shown(value)}, {value.dtype}", Hint(
            f"{wanted}로 계산해서 {wanted}로 돌려주세요.", f"Compute in {wanted} and return it."
        )
    if not _same((seen.arguments, seen.keywords), (case.arguments, case.keywords)):
        return f"{shown(value)}, input changed", _CHANGED
    if seen.held_all:
        if case.memory is not None:
            return f"{shown(value)}, too much memory", case.hint or _HELD
        return f"{shown(value)}, all in memory", _HELD
    if seen.warned is not None and case.quiet and platform_warns():
        return f"{shown(value)}, {seen.warned.category.__name__}", _WARNED
    return shown(value), None


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


def _one_line(text: str, most: int = 60) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"
