"""Record what hmmlearn makes of the two constitutions, for chapter 16 to compare itself with.

Run with ``python -m benchmarks.hidden_markov`` where hmmlearn is installed (it has no wheel for
Python 3.14); writes ``benchmarks/results/hidden_markov.json``. Every fit takes a fixed number of
steps from a start that NumPy's generator draws from the seed in the record.
"""

import json
import platform
import re
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "hidden_markov.json"
INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = ["", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"]
# Name: text, states, seed of the start, steps.
FITS = {
    "korean, two states": ("kr", 2, 3, 30),
    "korean, three states": ("kr", 3, 19, 50),
    "english": ("us", 2, 12, 300),
    "english, another start": ("us", 2, 0, 300),
}
STARTS = 20


def letters(country: str) -> str:
    """Letters and spaces of the American constitution, or the Korean one taken apart to jamo."""
    text = (ROOT / "data" / f"constitution-{country}.txt").read_text(encoding="utf-8")
    if country == "us":
        return " ".join(re.findall("[a-z]+", text.lower()))
    codes = [ord(c) - 0xAC00 for c in text if "가" <= c <= "힣"]
    return "".join(INITIALS[n // 588] + VOWELS[n // 28 % 21] + FINALS[n % 28] for n in codes)


def start(states: int, symbols: int, seed: int) -> tuple[npt.NDArray[np.float64], ...]:
    """Equal chances of beginning, and rows of transitions and of letters drawn at random."""
    rng = np.random.default_rng(seed)
    transition = rng.dirichlet(np.ones(states), states)
    return np.full(states, 1 / states), transition, rng.dirichlet(np.ones(symbols), states)


def fit(text: str, states: int, seed: int, steps: int, implementation: str) -> dict[str, Any]:
    """Fit by EM with hmmlearn, and return its parameters and the log-likelihood under them."""
    from hmmlearn.hmm import CategoricalHMM

    alphabet = sorted(set(text))
    x = np.array([alphabet.index(c) for c in text])[:, None]
    model = CategoricalHMM(
        states, n_iter=steps, tol=-np.inf, init_params="", implementation=implementation
    )
    model.startprob_, model.transmat_, model.emissionprob_ = start(states, len(alphabet), seed)
    model.fit(x)
    return {
        "alphabet": "".join(alphabet),
        "seed": seed,
        "steps": steps,
        "log_likelihood": float(model.score(x)),
        "start": model.startprob_.tolist(),
        "transition": model.transmat_.tolist(),
        "emission": model.emissionprob_.tolist(),
    }


def splits(found: dict[str, Any]) -> bool:
    """Whether one of two states is the likelier for every vowel and no consonant."""
    likelier = np.argmax(found["emission"], axis=0)
    vowels = np.array([c in VOWELS for c in found["alphabet"]])
    return bool(np.all(likelier == vowels) or np.all(likelier == ~vowels))


def main() -> None:
    """Fit all, and write the record."""
    texts = {country: letters(country) for country in ("kr", "us")}
    fits = {name: fit(texts[country], *how, "log") for name, (country, *how) in FITS.items()}
    tried = [fit(texts["kr"], 2, seed, 150, "scaling") for seed in range(STARTS)]
    record = {
        "python": platform.python_version(),
        "hmmlearn": metadata.version("hmmlearn"),
        "fits": fits,
        "starts": [
            {
                "seed": found["seed"],
                "log_likelihood": found["log_likelihood"],
                "splits": splits(found),
            }
            for found in tried
        ],
    }
    RESULTS.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
