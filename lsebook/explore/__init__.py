"""Interactive figures whose numbers are computed while the reader moves a slider.

Each function returns one figure for a notebook's last line. Nothing here computes for the book:
the package's functions do. A part of the book has a module here, `canvas` what they share.

A module loads when one of its figures is first asked for, so that a page whose first cell
imports `explore` does not wait for Altair, nor need it where it cannot be had (Pyodide).
A new figure is a function in the module of its part, and its name in `_PARTS`, in `__all__` and
in the imports that only type checkers read.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lsebook.explore.canvas import Explorable
    from lsebook.explore.part1 import (
        coin_products,
        exp_cliffs,
        log_sum_exp,
        shift_window,
        softmax_bars,
    )
    from lsebook.explore.part2 import (
        digits_lost,
        log1mexp_forms,
        smooth_max,
        weighted_peak,
        wrong_answers,
    )
    from lsebook.explore.part3 import (
        attention_steps,
        cluster_costs,
        memory_traffic,
        merge_tree,
        stream_steps,
    )
    from lsebook.explore.part4 import (
        ctc_lattice,
        double_softmax,
        harmonic_mean,
        letters_apart,
        mixture_units,
        transport,
        typing_hangul,
    )

_PARTS = {
    "canvas": ("Explorable",),
    "part1": ("coin_products", "exp_cliffs", "log_sum_exp", "shift_window", "softmax_bars"),
    "part2": ("digits_lost", "log1mexp_forms", "smooth_max", "wrong_answers", "weighted_peak"),
    "part3": (
        "attention_steps",
        "cluster_costs",
        "memory_traffic",
        "merge_tree",
        "stream_steps",
    ),
    "part4": (
        "ctc_lattice",
        "double_softmax",
        "harmonic_mean",
        "letters_apart",
        "mixture_units",
        "transport",
        "typing_hangul",
    ),
}
_HOMES = {name: part for part, names in _PARTS.items() for name in names}

__all__ = [
    "Explorable",
    "attention_steps",
    "cluster_costs",
    "coin_products",
    "ctc_lattice",
    "digits_lost",
    "double_softmax",
    "exp_cliffs",
    "harmonic_mean",
    "letters_apart",
    "log1mexp_forms",
    "log_sum_exp",
    "memory_traffic",
    "merge_tree",
    "mixture_units",
    "shift_window",
    "smooth_max",
    "softmax_bars",
    "stream_steps",
    "transport",
    "typing_hangul",
    "weighted_peak",
    "wrong_answers",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    except ModuleNotFoundError as error:
        raise ImportError(
            f"explore.{name} needs {error.name}: pip install 'lsebook[figures]'"
        ) from error


def __dir__() -> list[str]:
    return __all__
