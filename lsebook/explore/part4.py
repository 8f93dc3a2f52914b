"""Figures of Part 4: the trick at work on real data, in the order of the chapters."""

from collections.abc import Iterator

import altair as alt
import numpy as np
import numpy.typing as npt

import lsebook
from lsebook.explore.canvas import (
    BLUE,
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

Array = npt.NDArray[np.float64]
# Weights, means and covariances of a mixture, and the log-likelihood of the data.
Fit = tuple[Array, Array, Array, float]

# Chapter 15

REG_COVAR = 1e-6
HOURS = range(0, 49, 2)


def mixture_units(data: npt.ArrayLike) -> Explorable:
    """Show how the unit of time changes a mixture whose variances are added 1e-6 square units to.

    Parameters
    ----------
    data : array_like
        Two columns, in minutes; fitted with two components.

    Returns
    -------
    Explorable
        With a slider for the unit, h hours; 0 adds nothing.

    Examples
    --------
    >>> from lsebook import explore
    >>> explore.mixture_units([[1.5, 50.0], [2.0, 55.0], [2.1, 51.0], [4.2, 80.0], [4.5, 77.0]])
    <explore.mixture_units: h>
    """
    points = np.asarray(data, float)
    fits = list(_fits(points, [REG_COVAR * (60 * h) ** 2 for h in HOURS]))
    at = f"h / {HOURS.step}"
    layers: list[alt.Chart] = []
    x, y = (_axis(points[:, k], name) for k, name in enumerate(("x:Q", "y:Q")))
    dots = table([{"x": float(a), "y": float(b)} for a, b in points])
    layers.append(
        dots.mark_circle(size=14, color=PALE, opacity=1, clip=True).encode(
            x=alt.X(**x), y=alt.Y(**y)
        )
    )
    turns = table([{"a": round(float(a), 4)} for a in np.linspace(0, 2 * np.pi, 61)])
    for k, color in enumerate((BLUE, RED)):
        mean = np.round([fit[1][k] for fit in fits], 4).tolist()
        # Two standard deviations along the Cholesky factor's columns.
        half = np.round([2 * np.linalg.cholesky(fit[2][k]) for fit in fits], 4).tolist()
        outline = turns
        for field, expression in {
            "m": f"{mean}[{at}]",
            "l": f"{half}[{at}]",
            "x": "datum.m[0] + datum.l[0][0] * cos(datum.a)",
            "y": "datum.m[1] + datum.l[1][0] * cos(datum.a) + datum.l[1][1] * sin(datum.a)",
        }.items():
            outline = outline.transform_calculate(as_=field, calculate=expression)
        layers.append(
            outline.mark_line(color=color, strokeWidth=2.5, clip=True).encode(
                x=alt.X(**x), y=alt.Y(**y), order="a:Q"
            )
        )
    whole = row(
        added=number(f"({REG_COVAR} * pow(60 * h, 2))", ".3~g"),
        value=f"{np.round([fit[3] for fit in fits], 1).tolist()}[{at}]",
        shown=number("datum.value", ".1f"),
    )
    layers += [
        line_of_text(whole, "'1e-6 · (60 · ' + h + ')² = ' + datum.added + ' min²'", 0, 12),
        line_of_text(whole, "'Σ LSE = ' + datum.shown", 250, 12, fontWeight="bold", color=BLUE),
    ]
    return explorable(
        "mixture_units",
        "Σ LSE, 1e-6 · (60 h)²",
        layers,
        [slider("h", 0, HOURS[0], HOURS[-1], HOURS.step)],
        height=260,
        left=48,
        bottom=44,
    )


def _axis(values: Array, field: str) -> dict[str, object]:
    """An axis in minutes that leaves room for ellipses, and above for two lines of text."""
    low, high = float(values.min()), float(values.max())
    room = high - low
    over = field.startswith("x")
    scale = alt.Scale(
        domain=[low - room / 2, high + room / 2],
        nice=False,
        range=[1, WIDTH - 70] if over else [259, 34],
    )
    return {
        "shorthand": field,
        "title": "min",
        "scale": scale,
        "axis": alt.Axis(tickCount=5, grid=False),
    }


def _fits(points: Array, added: list[float]) -> Iterator[Fit]:
    """Fits of two components by EM, each begun where the last one ended.

    The first begins with the halves of the data below and above the middle of the first column.
    """
    upper = points[:, 0] > (points[:, 0].min() + points[:, 0].max()) / 2
    r = np.stack([~upper, upper], axis=1).astype(float)
    for reg in added:
        for _ in range(60):
            fit = _maximise(points, r, reg)
            joint = _log_joint(points, *fit)
            r = lsebook.softmax(joint, axis=1)
        yield (*fit, float(lsebook.logsumexp(joint, axis=1).sum()))


def _maximise(points: Array, r: Array, reg: float) -> tuple[Array, Array, Array]:
    n = r.sum(axis=0)
    means = r.T @ points / n[:, None]
    apart = points - means[:, None]
    covs = np.einsum("nk,kni,knj->kij", r, apart, apart) / n[:, None, None]
    return n / len(points), means, covs + reg * np.eye(points.shape[1])


def _log_joint(points: Array, w: Array, means: Array, covs: Array) -> Array:
    factors = np.linalg.cholesky(covs)
    z = np.linalg.solve(factors, (points - means[:, None]).swapaxes(1, 2))
    log_det = 2 * np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
    constant = points.shape[1] * np.log(2 * np.pi)
    joint: Array = np.log(w) - 0.5 * ((z**2).sum(axis=1).T + log_det + constant)
    return joint
