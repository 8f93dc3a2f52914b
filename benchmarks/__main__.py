"""Run everything: ``python -m benchmarks [accuracy] [speed]``; results go to benchmarks/results."""

import json
import sys
from pathlib import Path

from benchmarks import accuracy, figure, speed

RESULTS = Path(__file__).parent / "results"


def main(names: list[str]) -> None:
    """Measure, print the tables, and store the results and the figure."""
    for name, module in (("accuracy", accuracy), ("speed", speed)):
        if names and name not in names:
            continue
        result = module.measure()
        text = json.dumps(result, indent=1, ensure_ascii=False)
        (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        print(module.table(result), end="\n\n")
        if name == "speed":
            figure.draw(result, RESULTS / "speed.svg")


if __name__ == "__main__":
    main(sys.argv[1:])
