"""Figures of Part 2: the maximum made smooth, and the digits that formulas lose.

What cannot be computed with a page's own float64 comes in a table that Python computed.
"""

import math
from functools import cache
from typing import Any

import altair as alt

from lsebook.explore.canvas import (
    BLUE,
    INK,
    RED,
    Explorable,
    explorable,
    line_of_text,
    number,
    row,
    slider,
    table,
)

DIGITS = "0123456789abcdefg"
LAST_GAP = 45


def smooth_max() -> Explorable:
    """Show T · LSE((x, 0) / T) beside max(x, 0), which it approaches as T falls.

    Returns
    -------
    Explorable
        With a slider for the temperature T.

    Examples
    --------
    >>> from lsebook import explore
    >>> explore.smooth_max()
    <explore.smooth_max: T>
    """
    x = alt.X(
        "x:Q",
        title="x",
        scale=alt.Scale(domain=[-3, 3], nice=False),
        axis=alt.Axis(values=[-3, -2, -1, 0, 1, 2, 3], format="d"),
    )
    y = alt.Y(
        "y:Q",
        title=None,
        scale=alt.Scale(domain=[0, 3.5], nice=False),
        axis=alt.Axis(values=[0, 1, 2, 3], format="d", grid=False),
    )
    curve = table([{"x": i / 20} for i in range(-60, 61)]).transform_calculate(
        as_="y", calculate="max(datum.x, 0) + T * log(1 + exp(-abs(datum.x) / T))"
    )
    corner = table([{"x": -3, "y": 0}, {"x": 0, "y": 0}, {"x": 3, "y": 3}])
    gap = row(x="0", low="0", y="T * LN2", shown=number("datum.y", ".4f"))
    layers = [
        corner.mark_line(color=INK, strokeDash=[5, 4], strokeWidth=1.5).encode(x=x, y=y),
        curve.mark_line(color=BLUE, strokeWidth=2.5).encode(x=x, y=y),
        gap.mark_rule(color=RED, strokeWidth=3).encode(x=x, y=y, y2="low:Q"),
        line_of_text(gap, "'T · LSE((x, 0) / T)'", 12, 12, color=BLUE),
        line_of_text(gap, "'max(x, 0)'", 12, 38),
        line_of_text(gap, "'T · log 2 = ' + datum.shown", 12, 64, color=RED),
    ]
    return explorable(
        "smooth_max",
        "T · LSE((x, 0) / T), max(x, 0)",
        layers,
        [slider("T", 1, 0.02, 2, 0.02)],
        height=230,
        left=44,
    )


def _right_digits(found: float, truth: Any) -> str:
    """One character of `DIGITS`: -log10 of the relative error, from 0 to 16."""
    error = float(abs(found - truth) / abs(truth)) if math.isfinite(found) else 1.0
    digits = 16 if error == 0 else round(-math.log10(error))
    return DIGITS[min(max(digits, 0), 16)]


def _digit_bars(bars: alt.Chart) -> list[alt.Chart]:
    """Bars of the field ``kept`` on a ground of 16, each under the ``code`` of its ``line``."""
    place = alt.Y("line:Q", axis=None, scale=alt.Scale(domain=[0, 3], nice=False, range=[64, 244]))
    x = alt.X(
        "kept:Q",
        title=None,
        scale=alt.Scale(domain=[0, 17.5], nice=False, padding=0),
        axis=alt.Axis(values=[0, 4, 8, 12, 16], format="d"),
    )
    bar: dict[str, Any] = {"orient": "horizontal", "size": 20}
    ink = alt.condition("datum.kept < 15", alt.value(RED), alt.value(BLUE))
    return [
        bars.mark_bar(color="#e8e8e8", **bar).encode(x="full:Q", y=place),
        bars.mark_bar(**bar).encode(x=x, y=place, color=ink),
        bars.mark_text(align="left", dy=-23, fontSize=15).encode(
            x=alt.value(0), y=place, text="code:N"
        ),
        bars.mark_text(align="left", dx=6, fontSize=15, fontWeight="bold").encode(
            x=x, y=place, text="kept:Q", color=ink
        ),
    ]


@cache
def digits_kept() -> dict[str, str]:
    """Say how many digits three formulas get right for the scores (a, a - g).

    One character of `DIGITS` for each a = -1, -0.99, ..., 1 and, under each, g = 0, 1, ..., 45.
    Every operation is rounded once, to nearest: NumPy's exp may differ in its last bit from one
    processor to the next, and so would the table.
    """
    from mpmath import mp, mpf

    def exp(x: float) -> float:
        return float(mp.exp(mpf(x)))

    def log(x: float) -> float:
        return float(mp.log(mpf(x)))

    rows = {"naive": "", "shifted": "", "log1p": ""}
    with mp.workdps(50):
        gaps = [float(g) for g in range(LAST_GAP + 1)]
        tails = [mp.log1p(mp.exp(-mpf(g))) for g in gaps]
        added = [log(1.0 + exp(-g)) for g in gaps]
        kept = [float(mp.log1p(mpf(exp(-g)))) for g in gaps]
        for step in range(-100, 101):
            a = step / 100
            top = exp(a)
            for g, tail, one_added, one_kept in zip(gaps, tails, added, kept, strict=True):
                truth = mpf(a) + tail
                rows["naive"] += _right_digits(log(top + exp(a - g)), truth)
                rows["shifted"] += _right_digits(a + one_added, truth)
                rows["log1p"] += _right_digits(a + one_kept, truth)
    return rows


def digits_lost() -> Explorable:
    """Show how many decimal digits three formulas for LSE((a, a - g)) get right.

    The digits are -log10 of the relative error, to the nearest whole number from 0 to 16.

    Returns
    -------
    Explorable
        With sliders for the larger score a and the gap g.

    Examples
    --------
    >>> from lsebook import explore
    >>> explore.digits_lost()
    <explore.digits_lost: a, g>
    """
    code = {
        "naive": "log(exp(a) + exp(a - g))",
        "shifted": "a + log(1 + exp(-g))",
        "log1p": "a + log1p(exp(-g))",
    }
    bars = (
        table(
            [
                {"code": code[name], "digits": digits, "line": line}
                for line, (name, digits) in enumerate(digits_kept().items())
            ]
        )
        .transform_calculate(
            as_="kept",
            calculate=f"indexof('{DIGITS}',"
            f" datum.digits[round(100 * a + 100) * {LAST_GAP + 1} + g])",
        )
        .transform_calculate(as_="full", calculate="16")
    )
    # log(1 + u) · u / ((1 + u) - 1) is log1p(u): the rounding of 1 + u cancels.
    value = row(
        u="exp(-g)",
        w="1 + datum.u",
        y="a + (datum.w == 1 ? datum.u : log(datum.w) * datum.u / (datum.w - 1))",
        shown=number("datum.y", ".4~g"),
    )
    layers = [
        *_digit_bars(bars),
        line_of_text(value, "'LSE((a, a - g)) = ' + datum.shown", 0, 8, fontSize=17),
    ]
    return explorable(
        "digits_lost",
        ", ".join(code.values()),
        layers,
        [slider("a", 0, -1, 1, 0.01), slider("g", 20, 0, LAST_GAP, 1)],
        height=222,
        bottom=30,
    )


def weighted_peak() -> Explorable:
    """Show two weighted scores, and their LSE with c from the scores alone and with the weights.

    Returns
    -------
    Explorable
        With sliders for the scores x1, x2 and for the decimal logarithms B1, B2 of the weights.

    Examples
    --------
    >>> from lsebook import explore
    >>> explore.weighted_peak()
    <explore.weighted_peak: x1, B1, x2, B2>
    """
    scale = alt.Scale(domain=[-1750, 1750], nice=False)
    axis = alt.Axis(values=[-1500, -1000, -500, 0, 500, 1000, 1500], title=None, format="d")
    x = alt.X("x:Q", scale=scale, axis=axis)
    dots = (
        table([{"i": 1, "color": BLUE}, {"i": 2, "color": RED}])
        .transform_calculate(as_="x", calculate="datum.i == 1 ? x1 : x2")
        .transform_calculate(as_="m", calculate="datum.x + (datum.i == 1 ? B1 : B2) * LN10")
        .transform_calculate(as_="name", calculate="'x' + datum.i")
    )
    color = alt.Color("color:N", scale=None)
    top, low = alt.value(30), alt.value(96)

    def answer(c: str) -> str:
        total = " + ".join(f"pow(10, B{i}) * exp(x{i} - ({c}))" for i in (1, 2))
        return number(f"(({c}) + log({total}))", ".6~g")

    m1, m2 = "(x1 + B1 * LN10)", "(x2 + B2 * LN10)"
    high = f"max({m1}, {m2})"
    whole = row(
        plain=answer("max(x1, x2)"),
        right=number(f"({high} + log(1 + exp(-abs({m1} - {m2}))))", ".6~g"),
    )
    wrong = alt.condition("datum.plain == datum.right", alt.value(INK), alt.value(RED))
    layers = [
        dots.mark_rule(strokeDash=[3, 3], strokeWidth=1.5).encode(
            x=x, x2="m:Q", y=top, y2=low, color=color
        ),
        dots.mark_point(filled=True, size=110, opacity=1).encode(x=x, y=top, color=color),
        dots.mark_point(filled=True, size=110, opacity=1).encode(
            x=alt.X("m:Q", scale=scale, axis=axis), y=low, color=color
        ),
        dots.mark_text(dy=-17).encode(x=x, y=top, text="name:N", color=color),
        line_of_text(whole, "'c = max(x):  ' + datum.plain", 0, 128).encode(color=wrong),
        line_of_text(whole, "'c = max(x + log b):  ' + datum.right", 190, 128, color=BLUE),
    ]
    return explorable(
        "weighted_peak",
        "log(b1 exp(x1) + b2 exp(x2)), b = 10^B",
        layers,
        [
            slider("x1", 0, -1000, 1000, 50),
            slider("B1", -200, -300, 300, 10),
            slider("x2", -800, -1000, 1000, 50),
            slider("B2", 200, -300, 300, 10),
        ],
        height=150,
    )


@cache
def log1mexp_digits() -> dict[str, str]:
    """Say how many digits three formulas get right for log(1 - exp(x)), x = -10^k.

    One character of `DIGITS` for each k = -20, -19.9, ..., 2, as in `digits_kept`.
    """
    from mpmath import mp, mpf

    rows = {"log(1 - exp(x))": "", "log1p(-exp(x))": "", "log(-expm1(x))": ""}
    with mp.workdps(60):
        for step in range(-200, 21):
            x = mpf(-(10.0 ** (step / 10)))
            truth = mp.log(-mp.expm1(x))
            e, w = float(mp.exp(x)), float(-mp.expm1(x))
            found = (
                float(mp.log(1.0 - e)) if e < 1 else float("-inf"),
                float(mp.log1p(mpf(-e))) if e < 1 else float("-inf"),
                float(mp.log(mpf(w))),
            )
            for name, value in zip(rows, found, strict=True):
                rows[name] += _right_digits(value, truth)
    return rows


def log1mexp_forms() -> Explorable:
    """Show how many decimal digits three formulas for log(1 - exp(x)) get right.

    Returns
    -------
    Explorable
        With a slider for k, where x = -10^k.

    Examples
    --------
    >>> from lsebook import explore
    >>> explore.log1mexp_forms()
    <explore.log1mexp_forms: k>
    """
    bars = (
        table(
            [
                {"code": code, "digits": digits, "line": line}
                for line, (code, digits) in enumerate(log1mexp_digits().items())
            ]
        )
        .transform_calculate(
            as_="kept", calculate=f"indexof('{DIGITS}', datum.digits[round(10 * k) + 200])"
        )
        .transform_calculate(as_="full", calculate="16")
    )
    value = row(x="-pow(10, k)", shown=number("datum.x", ".3~g"), ratio="datum.x / -LN2")
    side = "(datum.ratio > 1 ? 'x < -log 2' : 'x > -log 2')"
    layers = [
        *_digit_bars(bars),
        line_of_text(value, f"'x = ' + datum.shown + ',  ' + {side}", 0, 8, fontSize=17),
    ]
    return explorable(
        "log1mexp_forms",
        "log(1 - exp(x)), x = -10^k",
        layers,
        [slider("k", -10, -20, 2, 0.1)],
        height=222,
        bottom=30,
    )


def wrong_answers() -> Explorable:
    """Show what four wrong functions answer for the scores (L, L + S), and the right answer.

    Returns
    -------
    Explorable
        With sliders for the level L and the spread S.

    Examples
    --------
    >>> from lsebook import explore
    >>> explore.wrong_answers()
    <explore.wrong_answers: L, S>
    """
    total = "(exp(L - ({0})) + exp(L + S - ({0})))"
    largest = "max(abs(L), abs(L + S))"
    answers = {
        "log(sum(exp(x)))": f"log({total.format(0)})",
        "c = max |x|": f"{largest} + log({total.format(largest)})",
        "c = x[0]": f"L + log({total.format('L')})",
        "log(sum(exp(x)) + 1e-12)": f"log({total.format(0)} + 1e-12)",
    }
    names = list(answers)
    chosen = "[" + ", ".join(answers.values()) + "][datum.line]"
    right = "(L + S + log(1 + exp(-S)))"
    lines = (
        table([{"line": line, "code": code} for line, code in enumerate(names)])
        .transform_calculate(as_="got", calculate=chosen)
        .transform_calculate(
            as_="wrong", calculate=f"!(abs(datum.got - {right}) <= 1e-9 * max(1, abs({right})))"
        )
        .transform_calculate(as_="shown", calculate=number("datum.got", ".9~g"))
    )
    place = alt.Y("line:Q", axis=None, scale=alt.Scale(domain=[0, 3], nice=False, range=[50, 146]))
    ink = alt.condition("datum.wrong", alt.value(RED), alt.value(BLUE))
    left: dict[str, Any] = {"align": "left", "baseline": "middle", "fontSize": 15}
    whole = row(y=right, shown=number("datum.y", ".9~g"))
    layers = [
        lines.mark_point(filled=True, size=130, opacity=1).encode(
            x=alt.value(8), y=place, color=ink
        ),
        lines.mark_text(**left).encode(x=alt.value(24), y=place, text="code:N"),
        lines.mark_text(**left).encode(x=alt.value(240), y=place, text="shown:N", color=ink),
        line_of_text(
            whole, "'x = (' + L + ', ' + (L + S) + '),  LSE = ' + datum.shown", 0, 12, fontSize=17
        ),
    ]
    return explorable(
        "wrong_answers",
        "LSE(x), x = (L, L + S)",
        layers,
        [slider("L", 0, -1200, 1200, 10), slider("S", 10, 0, 2000, 10)],
        height=160,
        bottom=12,
    )
