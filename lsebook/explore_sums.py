"""Figures of how sums of exponentials are computed: what is lost, what is kept, what merges.

`lsebook.explore` offers them too. What cannot be computed with a page's own float64 comes in a
table that Python computed.
"""

from functools import cache
from itertools import accumulate
from typing import Any

import altair as alt

from lsebook.explore import (
    BLUE,
    INK,
    MARGIN,
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

__all__ = ["digits_lost", "merge_tree", "smooth_max", "stream_steps"]

ROOM = WIDTH - 2 * MARGIN
DIGITS = "0123456789abcdefg"
LAST_GAP = 45
STREAM = (5, 2, 8, 3)
ORDERS = ("52831746", "61738425", "46182735", "83574126", "12345678", "87654321")


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

    def right(found: float, truth: mpf) -> str:
        error = abs(mpf(found) / truth - 1)
        digits = 16 if error == 0 else round(-float(mp.log10(error)))
        return DIGITS[min(max(digits, 0), 16)]

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
                rows["naive"] += right(log(top + exp(a - g)), truth)
                rows["shifted"] += right(a + one_added, truth)
                rows["log1p"] += right(a + one_kept, truth)
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
    place = alt.Y("line:Q", axis=None, scale=alt.Scale(domain=[0, 3], nice=False, range=[64, 244]))
    x = alt.X(
        "kept:Q",
        title=None,
        scale=alt.Scale(domain=[0, 17.5], nice=False, padding=0),
        axis=alt.Axis(values=[0, 4, 8, 12, 16], format="d"),
    )
    bar: dict[str, Any] = {"orient": "horizontal", "size": 20}
    ink = alt.condition("datum.kept < 15", alt.value(RED), alt.value(BLUE))
    # log(1 + u) · u / ((1 + u) - 1) is log1p(u): the rounding of 1 + u cancels.
    value = row(
        u="exp(-g)",
        w="1 + datum.u",
        y="a + (datum.w == 1 ? datum.u : log(datum.w) * datum.u / (datum.w - 1))",
        shown=number("datum.y", ".4~g"),
    )
    layers = [
        bars.mark_bar(color="#e8e8e8", **bar).encode(x="full:Q", y=place),
        bars.mark_bar(**bar).encode(x=x, y=place, color=ink),
        bars.mark_text(align="left", dy=-23, fontSize=15).encode(
            x=alt.value(0), y=place, text="code:N"
        ),
        bars.mark_text(align="left", dx=6, fontSize=15, fontWeight="bold").encode(
            x=x, y=place, text="kept:Q", color=ink
        ),
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


def stream_steps() -> Explorable:
    """Show the pair (peak, rest) of the stream 5, 2, 8, 3 after its first k numbers.

    Returns
    -------
    Explorable
        With a slider for k.

    Examples
    --------
    >>> from lsebook import explore
    >>> explore.stream_steps()
    <explore.stream_steps: k>
    """
    pairs = {"p0": "-1/0", "r0": "0"}
    for i, read in enumerate(STREAM, start=1):
        peak, rest = f"datum.p{i - 1}", f"datum.r{i - 1}"
        pairs[f"p{i}"] = f"max({peak}, {read})"
        pairs[f"f{i}"] = f"exp(-abs({read} - {peak}))"
        pairs[f"r{i}"] = f"{read} > {peak} ? (1 + {rest}) * datum.f{i} : {rest} + datum.f{i}"

    def after(letter: str, steps: str) -> str:
        return f"datum['{letter}' + ({steps})]"

    state = row(
        **pairs,
        x=f"{list(STREAM)}[k - 1]",
        rises=f"datum.x > {after('p', 'k - 1')}",
        peak=number(after("p", "k")),
        rest=number(after("r", "k"), ".4~g"),
        value=number(f"({after('p', 'k')} + log(1 + {after('r', 'k')}))", ".6~g"),
        last_peak=number(after("p", "k - 1")),
        last_rest=number(after("r", "k - 1"), ".4~g"),
        factor=number(after("f", "k"), ".4~g"),
        difference="datum.rises ? datum.last_peak + ' - ' + datum.x"
        " : datum.x + ' - ' + datum.last_peak",
    )
    boxes = (
        table([{"i": i, "x": read} for i, read in enumerate(STREAM, start=1)])
        .transform_calculate(as_="left", calculate="datum.i - 1")
        .transform_calculate(as_="middle", calculate="datum.i - 0.6")
        .transform_calculate(as_="right", calculate="datum.i - 0.2")
        .transform_calculate(
            as_="is_peak", calculate=f"datum.x == {list(accumulate(STREAM, max, initial=0))}[k]"
        )
        .transform_calculate(
            as_="fill",
            calculate=f"datum.is_peak ? '{BLUE}' : datum.i <= k ? '#c9d7e3' : 'transparent'",
        )
    )
    x = alt.X(
        "left:Q", axis=None, scale=alt.Scale(domain=[0, 3.8], nice=False, range=[1, ROOM - 1])
    )
    step = state.transform_filter("k > 0")
    turn = alt.condition("datum.rises", alt.value(RED), alt.value(INK))
    layers = [
        boxes.mark_rect(stroke=BLUE, strokeWidth=1.5, cornerRadius=4).encode(
            x=x,
            x2="right:Q",
            y=alt.value(0),
            y2=alt.value(44),
            color=alt.Color("fill:N", scale=None),
        ),
        boxes.mark_text(fontSize=20).encode(
            x="middle:Q",
            y=alt.value(23),
            text="x:Q",
            color=alt.condition("datum.is_peak", alt.value("white"), alt.value(INK)),
        ),
        line_of_text(step, "'exp(' + datum.difference + ') = ' + datum.factor", 0, 76).encode(
            color=turn
        ),
        line_of_text(
            step,
            "'rest = ' + (datum.rises"
            " ? '(1 + ' + datum.last_rest + ') · ' : datum.last_rest + ' + ')"
            " + datum.factor + ' = ' + datum.rest",
            0,
            102,
        ).encode(color=turn),
        line_of_text(state, "'(peak, rest) = (' + datum.peak + ', ' + datum.rest + ')'", 0, 140),
        line_of_text(
            state, "'peak + log(1 + rest) = ' + datum.value", 0, 168, fontWeight="bold", color=BLUE
        ),
    ]
    return explorable(
        "stream_steps",
        "peak + log(1 + rest), x = (5, 2, 8, 3)",
        layers,
        [slider("k", 3, 0, len(STREAM), 1)],
        height=180,
        bottom=12,
    )


def merge_tree() -> Explorable:
    """Show how eight numbers, in one of six orders, merge in pairs to the same value.

    Returns
    -------
    Explorable
        With a slider for the shuffle s.

    Examples
    --------
    >>> from lsebook import explore
    >>> explore.merge_tree()
    <explore.merge_tree: s>
    """
    # Numbered as in a heap: 1 is the root, 2 i and 2 i + 1 merge to i, and 8 to 15 are the leaves.
    pairs = {"order": f"{list(ORDERS)}[s]"}
    for i in range(15, 0, -1):
        if i >= 8:
            pairs |= {f"p{i}": f"toNumber(datum.order[{i - 8}])", f"r{i}": "0"}
            continue
        p, q, r, t = (f"datum.{field}{2 * i + k}" for field in "pr" for k in (0, 1))
        pairs[f"p{i}"] = f"max({p}, {q})"
        pairs[f"r{i}"] = (
            f"({p} > {q} ? {r} + (1 + {t}) * exp({q} - {p}) : {t} + (1 + {r}) * exp({p} - {q}))"
        )
    whole = row(**pairs)
    nodes = whole.transform_fold([f"p{i}" for i in range(1, 16)], as_=["node", "peak"])
    for field, expression in {
        "i": "toNumber(slice(datum.node, 1))",
        "level": "floor(log(datum.i) / LN2 + 1e-9)",
        "rest": "datum['r' + datum.i]",
        "shown": "'(' + datum.peak + ', ' + format(datum.rest, '.4~f') + ')'",
        "x": f"{ROOM} * ((datum.i + 0.5) / pow(2, datum.level) - 1)",
        "y": "datum.level",
        "above_x": f"{ROOM} * ((floor(datum.i / 2) + 0.5) / pow(2, datum.level - 1) - 1)",
        "above_y": "datum.level - 1",
        "wins": "datum.peak == datum['p' + floor(datum.i / 2)]",
    }.items():
        nodes = nodes.transform_calculate(as_=field, calculate=expression)
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, ROOM], nice=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[0, 3], nice=False, range=[56, 236]))
    layers = [
        nodes.transform_filter("datum.i > 1")
        .mark_rule(strokeWidth=2, yOffset=-12, y2Offset=12)
        .encode(
            x=x,
            y=y,
            x2="above_x:Q",
            y2="above_y:Q",
            color=alt.condition("datum.wins", alt.value(BLUE), alt.value("#cccccc")),
        ),
        nodes.mark_text(fontSize=14).encode(x=x, y=y, text="shown:N"),
        line_of_text(
            whole,
            "'peak + log(1 + rest) = ' + format(datum.p1 + log(1 + datum.r1), '.8~g')",
            ROOM / 2,
            20,
            align="center",
            fontSize=16,
            fontWeight="bold",
            color=BLUE,
        ),
    ]
    return explorable(
        "merge_tree",
        "peak + log(1 + rest)",
        layers,
        [slider("s", 0, 0, len(ORDERS) - 1, 1)],
        height=250,
        bottom=12,
    )
