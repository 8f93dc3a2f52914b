"""The figures' numbers, read off the page after moving the sliders, against NumPy and lsebook."""

import re
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page

import lsebook
from lsebook import explore
from tests.site.browsing import bring_to_life, open_page

PAGES = {
    "exp_cliffs": "01-why-logs",
    "coin_products": "01-why-logs",
    "softmax_bars": "02-softmax",
    "log_sum_exp": "03-log-sum-exp",
    "shift_window": "04-the-trick",
}


class Figure:
    """One live figure on its page."""

    def __init__(self, page: Page, name: str) -> None:
        figures = page.locator(".explorable")
        specs = figures.locator("> script").evaluate_all("all => all.map((s) => s.textContent)")
        formula = getattr(explore, name)().spec["description"]
        place = next(i for i, spec in enumerate(specs) if f'"description":"{formula}"' in spec)
        self.figure = figures.nth(place)

    def set(self, name: str, value: float | str) -> None:
        if isinstance(value, str):
            self.figure.locator(f"input[name={name}][value={value}]").check()
            return
        slider = self.figure.locator(f"input[name={name}]")
        slider.evaluate(
            "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }",
            value,
        )
        assert float(slider.input_value()) == pytest.approx(value)

    def texts(self) -> list[str]:
        self.figure.page.wait_for_timeout(60)
        texts = self.figure.locator("svg text").evaluate_all("all => all.map((t) => t.textContent)")
        return [text.replace("\u2212", "-") for text in texts]

    def after(self, start: str) -> str:
        """What a line of text says after its beginning."""
        lines = [text for text in self.texts() if text.startswith(start)]
        assert len(lines) == 1, (start, self.texts())
        return lines[0].removeprefix(start).strip()


@pytest.fixture
def figure(
    request: pytest.FixtureRequest, address: str, desktop: BrowserContext
) -> Iterator[Figure]:
    name = request.param
    visit = open_page(desktop, f"{address}chapters/ko/{PAGES[name]}.html")
    bring_to_life(visit.page)
    yield Figure(visit.page, name)
    assert visit.troubles == []
    visit.page.close()


def shows(text: str, value: float, digits: int) -> bool:
    """Whether a text is the value to that many digits, infinities and zero exactly."""
    if np.isinf(value) or value == 0:
        return text == repr(float(value)).removesuffix(".0")
    return float(text) == pytest.approx(value, rel=0.51 * 10.0 ** (1 - digits), abs=5e-324)


@pytest.mark.parametrize("figure", ["exp_cliffs"], indirect=True)
def test_exp_cliffs_round_as_numpy_does(figure: Figure) -> None:
    for dtype in ("float16", "float32", "float64"):
        figure.set("dtype", dtype)
        for x in (
            -750,
            -745,
            -104.25,
            -103.75,
            -17.5,
            -17.25,
            -10,
            0,
            1,
            11,
            11.25,
            88.5,
            89,
            709.5,
            710,
        ):
            with np.errstate(over="ignore", under="ignore"):
                expected = float(np.float64(np.exp(np.float64(x))).astype(dtype))
            figure.set("x", x)
            shown = figure.after(f"{dtype}:  exp({x:.2f}) = ")
            assert shows(shown, expected, 5), (dtype, x, shown, expected)


@pytest.mark.parametrize("figure", ["coin_products"], indirect=True)
def test_coin_products_vanish_where_the_formats_end(figure: Figure) -> None:
    for dtype, last in (("float16", 24), ("float32", 149), ("float64", 1074)):
        figure.set("dtype", dtype)
        for n in (1, last - 1, last, last + 1, 1200):
            figure.set("n", n)
            expected = float(np.float64(0.5**n).astype(dtype))
            assert shows(figure.after(f"{dtype}:  0.5^{n} = "), expected, 4), (dtype, n)
            assert shows(figure.after(f"{n} · log 0.5 = "), n * np.log(0.5), 6)


@pytest.mark.parametrize("figure", ["softmax_bars"], indirect=True)
def test_softmax_bars_are_the_softmax(figure: Figure) -> None:
    for x, T in (((2, 1, 0, -1), 1), ((10, -10, 0, 0), 0.1), ((3.3, 3.3, 3.3, 3.3), 5)):
        for i, value in enumerate(x, start=1):
            figure.set(f"x{i}", value)
        figure.set("T", T)
        expected = [f"{p:.4f}" for p in lsebook.softmax(np.array(x) / T)]
        assert [text for text in figure.texts() if re.fullmatch(r"\d\.\d{4}", text)] == expected


@pytest.mark.parametrize("figure", ["log_sum_exp"], indirect=True)
def test_log_sum_exp_shows_its_identities(figure: Figure) -> None:
    for x in ((2, 1, 0), (-10, 10, 10), (0, 0, 0), (-3.5, 2.2, -9.9)):
        for i, value in enumerate(x, start=1):
            figure.set(f"x{i}", value)
        lse = lsebook.logsumexp(np.array(x, float))
        assert float(figure.after("LSE = ")) == pytest.approx(lse, abs=5.1e-5)
        for i, value in enumerate(x, start=1):
            assert float(figure.after(f"log p{i} = ")) == pytest.approx(value - lse, abs=5.1e-5)
            assert float(figure.after(f"p{i} = ")) == pytest.approx(np.exp(value - lse), abs=5.1e-5)


@pytest.mark.parametrize("figure", ["shift_window"], indirect=True)
def test_shift_window_is_right_inside_and_lost_outside(figure: Figure) -> None:
    x = np.array([1000.0, 999, 998])
    answers = {}
    for c in (250, 289, 290, 291, 700, 1000, 1714, 1740, 1744, 1745, 1746, 1800):
        figure.set("c", c)
        with np.errstate(over="ignore", divide="ignore", under="ignore"):
            terms = np.exp(x - c)
            expected = float(c + np.log(terms.sum()))
        for value, term in zip(x, terms, strict=True):
            assert shows(figure.after(f"exp({value:.0f} - {c}) = "), float(term), 4), (c, value)
        assert shows(figure.after("sum = "), float(terms.sum()), 4), c
        answers[c] = figure.after(f"{c} + log(sum) = ")
        assert shows(answers[c], expected, 10), (c, answers[c], expected)
    assert answers[290] == "inf"
    assert answers[1746] == "-inf"
    right = f"{lsebook.logsumexp(x):.10g}"
    assert answers[291] == answers[1000] == answers[1714] == right
    assert answers[1740] != right


def test_sliders_obey_the_keyboard_and_have_names(address: str, desktop: BrowserContext) -> None:
    page = open_page(desktop, f"{address}chapters/en/04-the-trick.html").page
    bring_to_life(page)
    slider = page.get_by_role("slider", name="c", exact=True)
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert slider.input_value() == "1001"
    assert slider.get_attribute("aria-valuetext") == "1001"
    page.close()


def test_picture_shows_before_and_without_scripts(address: str, desktop: BrowserContext) -> None:
    assert desktop.browser is not None
    context = desktop.browser.new_context(java_script_enabled=False)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}chapters/ko/04-the-trick.html")
    picture = page.locator(".explorable img")
    assert picture.evaluate("(img) => img.naturalWidth") > 300
    assert picture.get_attribute("alt")
    assert not [url for url in asked if url.endswith(".js")]
    context.close()


def test_vega_comes_only_when_a_figure_is_in_view(address: str, desktop: BrowserContext) -> None:
    visit = open_page(desktop, f"{address}chapters/ko/04-the-trick.html")
    visit.page.wait_for_timeout(500)
    assert not [url for url in visit.requested if "vega" in url]
    bring_to_life(visit.page)
    assert [url for url in visit.requested if url.endswith("_static/vega.js")]
    visit.page.close()


def test_nothing_moves_when_a_figure_comes_alive(address: str, desktop: BrowserContext) -> None:
    page = open_page(desktop, f"{address}chapters/ko/02-softmax.html").page
    height = "document.querySelector('.explorable').getBoundingClientRect().height"
    before = page.evaluate(height)
    bring_to_life(page)
    assert page.evaluate(height) == pytest.approx(before, abs=25)
    page.close()
