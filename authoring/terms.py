"""The book's terms: one for each concept in each language, and the variants not used."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from authoring.pages import CHAPTERS

TERMS = CHAPTERS / "terms.json"


@dataclass(frozen=True)
class Term:
    """A concept's name in both languages; `banned` are Korean variants."""

    ko: str
    en: str
    banned: tuple[str, ...]


@cache
def read_terms(path: Path = TERMS) -> tuple[Term, ...]:
    """Read the table of terms."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return tuple(Term(row["ko"], row["en"], tuple(row["banned"])) for row in rows)


def banned_variants(text: str) -> list[tuple[str, str]]:
    """Find variants that the book does not use, each with the term to write instead."""
    return [
        (variant, term.ko)
        for term in read_terms()
        for variant in term.banned
        # A variant begins a word; a line may end inside it.
        if re.search(r"(?<![가-힣])" + r"\s+".join(map(re.escape, variant.split())), text)
    ]
