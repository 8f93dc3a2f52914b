"""What an exercise is: cases, each a call and its right value, and what to tell when one fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["OVERFLOW", "UNDERFLOW", "Array", "Case", "Exercise", "Hint"]

Array = npt.NDArray[np.float64]


class Hint(NamedTuple):
    """One sentence for the reader, in the languages of both editions."""

    ko: str
    en: str


# Says, from a wrong value and its case, whether a mistake shows in it.
Sign = Callable[[Array, "Case"], bool]


OVERFLOW = Hint(
    "exp가 넘쳤습니다. exp에 들어간 수는 얼마나 큰가요?",
    "exp overflowed: how large is the number that goes into it?",
)
UNDERFLOW = Hint(
    "exp가 모두 0이 되었습니다. exp에 들어간 수는 얼마나 작은가요?",
    "Every exp became 0: how small are the numbers that go into it?",
)
_DIGITS = Hint(
    "앞의 몇 자리만 맞습니다. 나머지 자릿수는 어디에서 잃었나요?",
    "Only the first digits are right: where were the others lost?",
)


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
    kept : int, optional
        How many numbers of a stream may be kept at once.
    memory : int, optional
        The most bytes that the call may take beyond what there was before.
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
    kept: int | None = None
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
