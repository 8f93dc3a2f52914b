"""Self-checks for the reader's own code: a fixed list of cases, and a table of what came.

A notebook asks ``exercises.check(name, function)``. Each part of the book has a module with its
`cases`; `engine` judges, with the help of `calls` and `report`.

To add an exercise
------------------
1. Write an `Exercise` into the module of its part and its name into that module's last tuple. Give
   cases in the order in which a reader meets them, the easiest first: the hint of the first that
   fails is the one shown. Names of cases are made from their arguments.
2. Expected values are known by mathematics or come from mpmath, to 17 digits; never from lsebook.
   Infinities and nan are expected as such. Let no two arrays share an order, put the peak in the
   middle, and give matrices that are not square.
3. A hint says what went wrong or where to look, not what to write; a sign recognises a mistake
   by its wrong value. Both languages, a sentence each.
4. In ``tests/package/test_exercises.py`` add the mathematics to `TRUTH`, and to the tables of
   ``tests/package/answers.py`` every right answer and every mistake that you can think of.
   The rules there try the usual wrong functions (0, the first element, the sorted input …) by
   themselves.
"""

from collections.abc import Callable
from typing import Any

from lsebook.exercises.cases import Case, Exercise, Hint
from lsebook.exercises.engine import judge
from lsebook.exercises.part1 import PART1
from lsebook.exercises.part2 import PART2
from lsebook.exercises.part3 import PART3
from lsebook.exercises.part4 import PART4
from lsebook.exercises.report import Report, Row

__all__ = ["EXERCISES", "Case", "Exercise", "Hint", "Report", "Row", "check"]

EXERCISES = {exercise.name: exercise for exercise in (*PART1, *PART2, *PART3, *PART4)}


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
        A table of case, expected, got and verdict, and the hint of the first case that failed.
        A warning or a changed input fails a case too. ``report.passed`` sums it up.

    Raises
    ------
    ValueError
        If there is no such exercise.

    Examples
    --------
    >>> import numpy as np
    >>> from lsebook.exercises import check
    >>> check("log_product", lambda p: np.log(np.prod(p)))
    log_product: 3 / 5
    <BLANKLINE>
    case            expected      got           verdict
    [0.5, 0.25]     -2.079441542  -2.079441542  ok
    [0.5] * 2000    -1386.294361  -inf          no
    [0.001] * 1000  -6907.755279  -inf          no
    [0.5, 0, 0.25]  -inf          -inf          ok
    []              0             0             ok
    * 곱이 너무 작아져서 0이 되었습니다. 그다음에 로그를 취하면 늦습니다.
      The product became 0, and its log comes too late.
    """
    if name not in EXERCISES:
        raise ValueError(f"no exercise named {name!r}; there are {', '.join(sorted(EXERCISES))}")
    return judge(EXERCISES[name], function)
