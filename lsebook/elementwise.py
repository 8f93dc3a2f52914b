"""Functions of single numbers: log(1 - exp x) and log(exp x - exp y)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lsebook.reductions import float_dtype, quietly, real_array


@quietly
def log1mexp(x: npt.ArrayLike) -> Any:
    """Return log(1 - exp(x)) for x <= 0; nan for x > 0.

    Examples
    --------
    >>> from lsebook import log1mexp
    >>> float(log1mexp(-1e-20))
    -46.051701859880914
    """
    values, _ = real_array(x, "x")
    result, work = float_dtype(values)
    values = values.astype(work)
    value = np.where(values > -np.log(2), np.log(-np.expm1(values)), np.log1p(-np.exp(values)))
    return value.astype(result)[()]


@quietly
def logsubexp(x: npt.ArrayLike, y: npt.ArrayLike) -> Any:
    """Return log(exp(x) - exp(y)); nan where x < y.

    Examples
    --------
    >>> from lsebook import logsubexp
    >>> float(logsubexp(1000.0, -1000.0))
    1000.0
    """
    high, _ = real_array(x, "x")
    low, _ = real_array(y, "y")
    result, work = float_dtype(high, low)
    high, low = high.astype(work), low.astype(work)
    value = np.where(low == -np.inf, high, high + np.log(-np.expm1(low - high)))
    value = np.where(high == low, np.where(high == np.inf, np.nan, -np.inf), value)
    return value.astype(result)[()]
