"""Cases of Part 4: classes, mixtures, sequences, evidence, transport and alignments."""

import numpy as np

from lsebook.exercises.cases import OVERFLOW, UNDERFLOW, Array, Case, Exercise, Hint
from lsebook.exercises.hints import SUM, not_a_distribution

INF = float("inf")
LN2 = 0.6931471805599453
# Half the log of 2π, the constant of the normal distribution.
HALF_LOG_2PI = 0.9189385332046727

# Chapter 15

_DEAD = Hint(
    "가중치가 0인 성분의 책임은 0이고 나머지 성분은 그대로여야 합니다.",
    "A component of weight 0 is responsible for nothing, and the others are as they were.",
)


def _rows_do_not_add_up(got: Array, case: Case) -> bool:
    return any(not_a_distribution(row, case) for row in np.atleast_2d(got))


RESPONSIBILITIES = Exercise(
    "responsibilities",
    "log_w, log_p",
    Hint(
        "책임은 각 행에서 w p를 그 합으로 나눈 것입니다.",
        "Responsibilities are w p, divided by their sum in each row.",
    ),
    (
        Case(
            (np.array([0.0, 0.0]), np.array([[0.0, 0.0], [LN2, 0.0], [0.0, LN2]])),
            [[0.5, 0.5], [0.6666666666666666, 0.3333333333333333], [1 / 3, 2 / 3]],
            name="[0, 0], log_p=[[0, 0], [log 2, 0], [0, log 2]]",
        ),
        Case(
            (np.array([LN2, 0.0]), np.array([[0.0, LN2], [1.0, 2.0], [0.0, -1.0]])),
            [
                [0.5, 0.5],
                [0.4238831152341709, 0.5761168847658291],
                [0.8446375965030364, 0.15536240349696362],
            ],
            name="[log 2, 0], log_p=[[0, log 2], [1, 2], [0, -1]]",
        ),
        Case(
            (np.array([0.0, 0.0]), np.array([[-1800.0, -1250.0], [-900.0, -901.0], [0.0, 0.0]])),
            [[1.374152566130957e-239, 1.0], [0.7310585786300049, 0.2689414213699951], [0.5, 0.5]],
            UNDERFLOW,
        ),
        Case(
            (np.array([0.0, 0.0]), np.array([[800.0, 799.0], [-1.0, 800.0], [0.0, 1.0]])),
            [
                [0.7310585786300049, 0.2689414213699951],
                [0.0, 1.0],
                [0.2689414213699951, 0.7310585786300049],
            ],
            OVERFLOW,
            atol=1e-300,
        ),
        Case(
            (np.array([-INF, 0.0]), np.array([[5.0, 1.0], [-900.0, -2000.0], [-1.0, 0.0]])),
            [[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]],
            _DEAD,
        ),
    ),
    ((_rows_do_not_add_up, SUM),),
)

_OWN_WIDTH = Hint(
    "정규분포의 로그 밀도에는 폭의 로그와 log(2π)/2도 들어 있습니다.",
    "The log density of a normal distribution has the log of its width and log(2π)/2 in it.",
)
LOG_MIXTURE_DENSITY = Exercise(
    "log_mixture_density",
    "x, w, mean, sd",
    Hint(
        "정의 log Σ wₖ N(x; meanₖ, sdₖ)와 비교해 보세요.",
        "Compare with the definition, log Σ wₖ N(x; meanₖ, sdₖ).",
    ),
    (
        Case((0.0, np.array([1.0]), np.array([0.0]), np.array([1.0])), -HALF_LOG_2PI, _OWN_WIDTH),
        Case(
            (1.0, np.array([0.25, 0.75]), np.array([0.0, 3.0]), np.array([1.0, 2.0])),
            -1.8889421624504084,
            _OWN_WIDTH,
        ),
        Case(
            (60.0, np.array([0.5, 0.5]), np.array([0.0, 10.0]), np.array([1.0, 1.0])),
            -1251.6120857137646,
            UNDERFLOW,
        ),
        Case(
            (1.5, np.array([0.5, 0.5]), np.array([1.5, 2.0]), np.array([1e-300, 0.25])),
            689.1634421844491,
        ),
        Case(
            (-100.0, np.array([0.0, 0.5, 0.5]), np.array([-100.0, 1.0, 5.0]), np.array([2.0] * 3)),
            -1277.4302328943245,
            Hint(
                "가중치가 0인 성분은 그 가까이에서도 밀도에 아무것도 보태지 않습니다.",
                "A component of weight 0 adds nothing to the density, not even near to it.",
            ),
        ),
    ),
)

_LOG_MEAN = Hint(
    "가중치는 책임의 평균입니다. 로그의 평균과는 다릅니다.",
    "A weight is the mean of responsibilities, which is not the mean of their logs.",
)


def _mean_of_logs(got: Array, case: Case) -> bool:
    joint = case.arguments[0]
    log_shares = joint - np.logaddexp.reduce(joint, axis=1, keepdims=True)
    return np.allclose(got, log_shares.mean(axis=0))


LOG_WEIGHTS = Exercise(
    "log_weights",
    "joint",
    Hint(
        "행마다 책임을 구하고 열마다 평균합니다.",
        "Responsibilities are made along each row, and averaged along each column.",
    ),
    (
        Case(
            (np.array([[0.0, LN2], [LN2, 0.0], [0.0, 0.0]]),),
            [-LN2, -LN2],
            name="[[0, log 2], [log 2, 0], [0, 0]]",
        ),
        Case(
            (np.array([[0.0, 1.0], [2.0, 0.0], [1.0, 4.0], [0.0, 3.0]]),),
            [-1.1674880052923262, -0.37272819843210986],
        ),
        Case(
            (np.array([[-1000.0, -1001.0, -1003.0], [-2000.0, -1999.0, -2001.0]]),),
            [-0.7443215517527827, -0.7713926367974884, -2.7713926367974886],
            UNDERFLOW,
        ),
        Case(
            (np.array([[0.0, -900.0], [1.0, -950.0], [0.0, -901.0]]),),
            [0.0, -900.7853506011498],
            Hint(
                "이 가중치는 배정밀도로 0이지만 그 로그는 아닙니다.",
                "In double precision this weight is 0, but its log is not.",
            ),
            atol=1e-15,
        ),
        Case(
            (np.array([[0.0, -INF], [3.0, -INF], [-5.0, -INF]]),),
            [0.0, -INF],
            Hint(
                "어느 점에도 책임이 없는 성분의 가중치는 0이고 그 로그는 −inf입니다.",
                "A component responsible for no point has weight 0, whose log is −inf.",
            ),
            atol=1e-15,
        ),
    ),
    ((_mean_of_logs, _LOG_MEAN),),
)

# By chapter, in the order in which a reader meets them.
PART4 = (RESPONSIBILITIES, LOG_MIXTURE_DENSITY, LOG_WEIGHTS)
