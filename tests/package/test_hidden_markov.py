"""The record of hmmlearn is what hmmlearn says, and its likelihoods are right."""

import json

import numpy as np
import pytest

from benchmarks import hidden_markov

RECORD = json.loads(hidden_markov.RESULTS.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", hidden_markov.FITS)
def test_the_recorded_likelihood_is_that_of_the_recorded_model(name):
    """By the other cure: probabilities, divided by their sum at each letter."""
    found = RECORD["fits"][name]
    start, move, emit = (np.array(found[key]) for key in ("start", "transition", "emission"))
    country = hidden_markov.FITS[name][0]
    x = [found["alphabet"].index(c) for c in hidden_markov.letters(country)]
    alpha, total = start * emit[:, x[0]], 0.0
    for letter in x[1:]:
        total += np.log(alpha.sum())
        alpha = (alpha / alpha.sum()) @ move * emit[:, letter]
    total += np.log(alpha.sum())
    assert found["log_likelihood"] == pytest.approx(total, rel=1e-12)


def test_the_record_is_what_hmmlearn_says():
    pytest.importorskip("hmmlearn")
    name = "korean, two states"
    country, *how = hidden_markov.FITS[name]
    fresh = hidden_markov.fit(hidden_markov.letters(country), *how, "log")
    for key in ("start", "transition", "emission", "log_likelihood"):
        np.testing.assert_allclose(fresh[key], RECORD["fits"][name][key], rtol=1e-9, atol=1e-12)
