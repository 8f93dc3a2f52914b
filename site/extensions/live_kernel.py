"""Runs the cells of a page in the reader's browser; live_worker.js loads it into Pyodide.

A module of the release is fetched when it is first imported, so that a page loads what its cells
use and no more. Modules that the page's own cells import and that no browser can have (Dask, say)
are placeholders: the cells that do without them still run, and the others say what they need.
"""

from __future__ import annotations

import ast
import importlib
import io
import linecache
import sys
import traceback
import warnings
from collections.abc import Callable
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

#: A cell that prints more is cut off there: pages with megabytes of text do not scroll.
MOST = 100_000
#: What the running cell has drawn.
figures: list[str] = []


class NotOnThisPage(ImportError):
    """A library that a cell uses has no build for browsers."""


class Placeholder(ModuleType):
    """Stands for a module that is not to be had, until it is used."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Placeholder(f"{self.__name__}.{name}")

    def __call__(self, *arguments: object, **keywords: object) -> Any:
        raise NotOnThisPage(self.__name__.partition(".")[0])


class Finder(MetaPathFinder, Loader):
    """Finds modules whose package is still to be fetched, and stands in for those that lack."""

    def __init__(self, load: Callable[[str], bool], lacking: set[str]) -> None:
        self.load, self.lacking = load, lacking

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        root = name.partition(".")[0]
        if root in self.lacking:
            return ModuleSpec(name, self, is_package=True)
        if name == root and self.load(root):
            importlib.invalidate_caches()
        if name == "matplotlib.pyplot":
            # Matplotlib takes this module for its backend: a canvas, and `show` below.
            agg = importlib.import_module("matplotlib.backends.backend_agg")
            globals()["FigureCanvas"] = agg.FigureCanvasAgg
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return Placeholder(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


class Output(io.TextIOBase):
    """What a cell prints, handed on as it comes, cut off where it is too much."""

    def __init__(self, emit: Callable[[str], object]) -> None:
        self.emit, self.length = emit, 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        room = MOST - self.length
        self.length += len(text)
        if room > 0:
            self.emit(text[:room])
        return len(text)

    @property
    def cut(self) -> int:
        """How many characters were left out."""
        return max(0, self.length - MOST)


class Kernel:
    """One namespace, in which cells run one after another."""

    def __init__(self) -> None:
        self.cells = 0
        self.names: dict[str, Any] = {"__name__": "__main__"}
        # threadpoolctl asks Pyodide in an older way (joblib/threadpoolctl#201).
        warnings.filterwarnings("ignore", "JsProxy.as_object_map", RuntimeWarning)

    def run(self, code: str, emit: Callable[[str], object]) -> dict[str, Any]:
        """Run a cell; what it prints is emitted, the rest is returned."""
        output, told = Output(emit), dict[str, Any]()
        figures.clear()
        streams, sys.stdout, sys.stderr = (sys.stdout, sys.stderr), output, output
        try:
            value = self.value_of(code)
            if value is not None:
                self.names["_"] = value
                told = shown(value)
            show()
        except NotOnThisPage as error:
            told = {"needs": str(error)}
        except BaseException as error:
            told = {"error": complaint(error, self.file)}
        finally:
            sys.stdout, sys.stderr = streams
            if "matplotlib.pyplot" in sys.modules:
                sys.modules["matplotlib.pyplot"].close("all")
        return {**told, "figures": list(figures), "cut": output.cut}

    def value_of(self, code: str) -> Any:
        """Execute a cell and return what its last line is worth, as notebooks show it."""
        self.cells += 1
        self.file = f"<cell {self.cells}>"
        linecache.cache[self.file] = (len(code), None, code.splitlines(True), self.file)
        tree = ast.parse(code, self.file)
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr) and not code.rstrip().endswith(";"):
            last = ast.Expression(tree.body[-1].value)
            del tree.body[-1]
        exec(compile(tree, self.file, "exec"), self.names)
        return None if last is None else eval(compile(last, self.file, "eval"), self.names)


def show(*arguments: object, **keywords: object) -> None:
    """Draw the open figures as SVG, as notebooks do, and close them."""
    plt: Any = sys.modules.get("matplotlib.pyplot")
    for number in plt.get_fignums() if plt else ():
        figure, file = plt.figure(number), io.StringIO()
        colours = {"facecolor": figure.get_facecolor(), "edgecolor": figure.get_edgecolor()}
        metadata = {"Date": None, "Creator": None}
        figure.savefig(file, format="svg", bbox_inches="tight", metadata=metadata, **colours)
        figures.append(file.getvalue())
        plt.close(figure)


def shown(value: object) -> dict[str, Any]:
    """Return a value as text, with its table and its verdict where it has them."""
    told: dict[str, Any] = {"text": repr(value)}
    if hasattr(value, "_repr_html_"):
        told["html"] = value._repr_html_()
    if type(value).__module__ == "lsebook.exercises.report":
        told["exercise"] = {"name": value.name, "passed": value.passed}  # type: ignore[attr-defined]
    return told


def complaint(error: BaseException, file: str) -> str:
    """Return the error and the lines of cells that led to it; those of libraries help nobody."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith("<cell")]
    lines = traceback.format_list(own) + traceback.format_exception_only(error)
    return "".join(lines).replace(file, "<cell>").rstrip()
