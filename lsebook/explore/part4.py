"""Figures of Part 4: the trick at work on real data, in the order of the chapters."""

import altair as alt

from lsebook.explore.canvas import (
    BLUE,
    PALE,
    RED,
    Explorable,
    explorable,
    line_of_text,
    number,
    row,
    slider,
)

CLASSES = (2, 3, 4, 10, 100, 1000, 50257)


def double_softmax() -> Explorable:
    """Show the cross-entropy of softmax applied once and twice, and the floor of the second.

    The right class scores z and the K - 1 others 0.

    Returns
    -------
    Explorable
        With sliders for z and for the place k of K in a list of seven.

    Examples
    --------
    >>> from lsebook import explore
    >>> explore.double_softmax()
    <explore.double_softmax: z, k>
    """

    def losses(z: str) -> dict[str, str]:
        # p is the right probability, q each of the others.
        return {
            "K": f"{list(CLASSES)}[k]",
            "p": f"1 / (1 + (datum.K - 1) * exp(-({z})))",
            "q": f"1 / (datum.K - 1 + exp({z}))",
            "once": f"log(1 + (datum.K - 1) * exp(-({z})))",
            "twice": "log(1 + (datum.K - 1) * exp(datum.q - datum.p))",
            "second": "(datum.K - 1) / (datum.K - 1 + exp(datum.p - datum.q))",
            "slope_once": "-(datum.K - 1) * datum.q",
            # p - q grows by p q K with z.
            "slope_twice": "-datum.second * datum.p * datum.q * datum.K",
            "floor": "log(E + datum.K - 1) - 1",
        }

    curve = alt.Chart(alt.sequence(-10, 20.01, 0.1, as_="u"))
    here = row(at="z", **losses("z"))
    for field, expression in losses("datum.u").items():
        curve = curve.transform_calculate(as_=field, calculate=expression)
    scale = alt.Scale(domain=[-10, 20], nice=False)
    x = alt.X("u:Q", title="z", scale=scale, axis=alt.Axis(values=[-10, 0, 10, 20]))
    at = alt.X("at:Q", scale=scale)
    high = alt.Scale(domain=[0, 13], nice=False, range=[240, 78])
    axis = alt.Axis(values=[0, 2, 4, 6, 8, 10, 12])
    layers = [
        curve.transform_filter("datum.once < 13")
        .mark_line(color=BLUE, strokeWidth=2)
        .encode(x=x, y=alt.Y("once:Q", title=None, scale=high, axis=axis)),
        curve.mark_line(color=RED, strokeWidth=2).encode(x=x, y=alt.Y("twice:Q", scale=high)),
        curve.mark_line(color=PALE, strokeDash=[4, 4], strokeWidth=1.5).encode(
            x=x, y=alt.Y("floor:Q", scale=high)
        ),
        here.transform_filter("datum.once < 13")
        .mark_point(color=BLUE, filled=True, size=90, opacity=1)
        .encode(x=at, y=alt.Y("once:Q", scale=high)),
        here.mark_point(color=RED, filled=True, size=90, opacity=1).encode(
            x=at, y=alt.Y("twice:Q", scale=high)
        ),
    ]
    for y, ink, name, which in (
        (12, BLUE, "softmax(x)", "once"),
        (34, RED, "softmax(softmax(x))", "twice"),
    ):
        loss, slope = number(f"datum.{which}", ".4~g"), number(f"datum.slope_{which}", ".2~g")
        layers += [
            line_of_text(here, f"'{name}'", 0, y, color=ink),
            line_of_text(here, loss, 176, y, color=ink),
            line_of_text(here, f"'d/dz: ' + {slope}", 246, y, color=ink),
        ]
    bottom = number("datum.floor", ".5~g")
    layers.append(
        line_of_text(
            here, f"'K = ' + datum.K + ',  log(e + K - 1) - 1 = ' + {bottom}", 0, 58, fontSize=14
        )
    )
    return explorable(
        "double_softmax",
        "log(e + K - 1) - 1",
        layers,
        [slider("z", 4, -10, 20, 0.5), slider("k", 3, 0, len(CLASSES) - 1, 1)],
        height=240,
        left=44,
    )
