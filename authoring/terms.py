"""The book's terms: one for each concept in each language, and the names it does not use."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from authoring.pages import CHAPTERS

TERMS = CHAPTERS / "terms.json"


@dataclass(frozen=True)
class Term:
    """A concept's name in both languages, and other names that readers may search for.

    The Korean text uses `ko` alone; other names may stand beside it in brackets or quotes.
    `misspelt` are slips that stand nowhere.
    """

    ko: str
    en: str
    also_ko: tuple[str, ...]
    also_en: tuple[str, ...]
    misspelt: tuple[str, ...]


@cache
def read_terms(path: Path = TERMS) -> tuple[Term, ...]:
    """Read the table of terms."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return tuple(
        Term(row["ko"], row["en"], *(tuple(row[k]) for k in ("also_ko", "also_en", "misspelt")))
        for row in rows
    )


def banned_variants(text: str) -> list[tuple[str, str]]:
    """Find names that the book does not use, each with the term to write instead."""
    return [
        (variant, term.ko)
        for term in read_terms()
        for variant in (*term.also_ko, *term.misspelt)
        # A variant begins a word; a line may end inside it.
        if re.search(r"(?<![가-힣])" + r"\s+".join(map(re.escape, variant.split())), text)
    ]
