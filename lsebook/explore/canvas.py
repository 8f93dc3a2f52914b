"""What all interactive figures share: one canvas, its sliders, and rows that compute.

Formulas are written in Vega's expression language, so they run in the page itself, without a
kernel. Words in the figures are mathematics or code only, so that both editions share them.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import vl_convert as vlc

VEGA_LITE = "5.21"
SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
WIDTH, MARGIN = 440, 20
FONT = "sans-serif"
INK, PALE, BLUE, RED = "#262626", "#a8a8a8", "#1f77b4", "#c23b22"


@dataclass(frozen=True)
class Explorable:
    """A figure with sliders: live where Vega-Lite runs, a picture of its first state elsewhere.

    Attributes
    ----------
    name : str
        The figure's name, shown where neither can be displayed.
    spec : dict
        Its Vega-Lite specification.
    """

    name: str
    spec: dict[str, Any]

    def __repr__(self) -> str:
        names = ", ".join(parameter["name"] for parameter in self.spec["params"])
        return f"<explore.{self.name}: {names}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {
            "application/vnd.vegalite.v5+json": self.spec,
            "image/svg+xml": picture(self.spec),
            "text/plain": repr(self),
        }


def picture(spec: dict[str, Any]) -> str:
    """Draw a specification's first state, alike on every machine and however often."""
    svg = vlc.vegalite_to_svg(json.dumps(spec), vl_version=VEGA_LITE)
    seen: dict[str, str] = {}
    svg = re.sub(r"clip\d+", lambda clip: seen.setdefault(clip[0], f"clip{len(seen)}"), svg)
    return re.sub(
        r' (?:d|transform|[xy][12]?|width|height)="[^"]+"',
        lambda place: re.sub(r"\d+\.\d{3,}", lambda part: f"{float(part[0]):.2f}", place[0]),
        svg,
    )


def explorable(
    name: str,
    formula: str,
    layers: Sequence[alt.Chart],
    sliders: Sequence[alt.Parameter],
    *,
    height: int,
    left: int = MARGIN,
    bottom: int = 44,
    shared: alt.Chart | None = None,
) -> Explorable:
    """Put layers on one canvas whose measures do not depend on a machine's fonts.

    Layers without data of their own draw the rows that `shared` computes, once for all.
    """
    stack = alt.layer(*layers)
    if shared is not None:
        stack.data, stack.transform = shared.data, shared.transform
    chart = (
        stack.add_params(*sliders)
        .properties(
            width=WIDTH - left - MARGIN,
            height=height,
            padding={"left": left, "right": MARGIN, "top": 10, "bottom": bottom},
            autosize="none",
            description=formula,
            background="transparent",
            usermeta={"embedOptions": {"actions": False, "renderer": "svg"}},
        )
        .configure(font=FONT)
        .configure_view(stroke=None)
        .configure_axisX(grid=False)
        .configure_axis(
            labelFontSize=13,
            titleFontSize=14,
            titleFontWeight="normal",
            minExtent=28,
            maxExtent=28,
            labelColor=INK,
            titleColor=INK,
            gridColor="#dddddd",
            domainColor=PALE,
            tickColor=PALE,
        )
        .configure_text(fontSize=15, color=INK)
    )
    spec = chart.to_dict()
    spec["$schema"] = SCHEMA
    return Explorable(name, spec)


def slider(name: str, value: float, low: float, high: float, step: float) -> alt.Parameter:
    bind = alt.binding_range(min=low, max=high, step=step, name=f"{name} ")
    return alt.param(name=name, value=value, bind=bind)


def number(value: str, spec: str = ".5~g") -> str:
    """Expression: a number as Python would print it, the infinities and nan included."""
    return (
        f"(isNaN({value}) ? 'nan' : {value} == 1/0 ? 'inf' : {value} == -1/0 ? '-inf'"
        f" : replace(format({value}, '{spec}'), '\u2212', '-'))"
    )


def table(rows: Sequence[Mapping[str, Any]]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=rows))


def row(**fields: str) -> alt.Chart:
    """One row of data whose fields are computed in turn, each from those before it."""
    chart = table([{"row": 0}])
    for field, expression in fields.items():
        chart = chart.transform_calculate(as_=field, calculate=expression)
    return chart


def line_of_text(chart: alt.Chart, text: str, x: float, y: float, **mark: Any) -> alt.Chart:
    mark = {"align": "left", "baseline": "middle"} | mark
    placed: alt.Chart = (
        chart.transform_calculate(as_="text", calculate=text)
        .mark_text(**mark)
        .encode(text="text:N", x=alt.value(x), y=alt.value(y))
    )
    return placed
