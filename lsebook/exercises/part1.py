"""Cases of Part 1: products, probabilities, and the trick in three lines."""

import numpy as np

from lsebook.exercises.cases import OVERFLOW, UNDERFLOW, Array, Case, Exercise, Hint
from lsebook.exercises.hints import BACK, LSE, SOFTMAX, SUM, not_a_distribution, not_added_back

INF = float("inf")
LN2 = 0.6931471805599453
LN3 = 1.0986122886681098

LOG_PRODUCT = Exercise(
    "log_product",
    "p",
    Hint(
        "곱의 자연로그와 비교해 보세요: log(p₁ · p₂ · …).",
        "Compare with the natural log of the product, log(p₁ · p₂ · …).",
    ),
    (
        Case((np.array([0.5, 0.25]),), -3 * LN2, quiet=False),
        Case(
            (np.full(2000, 0.5),),
            -2000 * LN2,
            vanished := Hint(
                "곱이 너무 작아져서 0이 되었습니다. 그다음에 로그를 취하면 늦습니다.",
                "The product became 0, and its log comes too late.",
            ),
            quiet=False,
        ),
        Case((np.full(1000, 0.001),), -6907.755278982137, vanished, quiet=False),
        Case(
            (np.array([0.5, 0.0, 0.25]),),
            -INF,
            Hint("곱은 0이고 그 로그는 −inf입니다.", "The product is 0 and its log is −inf."),
            quiet=False,
        ),
        Case(
            (np.array([]),),
            0.0,
            Hint("빈 곱은 1이고 그 로그는 0입니다.", "The empty product is 1 and its log is 0."),
        ),
    ),
)

SOFTMAX_TEMPERATURE = Exercise(
    "softmax_temperature",
    "x, temperature",
    Hint(
        "온도가 높으면 확률이 고르게 퍼지고 낮으면 한쪽으로 쏠립니다. 지금은 어떤가요?",
        "A high temperature evens the probabilities out, a low one sharpens them. Does yours?",
    ),
    (
        Case(
            (np.array([0.0, 2.0, 1.0]), 1.0),
            [0.09003057317038046, 0.6652409557748219, 0.24472847105479764],
            SOFTMAX,
        ),
        Case(
            (np.array([4.0, 0.0, 2.0]), 2.0),
            [0.6652409557748219, 0.09003057317038046, 0.24472847105479764],
        ),
        Case((np.array([0.0, 1.0]), 0.01), [3.720075976020836e-44, 1.0]),
        Case((np.array([1.0, 0.0]), 1e6), [0.50000025, 0.49999975]),
    ),
    ((not_a_distribution, SUM),),
)


def _logs(got: Array, case: Case) -> bool:
    """Whether the answer holds the logs of the probabilities."""
    return bool(np.allclose(np.exp(np.minimum(got, 0)), case.want) and (got <= 0).all())


LOG_NORMALISE = Exercise(
    "probabilities",
    "w",
    SOFTMAX,
    (
        Case(
            (np.array([0.0, 2.0, 1.0]),),
            [0.09003057317038046, 0.6652409557748219, 0.24472847105479764],
            rtol=1e-6,
        ),
        Case((np.full(4, -2.0),), [0.25] * 4, rtol=1e-6),
        Case((np.array([5.0]),), [1.0], rtol=1e-6),
        Case((np.array([0.0, -30.0]),), [0.9999999999999064, 9.357622968839299e-14], rtol=1e-6),
        Case((np.array([-30.0, -31.0]),), [0.7310585786300049, 0.2689414213699951], rtol=1e-6),
    ),
    (
        (
            _logs,
            Hint(
                "로그가 돌아왔습니다. 확률을 돌려주세요.",
                "These are logs: return the probabilities.",
            ),
        ),
        (not_a_distribution, SUM),
    ),
)

LOGSUMEXP_1D = Exercise(
    "logsumexp_1d",
    "x",
    LSE,
    (
        Case((np.array([1.0, 3.0, 2.0]),), 3.4076059644443803),
        Case((np.array([5.0]),), 5.0),
        Case((np.full(3, 1000.0),), 1000 + LN3, OVERFLOW),
        Case((np.full(3, -1000.0),), -1000 + LN3, UNDERFLOW),
        Case((np.array([1000.0, -1000.0, -1000.0]),), 1000.0, OVERFLOW),
        Case((np.array([-1000.0, 1000.0, -1000.0]),), 1000.0, OVERFLOW),
    ),
    ((not_added_back, BACK),),
)

_NOT_COUNTED = Hint(
    "가중치가 0인 항이 답을 바꾸고 있습니다.", "A term of weight 0 changes the answer."
)
_WEIGHTS_AWAY = Hint(
    "가중치가 모두 0이면 합은 0이고 그 로그는 −inf입니다.",
    "If all weights are 0, the sum is 0 and its log −inf.",
)
LOG_WEIGHTED_SUM = Exercise(
    "log_weighted_sum",
    "x, w",
    Hint("정의 log Σ wᵢ exp(xᵢ)와 비교해 보세요.", "Compare with log Σ wᵢ exp(xᵢ)."),
    (
        Case((np.zeros(2), np.array([1.0, 3.0])), 2 * LN2),
        Case((np.full(2, 1000.0), np.array([1.0, 3.0])), 1000 + 2 * LN2, OVERFLOW),
        Case((np.full(2, -1000.0), np.ones(2)), -1000 + LN2, UNDERFLOW),
        Case((np.array([1000.0, 0.0]), np.array([0.25, 2.0])), 998.6137056388801, OVERFLOW),
        Case((np.array([0.0, 1000.0]), np.ones(2)), 1000.0, OVERFLOW),
        Case((np.array([-1000.0, 1000.0, 0.0]), np.array([1.0, 0.5, 2.0])), 1000 - LN2, OVERFLOW),
        Case(
            (np.array([0.0, 1000.0]), np.array([1.0, 0.0])),
            0.0,
            _NOT_COUNTED,
            atol=1e-12,
            quiet=False,
        ),
        Case((np.full(2, 1000.0), np.zeros(2)), -INF, _WEIGHTS_AWAY, quiet=False),
    ),
    ((not_added_back, BACK),),
)

PART1 = (LOG_PRODUCT, SOFTMAX_TEMPERATURE, LOG_NORMALISE, LOGSUMEXP_1D, LOG_WEIGHTED_SUM)
