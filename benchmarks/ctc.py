"""Record what PyTorch's ctc_loss says of the words of chapter 19.

Run with ``python -m benchmarks.ctc`` where PyTorch is installed; writes
``benchmarks/results/ctc.json``, from which the chapter prints.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import scipy.special

RESULTS = Path(__file__).parent / "results" / "ctc.json"
# The blank comes first.
SYMBOLS = "-ㄱㅜㅏ"
CASES = (("ㄱㅜㄱㅏ", 6), ("ㄱㅜㄱㄱㅏ", 6), ("ㄱㅜㄱㄱㅏ", 5), ("ㄱㅜㄱㄱㅏ", 8), ("ㄱㄱㄱ", 5))


def log_softmax_frames(frames: int) -> np.ndarray[Any, Any]:
    """Return the frames' log probabilities, as the chapter makes them."""
    x = np.random.default_rng(19).normal(scale=2, size=(frames, len(SYMBOLS))).round(3)
    return np.asarray(scipy.special.log_softmax(x, axis=1))


def loss(word: str, frames: int, zero_infinity: bool) -> float:
    """Return PyTorch's loss of a word, in float64."""
    import torch

    return float(
        torch.nn.functional.ctc_loss(
            torch.from_numpy(log_softmax_frames(frames))[:, None],
            torch.tensor([[SYMBOLS.index(letter) for letter in word]]),
            torch.tensor([frames]),
            torch.tensor([len(word)]),
            reduction="sum",
            zero_infinity=zero_infinity,
        )
    )


def measure() -> dict[str, Any]:
    """Return PyTorch's version and its losses, as texts: JSON has no infinity."""
    import torch

    rows = [
        {
            "word": word,
            "frames": frames,
            "loss": repr(loss(word, frames, False)),
            "zero_infinity": repr(loss(word, frames, True)),
        }
        for word, frames in CASES
    ]
    return {"torch": torch.__version__.partition("+")[0], "rows": rows}


def main() -> None:
    """Measure and write."""
    text = json.dumps(measure(), ensure_ascii=False, indent=1) + "\n"
    RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
