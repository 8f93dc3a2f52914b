"""Cases of Part 4: classes, mixtures, sequences, evidence, transport and alignments."""

from collections.abc import Callable
from math import log

import numpy as np

from lsebook.exercises.cases import OVERFLOW, UNDERFLOW, Array, Case, Exercise, Hint
from lsebook.exercises.hints import ALL_OUT, SUM, not_a_distribution

INF = float("inf")
LN2 = 0.6931471805599453
LN3 = 1.0986122886681098
# Half the log of 2π, the constant of the normal distribution.
HALF_LOG_2PI = 0.9189385332046727

# Chapter 14

_SURE = Hint(
    "자신 있게 맞혔을 때의 작은 손실이 사라졌습니다. 1이나 z에 묻히지 않았나요?",
    "The small loss of a sure and right answer is gone: was it lost beside the 1, or beside z?",
)

_WRONG = Hint(
    "자신 있게 틀렸습니다. 손실은 커도 유한하고, 점수에 비례합니다.",
    "Sure and wrong: the loss is large but finite, and proportional to the score.",
)

BINARY_LOSS = Exercise(
    "binary_loss",
    "z, y",
    Hint(
        "z와 y의 원소마다 −y log σ(z) − (1 − y) log(1 − σ(z))와 비교해 보세요.",
        "Compare with −y log σ(z) − (1 − y) log(1 − σ(z)), for each element of z and y.",
    ),
    (
        Case(
            (np.array([1.0, 2.0, 0.0]), np.array([1.0, 0.0, 1.0])),
            [0.31326168751822286, 2.1269280110429727, 0.6931471805599453],
        ),
        Case(
            (np.array([0.5, -1.0]), np.array([0.25, 0.75])),
            [0.8490769841801067, 1.0632616875182228],
        ),
        Case((np.array([40.0, -50.0]), np.array([0.0, 1.0])), [40.0, 50.0], _WRONG),
        Case((np.array([-1000.0, 1000.0]), np.array([1.0, 0.0])), [1000.0, 1000.0], OVERFLOW),
        Case(
            (np.array([40.0, 100.0, 3.0]), np.array([1.0, 1.0, 1.0])),
            [4.248354255291589e-18, 3.720075976020836e-44, 0.04858735157374206],
            _SURE,
        ),
        Case(
            (np.array([-2.0, -60.0]), np.array([0.0, 0.0])),
            [0.1269280110429725, 8.75651076269652e-27],
            _SURE,
        ),
    ),
)


# Chapter 15

_DEAD = Hint(
    "가중치가 0인 무리의 책임도는 0이고 다른 무리는 그대로여야 합니다.",
    "A group of weight 0 is responsible for nothing, and the others are as they were.",
)


def _rows_do_not_add_up(got: Array, case: Case) -> bool:
    return any(not_a_distribution(row, case) for row in np.atleast_2d(got))


RESPONSIBILITIES = Exercise(
    "responsibilities",
    "log_w, log_p",
    Hint(
        "책임도는 행마다 w p를 그 합으로 나눈 것입니다.",
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
            (np.array([0.0, 0.0]), np.array([[0.0, 1.0], [800.0, 799.0], [-1.0, 800.0]])),
            [
                [0.2689414213699951, 0.7310585786300049],
                [0.7310585786300049, 0.2689414213699951],
                [0.0, 1.0],
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
    "정규 분포의 로그 밀도에는 너비의 로그와 log(2π)/2도 들어 있습니다.",
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
                "가중치가 0인 무리는 그 가까이에서도 밀도에 아무것도 보태지 않습니다.",
                "A group of weight 0 adds nothing to the density, not even near to it.",
            ),
        ),
    ),
)

_LOG_MEAN = Hint(
    "가중치는 책임도의 평균입니다. 로그의 평균과는 다릅니다.",
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
        "행마다 책임도를 구하고 열마다 평균합니다.",
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
                "어느 점에도 책임도가 없는 무리의 가중치는 0이고 그 로그는 −inf입니다.",
                "A group responsible for no point has weight 0, whose log is −inf.",
            ),
            atol=1e-15,
        ),
    ),
    ((_mean_of_logs, _LOG_MEAN),),
)


# Chapter 16

_EVERY_ENTRY = Hint(
    "한 칸의 최댓값은 다른 칸의 최댓값보다 훨씬 작을 수 있습니다.",
    "The largest term of one entry may be far below that of another.",
)

LOG_MATMUL = Exercise(
    "log_matmul",
    "A, B",
    Hint(
        "(i, k)번째 답은 모든 j에 대한 A[i, j] + B[j, k]의 LSE입니다.",
        "Answer (i, k) is the LSE over j of A[i, j] + B[j, k].",
    ),
    (
        Case(
            (np.array([[0.0, 1.0], [2.0, 0.0]]), np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 3.0]])),
            [
                [2.1269280110429727, 1.6931471805599454, 4.0181499279178094],
                [2.313261687518223, 3.048587351573742, 3.313261687518223],
            ],
        ),
        Case(
            (np.array([[0.0, -INF], [-INF, 0.0]]), np.array([[1.0, 2.0, 3.0], [4.0, 5.0, -6.0]])),
            [[1.0, 2.0, 3.0], [4.0, 5.0, -6.0]],
            Hint(
                "로그 반환의 단위 행렬을 곱하면 그대로여야 합니다.",
                "The identity matrix of the log semiring should change nothing.",
            ),
            atol=1e-15,
        ),
        Case(
            (np.array([[0.0, 0.0], [-2000.0, -2001.0]]), np.array([[0.0, -900.0], [0.0, -900.0]])),
            [[0.6931471805599453, -899.3068528194401], [-1999.6867383124818, -2899.686738312482]],
            _EVERY_ENTRY,
        ),
        Case(
            (np.array([[800.0, 1.0]]), np.array([[700.0, -800.0, 0.0], [0.0, 0.0, 0.0]])),
            [[1500.0, 1.3132616875182228, 800.0]],
            OVERFLOW,
        ),
        Case(
            (np.array([[-INF, -INF], [0.0, 1.0]]), np.array([[0.0, -INF], [1.0, -INF]])),
            [[-INF, -INF], [2.1269280110429727, -INF]],
            ALL_OUT,
        ),
    ),
)

# A model of two states: how it begins, how it moves, and three letters.
_BEGIN = np.array([log(0.75), log(0.25)])

_MOVE = np.array([[log(0.875), log(0.125)], [log(0.25), log(0.75)]])

_EMIT = np.array([[log(0.5), log(0.125)], [log(0.25), log(0.125)], [log(0.25), log(0.75)]])

# From the second state there is no way out.
_TRAP = np.array([[log(0.5), log(0.5)], [-INF, 0.0]])

_ZERO = Hint(
    "일어날 수 없는 일의 로그는 −inf이고, 다른 길은 그대로 남습니다.",
    "What cannot happen has log −inf, and leaves the other paths as they are.",
)

LOG_LIKELIHOOD = Exercise(
    "log_likelihood",
    "start, move, emit",
    Hint(
        "모든 상태 경로의 확률을 더한 값의 로그입니다.",
        "It is the log of the sum of the probabilities of all paths of states.",
    ),
    (
        Case(
            (_BEGIN, _MOVE, _EMIT[[0]]), -0.9007865453381898, name="begin, move, emit of 1 letter"
        ),
        Case(
            (_BEGIN, _MOVE, _EMIT[[0, 2, 1]]),
            -3.578283643123658,
            name="begin, move, emit of 3 letters",
        ),
        Case(
            (_BEGIN, _MOVE, _EMIT[[0, 2, 1, 2] * 250]),
            -1168.7885012987435,
            UNDERFLOW,
            name="begin, move, emit of 1000 letters",
        ),
        Case(
            (_BEGIN, _MOVE, _EMIT[[0, 2]] + 400),
            798.0101706170099,
            OVERFLOW,
            name="begin, move, emit + 400",
        ),
        Case(
            (np.array([0.0, -INF]), _TRAP, _EMIT[[2, 0, 2]]),
            -3.1472821716811916,
            _ZERO,
            name="[0, -inf], move with -inf, emit",
        ),
        Case(
            (np.array([-INF, 0.0]), _TRAP, np.array([[0.0, 0.0], [0.0, -INF], [0.0, 0.0]])),
            -INF,
            ALL_OUT,
            name="no path at all",
        ),
    ),
)

SMOOTH_STATES = Exercise(
    "smooth_states",
    "start, move, emit",
    Hint(
        "각 시각의 상태는 그 뒤의 글자에도 달려 있습니다.",
        "The state at each time depends on the letters after it too.",
    ),
    (
        Case((_BEGIN, _MOVE, _EMIT[[2]]), [[0.5, 0.5]], name="begin, move, emit of 1 letter"),
        Case(
            (_BEGIN, _MOVE, _EMIT[[2, 2, 0]]),
            [
                [0.44144144144144143, 0.5585585585585586],
                [0.47027027027027024, 0.5297297297297298],
                [0.7567567567567567, 0.24324324324324328],
            ],
            name="begin, move, emit of 3 letters",
        ),
        Case(
            (_BEGIN[::-1], _MOVE, _EMIT[[0, 2]]),
            [
                [0.39999999999999997, 0.6],
                [0.33999999999999997, 0.66],
            ],
            name="begin[::-1], move, emit of 2 letters",
        ),
        Case(
            (np.array([0.0, -INF]), _TRAP, np.array([[0.0, 0.0], [0.0, 0.0], [0.0, -INF]])),
            [[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]],
            _ZERO,
            name="[0, -inf], move with -inf, emit with -inf",
        ),
        Case(
            (_BEGIN, _MOVE, _EMIT[[2, 2, 0, 1]] - np.array([[0.0], [900.0], [0.0], [900.0]])),
            [
                [0.46405228758168926, 0.5359477124183107],
                [0.5058823529411606, 0.4941176470588395],
                [0.8235294117646974, 0.17647058823530262],
                [0.8392156862745002, 0.1607843137254999],
            ],
            UNDERFLOW,
            name="begin, move, emit - 900",
        ),
    ),
    ((_rows_do_not_add_up, SUM),),
)


# Chapter 17

EFFECTIVE_SIZE = Exercise(
    "effective_size",
    "log_w",
    Hint(
        "정의 (Σ wᵢ)² / Σ wᵢ²와 비교해 보세요.",
        "Compare with the definition, (Σ wᵢ)² / Σ wᵢ².",
    ),
    (
        Case((np.zeros(4),), 4.0),
        Case((np.array([0.0, LN3]),), 1.6, name="[0, log 3]"),
        Case((np.array([0.0, 2.0, 1.0]),), 1.9586986534143886),
        Case((np.array([1000.0, 1000.0, 999.0]),), 2.6257483271778526, OVERFLOW),
        Case((np.full(3, -1000.0),), 3.0, UNDERFLOW),
        Case((np.array([-800.0, 0.0, -INF, -2.0]),), 1.2658022288340798),
        Case((np.array([0.0, 700.0, -700.0]),), 1.0, OVERFLOW),
    ),
    (
        (
            lambda got, case: bool(got > len(case.arguments[0]) * (1 + 1e-9)),
            Hint(
                "유효 표본 크기는 표본의 수보다 클 수 없습니다.",
                "The effective size cannot exceed the number of samples.",
            ),
        ),
    ),
)

_OBSERVATIONS = Hint(
    "행은 표본이고 열은 관측입니다. 무엇을 평균하고 무엇을 더하나요?",
    "Rows are samples, columns observations: which of them are averaged, which added?",
)


def _logs_averaged(got: Array, case: Case) -> bool:
    """Whether the logs were averaged in the place of the likelihoods."""
    return bool(np.allclose(got, np.mean(case.arguments[0], axis=0).sum()))


LPPD = Exercise(
    "lppd",
    "log_likelihood",
    _OBSERVATIONS,
    (
        Case((np.array([[-1.0, -2.0, -0.5], [-2.0, -1.0, -0.5]]),), -3.2597709860834447),
        Case(
            (
                np.array(
                    [[0.0, -3.0, -1.0], [-1.0, -5.0, -2.0], [-3.0, -1.0, -4.0], [-2, -2, -0.5]]
                ),
            ),
            -4.178476488457927,
            name="four samples of three observations",
        ),
        Case((np.array([[-1000.0, -3.0, -2.0], [-1001.0, -1.0, -2.0]]),), -1003.9461046625587),
        Case(
            (np.array([[-800.0], [-900.0], [-850.0]]) * np.ones(4),),
            -3204.3944491546727,
            UNDERFLOW,
            name="[[-800] * 4, [-900] * 4, [-850] * 4]",
        ),
        Case(
            (np.array([[1000.0, 0.0], [1001.0, 2.0], [999.0, 1.0]]),), 1001.6179873515525, OVERFLOW
        ),
        Case((np.array([[-INF, -1.0], [-2.0, -3.0]]),), -4.2593663500769186),
    ),
    (
        (
            _logs_averaged,
            Hint(
                "로그를 평균했습니다. 평균해야 하는 것은 가능도입니다.",
                "The logs were averaged; it is the likelihoods that should be.",
            ),
        ),
    ),
)

_LARGE_COUNTS = Hint(
    "계승은 170!까지만 float64에 들어갑니다. 합은 얼마나 큰가요?",
    "Factorials fit float64 only up to 170!: how large are the totals?",
)

CHANGE_POSTERIOR = Exercise(
    "change_posterior",
    "counts",
    Hint(
        "k번째 자리의 무게는 앞의 k년과 뒤의 나머지가 각각 갖는 증거의 곱입니다.",
        "The weight of place k is the product of the evidences of the first k years and the rest.",
    ),
    (
        Case((np.array([3.0, 0, 1]),), [0.6923076923076923, 0.3076923076923077]),
        Case((np.zeros(4),), [0.34615384615384615, 0.3076923076923077, 0.34615384615384615]),
        Case(
            (np.array([1.0, 4, 0, 0]),),
            [0.07773374326894027, 0.7279318985587091, 0.19433435817235067],
        ),
        Case(
            (np.array([100.0, 90, 110, 20, 30]),),
            [
                1.653685292608054e-29,
                1.5201669402954786e-25,
                0.9999999999571195,
                4.288043237232489e-11,
            ],
            _LARGE_COUNTS,
            rtol=1e-9,
        ),
        Case(
            (np.array([1000.0, 900, 1100, 1000, 1200, 500]),),
            [
                7.025826048213515e-176,
                3.2888223076221994e-206,
                4.215516575735763e-212,
                2.1276530448213974e-183,
                1.0,
            ],
            _LARGE_COUNTS,
            rtol=1e-9,
        ),
    ),
    ((not_a_distribution, SUM),),
)


# Chapter 18

POTENTIAL = Exercise(
    "potential",
    "a, C, g, eps",
    Hint(
        "정의 f = ε (log a − LSE((g − C) / ε))와 비교해 보세요. 행마다 LSE 하나입니다.",
        "Compare with f = ε (log a − LSE((g − C) / ε)), one LSE for each row.",
    ),
    (
        Case(
            (
                np.array([0.5, 0.5]),
                np.array([[0.0, 1.0, 4.0], [1.0, 0.0, 1.0]]),
                np.zeros(3),
                1.0,
            ),
            [-1.0197098218274159, -1.2445918944919965],
            name="eps=1, g=[0, 0, 0]",
        ),
        Case(
            (
                np.array([0.25, 0.75]),
                np.array([[1.0, 4.0, 0.0], [0.0, 1.0, 9.0]]),
                np.array([0.5, -0.25, 1.0]),
                0.5,
            ),
            [-1.717453971429407, -0.6587162654551348],
            name="eps=0.5, g=[0.5, -0.25, 1]",
        ),
        Case(
            (
                np.array([0.25, 0.5, 0.25]),
                np.array([[9.0, 1.0], [0.0, 4.0], [1.0, 1.0]]),
                np.array([1.0, -1.0]),
                1 / 128,
            ),
            [1.9891695753037508, -1.0054152123481246, -0.010830424696249145],
            name="eps=1/128, g=[1, -1]",
        ),
        Case(
            (
                np.array([0.5, 0.5]),
                np.array([[0.0, 4.0, 1.0], [4.0, 0.0, 1.0]]),
                np.array([50.0, 20.0, 80.0]),
                1 / 32,
            ),
            [-79.0216608493925, -79.0216608493925],
            Hint(
                "exp가 넘쳤습니다. g / ε은 얼마나 큰가요?",
                "exp overflowed: how large is g / ε?",
            ),
            name="eps=1/32, g=[50, 20, 80]",
        ),
        Case(
            (
                np.array([0.5, 0.25, 0.25]),
                np.array([[3000.0, 2000.0], [1000.0, 5000.0], [4000.0, 4500.0]]),
                np.zeros(2),
                1.0,
            ),
            [1999.30685281944, 998.6137056388801, 3998.61370563888],
            Hint(
                "K의 행이 모두 0이 되었습니다. C / ε는 얼마나 큰가요?",
                "The rows of K became 0: how large is C / ε?",
            ),
            name="eps=1, C from 1000 to 5000",
        ),
    ),
)


def _marginal_off(axis: int) -> Callable[[Array, Case], bool]:
    """A sign: whether the sums along an axis are not the wanted ones."""
    return lambda got, case: bool(
        np.isfinite(got).all() and not np.allclose(got.sum(axis=axis), case.arguments[2 - axis])
    )


FEASIBLE_PLAN = Exercise(
    "feasible_plan",
    "plan, a, b",
    Hint(
        "두 방향의 합은 맞습니다. 세 단계를 적힌 차례대로 밟았나요?",
        "Both sums are right: are the three steps in the order given?",
    ),
    (
        Case(
            (
                np.array([[0.25, 0.125, 0.125], [0.25, 0.125, 0.125]]),
                np.array([0.5, 0.5]),
                np.array([0.5, 0.25, 0.25]),
            ),
            [[0.25, 0.125, 0.125], [0.25, 0.125, 0.125]],
            Hint(
                "이미 맞는 계획은 그대로 돌아와야 합니다.",
                "A plan that is right already should come back as it is.",
            ),
            name="a plan that is right",
        ),
        Case(
            (
                np.array([[0.2, 0.1, 0.1], [0.2, 0.3, 0.1]]),
                np.array([0.5, 0.5]),
                np.array([0.5, 0.25, 0.25]),
            ),
            [
                [0.2857142857142857, 0.07142857142857144, 0.14285714285714285],
                [0.2142857142857143, 0.17857142857142858, 0.10714285714285715],
            ],
            name="a row with too little",
        ),
        Case(
            (
                np.array([[0.5, 0.25], [0.125, 0.0], [0.125, 0.125]]),
                np.array([0.25, 0.5, 0.25]),
                np.array([0.5, 0.5]),
            ),
            [
                [0.16666666666666666, 0.08333333333333333],
                [0.20833333333333334, 0.2916666666666667],
                [0.125, 0.125],
            ],
            name="a row with too much",
        ),
        Case(
            (
                np.array([[2.0, 1.0, 0.0], [1.0, 1.0, 2.0]]),
                np.array([0.25, 0.75]),
                np.array([0.125, 0.375, 0.5]),
            ),
            [
                [0.058823529411764705, 0.1323529411764706, 0.058823529411764705],
                [0.0661764705882353, 0.2426470588235294, 0.4411764705882353],
            ],
            name="eight times the mass",
        ),
        Case(
            (
                np.array([[0.001, 0.002], [0.0, 0.004], [0.001, 0.003]]),
                np.array([0.25, 0.5, 0.25]),
                np.array([0.75, 0.25]),
            ),
            [
                [0.18781092012133468, 0.062189079878665315],
                [0.3751344792719919, 0.12486552072800809],
                [0.18705460060667342, 0.06294539939332659],
            ],
            name="1 % of the mass",
        ),
    ),
    (
        (
            _marginal_off(1),
            Hint(
                "행의 합이 a가 아닙니다. 보낸 양이 맞지 않습니다.",
                "The rows do not sum to a: what is sent is wrong.",
            ),
        ),
        (
            _marginal_off(0),
            Hint(
                "열의 합이 b가 아닙니다. 받은 양이 맞지 않습니다.",
                "The columns do not sum to b: what is received is wrong.",
            ),
        ),
    ),
)


# Chapter 19

LOG_PATHS = Exercise(
    "log_paths",
    "word, frames",
    Hint(
        "프레임이 셋이면 12로 접히는 길은 112, 122, -12, 1-2, 12-의 다섯입니다.",
        "In three frames five paths spell 12: 112, 122, -12, 1-2, 12-.",
    ),
    (
        Case(([1, 2], 3), 1.6094379124341003),
        Case(([], 4), 0.0),
        Case(
            ([1, 1, 2], 4),
            0.0,
            twice := Hint(
                "같은 글자가 이어지면 그 사이에 무엇이 꼭 있어야 하나요?",
                "Where a letter comes twice in a row, what must stand between?",
            ),
            atol=1e-12,
        ),
        Case(([1, 2, 1, 1, 3], 8), 4.189654742026425, twice),
        Case(([1, 1, 1], 6), 1.9459101490553132, twice),
        Case(
            ([1, 2, 3], 2),
            -INF,
            none := Hint(
                "프레임이 모자라면 길이 하나도 없습니다. 0의 로그는 무엇인가요?",
                "With too few frames there is no path: what is the log of 0?",
            ),
        ),
        Case(([1, 1, 2], 3), -INF, none),
        Case(([1, 2], 2000), 27.226555258153436),
    ),
)

_TRANSITIONS = Hint(
    "한 자리의 최선이 전체의 최선은 아닙니다. 전이 점수도 들어갔나요?",
    "The best of each place is not the best whole: do the transitions count?",
)

BEST_PATH = Exercise(
    "best_path",
    "unary, transition",
    _TRANSITIONS,
    (
        Case((np.array([[1.0, 0.0], [0.0, 2.0], [0.0, 3.0]]), np.zeros((2, 2))), [0, 1, 1]),
        Case(
            (
                np.array([[1.0, 0.0], [0.0, 0.5], [1.0, 0.0], [0.0, 4.0]]),
                np.array([[1.0, -1.0], [-2.0, 1.0]]),
            ),
            [1, 1, 1, 1],
            name="[[1, 0], [0, 0.5], [1, 0], [0, 4]], transition=[[1, -1], [-2, 1]]",
        ),
        Case(
            (
                np.array([[0.0, 1.0, 2.0], [2.0, 0.0, 1.0], [1.0, 2.0, 0.0], [0.0, 1.2, 1.0]]),
                np.array([[0.0, 3.0, 0.0], [0.0, 0.0, 1.0], [-0.5, 1.0, 0.5]]),
            ),
            [2, 0, 1, 2],
            Hint(
                "transition[y, z]는 y에서 z로 가는 점수입니다.",
                "transition[y, z] is the score of going from y to z.",
            ),
            name="four places, three labels",
        ),
        Case(
            (
                np.array([[1000.0, 0.0], [0.0, 999.0], [990.0, 900.0], [1000.0, 0.0]]),
                np.array([[0.0, 0.0], [-500.0, 300.0]]),
            ),
            [0, 1, 1, 0],
            large := Hint(
                "경로의 점수는 더하기만 하면 됩니다. exp가 필요한가요?",
                "Scores of a path only add up: is exp needed at all?",
            ),
            name="scores near 1000",
        ),
        Case(
            (
                np.array([[-900.0, -1000.0], [-1000.0, -900.0], [-950.0, -1000.0]]),
                np.array([[-50.0, -400.0], [0.0, -60.0]]),
            ),
            [1, 1, 0],
            large,
            name="scores near -1000",
        ),
        Case((np.array([[0.0, 1.0, 5.0]]), np.zeros((3, 3))), [2], name="one place"),
    ),
)

PERPLEXITY = Exercise(
    "perplexity",
    "losses, counts",
    Hint(
        "토큰마다 무게가 같아야 합니다. 배치마다 같게 두지 않았나요?",
        "Every token should weigh the same: does every batch instead?",
    ),
    (
        Case((np.array([1.0, 2.0]), np.array([1.0, 3.0])), 5.754602676005731),
        Case((np.array([0.5, 2.0, 1.0]), np.array([100.0, 1.0, 10.0])), 1.748150826263127),
        Case((np.array([0.0, 3.0]), np.array([1000.0, 1.0])), 1.0030014985003755),
        Case(
            (np.array([2.0, float("nan"), 1.0]), np.array([4.0, 0.0, 12.0])),
            3.4903429574618414,
            Hint(
                "빈 배치의 평균은 nan입니다. 그 배치의 무게는 얼마인가요?",
                "The mean of an empty batch is nan: how much does that batch weigh?",
            ),
        ),
        Case((np.array([700.0, 10.0, 1.0]), np.array([1.0, 50.0, 900.0])), 9.099340084846313),
        Case(
            (np.array([800.0, 10.0, 1.0]), np.array([1.0, 50.0, 900.0])),
            10.108274681572716,
            Hint(
                "배치 하나의 퍼플렉서티가 넘쳤습니다. 평균은 exp보다 먼저입니까?",
                "One batch's perplexity overflowed: does the mean come before exp?",
            ),
        ),
    ),
)


# By chapter, in the order in which a reader meets them.
PART4: tuple[Exercise, ...] = (
    BINARY_LOSS,
    RESPONSIBILITIES,
    LOG_MIXTURE_DENSITY,
    LOG_WEIGHTS,
    LOG_MATMUL,
    LOG_LIKELIHOOD,
    SMOOTH_STATES,
    EFFECTIVE_SIZE,
    LPPD,
    CHANGE_POSTERIOR,
    POTENTIAL,
    FEASIBLE_PLAN,
    LOG_PATHS,
    BEST_PATH,
    PERPLEXITY,
)
