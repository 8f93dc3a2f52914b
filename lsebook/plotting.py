"""One matplotlib style for the book: SVG that never changes by itself.

Text becomes paths, ids come from a fixed salt and no date is written, so that the same
numbers give the same file and nbval can compare figures as text. The background is
transparent and the colours keep their meaning when a dark page inverts lightness.
"""

import sys
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.figure import Figure

__all__ = ["BLUE", "COLORS", "GRAY", "GREEN", "PURPLE", "RED", "save", "use"]

BLUE, RED, GREEN, PURPLE = "#0b6fb8", "#c8460e", "#0a8f68", "#a3478f"
GRAY = "#767676"
COLORS = (BLUE, RED, GREEN, PURPLE)

_STYLE: Any = {
    "svg.hashsalt": "lsebook",
    "svg.fonttype": "path",
    "figure.figsize": (5.4, 2.8),
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "savefig.transparent": True,
    "figure.constrained_layout.use": True,
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": 12,
    "axes.labelsize": 13,
    "axes.prop_cycle": cycler(color=COLORS),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#d8d8d8",
    "grid.linewidth": 0.7,
    "axes.axisbelow": True,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "axes.unicode_minus": True,
}

# None leaves an entry of the SVG's metadata out.
_METADATA = {"Date": None, "Creator": None}


def use() -> None:
    """Set the style for this process and, in a notebook, show figures as SVG.

    Examples
    --------
    >>> use()
    >>> mpl.rcParams["svg.hashsalt"]
    'lsebook'
    """
    mpl.rcParams.update(_STYLE)
    if "IPython" not in sys.modules:
        return
    from matplotlib_inline import backend_inline

    set_formats: Any = backend_inline.set_matplotlib_formats
    set_formats("svg", metadata=_METADATA)


def save(figure: Figure, path: str) -> None:
    """Write a figure as SVG without anything that changes from run to run.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    path : str
        Where to write; should end in ``.svg``.
    """
    with mpl.rc_context(_STYLE):
        figure.savefig(path, format="svg", metadata=_METADATA)
