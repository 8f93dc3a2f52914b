"""`LogSumExp`, an accumulator: the pair of everything seen so far."""

from __future__ import annotations

import json
from math import prod
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from lsebook import pair
from lsebook.arguments import Axis, normalised_axes, quietly, real_array
from lsebook.pair import Pair
from lsebook.slices import Slices


class LogSumExp:
    """Accumulate the log of a sum of exponentials over data that arrive in pieces.

    Accumulators merge: in any order and any grouping they give the same count, the same peak and,
    to the last few ulp, the same value. The state is the `pair` in float64, and the `count`.

    Parameters
    ----------
    axis : int, tuple of int or None
        The axes of every piece that are summed up; None sums up everything into one number.

    Attributes
    ----------
    axis : int, tuple of int or None
    pair : lsebook.pair.Pair or None
        Peak and rest of everything seen, None before the first piece.
    count : int
        How many numbers each sum has taken in.

    Notes
    -----
    The error of `value` is a few ulp of the peak, or of 1, whatever the count; where peak and
    log1p(rest) cancel, `lsebook.logsumexp` over all the data is more accurate.

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
    """

    def __init__(self, axis: Axis = None) -> None:
        self.axis = axis
        self.pair: Pair | None = None
        self.count = 0

    def __repr__(self) -> str:
        return f"LogSumExp(axis={self.axis!r}, count={self.count}, value={self.value!s})"

    @quietly
    def update(self, values: npt.ArrayLike) -> Self:
        """Take in more values.

        Parameters
        ----------
        values : array_like
            Real numbers. With an `axis`, what is left without it has the same shape every time.

        Returns
        -------
        LogSumExp
            The accumulator itself.

        Raises
        ------
        TypeError
            If `values` is masked, or does not hold real numbers.
        ValueError
            If the shape does not fit what came before.
        """
        x, mask = real_array(values, "values")
        if mask is not None:
            raise TypeError("values must not be a masked array: give its .compressed() values")
        axes = normalised_axes(self.axis, x.ndim)
        shape = tuple(n for i, n in enumerate(x.shape) if i not in axes)
        p = pair.empty(shape, np.float64)
        if x.size:
            slices = Slices(x, None, None, axes, np.dtype(np.float64))
            views = [part.reshape(slices.walk.shape[: slices.walk.kept_ndim]) for part in p]
            for kept in slices.walk.kept_boxes():
                found = pair.settled(slices.pair(kept, lambda _, rest: rest < 0.5))
                for view, part in zip(views, found, strict=True):
                    view[kept] = part.reshape(view[kept].shape)
        return self._absorb(p, prod(x.shape[i] for i in axes), "values")

    def _absorb(self, p: Pair, count: int, name: str) -> Self:
        if self.pair is not None:
            if p.peak.shape != self.pair.peak.shape:
                raise ValueError(
                    f"{name} must fit sums of shape {self.pair.peak.shape}, got {p.peak.shape}"
                )
            p = pair.merge(self.pair, p)
        self.pair = p
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
        return self if other.pair is None else self._absorb(other.pair, other.count, "other")

    @property
    @quietly
    def value(self) -> Any:
        """The log of the sum so far; -inf before the first piece."""
        return np.float64(-np.inf) if self.pair is None else pair.log(self.pair)[()]

    @property
    @quietly
    def mean(self) -> Any:
        """The log of the mean so far; nan for the mean of nothing."""
        if self.pair is None or self.count == 0:
            return self.value * np.nan
        peak, rest = self.pair
        return np.where(np.isfinite(peak), peak + np.log((1.0 + rest) / self.count), peak)[()]

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
        if self.pair is not None:
            state["shape"] = self.pair.peak.shape
            for name, part in self.pair._asdict().items():
                state[name] = [float(v).hex() for v in np.ravel(part)]
        return json.dumps(state)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the accumulator whose `to_json` gave `text`."""
        state = json.loads(text)
        axis = state["axis"]
        self = cls(tuple(axis) if isinstance(axis, list) else axis)
        self.count = state["count"]
        if "shape" in state:
            self.pair = Pair(
                *(
                    np.reshape([float.fromhex(v) for v in state[name]], state["shape"])
                    for name in Pair._fields
                )
            )
        return self
