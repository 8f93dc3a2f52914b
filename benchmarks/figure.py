"""The table of speeds as a figure: how many times longer the others take."""

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt

MARKS = {"scipy": ("SciPy", "o"), "trick": ("three lines", "s"), "torch": ("PyTorch", "^")}


def draw(result: dict[str, Any], path: Path) -> None:
    """Draw the rows of float64 and float32 `logsumexp` side by side."""
    settings = {"svg.hashsalt": "lsebook", "svg.fonttype": "path", "font.size": 9}
    with matplotlib.rc_context(settings):
        figure, axes = plt.subplots(1, 2, figsize=(9, 4), sharey=True, layout="constrained")
        for ax, dtype in zip(axes, ("float64", "float32"), strict=True):
            rows = [
                r for r in result["rows"] if (r["function"], r["dtype"]) == ("logsumexp", dtype)
            ]
            labels = [f"{tuple(r['shape'])}, axis {r['axis']}" for r in rows]
            for library, (label, marker) in MARKS.items():
                ratios = [r["times_ours"].get(library) for r in rows]
                if None not in ratios:
                    ax.plot(ratios, labels, marker, label=label, fillstyle="none")
            ax.axvline(1, color="0.5", linewidth=1)
            ax.set(xscale="log", title=dtype, xlabel="time ÷ time of lsebook.logsumexp")
            ax.grid(alpha=0.3)
        axes[0].invert_yaxis()
        axes[1].legend()
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)
