"""Record which Korean text was last confirmed to say the same as which English text.

``chapters/translations.json`` holds a pair of hashes for every text of a page. A text that
changes in one edition alone no longer fits its pair, and the tests name its twin.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

from authoring.editions import disagreements
from authoring.pages import CHAPTERS, EDITIONS, Cell, page_names, read_page, replace_text
from authoring.references import unnumbered

RECORD = "translations.json"
CONFIRM = "then run: make translations"

# Page, then cell, then edition: a hash.
Record = dict[str, dict[str, dict[str, str]]]


def fingerprint(cell: Cell) -> str | None:
    """A hash of what a cell says in its language, or None if it says nothing."""
    said = unnumbered(cell.source) if cell.kind == "markdown" else "\n".join(cell.words().values())
    return hashlib.sha256(said.encode()).hexdigest()[:16] if said else None


def current(chapters: Path) -> Record:
    """Hashes of all texts as they are now."""
    record: Record = {}
    for edition in EDITIONS:
        for name in page_names(chapters, edition):
            for cell in read_page(chapters / edition / name, edition).cells:
                if mark := fingerprint(cell):
                    record.setdefault(name, {}).setdefault(cell.id, {})[edition] = mark
    return record


def confirmed(chapters: Path) -> Record:
    """The record as it is committed."""
    path = chapters / RECORD
    if not path.exists():
        return {}
    record: Record = json.loads(path.read_text(encoding="utf-8"))
    return record


def unconfirmed(chapters: Path) -> list[str]:
    """Say which texts do not fit the record, and what to do about each."""
    old, new = confirmed(chapters), current(chapters)
    places = {(name, cell) for record in (old, new) for name in record for cell in record[name]}
    problems = []
    for name, cell in sorted(places):
        before, now = old.get(name, {}).get(cell, {}), new.get(name, {}).get(cell, {})
        if before != now:
            problems.append(f"{name}, cell `{cell}`: {_advice(before, now)}")
    return problems


def _advice(before: dict[str, str], now: dict[str, str]) -> str:
    changed = [edition for edition in EDITIONS if before.get(edition) != now.get(edition)]
    if not now:
        return "is in the record and not in the book; run: make translations"
    if not before:
        return f"is new; see that ko and en say the same, {CONFIRM}"
    if len(changed) == len(EDITIONS):
        return f"ko and en changed; see that they say the same, {CONFIRM}"
    other = next(edition for edition in EDITIONS if edition not in changed)
    return f"{changed[0]} changed and {other} did not; mend {other}, {CONFIRM}"


def main(arguments: list[str] | None = None) -> int:
    """Confirm all texts as they are and list those that were not; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m authoring.translations", description=__doc__)
    parser.add_argument("chapters", nargs="?", type=Path, default=CHAPTERS)
    chapters = parser.parse_args(arguments).chapters
    problems = disagreements(chapters)
    if problems:
        print("\n".join(problems), file=sys.stderr)
        print("nothing is confirmed while the editions differ", file=sys.stderr)
        return 1
    news = unconfirmed(chapters)
    record = json.dumps(current(chapters), indent=1, sort_keys=True)
    replace_text(chapters / RECORD, record + "\n")
    for line in news:
        print("confirmed " + line.partition(";")[0])
    print(f"texts confirmed now: {len(news)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
