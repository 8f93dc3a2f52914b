"""Cases of Part 4: classes, mixtures, sequences, evidence, transport and alignments."""

import numpy as np

from lsebook.exercises.cases import OVERFLOW, Case, Exercise, Hint

_SURE = Hint(
    "확신하며 맞혔을 때의 작은 손실이 사라졌습니다. 1이나 z에 묻히지 않았나요?",
    "The small loss of a sure and right answer is gone: was it lost beside the 1, or beside z?",
)
_WRONG = Hint(
    "확신하며 틀렸습니다. 손실은 커도 유한하고, 점수에 비례합니다.",
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

# By chapter, in the order in which a reader meets them.
PART4: tuple[Exercise, ...] = (BINARY_LOSS,)
