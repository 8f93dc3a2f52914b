"""Write the cell that makes a notebook run where nothing is installed but Jupyter.

What cells import says what they need; the package itself comes as a wheel, from a path or an
address. Notebook formats have no such list, and hosts that run notebooks install none.
"""

import json
import re
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import packages_distributions

IMPORT = re.compile(r"^ *(?:import|from) +(\w+)", re.M)
# What asks for an extra of the package, and what the package brings with and without.
EXTRAS = {
    "figures": re.compile(r"\b(?:explore|plotting|matplotlib)\b"),
    "dask": re.compile(r"\b(?:dask|distributed)\b"),
    "compiled": re.compile(r"lsebook\.compiled|\bimport numba"),
}
BROUGHT = {"lsebook", "numpy", "scipy"}
BROUGHT_BY = {
    "figures": {"altair", "matplotlib", "mpmath"},
    "dask": {"dask", "distributed"},
    "compiled": {"numba"},
}
INSTALL = """\
# {comment}
from importlib.util import find_spec

if not all(map(find_spec, {modules})):
    %pip install --quiet {requirements}"""
COMMENTS = {
    "ko": "이 노트북에 필요한 것이 없으면 설치합니다.",
    "en": "Installs what this notebook needs, where it is missing.",
}


def modules(code: str) -> list[str]:
    """The packages that cells import and Python does not bring."""
    return sorted(set(IMPORT.findall(code)) - sys.stdlib_module_names)


@cache
def owners() -> Mapping[str, list[str]]:
    """The distributions that bring a package, by its name: what is installed, read once."""
    return packages_distributions()


def installation(code: str, edition: str, wheel: str) -> str | None:
    """A cell that installs what the cells need, or None where they need nothing."""
    if not (needed := modules(code)):
        return None
    extras = [extra for extra, sign in EXTRAS.items() if sign.search(code)]
    package = wheel.replace(".whl", f".whl[{','.join(extras)}]") if extras else wheel
    # With an address, pip wants the name first.
    asked = f"lsebook{package.partition('.whl')[2]} @ {wheel}" if "://" in wheel else package
    brought = BROUGHT.union(*(BROUGHT_BY[extra] for extra in extras))
    others = sorted({owners()[name][0] for name in needed if name not in brought})
    return INSTALL.format(
        comment=COMMENTS[edition],
        modules=json.dumps(needed),
        requirements=" ".join([f'"{asked}"', *others]),
    )
