"""Cases of Part 2: derivatives, digits, special values, relatives, and the mistakes of others."""

import numpy as np

from lsebook.exercises.cases import OVERFLOW, UNDERFLOW, Array, Case, Exercise, Hint
from lsebook.exercises.hints import (
    ALL_OUT,
    BACK,
    EMPTY,
    INTEGERS,
    LSE,
    NAN,
    PLUS,
    SOFTMAX,
    SUM,
    TAIL,
    not_a_distribution,
    not_added_back,
)

INF, NAN_ = float("inf"), float("nan")
LN2 = 0.6931471805599453
LN3 = 1.0986122886681098
LSE_213 = 3.4076059644443803
SOFTMAX_021 = [0.09003057317038046, 0.6652409557748219, 0.24472847105479764]

HESSIAN_PRODUCT = Exercise(
    "hessian_product",
    "x, v",
    Hint(
        "(Hv)ᵢ = Σⱼ Hᵢⱼvⱼ를 p와 v로 적어 보세요.",
        "Write (Hv)ᵢ = Σⱼ Hᵢⱼvⱼ with p and v.",
    ),
    (
        Case((np.zeros(2), np.array([1.0, -1.0])), [0.5, -0.5]),
        Case(
            (np.array([0.0, LN3]), np.array([1.0, 0.0])),
            [0.1875, -0.1875],
            name="[0, log 3], v=[1, 0]",
        ),
        Case(
            (np.array([1.0, 3.0, 2.0]), np.array([2.0, 0.0, -1.0])),
            [0.18588318265016077, 0.043019352900166556, -0.2289025355503273],
        ),
        Case((np.full(2, 1000.0), np.array([3.0, 1.0])), [0.5, -0.5], OVERFLOW),
        Case(
            (np.zeros(256), np.tile([1.0, -1.0], 128)),
            np.tile([1 / 256, -1 / 256], 128),
            Hint(
                "값은 맞지만 n × n 행렬을 만들었습니다.",
                "The value is right, but an n × n matrix was made.",
            ),
            name="[0] * 256, v=[1, -1] * 128",
            memory=200_000,
        ),
        Case(
            (np.array([-100.0, 0.0, -101.0]), np.array([2.0, 3.0, 5.0])),
            [-3.720075976020836e-44, 9.829970336731299e-45, 2.737078942347706e-44],
            Hint(
                "자릿수를 잃었습니다. v의 모든 성분에 같은 수를 더하면 답은 어떻게 됩니까?",
                "Digits were lost. What if the same number is added to all of v?",
            ),
        ),
    ),
)


LOSS_GRADIENT = Exercise(
    "loss_gradient",
    "x, label",
    Hint(
        "확률의 합은 1이고 정답의 원-핫 벡터의 합도 1입니다. 기울기의 합은 얼마여야 하나요?",
        "Probabilities sum to 1, and so does a one-hot vector: what must the gradient sum to?",
    ),
    (
        Case((np.zeros(2), 0), [-0.5, 0.5]),
        Case(
            (np.array([0.0, 2.0, 1.0]), 2),
            [0.09003057317038046, 0.6652409557748219, -0.7552715289452023],
        ),
        Case((np.array([0.0, 2.0, 1.0]), 1), [SOFTMAX_021[0], -0.3347590442251781, SOFTMAX_021[2]]),
        Case((np.full(2, 1000.0), 1), [0.5, -0.5], OVERFLOW),
        Case((np.full(2, -1000.0), 0), [-0.5, 0.5], UNDERFLOW),
        Case((np.array([0.0, 1000.0, 0.0]), 0), [-1.0, 1.0, 0.0], OVERFLOW),
    ),
)


def _peaks_left_out(got: Array, case: Case) -> bool:
    """Whether every copy of a shared maximum was taken out of the rest."""
    x = case.arguments[0]
    return bool(np.sum(x == x.max()) > 1 and got == x.max())


LOGSUMEXP_ACCURATE = Exercise(
    "logsumexp_accurate",
    "x",
    Hint(
        "나머지에는 최댓값 하나를 뺀 모든 항이 들어갑니다.",
        "The rest holds every term but one copy of the maximum.",
    ),
    (
        Case((np.array([2.0, 0.0, 1.0]),), 2.4076059644443803),
        Case((np.full(2, 1000.0),), 1000 + LN2, OVERFLOW),
        Case((np.array([0.0, -40.0]),), 4.248354255291589e-18, TAIL),
        Case((np.array([-40.0, 0.0]),), 4.248354255291589e-18, TAIL),
        Case((np.zeros(2),), LN2),
        Case(
            (np.concatenate([np.full(500, -40.0), [0.0], np.full(500, -40.0)]),),
            4.24835425529158e-15,
            TAIL,
        ),
    ),
    (
        (
            _peaks_left_out,
            Hint(
                "최댓값이 여럿인데 모두 빠졌습니다.",
                "Several share the maximum, and all of them were left out.",
            ),
        ),
        (not_added_back, BACK),
    ),
)

_AXIS = Hint(
    "줄마다 최댓값이 다릅니다. 줄마다 제 최댓값을 쓰고 있나요?",
    "Each line has a maximum of its own: is it the one in use?",
)
_HALF = Hint(
    "float16은 65504에서 넘칩니다. 합은 얼마인가요?",
    "float16 ends at 65504: how large is the sum?",
)
_ROWS = np.array([[0.0, 1000.0, 5.0], [2000.0, 0.0, 7.0]])
LOGSUMEXP = Exercise(
    "logsumexp",
    "x, axis=None",
    LSE,
    (
        Case((np.array([1.0, 3.0, 2.0]),), LSE_213),
        Case((np.full(2, 1000.0),), 1000 + LN2, OVERFLOW),
        Case((np.full(2, -1000.0),), -1000 + LN2, UNDERFLOW),
        Case((np.array([0.0, -40.0]),), 4.248354255291589e-18, TAIL),
        Case((np.full(2, -INF),), -INF, ALL_OUT),
        Case((np.array([0.0, INF, 1000.0]),), INF, PLUS),
        Case((np.array([NAN_, 0.0]),), NAN_, NAN, quiet=False),
        Case((np.array([INF, NAN_]),), NAN_, NAN, quiet=False),
        Case((np.array([]),), -INF, EMPTY),
        Case((_ROWS,), [1000.0, 2000.0], _AXIS, {"axis": 1}),
        Case((_ROWS,), [2000.0, 1000.0, 7.126928011042972], _AXIS, {"axis": 0}),
        Case((_ROWS,), [1000.0, 2000.0], _AXIS, {"axis": -1}),
        Case((_ROWS,), 2000.0, _AXIS),
        Case((np.zeros((0, 3)),), [-INF] * 3, EMPTY, {"axis": 0}, name="zeros((0, 3)), axis=0"),
        Case((np.array([100, -100], np.int8),), 100.0, INTEGERS),
        Case((np.zeros(100000, np.float16),), 11.512925464970229, _HALF, rtol=1e-3),
    ),
    ((not_added_back, BACK),),
)


def _masked_not_zero(got: Array, case: Case) -> bool:
    """Whether a masked place holds anything but 0."""
    return bool((got[~case.arguments[1]] != 0).any())


MASKED_SOFTMAX = Exercise(
    "masked_softmax",
    "x, keep",
    Hint(
        "가리지 않은 자리는 가리지 않은 점수만으로 구한 softmax입니다.",
        "Kept places are the softmax of the kept scores alone.",
    ),
    (
        Case(
            (np.array([2.0, 1.0, 3.0]), np.array([True, True, False])),
            [0.7310585786300049, 0.2689414213699951, 0.0],
        ),
        Case((np.zeros(2), np.array([False, False])), [0.0, 0.0]),
        Case((np.array([-1e10, 0.0]), np.array([True, False])), [1.0, 0.0]),
        Case((np.array([0.0, -1e305]), np.array([False, True])), [0.0, 1.0]),
        Case((np.array([0.0, INF]), np.array([True, False])), [1.0, 0.0]),
        Case((np.array([-INF, 0.0, 5.0]), np.array([True, True, False])), [0.0, 1.0, 0.0]),
        Case(
            (np.array([1.0, NAN_, 2.0]), np.array([True, False, True])),
            [0.2689414213699951, 0.0, 0.7310585786300049],
        ),
        Case(
            (np.array([NAN_, 0.0]), np.array([True, True])),
            [NAN_, NAN_],
            NAN,
            quiet=False,
        ),
    ),
    (
        (
            _masked_not_zero,
            Hint("가려진 자리는 정확히 0이어야 합니다.", "Masked places should be exactly 0."),
        ),
    ),
)

_SMALL = Hint(
    "x가 0에 가까우면 exp(x)가 1로 반올림되면서 자릿수를 잃습니다.",
    "For x near 0, digits are lost as exp(x) is rounded near 1.",
)
_LARGE = Hint(
    "exp(x)가 작으면 1에서 빼는 사이에 자릿수를 잃습니다.",
    "Where exp(x) is small, digits are lost as it is taken from 1.",
)
LOG1MEXP = Exercise(
    "log1mexp",
    "x",
    Hint("정의 log(1 − exp(x))와 비교해 보세요.", "Compare with log(1 − exp(x))."),
    (
        Case((-1.0,), -0.4586751453870819),
        Case((-0.5,), -0.9327521295671886),
        Case((-40.0,), -4.248354255291589e-18, _LARGE, rtol=1e-13),
        Case((-25.0,), -1.3887943865060459e-11, _LARGE, rtol=1e-13),
        Case((-10.0,), -4.540096037048921e-05, _LARGE, rtol=1e-13),
        Case((-1e-20,), -46.051701859880914, _SMALL, rtol=1e-13),
        Case((-1e-10,), -23.025850929990458, _SMALL, rtol=1e-13),
        Case((-1.1e-5,), -11.417620785160862, _SMALL, rtol=1e-13),
    ),
)


def _peak_missing(got: Array, case: Case) -> bool:
    """Whether a maximum, of all or of each beginning, is missing from the answers."""
    x = case.arguments[0]
    return not_added_back(got, case) or bool(
        np.allclose(got, case.want - np.maximum.accumulate(x), 1e-9, 1e-9)
    )


LOGCUMSUMEXP = Exercise(
    "logcumsumexp",
    "x",
    Hint("i번째 답은 x[: i + 1]의 LSE입니다.", "Answer i is the LSE of x[: i + 1]."),
    (
        Case((np.array([2.0, 0.0, 1.0]),), [2.0, 2.1269280110429727, 2.4076059644443803]),
        Case(
            (np.array([-1000.0, -999.0, 0.0]),),
            [-1000.0, -998.68673831248178, 0.0],
            own := Hint(
                "최댓값 하나가 모든 답에 맞지는 않습니다.",
                "One maximum does not suit all the answers.",
            ),
            atol=1e-12,
        ),
        Case((np.full(2, 1000.0),), [1000.0, 1000 + LN2], OVERFLOW),
        Case((np.array([-1000.0, 1000.0, 0.0]),), [-1000.0, 1000.0, 1000.0], own),
        Case((np.array([1000.0, 0.0, -1000.0]),), [1000.0, 1000.0, 1000.0], OVERFLOW),
    ),
    ((_peak_missing, BACK),),
)

LOGSUMEXP_ROWS = Exercise(
    "logsumexp_rows",
    "X",
    Hint(
        "답 하나는 자기 행만으로 정해집니다. 다른 행이 섞이지 않았나요?",
        "Each answer comes from its own row: does another row get in?",
    ),
    (
        Case((np.zeros((3, 3)),), [LN3] * 3, LSE),
        Case((np.array([[1.0, 3.0, 2.0], [2.0, 0.0, 1.0]]),), [LSE_213, 2.4076059644443803]),
        Case((np.array([[0.0, 0.0], [1000.0, 1000.0]]),), [LN2, 1000 + LN2]),
        Case((np.array([[0.0, 2000.0], [2000.0, 0.0]]),), [2000.0, 2000.0], OVERFLOW),
    ),
    ((not_added_back, BACK), (lambda got, case: bool(np.isposinf(got).any()), OVERFLOW)),
)

SOFTMAX_INTEGERS = Exercise(
    "softmax_integers",
    "x",
    SOFTMAX,
    (
        Case((np.array([0, 2, 1], np.int8),), SOFTMAX_021, rtol=1e-6),
        # float32, a right answer here, has nothing between 0 and 1e-45.
        Case(
            (np.array([100, -100], np.int8),),
            [1.0, 1.3838965267367376e-87],
            INTEGERS,
            rtol=1e-6,
            atol=1e-45,
        ),
        Case(
            (np.array([0, 255], np.uint8),),
            [1.7984862202794635e-111, 1.0],
            INTEGERS,
            rtol=1e-6,
            atol=1e-45,
        ),
    ),
    ((not_a_distribution, SUM),),
)

_LOST = Hint(
    "확률이 먼저 0이 되어서 로그가 무한대가 되었습니다.",
    "The probability became 0 first, so that its log is infinite.",
)
_CEILING = Hint(
    "손실이 어떤 값보다 커지지 않습니다.", "The loss does not rise above a certain value."
)
CROSS_ENTROPY = Exercise(
    "cross_entropy",
    "x, label",
    Hint("정의 −log softmax(x)[label]과 비교해 보세요.", "Compare with −log softmax(x)[label]."),
    (
        Case((np.array([2.0, 0.5, -1.0]), 2), 3.241311296657157),
        Case((np.zeros(2), 0), LN2),
        Case((np.array([0.0, 40.0]), 0), 40.0, _CEILING),
        Case((np.array([0.0, 1000.0]), 0), 1000.0, _CEILING),
        Case(
            (np.array([0.0, 40.0]), 1),
            4.248354255291589e-18,
            Hint(
                "거의 같은 두 수를 빼면서 답이 사라졌습니다.",
                "The answer was lost when two nearly equal numbers were subtracted.",
            ),
        ),
    ),
    ((lambda got, case: bool(np.isinf(got)), _LOST),),
)

_ROUNDED = Hint(
    "LSE가 클수록 반올림 오차도 크고, 그 오차가 exp 안으로 들어갑니다.",
    "The larger the LSE, the larger the rounding error that enters the exponent.",
)
SOFTMAX_FLOAT32 = Exercise(
    "softmax_float32",
    "x",
    SOFTMAX,
    (
        Case((np.array([0.0, 2.0, 1.0]),), SOFTMAX_021, rtol=1e-6, dtype=np.float32),
        Case((np.full(2, 1000.0),), [0.5, 0.5], _ROUNDED, rtol=1e-6, dtype=np.float32),
        Case(
            (np.array([1e6, 1e6 + 2, 1e6 + 1]),),
            SOFTMAX_021,
            _ROUNDED,
            rtol=1e-6,
            dtype=np.float32,
        ),
        Case(
            (np.array([0.0, 200.0]),),
            [0.0, 1.0],
            OVERFLOW,
            rtol=1e-6,
            atol=1e-45,
            dtype=np.float32,
        ),
    ),
)

LOG_SOFTMAX_1D = Exercise(
    "log_softmax_1d",
    "x",
    Hint("정의 xᵢ − LSE(x)와 비교해 보세요.", "Compare with the definition, xᵢ − LSE(x)."),
    (
        Case(
            (np.array([0.0, 2.0, 1.0]),),
            [-2.4076059644443803, -0.4076059644443803, -1.4076059644443804],
        ),
        Case((np.array([0.0, -1000.0]),), [0.0, -1000.0], _LOST),
        Case(
            (np.array([1000.0, 1001.0, 999.0]),),
            [-1.4076059644443804, -0.4076059644443803, -2.4076059644443803],
            OVERFLOW,
        ),
        Case(
            (np.array([45.0, 0.0]),),
            [-2.8625185805493936e-20, -45.0],
            Hint(
                "45보다 조금 큰 LSE가 45로 반올림되어 꼬리가 사라졌습니다.",
                "The LSE, a little above 45, was rounded to 45 and the tail was lost.",
            ),
        ),
    ),
)

PART2 = (
    LOSS_GRADIENT,
    HESSIAN_PRODUCT,
    LOGSUMEXP_ACCURATE,
    LOGSUMEXP,
    MASKED_SOFTMAX,
    LOG1MEXP,
    LOGCUMSUMEXP,
    LOGSUMEXP_ROWS,
    SOFTMAX_INTEGERS,
    CROSS_ENTROPY,
    SOFTMAX_FLOAT32,
    LOG_SOFTMAX_1D,
)
