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
# A query's scores, and the values that they weigh.
SCORES_AND_VALUES = ((1, 5), (3, 1), (0, 3), (2, 2), (4, 4), (1, 0), (2, 1), (0, 2))
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


def attention_steps() -> Explorable:
    """Show the state (peak, s, w) of one query after its first k keys, and the mean w / s.

    Returns
    -------
    Explorable
        With a slider for k.

    Examples
    --------
    >>> from lsebook import explore
    >>> explore.attention_steps()
    <explore.attention_steps: k>
    """
    keys = [{"j": j, "s": s, "v": v} for j, (s, v) in enumerate(SCORES_AND_VALUES, start=1)]
    peaks = [0, *accumulate((s for s, _ in SCORES_AND_VALUES), max)]
    read = (
        table(keys)
        .transform_calculate(as_="peak", calculate=f"{peaks}[k]")
        .transform_calculate(as_="term", calculate="datum.j <= k ? exp(datum.s - datum.peak) : 0")
        .transform_calculate(as_="shown", calculate="datum.j <= k ? format(datum.term, '.3f') : ''")
        .transform_calculate(as_="label", calculate="datum.s + ' · ' + datum.v")
    )
    terms = [f"exp({s} - datum.peak) * (k >= {j})" for j, (s, _) in enumerate(SCORES_AND_VALUES, 1)]
    parts = [f"{v} * {term}" for term, (_, v) in zip(terms, SCORES_AND_VALUES, strict=True)]
    state = row(
        peak=f"{peaks}[k]",
        s=" + ".join(terms),
        w=" + ".join(parts),
        shown_s=number("datum.s", ".4~g"),
        shown_w=number("datum.w", ".4~g"),
        mean=number("(datum.w / datum.s)", ".4~g"),
    )
    x = alt.X("j:O", title=None, axis=None)
    y = alt.Y(
        "term:Q",
        title=None,
        scale=alt.Scale(domain=[0, 1.15], nice=False, range=[150, 10]),
        axis=alt.Axis(values=[0, 0.5, 1], format=".1f"),
    )
    layers = [
        read.mark_bar(color=BLUE, size=34, cornerRadiusEnd=3).encode(x=x, y=y),
        read.mark_text(dy=-10, fontSize=12).encode(x=x, y=y, text="shown:N"),
        read.mark_text(fontSize=13, baseline="top").encode(x=x, y=alt.value(154), text="label:N"),
        line_of_text(
            state,
            "'peak = ' + datum.peak + ',  s = ' + datum.shown_s + ',  w = ' + datum.shown_w",
            0,
            188,
        ),
        line_of_text(state, "'w / s = ' + datum.mean", 0, 214, fontWeight="bold", color=BLUE),
    ]
    return explorable(
        "attention_steps",
        "exp(s - peak), w / s",
        layers,
        [slider("k", 3, 1, len(SCORES_AND_VALUES), 1)],
        height=226,
        left=44,
        bottom=12,
    )


def memory_traffic() -> Explorable:
    """Show the bytes per number that four passes and blocks fetch from slow memory.

    Returns
    -------
    Explorable
        With sliders for the length 2^n of the array and the size 2^m of the cache in bytes.

    Examples
    --------
    >>> from lsebook import explore
    >>> explore.memory_traffic()
    <explore.memory_traffic: n, m>
    """
    ways = [{"line": 0, "code": "max, x - c, exp, sum"}, {"line": 1, "code": "blocks"}]
    bars = (
        table(ways)
        # Two arrays of the length take part: the input and a temporary one.
        .transform_calculate(as_="fits", calculate="16 * pow(2, n) <= pow(2, m)")
        .transform_calculate(as_="bytes", calculate="datum.line == 1 || datum.fits ? 8 : 48")
        .transform_calculate(
            as_="shown",
            calculate="datum.bytes + '   (' + format(datum.bytes * pow(2, n) / 1e10, '.2~g')"
            " + ' s)'",
        )
    )
    place = alt.Y("line:Q", axis=None, scale=alt.Scale(domain=[0, 1], nice=False, range=[74, 134]))
    x = alt.X(
        "bytes:Q",
        title=None,
        scale=alt.Scale(domain=[0, 72], nice=False),
        axis=alt.Axis(values=[0, 8, 16, 24, 32, 40, 48], format="d"),
    )
    ink = alt.condition("datum.bytes > 8", alt.value(RED), alt.value(BLUE))
    whole = row(size=number("8 * pow(2, n)", ".3~s"), cache=number("pow(2, m)", ".3~s"))
    layers = [
        bars.mark_bar(orient="horizontal", size=18).encode(x=x, y=place, color=ink),
        bars.mark_text(align="left", dy=-21, fontSize=14).encode(
            x=alt.value(0), y=place, text="code:N"
        ),
        bars.mark_text(align="left", dx=6, fontSize=14).encode(
            x=x, y=place, text="shown:N", color=ink
        ),
        line_of_text(
            whole, "'x: ' + datum.size + 'B,  cache: ' + datum.cache + 'B'", 0, 14, fontSize=16
        ),
    ]
    return explorable(
        "memory_traffic",
        "bytes",
        layers,
        [slider("n", 24, 10, 30, 1), slider("m", 20, 15, 26, 1)],
        height=152,
        bottom=30,
    )


def cluster_costs() -> Explorable:
    """Show what the LSE of 10^n numbers takes: time to read, states to send, depth of the tree.

    Returns
    -------
    Explorable
        With sliders for n and for the number 10^m of workers.

    Examples
    --------
    >>> from lsebook import explore
    >>> explore.cluster_costs()
    <explore.cluster_costs: n, m>
    """
    whole = row(
        size="8 * pow(10, n)",
        workers="round(pow(10, m))",
        seconds="datum.size / datum.workers / 0.5e9",
        chunks="ceil(pow(10, n) / pow(2, 24))",
        states="datum.chunks * 24",
        depth="ceil(log(datum.chunks) / LN2 - 1e-9)",
        bar="max(log(datum.seconds) / LN10, -3)",
        start="-3",
        shown_bytes=number("datum.size", ".3~s"),
        shown_states=number("datum.states", ".3~s"),
        shown_time=number("datum.seconds", ".3~g"),
    )
    x = alt.X(
        "start:Q",
        title="s",
        scale=alt.Scale(domain=[-3, 7], nice=False),
        axis=alt.Axis(values=[-3, 0, 3, 6], labelExpr="pow(10, datum.value)"),
    )
    layers = [
        whole.mark_bar(height=18, color=BLUE).encode(x=x, x2="bar:Q", y=alt.value(120)),
        line_of_text(whole, "'x: ' + datum.shown_bytes + 'B / ' + datum.workers", 0, 14),
        line_of_text(whole, "datum.shown_time + ' s'", 250, 14, color=BLUE),
        line_of_text(whole, "'(c, r): ' + datum.shown_states + 'B'", 0, 46, color=RED),
        line_of_text(whole, "'log2(chunks): ' + datum.depth", 250, 46),
    ]
    return explorable(
        "cluster_costs",
        "8 n / workers",
        layers,
        [slider("n", 12, 8, 15, 0.5), slider("m", 3, 0, 4, 0.5)],
        height=140,
        bottom=44,
    )
