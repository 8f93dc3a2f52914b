"""Let cells run where they stand, in the reader's browser, from files of the site alone.

Jupyter Book's own way (Thebe) needs a server. Here a page gets a script with buttons, and the
site a folder with Python in WebAssembly, the packages that cells import, ours as a wheel, and the
files that notebooks read. ``LIVE=0`` leaves all of it out, and so does a build that cannot get the
packages; reading never depends on it.
"""

import ast
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from extensions import downloads, korean, pyodide
from extensions.editions import EDITIONS, edition
from extensions.imports import Package, imports, lacking, parsed

logger = logging.getLogger(__name__)
HERE = Path(__file__).parent
SCRIPT, IN_WORKER = "live.js", ("live_worker.js", "live_kernel.py")
CHECKED = re.compile(r'exercises\.check\("(\w+)"')
PACKAGE = Package(HERE.parents[1] / "lsebook")


@cache
def cells_of(notebook: Path) -> list[dict[str, Any]]:
    """The code cells of a notebook, in order."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [
        {**cell, "source": "".join(cell["source"])} for cell in cells if cell["cell_type"] == "code"
    ]


def notebooks(app: Sphinx) -> Iterator[Path]:
    for docname in sorted(app.env.found_docs):
        path = Path(app.env.doc2path(docname))
        if path.suffix == ".ipynb":
            yield path


def exercises_of(notebook: Path) -> list[str]:
    """The exercises that a reader answers in code, by the names that their checks have."""
    stubs = [c["source"] for c in cells_of(notebook) if "exercise" in c["metadata"].get("tags", [])]
    return [name for source in stubs for name in CHECKED.findall(source)]


def modules_of(app: Sphinx) -> set[str]:
    """The modules of other packages that cells import, by their first names."""
    codes = [cell["source"] for path in notebooks(app) for cell in cells_of(path)]
    trees = [tree for code in codes if (tree := parsed(code)) is not None]
    return {need for tree in trees for _, module in imports(tree) for need in PACKAGE.needs(module)}


def write_folder(app: Sphinx, env: BuildEnvironment) -> None:
    """Put what runs in the browser into the site, and note the modules that it has."""
    app.live_modules = set[str]()  # type: ignore[attr-defined]
    if app.builder.name != "html" or os.environ.get("LIVE") == "0":
        return
    owners = pyodide.providers()
    wanted = {owners[module] for module in modules_of(app) if module in owners}
    packages = pyodide.available({"numpy", *wanted})
    if "numpy" not in packages:
        logger.info("live: NumPy for browsers is not to be had here; pages have no Run buttons")
        return
    folder = Path(app.outdir, "_static", "live")
    pyodide.write(folder, packages)
    for name in IN_WORKER:
        shutil.copyfile(HERE / name, folder / name)
    write_own_files(Path(app.srcdir), folder)
    write_script(folder)
    app.live_modules = {  # type: ignore[attr-defined]
        module for package in packages.values() for module in package["imports"]
    }


def write_script(folder: Path) -> None:
    """The page's script, with its Korean words and the checksum that its files are asked for by."""
    parts = ["lsebook.whl", "book.zip", "pyodide-lock.json", *IN_WORKER]
    digest = hashlib.sha256(b"".join((folder / name).read_bytes() for name in parts)).hexdigest()
    words = json.dumps(korean.LIVE, ensure_ascii=False)
    script = (HERE / SCRIPT).read_text(encoding="utf-8")
    text = f'const KOREAN = {words}, VERSION = "{digest[:8]}";\n{script}'
    (folder.parent / SCRIPT).write_text(text, encoding="utf-8")


def write_own_files(root: Path, folder: Path) -> None:
    """The package, and the files that notebooks read."""
    with tempfile.TemporaryDirectory() as temporary:
        wheel = downloads.build_wheel(root, Path(temporary))
        shutil.copyfile(wheel, folder / "lsebook.whl")
    data = [p for name in downloads.FOLDERS for p in sorted((root / name).rglob("*"))]
    files = {p.relative_to(root).as_posix(): p.read_bytes() for p in data if p.is_file()}
    downloads.write_archive(folder / "book.zip", files)


def name_cells(app: Sphinx, doctree: nodes.document) -> None:
    """Give each cell the name that it has in the notebook of either edition."""
    path = Path(app.env.doc2path(app.env.docname))
    if path.suffix == ".ipynb":
        names = [cell["id"] for cell in cells_of(path)]
        boxes = [n for n in doctree.findall(nodes.container) if n.get("nb_element") == "cell_code"]
        for box, name in zip(boxes, names, strict=True):
            box["ids"].append(f"cell-{name}")


def describe(app: Sphinx, notebook: Path) -> dict[str, Any]:
    """What a page's script must know of its cells."""
    there = app.live_modules  # type: ignore[attr-defined]

    def lacks(module: str) -> str | None:
        return next((need for need in sorted(PACKAGE.needs(module)) if need not in there), None)

    cells = cells_of(notebook)
    needs = lacking([cell["source"] for cell in cells], lacks)
    trees = [ast.parse(cell["source"]) for cell in cells if parsed(cell["source"]) is not None]
    absent = {lack for tree in trees for _, module in imports(tree) if (lack := lacks(module))}
    return {
        "page": notebook.stem,
        "lacking": sorted(absent),
        "needs": {
            f"cell-{c['id']}": need
            for c, need in zip(cells, needs, strict=True)
            if need is not None
        },
    }


def add_script(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    here = edition(pagename)
    if here not in EDITIONS or not app.live_modules:  # type: ignore[attr-defined]
        return
    folder = Path(app.srcdir, "chapters", here)
    context["exercises"] = {
        f"chapters/{here}/{path.stem}": exercises_of(path)
        for path in sorted(folder.glob("*.ipynb"))
    }
    app.add_js_file(SCRIPT, loading_method="defer")
    if (notebook := folder / f"{Path(pagename).name}.ipynb").is_file() and doctree is not None:
        context["live"] = json.dumps(describe(app, notebook))


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("env-updated", write_folder)
    app.connect("doctree-read", name_cells)
    app.connect("html-page-context", add_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
