"""What exercises of several parts tell the reader, and the signs by which a mistake is known.

A hint says what went wrong or where to look; finding the change is the exercise.
"""

import numpy as np

from lsebook.exercises.cases import Array, Case, Hint

LSE = Hint("정의 log Σ exp(xᵢ)와 비교해 보세요.", "Compare with the definition, log Σ exp(xᵢ).")
SOFTMAX = Hint(
    "정의 exp(xᵢ) / Σ exp(xⱼ)와 비교해 보세요.",
    "Compare with the definition, exp(xᵢ) / Σ exp(xⱼ).",
)
BACK = Hint("답이 꼭 최댓값만큼 어긋납니다.", "The answer is off by exactly the maximum.")
SUM = Hint("확률을 모두 더하면 1이어야 합니다.", "The probabilities should add up to 1.")
TAIL = Hint(
    "아주 작은 꼬리가 1에 더해지면서 사라졌습니다.",
    "The tiny tail was lost when it was added to 1.",
)
ALL_OUT = Hint(
    "−inf − (−inf)는 nan입니다. 합은 0이고 그 로그는 −inf입니다.",
    "−inf − (−inf) is nan. The sum is 0 and its log −inf.",
)
PLUS = Hint(
    "inf − inf는 nan입니다. 합이 inf이면 그 로그도 inf입니다.",
    "inf − inf is nan. If the sum is inf, so is its log.",
)
EMPTY = Hint("빈 합은 0이고 그 로그는 −inf입니다.", "The empty sum is 0 and its log is −inf.")
NAN = Hint(
    "모르는 수(nan)가 섞이면 답도 알 수 없습니다.",
    "With an unknown number among them the answer is unknown: nan.",
)
INTEGERS = Hint(
    "이 형식의 정수는 뺄셈에서 넘칩니다.", "Integers of this type wrap around when subtracted."
)


def not_added_back(got: Array, case: Case) -> bool:
    """Whether the maximum that was subtracted, of all or of each row, is missing."""
    x = np.asarray(case.arguments[0], np.float64)
    peaks = [x.max(initial=-np.inf), x.max(axis=-1, initial=-np.inf)]
    return any(
        bool(np.isfinite(peak).all() and np.any(peak) and np.shape(peak) in ((), got.shape))
        and np.allclose(got, case.want - peak, 1e-9, 1e-9)
        for peak in peaks
    )


def not_a_distribution(got: Array, case: Case) -> bool:
    """Whether finite probabilities do not add up to 1."""
    return bool(np.isfinite(got).all() and abs(got.sum() - 1) > 1e-6)
