"""`LogSumExp`, an accumulator: the pair of everything seen so far."""

from __future__ import annotations

import json
from math import prod
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from lsebook import arguments, pair
from lsebook.arguments import Axis, normalised_axes, plain_axis, quietly, unmasked_array
from lsebook.pair import Pair
from lsebook.reductions import pairs

#: The names of the state in JSON.
STATE = ("peak", "rest", "weight_peak", "weight_rest")


class LogSumExp:
    """Accumulate the log of a sum of exponentials over data that arrive in pieces.

    Accumulators merge: in any order and any grouping they give the same count, the same peak and,
    to the last few ulp, the same value. The state is the `pair` of the sum and that of the weights,
    in float64, and the `count`.

    Parameters
    ----------
    axis : int, tuple of int or None
        The axes of every piece that are summed up; None sums up everything into one number.

    Attributes
    ----------
    axis : int, tuple of int or None
    pair : lsebook.pair.Pair or None
        Peak and rest of everything seen, None before the first piece.
    weight : lsebook.pair.Pair or None
        The sum of the weights, as a pair too. Without weights it is the count.
    count : int
        How many numbers each sum has taken in.

    Notes
    -----
    The error of `value` is at most max(4, 3 κ) ulp, as that of `lsebook.logsumexp` over all the
    data, whatever their count and order.

    Examples
    --------
    >>> from lsebook import LogSumExp
    >>> total = LogSumExp().update([1000.0]).update([1000.0, -5.0])
    >>> float(total.value), total.count
    (1000.6931471805599, 3)
    >>> left, right = LogSumExp().update([0.0]), LogSumExp().update([-40.0])
    >>> float(left.merge(right).value)
    4.248354255291589e-18
    >>> rows = LogSumExp(axis=1).update([[0.0, 0.0], [1.0, 1.0]])
    >>> rows.mean
    array([0., 1.])

    With weights, `mean` is the log of the weighted mean:

    >>> float(LogSumExp().update([2.0, 1000.0], weights=[0.5, 0.0]).mean)
    2.0
    """

    def __init__(self, axis: Axis = None) -> None:
        self.axis = plain_axis(axis)
        self.pair: Pair | None = None
        self.weight: Pair | None = None
        self.count = 0

    def __repr__(self) -> str:
        return f"LogSumExp(axis={self.axis!r}, count={self.count}, value={self.value!s})"

    @quietly
    def update(self, values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> Self:
        """Take in more values.

        Parameters
        ----------
        values : array_like
            Real numbers. With an `axis`, what is left without it has the same shape every time.
        weights : array_like, optional
            What each exponential is multiplied by: not negative, broadcast with `values`. A weight
            of 0 removes its element, even nan or inf.

        Returns
        -------
        LogSumExp
            The accumulator itself.

        Raises
        ------
        TypeError
            If an array is masked, or does not hold real numbers.
        ValueError
            If a shape does not fit what it goes with, or a weight is negative.
        """
        x, dtype = unmasked_array(values, "values"), np.dtype(np.float64)
        arrays = {"x": x}
        if weights is not None:
            b = unmasked_array(weights, "weights")
            if np.fmin.reduce(b, axis=None, initial=0) < 0:
                raise ValueError(f"weights must not be negative, got {np.nanmin(b)}")
            x, b = arguments.broadcast_together(x, b, ("values", "weights"))
            arrays = {"x": x, "b": b}
        axes = normalised_axes(self.axis, x.ndim)
        count = prod(x.shape[i] for i in axes)
        p = pairs(arrays, axes, dtype)
        if weights is not None:
            weight = pairs(arrays | {"x": np.broadcast_to(0.0, x.shape)}, axes, dtype)
        elif count:
            weight = Pair(np.zeros_like(p.peak), np.full_like(p.rest, count - 1))
        else:
            weight = p
        return self._absorb(p, weight, count, "values")

    def _absorb(self, p: Pair, weight: Pair, count: int, name: str) -> Self:
        if self.pair is not None and self.weight is not None:
            if p.peak.shape != self.pair.peak.shape:
                raise ValueError(
                    f"{name} must fit sums of shape {self.pair.peak.shape}, got {p.peak.shape}"
                )
            p, weight = pair.merge(self.pair, p), pair.merge(self.weight, weight)
        self.pair, self.weight = p, weight
        self.count += count
        return self

    @quietly
    def merge(self, other: LogSumExp) -> Self:
        """Take in everything that another accumulator has seen; `other` stays as it is.

        Parameters
        ----------
        other : LogSumExp
            With sums of the same shape; an empty one changes nothing.

        Returns
        -------
        LogSumExp
            The accumulator itself.

        Raises
        ------
        TypeError
            If `other` is something else.
        ValueError
            If the shapes differ.
        """
        if not isinstance(other, LogSumExp):
            raise TypeError(f"other must be a LogSumExp, got {type(other).__name__}")
        if other.pair is None or other.weight is None:
            return self
        return self._absorb(other.pair, other.weight, other.count, "other")

    @property
    @quietly
    def value(self) -> Any:
        """The log of the sum so far; -inf before the first piece."""
        return np.float64(-np.inf) if self.pair is None else pair.log(self.pair)[()]

    @property
    @quietly
    def mean(self) -> Any:
        """The log of the mean so far; nan for the mean of nothing."""
        if self.pair is None or self.weight is None:
            return np.float64(np.nan)
        (peak, rest), (weight_peak, weight_rest) = self.pair, self.weight
        mean = (peak - weight_peak) + np.log((1.0 + rest) / (1.0 + weight_rest))
        usual = np.where(np.isfinite(peak), mean, peak)
        return np.where(np.isfinite(weight_peak), usual, np.nan)[()]

    def to_json(self) -> str:
        """Return the exact state as JSON, floats as hexadecimal strings.

        Examples
        --------
        >>> LogSumExp(axis=0).to_json()
        '{"axis": 0, "count": 0}'
        >>> total = LogSumExp().update([1.0, 2.0])
        >>> bool(LogSumExp.from_json(total.to_json()).value == total.value)
        True
        """
        state: dict[str, Any] = {"axis": self.axis, "count": self.count}
        if self.pair is not None and self.weight is not None:
            state["shape"] = self.pair.peak.shape
            for name, part in zip(STATE, (*self.pair, *self.weight), strict=True):
                state[name] = [float(v).hex() for v in np.ravel(part)]
        return json.dumps(state)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the accumulator whose `to_json` gave `text`.

        Raises
        ------
        ValueError
            If `text` is anything else; the message says what is wrong.
        """
        try:
            state = json.loads(text)
            axis, count = state["axis"], state["count"]
            self = cls(tuple(axis) if isinstance(axis, list) else axis)
            if not isinstance(count, int) or isinstance(count, bool) or count < 0:
                raise ValueError(f"count must be an integer from 0 on, got {count!r}")
            self.count = count
            if "shape" in state:
                peak, rest, weight_peak, weight_rest = (
                    np.reshape([float.fromhex(v) for v in state[name]], state["shape"])
                    for name in STATE
                )
                self.pair, self.weight = Pair(peak, rest), Pair(weight_peak, weight_rest)
        except KeyError as error:
            raise ValueError(f"text must have the key {error}, as to_json gives it") from None
        except (TypeError, ValueError) as error:
            raise ValueError(f"text must be what to_json gives: {error}") from None
        return self
