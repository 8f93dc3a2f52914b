"""Write a chapter's notebook so that it reads and runs anywhere.

In the repository a notebook may lean on the site (directives, keys of the bibliography) and on what
`make` installed. Taken away it has neither: boxes become headings, quotes and HTML that folds,
citations lead to the works themselves, and a cell at the top installs what is missing. Jupyter's
own converters keep MyST's markup as it is.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pybtex.database import parse_file

from extensions.installation import installation

BOX = re.compile(
    r"^(?P<fence>:{3,})\{(?P<name>[\w:]+)\} *(?P<title>.*)\n(?P<options>(?::[\w-]+:.*\n)*)"
    r"(?P<body>(?:.*\n)*?)(?P=fence)$",
    re.M,
)
LABEL = re.compile(r":label: *([\w-]+)")
LINK = re.compile(r"\[(?P<text>[^\[\]]*)\]\((?P<page>[\w.-]*)#(?P<label>[\w-]+)\)")
PAGE_LINK = re.compile(r"\[(?P<text>[^\[\]]*)\]\((?P<page>[\w-]+)\.md\)")
WORDS = {
    "ko": {"exercise": "연습문제", "solution": "풀이", "theorem": "정리", "proof": "증명"},
    "en": {"exercise": "Exercise", "solution": "Solution", "theorem": "Theorem", "proof": "Proof"},
}


def works(root: Path) -> dict[str, str]:
    """The address of each work of the bibliography that has one."""
    entries = parse_file(root / "chapters" / "references.bib").entries
    fields = {key: entry.fields for key, entry in entries.items()}
    return {
        key: f"https://doi.org/{field['doi']}" if "doi" in field else field["url"]
        for key, field in fields.items()
        if "doi" in field or "url" in field
    }


def homes(folder: Path) -> dict[str, str]:
    """The notebook of an edition in which each label stands."""
    named = re.compile(r'<a id=\\"([\w-]+)\\">|:label: ([\w-]+)|"name": "([\w-]+)"')
    return {
        next(filter(None, match.groups())): path.name
        for path in sorted(folder.glob("*.ipynb"))
        for match in named.finditer(path.read_text(encoding="utf-8"))
    }


def quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())


def folded(title: str, body: str) -> str:
    return f"<details>\n<summary>{title}</summary>\n\n{body.strip()}\n\n</details>"


def plain(source: str, edition: str, exercises: dict[str, str]) -> str:
    """Boxes as headings, quotes and folds; ``exercises`` numbers them by their labels."""
    words = WORDS[edition]

    def box(match: re.Match[str]) -> str:
        name, title = match["name"].removeprefix("prf:"), match["title"].strip()
        body = plain(match["body"], edition, exercises)
        if name == "exercise":
            label = LABEL.search(match["options"])
            assert label is not None
            number = exercises[label[1]]
            return (
                f'<a id="{label[1]}"></a>\n\n### {words[name]} {number}: {title}\n\n{quoted(body)}'
            )
        if name == "solution":
            return folded(f"{words[name]}: {words['exercise']} {exercises[title]}", body)
        if name == "dropdown":
            return folded(title, body)
        head = " ".join(filter(None, [words.get(name), title and f"({title})"]))
        return quoted(f"**{head}**\n\n{body}")

    return BOX.sub(box, source)


def linked(source: str, here: str, known: dict[str, str], cited: dict[str, str], base: str) -> str:
    """Links that lead somewhere without the site, or to it if it has an address."""

    def label(match: re.Match[str]) -> str:
        text, key = match["text"], match["label"]
        if key in cited:
            return f"[{text}]({cited[key]})"
        home = known.get(key)
        if home is None:
            return text
        return f"[{text}]({'' if home == here else home}#{key})"

    def page(match: re.Match[str]) -> str:
        return f"[{match['text']}]({base}{match['page']}.html)" if base else match["text"]

    return PAGE_LINK.sub(page, LINK.sub(label, source))


def numbers_of(cells: list[dict[str, Any]], chapter: int) -> dict[str, str]:
    text = "\n".join("".join(cell["source"]) for cell in cells)
    labels = re.findall(r"^:+\{exercise\}.*\n:label: *([\w-]+)", text, re.M)
    return {label: f"{chapter}.{count}" for count, label in enumerate(labels, start=1)}


def portable(path: Path, wheel: str, base: str, known: dict[str, str],
             cited: dict[str, str]) -> bytes:  # fmt: skip
    """A notebook as it is given away, with the package at that address or path."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    edition, cells = path.parent.name, notebook["cells"]
    exercises = numbers_of(cells, int(path.name[:2]) if path.name[:2].isdigit() else 0)
    for cell in texts(cells):
        source = plain("".join(cell["source"]), edition, exercises)
        cell["source"] = linked(source, path.name, known, cited, base).splitlines(True)
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    first = installation("\n".join("".join(c["source"]) for c in code), edition, wheel)
    if first is not None:
        cell = {"cell_type": "code", "execution_count": None, "id": "install", "metadata": {},
                "outputs": [], "source": first.splitlines(True)}  # fmt: skip
        cells.insert(cells.index(code[0]), cell)
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def texts(cells: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return (cell for cell in cells if cell["cell_type"] == "markdown")


def writer(root: Path, edition: str) -> Callable[[Path, str, str], bytes]:
    """``portable`` with what it asks of the whole edition found once."""
    known, cited = homes(root / "chapters" / edition), works(root)
    return lambda path, wheel, base: portable(path, wheel, base, known, cited)
