"""Figures of Part 3: a state that reads on, and states that merge."""

from itertools import accumulate

import altair as alt

from lsebook.explore.canvas import (
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

ROOM = WIDTH - 2 * MARGIN
STREAM = (5, 2, 8, 3)
ORDERS = ("52831746", "61738425", "46182735", "83574126", "12345678", "87654321")


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
