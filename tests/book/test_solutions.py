"""Every solution passes its check, every first attempt fails it, and code shown is code shipped."""

import ast
import json
import math
import re
from functools import reduce
from itertools import product

import pytest
from mpmath import mp

import lsebook
from authoring.pages import CHAPTERS, notebooks
from lsebook import LogSumExp, textbook

PAGES = notebooks(CHAPTERS)
NUMBERED = [path for path in PAGES if path.name[0].isdigit()]
SCORE = re.compile(r"^\w+: (\d+) / (\d+)$", re.MULTILINE)


def checks(path, tag):
    """Yield the id and the score (passed, all) of every checking cell with the tag."""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if tag in cell["metadata"].get("tags", []) and "exercises.check(" in source:
            text = "".join(cell["outputs"][-1]["data"]["text/plain"])
            passed, total = SCORE.search(text).groups()
            yield cell["id"], int(passed), int(total)


@pytest.mark.parametrize("path", NUMBERED, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_every_first_attempt_fails_its_check(path):
    scores = list(checks(path, "exercise"))
    assert scores
    assert [cell for cell, passed, total in scores if passed == total] == []


@pytest.mark.parametrize("path", NUMBERED, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_every_solution_passes_its_check(path):
    scores = list(checks(path, "solution"))
    assert len(scores) == len(list(checks(path, "exercise")))
    assert [cell for cell, passed, total in scores if passed != total] == []


def without_docstring(function):
    body = function.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    return [ast.dump(statement) for statement in body]


def textbook_functions():
    with open(textbook.__file__, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    return {f.name: f for f in tree.body if isinstance(f, ast.FunctionDef)}


def shown_functions():
    """Yield functions that chapters derive and the textbook ships under the same name."""
    shipped = textbook_functions()
    for path in PAGES:
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] != "code":
                continue
            for node in ast.parse("".join(cell["source"])).body:
                if isinstance(node, ast.FunctionDef) and node.name in shipped:
                    yield f"{path.parent.name}/{path.name}: {node.name}", node, shipped[node.name]


def test_chapters_show_the_formulas_that_the_textbook_ships():
    shown = list(shown_functions())
    assert {node.name for _, node, _ in shown} >= {"softmax_naive", "logsumexp_shifted"}
    differs = [
        where for where, node, ours in shown if without_docstring(node) != without_docstring(ours)
    ]
    assert differs == []


def cell_of(name, cell_id):
    notebook = json.loads((CHAPTERS / "en" / name).read_text(encoding="utf-8"))
    (cell,) = (c for c in notebook["cells"] if c["id"] == cell_id)
    return "".join(cell["source"])


def lse(numbers):
    """LSE by the rules of chapter 7: nan above all, then infinities."""
    if any(math.isnan(x) for x in numbers):
        return math.nan
    peak = max(numbers, default=-math.inf)
    if math.isinf(peak):
        return peak
    return float(mp.log(mp.fsum(mp.exp(x) for x in numbers)))


@pytest.mark.parametrize("length", range(5))
def test_merge_of_chapter_10_is_right_for_all_short_tuples_in_every_order(length, capsys):
    shown = {"math": math, "reduce": reduce, "lsebook": lsebook}
    exec(cell_of("10-streaming.ipynb", "merge-cell"), shown)
    merge, value, empty = shown["merge"], shown["value"], shown["EMPTY"]
    for numbers in product([math.nan, math.inf, -math.inf, 0.0, 5.0, 1000.0], repeat=length):
        states = [(x, 0.0) for x in numbers]
        chain = reduce(merge, states, empty)
        half = length // 2
        tree = merge(reduce(merge, states[half:], empty), reduce(merge, states[:half], empty))
        for got in (value(chain), value(tree), value(merge(chain, empty))):
            assert got == pytest.approx(lse(numbers), rel=1e-14, abs=1e-14, nan_ok=True), numbers


def test_a_task_of_chapter_13_may_run_twice():
    shown = {"LogSumExp": LogSumExp, "merged": lambda _: None, "dask": None, "chunks": []}
    source = cell_of("13-cluster.ipynb", "by-hand-cell")
    exec(source[: source.index("total")], shown)
    state_of = shown["state_of"]
    assert state_of([0.0, 1.0]).count == state_of([0.0, 1.0]).count == 2
