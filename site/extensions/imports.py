"""Says what code imports, and which cells of a page cannot run where some modules are lacking.

A page in a browser has NumPy, but no Dask. Whether a cell can run there is read off the code: it
cannot if it uses a lacking module, or a name that only such a cell defines.
"""

import ast
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from symtable import SymbolTable, symtable

#: What an import binds, as it is used later ("da", "lsebook.dask"), and the module that it names.
Import = tuple[str, str]


def imports(tree: ast.AST) -> Iterator[Import]:
    """All imports of a piece of code, those that only type checkers read left out."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((a.asname or a.name, a.name) for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((a.asname or a.name, f"{node.module}.{a.name}") for a in node.names)
        elif not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield from imports(node)


def imports_when_loaded(tree: ast.AST) -> Iterator[Import]:
    """The imports that are carried out with the module itself, not by its functions."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield from imports(ast.Module([node], []))
            elif not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
                yield from imports_when_loaded(node)


class Package:
    """The modules of a package of ours, and what each needs of others."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.needs = cache(self._needs)
        self.loads = cache(self._loads)

    def file(self, module: str) -> Path | None:
        """The file of a module, or of the module that a dotted name is inside."""
        parts = module.split(".")
        while parts and parts[0] == self.folder.name:
            path = self.folder.parent.joinpath(*parts)
            for file in (path.with_suffix(".py"), path / "__init__.py"):
                if file.is_file():
                    return file
            parts.pop()
        return None

    def _needs(self, module: str) -> frozenset[str]:
        """The modules of other packages that come in with a module, by their first names."""
        if (file := self.file(module)) is None:
            return frozenset({module.partition(".")[0]}) - sys.stdlib_module_names - {"None"}
        return self.needs_of_file(file, frozenset())

    def _loads(self, file: Path) -> list[str]:
        """The modules that a file of the package imports when it is loaded itself."""
        tree = ast.parse(file.read_text(encoding="utf-8"))
        return [module for _, module in imports_when_loaded(tree)]

    def needs_of_file(self, file: Path, seen: frozenset[Path]) -> frozenset[str]:
        found: set[str] = set()
        for module in self.loads(file):
            inner = self.file(module)
            if inner is None:
                found |= self.needs(module)
            elif inner not in seen:
                found |= self.needs_of_file(inner, seen | {file})
        return frozenset(found)


def names_used(code: str) -> set[str]:
    """Names that a cell takes from the cells before it, and dotted names as it writes them."""
    used = {
        ast.unparse(node) for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Attribute)
    }

    def look(table: SymbolTable, top: bool) -> None:
        for symbol in table.get_symbols():
            own = symbol.is_assigned() if top else not symbol.is_global()
            if symbol.is_referenced() and not own:
                used.add(symbol.get_name())
        for child in table.get_children():
            look(child, False)

    look(symtable(code, "<cell>", "exec"), True)
    return used


def names_bound(code: str) -> set[str]:
    table = symtable(code, "<cell>", "exec")
    return {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}


def parsed(code: str) -> ast.Module | None:
    """A cell's code, or nothing where it is to show what a mistake in form gives."""
    try:
        return ast.parse(code)
    except SyntaxError:
        return None


def lacking(cells: list[str], lacks: Callable[[str], str | None]) -> list[str | None]:
    """For each cell of a page the lacking module that it cannot do without.

    Parameters
    ----------
    cells : list of str
    lacks : callable
        For a module the name of what it needs and is not there, or None.
    """
    gone: dict[str, str] = {}
    answers: list[str | None] = []
    for code in cells:
        if (tree := parsed(code)) is None:
            answers.append(None)
            continue
        brought = {name: lacks(module) for name, module in imports(tree)}
        fresh = {name: missing for name, missing in brought.items() if missing is not None}
        used = names_used(code) - (brought.keys() - fresh.keys())
        missing = next((m for name, m in sorted({**gone, **fresh}.items()) if name in used), None)
        for name in names_bound(code):
            gone.pop(name, None)
            if missing is not None and "." not in name:
                gone[name] = missing
        gone.update(fresh)
        answers.append(missing)
    return answers
