"""Live cells, as a reader uses and misuses them."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from extensions import korean, npm_packages
from tests.site.audit import first_load
from tests.site.browsing import THEMES, WIDTHS, lay_out, open_page
from tests.site.building import chapters, parsed
from tests.site.inspection import ABOUT_COLOURS, violations

LOOP = "while True:\n    pass"
PATIENCE = 120_000
Write = Callable[[str, str], None]


class Reader:
    """A reader at a page of one edition."""

    def __init__(self, context: BrowserContext, address: str, edition: str = "en") -> None:
        self.visit = open_page(context, f"{address}chapters/{edition}/04-the-trick.html")
        self.page: Page = self.visit.page
        self.address = address

    def cell(self, name: str):  # type: ignore[no-untyped-def]
        return self.page.locator(f"#cell-{name}")

    def write(self, name: str, code: str) -> None:
        """Put code into a cell, as one that types does."""
        self.cell(name).locator(".live-edit").click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(code)

    def run(self, name: str) -> str:
        """Press a cell's button and wait for the note that says what came of it."""
        self.cell(name).locator(".live-run").click()
        return self.note(name)

    def note(self, name: str) -> str:
        note = self.cell(name).locator(".live-note:not(.busy):not(:empty)")
        note.wait_for(timeout=PATIENCE)
        return str(note.inner_text())

    def output(self, name: str) -> str:
        return "\n".join(self.cell(name).locator(".live-output > pre").all_inner_texts())

    def code(self, name: str) -> str:
        return str(self.cell(name).locator(".cell_input pre").text_content())


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    started = browser.new_context(reduced_motion="reduce", viewport={"width": 1400, "height": 900})
    yield started
    started.close()


@pytest.fixture(scope="module")
def running(browser: Browser, address: str) -> Iterator[Reader]:
    """A page on which Python is there already; the first cell imports nothing that loads long."""
    started = browser.new_context(reduced_motion="reduce")
    reader = Reader(started, address)
    reader.write("imports", "x = 1\nprint(x)")
    reader.run("imports")
    yield reader
    started.close()


def test_nothing_of_python_loads_before_the_first_press(
    address: str, context: BrowserContext
) -> None:
    reader = Reader(context, address)
    reader.page.wait_for_load_state("networkidle")
    assert not [url for url in reader.visit.requested if "/live/" in url]


def test_a_page_that_nobody_runs_stays_light(address: str, browser: Browser) -> None:
    size, foreign = first_load(browser, address)
    assert foreign == 0
    assert size <= 145_000


def test_running_asks_no_other_host_and_complains_of_nothing(running: Reader) -> None:
    own = (running.address, "data:", "blob:")
    assert [url for url in running.visit.requested if not url.startswith(own)] == []
    assert running.visit.troubles == []


def test_output_stands_below_the_committed_one(running: Reader) -> None:
    running.write("imports", "print('a')\n40 + 2")
    assert running.run("imports") == "Differs from what is printed"
    assert running.output("imports") == "a\n42\n"


def test_endless_loop_is_stopped_and_the_page_stays_alive(running: Reader) -> None:
    running.write("imports", f"print('before', flush=True)\n{LOOP}")
    running.cell("imports").locator(".live-run").click()
    stop = running.cell("imports").locator(".live-stop")
    stop.wait_for(timeout=PATIENCE)
    expect(running.cell("imports").locator(".live-note")).to_have_text("Running…", timeout=PATIENCE)
    running.page.wait_for_timeout(300)
    stop.click()
    assert running.note("imports") == korean_key("Stopped.")
    running.write("imports", "print('alive')")
    running.run("imports")
    assert running.output("imports") == "alive\n"


def korean_key(start: str) -> str:
    """The English words of a message, which are the keys of the Korean ones."""
    return next(key for key in korean.LIVE if key.startswith(start))


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("def f(:\n    pass", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import torch", "ModuleNotFoundError: No module named 'torch'"),
        ("raise SystemExit('out')", "SystemExit: out"),
        ("input('name? ')", "Error"),
        ("def f():\n    g()\n\n\ndef g():\n    1 / 0\n\n\nf()", "line 6, in g"),
    ],
)
def test_error_is_told_with_the_lines_of_the_cell(running: Reader, code: str, told: str) -> None:
    running.write("imports", code)
    assert running.run("imports") == "Error"
    output = running.output("imports")
    assert told in output
    assert "site-packages" not in output
    assert "live_kernel" not in output


def test_an_error_above_stops_the_cells_below(running: Reader) -> None:
    running.write("imports", "1 / 0")
    assert running.run("fix-code") == "Cell 1, which stands above, raised an error."
    assert running.output("fix-code") == ""


def test_huge_output_is_cut(running: Reader) -> None:
    running.write("imports", "for i in range(300_000):\n    print(i)")
    running.run("imports")
    output = running.output("imports")
    assert output.startswith("0\n1\n2\n")
    assert len(output) < 110_000
    assert re.search(r"… [\d,]+ more characters", output)


def test_a_cell_can_change_a_variable_of_an_earlier_one(running: Reader) -> None:
    running.write("imports", "import numpy as np\nx = 1\nprint(x)")
    running.write("fix-code", "x = x + 1\nprint(x)")
    running.run("fix-code")
    assert running.output("fix-code") == "2\n"
    running.run("fix-code")
    assert running.output("fix-code") == "3\n"
    running.run("imports")
    running.run("fix-code")
    assert running.output("fix-code") == "2\n"
    running.cell("fix-code").locator(".live-reset").click()


def test_what_stands_above_runs_first_and_once(running: Reader) -> None:
    running.write("imports", "import numpy as np\nruns = globals().get('runs', 0) + 1")
    running.write("fix-code", "print(runs)")
    for _ in range(2):
        running.run("fix-code")
        assert running.output("fix-code") == "1\n"
    running.write("imports", "import numpy as np\nruns = globals().get('runs', 0) + 10")
    running.run("fix-code")
    assert running.output("fix-code") == "11\n"


def test_edits_survive_a_reload_in_both_editions_until_they_are_reset(
    address: str, context: BrowserContext
) -> None:
    reader = Reader(context, address)
    before = reader.code("fix-code")
    reader.write("fix-code", "print('이것')")
    reader.page.reload()
    assert reader.code("fix-code") == "print('이것')\n"
    other = Reader(context, address, "ko")
    assert other.code("fix-code") == "print('이것')\n"
    other.cell("fix-code").get_by_role("button", name="되돌리기").click()
    assert other.code("fix-code") == before
    reader.page.reload()
    assert reader.code("fix-code") == before
    assert not reader.cell("fix-code").locator(".live-reset").is_visible()


def test_two_pages_at_once_do_not_mix(address: str, context: BrowserContext) -> None:
    pages = [Reader(context, address, edition) for edition in ("en", "ko")]
    for reader, value in zip(pages, (1, 2), strict=True):
        reader.write("imports", f"value = {value}")
        reader.cell("imports").locator(".live-run").click()
    for reader, value in zip(pages, (1, 2), strict=True):
        reader.note("imports")
        reader.write("imports", "print(value)")
        reader.run("imports")
        assert reader.output("imports") == f"{value}\n"
    pages[0].write("fix-code", "1")
    pages[1].write("window", "2")
    pages[0].page.reload()
    assert (pages[0].code("fix-code"), pages[0].code("window")) == ("1\n", "2\n")


def test_keyboard_edits_runs_and_leaves(address: str, context: BrowserContext) -> None:
    reader = Reader(context, address)
    page = reader.page
    reader.cell("imports").locator(".live-edit").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("for i in range(2):\nprint(i)")
    assert reader.code("imports") == "for i in range(2):\n    print(i)\n"
    page.keyboard.press("Shift+Tab")
    assert reader.code("imports") == "for i in range(2):\nprint(i)\n"
    page.keyboard.press("Home")
    page.keyboard.press("Tab")
    assert reader.code("imports") == "for i in range(2):\n    print(i)\n"
    page.keyboard.press("Shift+Enter")
    reader.note("imports")
    assert reader.output("imports") == "0\n1\n"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.className") == "live-edit"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "live-reset"


def test_letters_of_the_field_lie_on_the_letters_below(
    address: str, context: BrowserContext
) -> None:
    reader = Reader(context, address)
    reader.cell("fix-code").locator(".live-edit").click()
    styles = reader.page.evaluate(
        """() => {
        const field = document.querySelector(".live-editor");
        return [field, field.nextElementSibling].map((element) => {
          const { fontFamily, fontSize, lineHeight, paddingLeft, paddingTop, letterSpacing } =
            getComputedStyle(element);
          const { left, top, width, height } = element.getBoundingClientRect();
          return [fontFamily, fontSize, lineHeight, paddingLeft, paddingTop, letterSpacing,
            left, top, width, height];
        });
      }"""
    )
    assert styles[0] == styles[1]


COLOURS = """(names) => names.map((name) => {
  const box = document.getElementById(name);
  const pre = box.querySelector(".cell_input pre");
  const colours = () => {
    const walker = document.createTreeWalker(pre, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const { color } = getComputedStyle(walker.currentNode.parentElement);
      for (const letter of walker.currentNode.textContent) found.push(letter.trim() && color);
    }
    return found;
  };
  const printed = colours();
  box.querySelector(".live-edit").click();
  const field = box.querySelector("textarea");
  for (const more of [" ", ""]) {
    field.value = field.value.trimEnd() + more;
    field.dispatchEvent(new Event("input"));
    if (more) box.edited = colours();
  }
  field.blur();
  return [printed.length, printed.filter((colour, i) => colour !== box.edited[i]).length];
})"""


def test_an_edited_cell_keeps_its_colours(
    site: Path, address: str, context: BrowserContext
) -> None:
    letters = wrong = 0
    for name in chapters(site):
        if re.match(r"chapters/en/\d", name):
            page = open_page(context, address + name).page
            names = page.locator(".cell:has(.live-edit)").evaluate_all(
                "all => all.map((c) => c.id)"
            )
            counts = page.evaluate(COLOURS, names)
            letters += sum(count for count, _ in counts)
            wrong += sum(count for _, count in counts)
            page.close()
    assert letters > 30_000
    assert wrong < 0.002 * letters


@pytest.mark.parametrize("edition", ["en", "ko"])
def test_exercise_is_checked_in_the_pages_language_and_its_tick_stays(
    address: str, context: BrowserContext, edition: str
) -> None:
    reader = Reader(context, address, edition)
    reader.write("imports", "import numpy as np\nfrom lsebook import exercises")
    wrong = "exercises.check('logsumexp_1d', lambda x: 0.0)"
    page = reader.page
    page.evaluate(  # what stands between needs what was not imported
        """[...document.querySelectorAll('.cell:has(.live-edit)')].slice(1).forEach((box) => {
        if (box.id === 'cell-stub-logsumexp') return;
        box.querySelector('.live-edit').click();
        const field = box.querySelector('textarea');
        field.value = 'pass';
        field.dispatchEvent(new Event('input'));
        field.blur();
      })"""
    )
    reader.write("stub-logsumexp", wrong)
    reader.run("stub-logsumexp")
    table = reader.cell("stub-logsumexp").locator(".live-output")
    header = {"en": "expected", "ko": "기대한 값"}[edition]
    assert header in table.locator("thead").inner_text()
    assert {"en": "기대한 값", "ko": "expected"}[edition] not in table.locator("thead").inner_text()
    assert table.locator("p:visible").count() == 1
    assert not page.locator("p.solved").count()
    right = "c = lambda x: np.max(x)\n"
    right += "exercises.check('logsumexp_1d', lambda x: c(x) + np.log(np.sum(np.exp(x - c(x)))))"
    reader.write("stub-logsumexp", right)
    reader.run("stub-logsumexp")
    says = {"en": "Exercises solved: 1 of 2", "ko": "푼 연습문제: 1 / 2"}[edition]
    for _ in range(2):
        assert page.locator("p.solved").inner_text() == says
        mark = page.locator(".bd-links a[aria-current] .solved").first
        assert mark.get_attribute("aria-label") == says
        page.reload()
    elsewhere = open_page(context, f"{address}chapters/{edition}/02-softmax.html").page
    mark = elsewhere.locator(".bd-links a[data-page='04-the-trick'] .solved").first
    assert mark.get_attribute("aria-label") == says


def test_a_prediction_stays_folded_until_its_own_cell_runs(
    address: str, context: BrowserContext
) -> None:
    reader = Reader(context, address)
    reader.write("imports", "import numpy as np")
    for name in ("fix-code", "fig-shift", "predict-window", "window"):
        if name == "fig-shift":
            reader.cell(name).locator("details").first.evaluate("fold => (fold.open = true)")
        reader.write(name, "print(1)")
    reader.run("window")
    fold = reader.cell("predict-window").locator("details")
    assert fold.get_attribute("open") is None
    assert not reader.cell("predict-window").locator(".live-output").is_visible()
    reader.run("predict-window")
    assert reader.cell("predict-window").locator(".live-output").is_visible()


@pytest.mark.parametrize("edition", ["en", "ko"])
def test_a_cell_that_lacks_a_library_says_which(
    site: Path, address: str, context: BrowserContext, edition: str
) -> None:
    page = open_page(context, f"{address}chapters/{edition}/13-cluster.html").page
    note = page.locator("#cell-cluster-cell .live-note")
    lay_out(page)
    expect(note).to_contain_text("distributed", use_inner_text=True)
    assert not page.locator("#cell-cluster-cell .live-run").count()
    assert page.locator("#cell-estimate .live-run").count() == 1


@pytest.mark.parametrize("edition", ["en", "ko"])
def test_from_a_file_the_button_explains_how_to_serve(
    site: Path, context: BrowserContext, edition: str
) -> None:
    reader = Reader(context, f"{site.as_uri()}/", edition)
    assert "python -m http.server" in reader.run("fix-code")


def test_a_file_that_is_missing_is_told(address: str, context: BrowserContext) -> None:
    reader = Reader(context, address)
    reader.page.route("**/live/lsebook.whl*", lambda route: route.abort())
    assert "could not be loaded" in reader.run("imports")
    reader.page.unroute("**/live/lsebook.whl*")
    reader.write("imports", "print('again')")
    reader.run("imports")
    assert reader.output("imports") == "again\n"


@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_in_use_is_accessible_and_fits(address: str, browser: Browser, width: int) -> None:
    started = browser.new_context(
        viewport={"width": width, "height": 900}, reduced_motion="reduce", locale="ko-KR"
    )
    reader = Reader(started, address, "ko")
    reader.write("imports", "print('가' * 300)\n1 / 0")
    reader.run("imports")
    reader.write("fix-code", "y = " + "1 + " * 60 + "1")
    page = reader.page
    lay_out(page)
    page.evaluate((npm_packages.require("axe-core", development=True) / "axe.min.js").read_text())
    for theme, rules in zip(THEMES, (None, ABOUT_COLOURS), strict=True):
        page.emulate_media(color_scheme=theme)
        page.wait_for_selector(f"html[data-theme={theme}]", state="attached")
        assert violations(page, rules) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    started.close()


def test_every_button_has_a_name_of_its_own(
    site: Path, address: str, desktop: BrowserContext
) -> None:
    page = open_page(desktop, f"{address}chapters/ko/04-the-trick.html").page
    names = page.locator(".live-bar button").evaluate_all("all => all.map((b) => b.ariaLabel)")
    assert len(names) == len(set(names)) > 20
    page.close()


def test_policy_of_the_pages_allows_no_more_than_before(site: Path) -> None:
    policy = parsed(site / "chapters" / "en" / "04-the-trick.html").find(
        "meta", {"http-equiv": "Content-Security-Policy"}
    )
    assert "wasm" not in str(policy)
    assert "connect-src" not in str(policy)
