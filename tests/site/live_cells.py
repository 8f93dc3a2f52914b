"""Runs every cell of an edition on its pages, and compares with what the notebooks hold."""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from extensions import korean
from tests.site.building import ROOT

# Notes all that workers say, beside what the page makes of it.
LISTEN = """
window.heard = [];
window.Worker = class extends Worker {
  constructor(...all) {
    super(...all);
    this.addEventListener("message", ({ data }) => heard.push(data));
  }
};
"""
UNJUDGED = "Differs: NumPy cannot warn in a browser, so warnings are not judged"
# Digits of a check's score, and the verdict of a case that let a warning out.
WARNED = re.compile(r", RuntimeWarning +no$|\d+ / \d+$", re.M)


def code_cells(notebook: Path) -> list[dict[str, Any]]:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def committed(cell: dict[str, Any]) -> tuple[str, int]:
    """The text that a cell printed, and how many figures it drew."""
    text, figures = "", 0
    for output in cell["outputs"]:
        data = output.get("data", {})
        figures += "image/svg+xml" in data
        if output["output_type"] == "stream":
            text += "".join(output["text"])
        elif output["output_type"] == "execute_result":
            text += "".join(data["text/plain"]) + "\n"
    return text, figures


def is_explorable(cell: dict[str, Any]) -> bool:
    return any("vegalite" in form for o in cell["outputs"] for form in o.get("data", {}))


def run_page(page: Page, address: str, notebook: Path) -> dict[str, dict[str, Any]]:
    """Press the last button of a page, and return what each of its cells gave, by name."""
    page.goto(f"{address}chapters/{notebook.parent.name}/{notebook.stem}.html")
    page.locator("details").evaluate_all("all => all.forEach((fold) => (fold.open = true))")
    cells = page.locator("div.cell:has(.live-run)")
    numbers = cells.evaluate_all(
        "boxes => boxes.map((box) => [box.id.slice(5),"
        " Number(box.querySelector('.live-run').ariaLabel.match(/\\d+$/)[0])])"
    )
    # By its name: while it waits for its turn its button says Stop, and the one before is last.
    last = page.locator(f"#cell-{numbers[-1][0]}")
    last.locator(".live-run").click()
    last.locator(".live-note:not(.busy):not(:empty)").wait_for(timeout=240_000)
    heard = page.evaluate("heard")
    errors = [m for m in heard if "failed" in m or m.get("result", {}).get("error")]
    assert not errors, (notebook, errors)
    notes = dict(
        cells.evaluate_all(
            "boxes => boxes.map((box) =>"
            " [box.id.slice(5), box.querySelector('.live-note').textContent])"
        )
    )
    told = {}
    for name, number in numbers:
        own = [message for message in heard if message.get("cell") == number]
        results = [message["result"] for message in own if "result" in message]
        assert len(results) == 1, (notebook, name, results, notes)
        (result,) = results
        printed = "".join(message.get("printed", "") for message in own)
        value = result.get("text")
        text = printed + (f"{value}\n" if value else "")
        told[name] = {**result, "text": text, "note": notes[name]}
    return told


def words(edition: str, text: str) -> str:
    return korean.LIVE[text] if edition == "ko" else text


def judge(cell: dict[str, Any], got: dict[str, Any], edition: str) -> str:
    """What came of a cell that ran: same, drawn, warned or nothing; anything else is an error."""
    text, figures = committed(cell)
    assert len(got["figures"]) == figures, cell["id"]
    assert all(svg.count("<path") > 3 for svg in got["figures"]), cell["id"]
    if got["text"] != text:
        # NumPy has no floating-point flags in WebAssembly: cases that fail for a warning pass.
        assert ", RuntimeWarning" in text, (cell["id"], got["text"], text)
        mine, theirs = (
            [re.sub(r" +", " ", WARNED.sub(" ok", line)) for line in t.splitlines()]
            for t in (got["text"], text)
        )
        assert [line for line in mine if "ok" not in line] == [
            line for line in theirs if "ok" not in line
        ], cell["id"]
        assert got["note"] == words(edition, UNJUDGED)
        return "warned"
    if figures:
        return "drawn"
    expected = "Same as printed" if text else "Ran without output"
    assert got["note"] == words(edition, expected), (cell["id"], got["note"])
    return "same" if text else "nothing"


def run_edition(browser: Browser, address: str, edition: str) -> Counter[str]:
    """Run all pages of an edition and count what came."""
    counts: Counter[str] = Counter()
    for notebook in sorted((ROOT / "chapters" / edition).glob("*.ipynb")):
        context = browser.new_context(reduced_motion="reduce")
        page = context.new_page()
        page.add_init_script(LISTEN)
        told = run_page(page, address, notebook)
        lacking = page.locator("div.cell:has(.live-note):not(:has(.live-run))")
        names = set(lacking.evaluate_all("boxes => boxes.map((box) => box.id.slice(5))"))
        context.close()
        for cell in code_cells(notebook):
            if is_explorable(cell):
                assert cell["id"] not in told
                counts["explorable"] += 1
            elif cell["id"] in names:
                counts["lacking"] += 1
            else:
                counts[judge(cell, told[cell["id"]], edition)] += 1
    return counts


def said(counts: Counter[str]) -> str:
    return (
        f"{counts.total()} cells: {counts['same']} printed the same to the letter, "
        f"{counts['drawn']} drew their figure, {counts['nothing']} print nothing, "
        f"{counts['warned']} differ by a warning, {counts['explorable']} explorables, "
        f"{counts['lacking']} need what browsers lack, 0 differ"
    )


def assert_edition_prints_the_same(
    browser: Browser, address: str, edition: str, record_property: Callable[[str, object], None]
) -> None:
    counts = run_edition(browser, address, edition)
    record_property("live", f"{edition}: {said(counts)}")
    assert counts["same"] > 100
    assert counts["drawn"] > 20
    assert counts["warned"] <= 0.02 * counts.total()
