"""Cases of Part 3: numbers that are read once, states that merge, blocks that fit the cache."""

import numpy as np

from lsebook.exercises.cases import OVERFLOW, UNDERFLOW, Array, Case, Exercise, Hint
from lsebook.exercises.hints import ALL_OUT, EMPTY, LSE, NAN, PLUS, TAIL

INF, NAN_ = float("inf"), float("nan")
LN2 = 0.6931471805599453
LSE_021 = 2.4076059644443803

_RESCALE = Hint(
    "최댓값이 바뀌었습니다. 지금까지의 합은 어느 최댓값에 맞춘 것인가요?",
    "The maximum changed: to which maximum does the sum so far belong?",
)
STREAMING = Exercise(
    "streaming",
    "numbers",
    LSE,
    (
        Case(([2.0, 1.0, 0.0],), LSE_021, stream=True),
        Case(([0.0, 2.0, 1.0],), LSE_021, _RESCALE, stream=True),
        Case(([1000.0, 1000.0],), 1000 + LN2, OVERFLOW, stream=True),
        Case(([-1000.0, 1000.0, 0.0],), 1000.0, _RESCALE, stream=True),
        Case(([-1000.0, -1000.0],), -1000 + LN2, UNDERFLOW, stream=True),
        Case(([-INF, -INF],), -INF, ALL_OUT, stream=True),
        Case(([-INF, 0.0],), 0.0, ALL_OUT, stream=True, atol=1e-12),
        Case(([INF, INF],), INF, PLUS, stream=True),
        Case(([NAN_, 0.0],), NAN_, NAN, stream=True, quiet=False),
        Case(([],), -INF, EMPTY, stream=True),
        Case(([0.0] * 2000,), 7.600902459542082, stream=True, rtol=1e-9, kept=1000),
    ),
)

_SUBTRACTED = Hint(
    "큰 수가 나간 뒤의 답을 보세요. 무엇에서 무엇을 뺐나요?",
    "Look at the answers after a large number has left: what was subtracted from what?",
)
SLIDING = Exercise(
    "sliding",
    "x, w",
    Hint("i번째 답은 x[i : i + w]의 LSE입니다.", "Answer i is the LSE of x[i : i + w]."),
    (
        Case((np.array([0.0, 2.0, 1.0]), 2), [2.1269280110429727, 2.313261687518223]),
        Case(
            (np.array([2.0, 0.0, 1.0, 3.0, 1.0]), 3),
            [2.40760596444438, 3.1698460195562856, 3.2395447662218846],
        ),
        Case((np.array([3.0, 1.0, 2.0]), 1), [3.0, 1.0, 2.0]),
        Case((np.array([1.0, 3.0, 2.0]), 3), [3.4076059644443803]),
        Case(
            (np.array([50.0, 1.0, 2.0, 0.0, 1.0, 0.0]), 2),
            [
                50.0,
                2.313261687518223,
                2.1269280110429727,
                1.3132616875182228,
                1.3132616875182228,
            ],
            _SUBTRACTED,
        ),
        Case((np.array([1000.0, 0.0, -1000.0, 5.0]), 2), [1000.0, 0.0, 5.0], OVERFLOW),
    ),
)

_SCALES = Hint(
    "두 상태가 서로 다른 최댓값에 맞추어져 있습니다.",
    "The two states are scaled to different peaks.",
)
_NO_STATE = Hint(
    "빈 상태와 병합하면 다른 쪽이 그대로 남아야 합니다.",
    "Merging with the empty state should leave the other as it is.",
)


def _averaged(got: Array, case: Case) -> bool:
    """Whether the average w / s was returned in the place of w."""
    c, s, *w = case.want
    return bool(s not in (0, 1) and np.allclose(got, [c, s, *np.divide(w, s)]))


MERGE_ATTENTION = Exercise(
    "merge_attention",
    "p, q",
    _SCALES,
    (
        Case(
            ((LN2, 1.0, np.array([5.0])), (0.0, 2.0, np.array([4.0]))),
            [LN2, 2.0, 7.0],
            name="(log 2, 1, [5]), q=(0, 2, [4])",
        ),
        Case(
            ((0.0, 2.0, np.array([4.0])), (LN2, 1.0, np.array([5.0]))),
            [LN2, 2.0, 7.0],
            name="(0, 2, [4]), q=(log 2, 1, [5])",
        ),
        Case(
            ((0.0, 2.0, np.array([4.0, -1.0])), (1000.0, 1.0, np.array([5.0, 3.0]))),
            [1000.0, 1.0, 5.0, 3.0],
        ),
        Case(
            ((0.0, 1.0, np.array([0.0, 1.0])), (-35.0, 1.0, np.array([1.0, 0.0]))),
            [0.0, 1.0000000000000007, 6.305116760146989e-16, 1.0],
            Hint(
                "작은 꼬리도 w에서는 혼자 남기 때문에 눈에 보입니다.",
                "In w even a small tail stands alone and is seen.",
            ),
        ),
        Case(((-INF, 0.0, np.zeros(1)), (3.0, 1.0, np.array([2.0]))), [3.0, 1.0, 2.0], _NO_STATE),
        Case(((3.0, 1.0, np.array([2.0])), (-INF, 0.0, np.zeros(1))), [3.0, 1.0, 2.0], _NO_STATE),
        Case(((-INF, 0.0, np.zeros(1)), (-INF, 0.0, np.zeros(1))), [-INF, 0.0, 0.0], _NO_STATE),
    ),
    (
        (
            _averaged,
            Hint(
                "나눈 값이 아니라 상태 w를 돌려주세요.",
                "Return the state w, not the quotient.",
            ),
        ),
    ),
)

_LAST_BLOCK = Hint(
    "마지막 블록은 짧을 수 있습니다. 모든 수가 합에 들어갔나요?",
    "The last block may be shorter: does every number get into the sum?",
)
LOGSUMEXP_BLOCKS = Exercise(
    "logsumexp_blocks",
    "x, size",
    LSE,
    (
        Case((np.array([2.0, 1.0, 0.0, 1.0]), 2), 2.6265233750364456),
        Case((np.array([0.0, 2.0, 1.0]), 1), LSE_021, _RESCALE),
        Case((np.array([0.0, 1.0, 2.0, 0.5, 3.0]), 2), 3.4916958863653065, _LAST_BLOCK),
        Case((np.full(2, 1000.0), 1), 1000 + LN2, OVERFLOW),
        Case((np.array([-INF, -INF, 0.0]), 2), 0.0, ALL_OUT, atol=1e-12),
        Case((np.full(2, -INF), 2), -INF, ALL_OUT),
        Case((np.array([0.0, INF, 1000.0]), 2), INF, PLUS),
        Case((np.array([NAN_, 0.0]), 1), NAN_, NAN, quiet=False),
        Case((np.array([INF, NAN_]), 1), NAN_, NAN, quiet=False),
        Case((np.array([]), 2), -INF, EMPTY),
        Case((np.zeros(100_000), 1000), 11.512925464970229, memory=400_000),
    ),
)

COMBINE_STATES = Exercise(
    "combine_states",
    "states",
    Hint(
        "상태 (c, r) 하나에는 exp(c)(1 + r)만큼이 들어 있습니다.",
        "A state (c, r) holds exp(c) (1 + r).",
    ),
    (
        Case(([(1000.0, 0.0), (1000.0, 0.0)],), 1000 + LN2),
        Case(([(0.0, 1.0), (LN2, 0.0)],), 2 * LN2, name="[(0, 1), (log 2, 0)]"),
        Case(([(1.0, 0.0), (2.0, 0.5), (0.0, 1.0)],), 2.7601280328606395),
        Case(([(0.0, 0.0), (1000.0, 1.0)],), 1000 + LN2, OVERFLOW),
        Case(([(0.0, 0.0), (-40.0, 0.0)],), 4.248354255291589e-18, TAIL),
        Case(([(5.0, 0.0), (-INF, 0.0)],), 5.0, _NO_STATE),
        Case(([(-INF, 0.0), (5.0, 0.0)],), 5.0, _NO_STATE),
        Case(([(-INF, 0.0), (-INF, 0.0)],), -INF, ALL_OUT),
        Case(([(INF, 0.0), (INF, 0.0)],), INF, PLUS),
        Case(([(NAN_, 0.0), (5.0, 0.0)],), NAN_, NAN, quiet=False),
        Case(([],), -INF, EMPTY),
    ),
)

PART3 = (STREAMING, SLIDING, MERGE_ATTENTION, LOGSUMEXP_BLOCKS, COMBINE_STATES)
