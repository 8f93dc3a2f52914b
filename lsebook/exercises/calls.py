"""Calling a reader's function, which is never trusted, and watching what it does."""

from __future__ import annotations

import sys
import tracemalloc
import warnings
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

from lsebook.exercises.cases import Case

__all__ = ["Call", "call", "platform_warns"]


@dataclass
class Call:
    """A call of the reader's function, and what was seen while it ran."""

    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    value: Any = None
    error: Exception | None = None
    warned: warnings.WarningMessage | None = None
    held_all: bool = False
    read_again: bool = False


def call(case: Case, function: Callable[..., Any]) -> Call:
    """Call a function on copies of the arguments, watched."""
    seen = Call(*deepcopy((case.arguments, case.keywords)))
    streams = [_Once(a) for a in seen.arguments] if case.stream else []
    with (
        warnings.catch_warnings(record=True) as caught,
        np.errstate(divide="warn", over="warn", invalid="warn", under="ignore"),
    ):
        warnings.simplefilter("always")
        with _Memory(case.memory is not None) as memory:
            try:
                seen.value = function(*(streams or seen.arguments), **seen.keywords)
            except Exception as error:
                seen.error = error
    seen.held_all = (case.memory is not None and memory.taken > case.memory) or (
        case.kept is not None and any(stream.kept > case.kept for stream in streams)
    )
    seen.read_again = any(stream.read_again for stream in streams)
    seen.warned = next((w for w in caught if issubclass(w.category, RuntimeWarning)), None)
    return seen


class _Once:
    """An iterator of numbers that knows what was done with it.

    Its last number is never given out, so that its count of references is that of a number
    which nobody keeps.
    """

    def __init__(self, numbers: Iterable[float]) -> None:
        self.numbers = [number + 0.0 for number in (*numbers, 0.0)]
        self.given = self.kept = 0
        self.ended = self.read_again = False

    def __iter__(self) -> Iterator[float]:
        return self

    def __next__(self) -> float:
        if self.given < len(self.numbers) - 1:
            self.given += 1
            return self.numbers[self.given - 1]
        if not self.ended:
            *counts, unkept = [sys.getrefcount(number) for number in self.numbers]
            self.kept = sum(count > unkept for count in counts)
        self.read_again, self.ended = self.ended, True
        raise StopIteration


class _Memory:
    """The most bytes that Python and NumPy took at once, beyond what they had before."""

    def __init__(self, wanted: bool) -> None:
        self.wanted = wanted
        self.ours = wanted and not tracemalloc.is_tracing()
        self.taken = 0

    def __enter__(self) -> _Memory:
        if self.ours:
            tracemalloc.start()
        if self.wanted:
            tracemalloc.reset_peak()
            self.before = tracemalloc.get_traced_memory()[0]
        return self

    def __exit__(self, *raised: object) -> None:
        if self.wanted:
            self.taken = tracemalloc.get_traced_memory()[1] - self.before
        if self.ours:
            tracemalloc.stop()


def platform_warns() -> bool:
    """Say whether NumPy can warn: WebAssembly has no floating-point flags that it could read."""
    with (
        warnings.catch_warnings(record=True) as caught,
        np.errstate(over="warn"),
    ):
        warnings.simplefilter("always")
        np.exp(np.array([1000.0]))
    return bool(caught)
