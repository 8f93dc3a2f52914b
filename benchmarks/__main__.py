"""Run everything: ``python -m benchmarks [accuracy] [speed]``; results go to benchmarks/results."""

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks import accuracy, figure, speed

RESULTS = Path(__file__).parent / "results"


def as_json(result: dict[str, Any]) -> str:
    """Return a result as JSON, each row of a list on one line."""
    rows = {k: v for k, v in result.items() if isinstance(v, list)}
    text = json.dumps(result | dict.fromkeys(rows), indent=1, ensure_ascii=False)
    for name, values in rows.items():
        lines = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in values)
        text = text.replace(f'"{name}": null', f'"{name}": [\n  {lines}\n ]')
    return text + "\n"


def main(names: list[str]) -> None:
    """Measure, print the tables, and store the results and the figure."""
    for name, module in (("accuracy", accuracy), ("speed", speed)):
        if names and name not in names:
            continue
        result = module.measure()
        (RESULTS / f"{name}.json").write_text(as_json(result), encoding="utf-8")
        print(module.table(result), end="\n\n")
        if name == "speed":
            figure.draw(result, RESULTS / "speed.svg")


if __name__ == "__main__":
    main(sys.argv[1:])
