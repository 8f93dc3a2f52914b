"""Every solution passes its check, every first attempt fails it, and code shown is code shipped."""

import ast
import json
import re

import pytest

from authoring.pages import CHAPTERS, notebooks
from lsebook import textbook

ROOT = CHAPTERS.parent
PAGES = notebooks(CHAPTERS)
SCORE = re.compile(r"^\w+: (\d+) / (\d+)$", re.MULTILINE)


def checks(path, tag):
    """Yield the id and the score (passed, all) of every checking cell with the tag."""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if tag in cell["metadata"].get("tags", []) and "exercises.check(" in source:
            text = "".join(cell["outputs"][-1]["data"]["text/plain"])
            passed, total = SCORE.search(text).groups()
            yield cell["id"], int(passed), int(total)


@pytest.mark.parametrize("path", PAGES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_every_first_attempt_fails_its_check(path):
    scores = list(checks(path, "exercise"))
    assert scores
    assert [cell for cell, passed, total in scores if passed == total] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda p: f"{p.parent.name}/{p.name}")
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


@pytest.mark.parametrize("edition", ["ko", "en"])
def test_recorded_table_is_the_record(edition):
    page = (CHAPTERS / edition / "07-special-values.ipynb").read_text(encoding="utf-8")
    text = "".join("".join(cell["source"]) for cell in json.loads(page)["cells"])
    results = ROOT / "benchmarks" / "results" / "special_values.json"
    record = json.loads(results.read_text(encoding="utf-8"))
    for case, answer in record["answers"]["PyTorch"].items():
        assert f"| `{case}` | {answer} | {record['answers']['JAX'][case]} |" in text
    gradient = record["gradient at [-inf, -inf]"]
    row = f"| {', '.join(gradient['PyTorch'])} | {', '.join(gradient['JAX'])} |"
    assert f"| `gradient at [-inf, -inf]` {row}" in text
    assert record["versions"]["PyTorch"].split("+")[0] in text
    assert record["versions"]["JAX"] in text
