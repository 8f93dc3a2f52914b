"""The record of PyTorch's ctc_loss is what PyTorch says, and what all paths add up to."""

import json
from itertools import groupby, product

import numpy as np
import pytest
from mpmath import mp, mpf

from benchmarks import ctc

RECORD = json.loads(ctc.RESULTS.read_text(encoding="utf-8"))


def test_the_record_is_what_pytorch_says():
    torch = pytest.importorskip("torch")
    for row, fresh in zip(RECORD["rows"], ctc.measure()["rows"], strict=True):
        assert (row["word"], row["frames"]) == (fresh["word"], fresh["frames"])
        for name in ("loss", "zero_infinity"):
            assert float(row[name]) == pytest.approx(float(fresh[name]), rel=1e-13), torch


@pytest.mark.parametrize("row", RECORD["rows"], ids=lambda r: f"{r['word']} in {r['frames']}")
def test_the_record_is_the_sum_over_all_paths(row):
    """The softmax and the sum by mpmath, path by path."""
    frames, total = row["frames"], mpf(0)
    with mp.workdps(30):
        p = [[mp.exp(mpf(float(v))) for v in frame] for frame in ctc.log_softmax_frames(frames)]
        for path in product(range(4), repeat=frames):
            letters = "".join(ctc.SYMBOLS[s] for s, _ in groupby(path)).replace("-", "")
            if letters == row["word"]:
                total += mp.fprod(p[t][s] for t, s in enumerate(path))
        expected = float(-mp.log(total)) if total else np.inf
    assert float(row["loss"]) == pytest.approx(expected, rel=1e-13)
