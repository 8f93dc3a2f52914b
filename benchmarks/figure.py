"""The table of speeds as a figure: families side by side, so that a cliff would be seen."""

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt

from benchmarks.families import DTYPES, FAMILIES, FUNCTIONS

MARKS = {"scipy": ("SciPy", "o", -0.15), "torch": ("PyTorch", "^", 0.15)}


def draw(result: dict[str, Any], path: Path) -> None:
    """Draw every row: a column of marks, one a shape, for each family and library."""
    settings = {"svg.hashsalt": "lsebook", "svg.fonttype": "path", "font.size": 9}
    with matplotlib.rc_context(settings):
        figure, axes = plt.subplots(
            len(FUNCTIONS), len(DTYPES), figsize=(10, 9), sharex=True, sharey=True
        )
        for line, name in zip(axes, FUNCTIONS, strict=True):
            for ax, dtype in zip(line, DTYPES, strict=True):
                rows = [r for r in result["rows"] if (r["function"], r["dtype"]) == (name, dtype)]
                for library, (label, marker, offset) in MARKS.items():
                    points = [
                        (
                            list(FAMILIES).index(r["family"]) + offset,
                            times[library] / times["lsebook"],
                        )
                        for r in rows
                        if library in (times := r["microseconds"])
                    ]
                    ax.plot(*zip(*points, strict=True), marker, label=label, fillstyle="none", ms=4)
                ax.axhline(1, color="0.5", linewidth=1)
                ax.set(yscale="log", title=f"{name}, {dtype}")
                ax.grid(alpha=0.3, axis="y")
                ax.set_xticks(range(len(FAMILIES)), FAMILIES, rotation=30, ha="right")
        for ax in axes[:, 0]:
            ax.set_ylabel("time ÷ time of lsebook")
        axes[0, 1].legend()
        figure.tight_layout()
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)
