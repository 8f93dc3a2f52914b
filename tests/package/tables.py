"""Both engines, and special values: IEEE 754 and the algebra of limits, worked out by hand."""

import numpy as np

import lsebook
from lsebook import compiled

#: Both have `logsumexp`, `softmax` and `log_softmax`, and one contract.
ENGINES = [lsebook, compiled]

inf, nan = np.inf, np.nan
LN2 = 0.6931471805599453  # mpmath: log(2)

LOGSUMEXP = {
    "empty": ([], {}, -inf),
    "one": ([3.0], {}, 3.0),
    "scalar": (3.0, {}, 3.0),
    "scalar, axis 0, as numpy.sum": (3.0, {"axis": 0}, 3.0),
    "scalar, axis -1": (3.0, {"axis": -1}, 3.0),
    "tuple": ((0.0, 0.0), {}, LN2),
    "two zeros": ([0.0, 0.0], {}, LN2),
    "large": ([1000.0, 1000.0], {}, 1000.6931471805599),
    "small": ([-1000.0, -1000.0], {}, -999.3068528194401),
    "largest float": ([1.7976931348623157e308, 0.0], {}, 1.7976931348623157e308),
    "both ends of the range": ([1e308, -1e308], {}, 1e308),
    "all -inf": ([-inf, -inf], {}, -inf),
    "-inf adds nothing": ([-inf, 5.0], {}, 5.0),
    "inf": ([inf, 0.0], {}, inf),
    "inf twice": ([inf, inf], {}, inf),
    "inf and -inf": ([inf, -inf], {}, inf),
    "nan": ([nan, 0.0], {}, nan),
    "nan beside inf": ([inf, nan], {}, nan),
    "nan beside -inf": ([-inf, nan], {}, nan),
    "bool": ([False, False], {}, LN2),
    "int8 that would wrap": (np.array([100, -100], np.int8), {}, 100.0),
    "uint8 that would wrap": (np.array([0, 200], np.uint8), {}, 200.0),
    "zero weight removes nan": ([nan, 5.0], {"b": [0, 1]}, 5.0),
    "zero weight removes inf": ([inf, 5.0], {"b": [0, 1]}, 5.0),
    "all weights zero": ([1.0, 2.0], {"b": [0, 0]}, -inf),
    "nan weight": ([1.0, 2.0], {"b": [nan, 1]}, nan),
    "inf weight": ([1.0, 2.0], {"b": [inf, 1]}, inf),
    "inf weight times zero": ([-inf, 2.0], {"b": [inf, 1]}, nan),
    "negative total": ([0.0, 0.0], {"b": [1, -3]}, nan),
    "cancels to nothing": ([2.0, 2.0], {"b": [1, -1]}, -inf),
    "inf - inf": ([inf, inf], {"b": [1, -1]}, nan),
    "inf minus something": ([inf, 3.0], {"b": [1, -1]}, inf),
    "weights choose the peak": ([0.0, -800.0], {"b": [1e-200, 1e200]}, -339.4829814011908),
    "subnormal weight": ([740.0, -inf], {"b": [5e-324, 1.0]}, -4.440071921381262),
    "where leaves nan out": ([nan, 5.0], {"where": [False, True]}, 5.0),
    "where leaves all out": ([1.0, 5.0], {"where": False}, -inf),
    "where and weights": ([0.0, 0.0, nan], {"b": [1, 1, 1], "where": [True, True, False]}, LN2),
    "masked": (np.ma.array([0.0, nan, 0.0], mask=[0, 1, 0]), {}, LN2),
    "masked, no mask": (np.ma.array([0.0, 0.0]), {}, LN2),
    "all masked": (np.ma.array([1.0, 2.0], mask=True), {}, -inf),
    "masked and where": (
        np.ma.array([0.0, 9.0, 9.0], mask=[0, 1, 0]),
        {"where": [True, True, False]},
        0.0,
    ),
    "masked weights": ([9.0, 0.0], {"b": np.ma.array([1.0, 1.0], mask=[1, 0])}, 0.0),
    "masked values and weights": (
        np.ma.array([9.0, 0.0, 9.0], mask=[0, 0, 1]),
        {"b": np.ma.array([1.0, 1.0, 1.0], mask=[1, 0, 0])},
        0.0,
    ),
}

SOFTMAX = {
    "empty": ([], [], []),
    "one": ([3.0], [1.0], [0.0]),
    "large": ([1000.0, 1000.0], [0.5, 0.5], [-LN2, -LN2]),
    "far": ([1000.0, 0.0], [1.0, 0.0], [0.0, -1000.0]),
    "-inf": ([-inf, 0.0], [0.0, 1.0], [-inf, 0.0]),
    "all -inf": ([-inf, -inf], [nan, nan], [nan, nan]),
    "inf": ([inf, 0.0], [nan, nan], [nan, -inf]),
    "nan": ([nan, 0.0], [nan, nan], [nan, nan]),
    "int8": (np.array([100, -100], np.int8), [1.0, 1.3838965267367375e-87], [-1.4e-87, -200.0]),
    "bool": ([True, True], [0.5, 0.5], [-LN2, -LN2]),
}
