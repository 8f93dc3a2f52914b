"""Figures of Part 1: where formats end, what scores become, and which shifts are safe."""

import json
from collections.abc import Sequence

import altair as alt

from lsebook.explore.canvas import (
    BLUE,
    INK,
    MARGIN,
    PALE,
    RED,
    WIDTH,
    Explorable,
    explorable,
    line_of_text,
    number,
    row,
    slider,
    table,
)

# format: significand bits, smallest exponent, first power of two that overflows
FORMATS = {"float16": (11, -14, 16), "float32": (24, -126, 128), "float64": (53, -1022, 1024)}


def format_switch(value: str) -> alt.Parameter:
    return alt.param(
        name="dtype", value=value, bind=alt.binding_radio(options=list(FORMATS), name="dtype ")
    )


def rounded(value: str) -> dict[str, str]:
    """Fields that round a positive number to the chosen format, ties to even, into ``kept``."""
    table = json.dumps({name: list(numbers) for name, numbers in FORMATS.items()})
    return {
        "format": f"({table})[dtype]",
        "exact": value,
        "ulp": "pow(2, max(floor(log(datum.exact) / LN2), datum.format[1]) - datum.format[0] + 1)",
        "steps": "datum.exact / datum.ulp",
        "up": "floor(datum.steps + 0.5)",
        "even": "datum.up - (datum.up - datum.steps == 0.5 && datum.up % 2 == 1 ? 1 : 0)",
        "near": "dtype == 'float64' || datum.exact == 1/0 ? datum.exact : datum.even * datum.ulp",
        "kept": "datum.near >= pow(2, datum.format[2]) ? 1/0 : datum.near",
    }


def exp_cliffs() -> Explorable:
    """Show where exp(x) becomes inf or 0 in each floating-point format.

    Returns
    -------
    Explorable
        With a slider for x and a switch for the format.

    Examples
    --------
    >>> from lsebook import explore
    >>> explore.exp_cliffs()
    <explore.exp_cliffs: x, dtype>
    """
    cliffs = [
        {"dtype": "float16", "low": -17.33, "high": 11.09},
        {"dtype": "float32", "low": -103.97, "high": 88.72},
        {"dtype": "float64", "low": -745.13, "high": 709.78},
    ]
    scale = alt.Scale(type="symlog", constant=15, domain=[-1300, 1100], nice=False)
    axis = alt.Axis(values=[-745, -104, -17, 0, 11, 89, 710], title="x", format="d")
    bars = table(cliffs)
    place = alt.Y(
        "dtype:N",
        title=None,
        scale=alt.Scale(range=[70, 190]),
        axis=alt.Axis(domain=False, ticks=False, labelFontSize=14, minExtent=0, maxExtent=60),
    )
    chosen = alt.condition("datum.dtype == dtype", alt.value(BLUE), alt.value("#c9d7e3"))
    value = row(**rounded("exp(x)"), shown=number("datum.kept"), at="x")
    mark = alt.condition(
        "datum.shown == 'inf' || datum.shown == '0'", alt.value(RED), alt.value(INK)
    )
    text = line_of_text(
        value,
        "dtype + ':  exp(' + replace(format(x, '.2f'), '\u2212', '-') + ') = ' + datum.shown",
        0,
        16,
        fontSize=18,
    ).encode(color=mark)
    layers = [
        bars.mark_bar(height=18, cornerRadius=3).encode(
            x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q", y=place, color=chosen
        ),
        bars.mark_text(align="right", dx=-5, fontSize=12).encode(
            x="low:Q", y=place, text=alt.value("0")
        ),
        bars.mark_text(align="left", dx=5, fontSize=12).encode(
            x="high:Q", y=place, text=alt.value("inf")
        ),
        value.mark_rule(strokeWidth=2).encode(
            x="at:Q", y=alt.value(50), y2=alt.value(206), color=mark
        ),
        text,
    ]
    return explorable(
        "exp_cliffs",
        "exp(x)",
        layers,
        [slider("x", 11, -760, 720, 0.25), format_switch("float16")],
        height=206,
        left=76,
    )


def coin_products() -> Explorable:
    """Show the probability of n heads as a product, which vanishes, and as a sum of logs.

    Returns
    -------
    Explorable
        With a slider for n and a switch for the format.

    Examples
    --------
    >>> from lsebook import explore
    >>> explore.coin_products()
    <explore.coin_products: n, dtype>
    """
    ends = [
        {"dtype": "float16", "n": 25},
        {"dtype": "float32", "n": 150},
        {"dtype": "float64", "n": 1075},
    ]
    x_axis = alt.X(
        "n:Q",
        title="n",
        scale=alt.Scale(domain=[0, 1200], nice=False),
        axis=alt.Axis(values=[25, 150, 500, 1075], format="d"),
    )
    y_axis = alt.Y(
        "y:Q", title=None, scale=alt.Scale(domain=[-850, 0], nice=False, range=[230, 70])
    )
    value = row(**rounded("pow(0.5, n)"), shown=number("datum.kept", ".4~g"), n="n", y="-n * LN2")
    mark = alt.condition("datum.shown == '0'", alt.value(RED), alt.value(INK))
    line = table([{"n": 0, "y": 0}, {"n": 1200, "y": -831.776616671934}])
    layers = [
        line.mark_line(color=BLUE, strokeWidth=2).encode(x=x_axis, y=y_axis),
        table(ends)
        .mark_rule(strokeDash=[5, 4], strokeWidth=1.5)
        .encode(
            x="n:Q",
            y=alt.value(70),
            y2=alt.value(230),
            color=alt.condition("datum.dtype == dtype", alt.value(RED), alt.value("#cccccc")),
        ),
        value.mark_point(filled=True, size=90, opacity=1).encode(
            x="n:Q", y="y:Q", color=alt.value(BLUE)
        ),
        line_of_text(
            value, "dtype + ':  0.5^' + n + ' = ' + datum.shown", 0, 12, fontSize=17
        ).encode(color=mark),
        line_of_text(
            value,
            f"n + ' · log 0.5 = ' + {number('datum.y', '.6~g')}",
            0,
            40,
            fontSize=17,
            color=BLUE,
        ),
    ]
    return explorable(
        "coin_products",
        "0.5^n, n · log 0.5",
        layers,
        [slider("n", 24, 1, 1200, 1), format_switch("float16")],
        height=230,
        left=52,
    )


def scores(values: Sequence[float], low: float, high: float) -> list[alt.Parameter]:
    return [slider(f"x{i}", value, low, high, 0.1) for i, value in enumerate(values, start=1)]


def columns(count: int) -> alt.Chart:
    """One row for each score: its name and what its slider says."""
    names = "[" + ", ".join(f"x{i}" for i in range(1, count + 1)) + "]"
    peak = "max(" + names[1:-1] + ")"
    return (
        table([{"i": i} for i in range(1, count + 1)])
        .transform_calculate(as_="name", calculate="'x' + datum.i")
        .transform_calculate(as_="x", calculate=f"{names}[datum.i - 1]")
        .transform_calculate(as_="peak", calculate=peak)
    )


def softmax_bars() -> Explorable:
    """Show the probabilities of four scores at a temperature.

    Returns
    -------
    Explorable
        With a slider for each score and for the temperature T.

    Examples
    --------
    >>> from lsebook import explore
    >>> explore.softmax_bars()
    <explore.softmax_bars: x1, x2, x3, x4, T>
    """
    total = " + ".join(f"exp((x{i} - datum.peak) / T)" for i in range(1, 5))
    bars = (
        columns(4)
        .transform_calculate(as_="p", calculate=f"exp((datum.x - datum.peak) / T) / ({total})")
        .transform_calculate(as_="shown", calculate="format(datum.p, '.4f')")
    )
    place = alt.X(
        "name:N",
        title=None,
        axis=alt.Axis(labelAngle=0, labelFontSize=15, domain=False, ticks=False),
    )
    tall = alt.Y(
        "p:Q",
        title="p",
        scale=alt.Scale(domain=[0, 1.1], nice=False),
        axis=alt.Axis(values=[0, 0.5, 1], format=".1f", titleAngle=0, titleX=-34, titleY=60),
    )
    layers = [
        bars.mark_bar(color=BLUE, size=52, cornerRadiusEnd=3).encode(x=place, y=tall),
        bars.mark_text(dy=-11).encode(x=place, y="p:Q", text="shown:N"),
    ]
    return explorable(
        "softmax_bars",
        "p = exp(x / T) / sum(exp(x / T))",
        layers,
        [*scores([2, 1, 0, -1], -10, 10), slider("T", 1, 0.1, 5, 0.1)],
        height=230,
        left=52,
    )


def log_sum_exp() -> Explorable:
    """Show three scores and their LSE: how far below it each lies is its log probability.

    Returns
    -------
    Explorable
        With a slider for each score.

    Examples
    --------
    >>> from lsebook import explore
    >>> explore.log_sum_exp()
    <explore.log_sum_exp: x1, x2, x3>
    """
    total = " + ".join(f"exp(x{i} - datum.peak)" for i in range(1, 4))
    below = number("datum.below", ".4f")
    points = (
        columns(3)
        .transform_calculate(as_="lse", calculate=f"datum.peak + log({total})")
        .transform_calculate(as_="below", calculate="datum.x - datum.lse")
        .transform_calculate(as_="p", calculate="exp(datum.below)")
        .transform_calculate(as_="log_p", calculate=f"'log p' + datum.i + ' = ' + {below}")
        .transform_calculate(
            as_="p_shown", calculate="'p' + datum.i + ' = ' + format(datum.p, '.4f')"
        )
    )
    first = points.transform_filter("datum.i == 1").transform_calculate(
        as_="label", calculate="'LSE = ' + " + number("datum.lse", ".4f")
    )
    place = alt.X("name:N", title=None, axis=None)
    tall = alt.Y(
        "x:Q",
        title=None,
        scale=alt.Scale(domain=[-10, 12.5], nice=False, range=[230, 10]),
        axis=alt.Axis(values=[-10, -5, 0, 5, 10], format="d"),
    )
    layers = [
        points.mark_rule(color=PALE, strokeDash=[3, 3], strokeWidth=2).encode(
            x=place, y=tall, y2="lse:Q"
        ),
        first.mark_rule(color=RED, strokeWidth=2).encode(y="lse:Q"),
        first.mark_text(align="right", dy=-11, color=RED).encode(
            y="lse:Q", x=alt.value(WIDTH - 52 - MARGIN), text="label:N"
        ),
        points.mark_point(filled=True, size=110, opacity=1, color=BLUE).encode(x=place, y="x:Q"),
    ]
    layers += [
        points.mark_text(fontSize=14).encode(x=place, y=alt.value(y), text=f"{field}:N")
        for field, y in (("name", 252), ("log_p", 276), ("p_shown", 298))
    ]
    return explorable(
        "log_sum_exp",
        "LSE = log(sum(exp(x))), log p = x - LSE, p = exp(x - LSE)",
        layers,
        scores([2, 1, 0], -10, 10),
        height=300,
        left=52,
        bottom=12,
    )


def shift_window() -> Explorable:
    """Show c + log Σ exp(x − c) of (1000, 999, 998), right only inside a window of c.

    Returns
    -------
    Explorable
        With a slider for the shift c.

    Examples
    --------
    >>> from lsebook import explore
    >>> explore.shift_window()
    <explore.shift_window: c>
    """
    terms = [{"x": 1000}, {"x": 999}, {"x": 998}]
    whole = row(total="exp(1000 - c) + exp(999 - c) + exp(998 - c)", y="c + log(datum.total)")
    each = (
        table(terms)
        .transform_calculate(as_="d", calculate="datum.x - c")
        .transform_calculate(as_="term", calculate="exp(datum.d)")
        .transform_calculate(as_="shown", calculate=number("datum.term", ".4~g"))
    )
    lost = alt.condition(
        "datum.shown == 'inf' || datum.shown == '0'", alt.value(RED), alt.value(INK)
    )
    scale = alt.Scale(domain=[-850, 800], nice=False)
    axis = alt.Axis(values=[-745, 0, 710], title="x - c", format="d")
    band = table([{"low": -745.13, "high": 709.78}])
    swamp = table([{"low": -745.13, "high": -708.4}])
    layers = [
        band.mark_rect(color="#d5e4f0").encode(
            x=alt.X("low:Q", scale=scale, axis=axis),
            x2="high:Q",
            y=alt.value(170),
            y2=alt.value(206),
        ),
        # Subnormal terms: there, and not yet 0, but with fewer and fewer digits.
        swamp.mark_rect(color="#eecabf").encode(
            x=alt.X("low:Q", scale=scale, axis=axis),
            x2="high:Q",
            y=alt.value(170),
            y2=alt.value(206),
        ),
        band.mark_text(align="right", dx=-4, fontSize=13).encode(
            x="low:Q", y=alt.value(188), text=alt.value("0")
        ),
        band.mark_text(align="left", dx=4, fontSize=13).encode(
            x="high:Q", y=alt.value(188), text=alt.value("inf")
        ),
        each.mark_tick(thickness=3, height=36).encode(x="d:Q", y=alt.value(188), color=lost),
    ]
    for line, term in enumerate(terms):
        layers.append(
            line_of_text(
                each.transform_filter(f"datum.x == {term['x']}"),
                "'exp(' + datum.x + ' - ' + c + ') = ' + datum.shown",
                0,
                12 + 26 * line,
                fontSize=16,
            ).encode(color=lost)
        )
    total = whole.transform_calculate(as_="shown", calculate=number("datum.total", ".4~g"))
    layers.append(
        line_of_text(total, "'sum = ' + datum.shown", 0, 90, fontSize=16).encode(color=lost)
    )
    layers.append(
        line_of_text(
            whole.transform_calculate(as_="shown", calculate=number("datum.y", ".10~g")),
            "c + ' + log(sum) = ' + datum.shown",
            0,
            128,
            fontSize=18,
            fontWeight="bold",
        ).encode(
            color=alt.condition(
                "abs(datum.y - 1000.4076059644443) < 5e-7", alt.value(BLUE), alt.value(RED)
            )
        )
    )
    return explorable(
        "shift_window",
        "c + log(sum(exp(x - c))), x = (1000, 999, 998)",
        layers,
        [slider("c", 1000, 250, 1800, 1)],
        height=206,
    )
