"""`LogSumExp`, an accumulator: the pair of everything seen so far."""

from __future__ import annotations

import json
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from lsebook import pair
from lsebook.pair import Pair
from lsebook.reductions import _Reduction, float_dtype, normalised_axes, quietly, real_array


class LogSumExp:
    """Accumulate log(sum(exp(x))) over data that arrive in pieces.

    Examples
    --------
    >>> from lsebook import LogSumExp
    >>> total = LogSumExp().update([1000.0]).update([1000.0])
    >>> float(total.value), total.count
    (1000.6931471805599, 2)
    """

    def __init__(self, axis: int | None = None) -> None:
        self.axis = axis
        self._pair: Pair | None = None
        self.count = 0

    @quietly
    def update(self, values: npt.ArrayLike) -> Self:
        """Take in more values."""
        x, mask = real_array(values, "values")
        _, work = float_dtype(x)
        axes = normalised_axes(self.axis, x.ndim)
        shape = tuple(n for i, n in enumerate(x.shape) if i not in axes)
        p = pair.empty(shape, np.float64)
        if x.size:
            job = _Reduction(x, None, mask, axes, np.dtype(np.float64))
            parts = [pair.settled(job.pair(kept, lambda _, rest: rest < 0.5)) for kept in job.walk.kept_boxes()]
            p = Pair(*(np.concatenate(part).reshape(shape) for part in zip(*parts, strict=True)))
        other = type(self)(self.axis)
        other._pair = p
        other.count = x.size // max(1, int(np.prod(shape)))
        return self._absorb(other)

    def _absorb(self, other: LogSumExp) -> Self:
        if other._pair is not None:
            self._pair = other._pair if self._pair is None else pair.merge(self._pair, other._pair)
        self.count += other.count
        return self

    @quietly
    def merge(self, other: LogSumExp) -> Self:
        """Take in everything that another accumulator has seen."""
        return self._absorb(other)

    @property
    def value(self) -> Any:
        """The log of the sum so far."""
        if self._pair is None:
            return np.float64(-np.inf)
        with np.errstate(all="ignore"):
            return pair.log(self._pair)[()]

    @property
    def mean(self) -> Any:
        """The log of the mean so far."""
        if self.count == 0:
            return np.float64(np.nan)
        return self.value - np.log(self.count)

    def to_json(self) -> str:
        """Return the exact state as JSON; floats are hexadecimal strings."""
        state: dict[str, Any] = {"axis": self.axis, "count": self.count}
        if self._pair is not None:
            state["shape"] = list(self._pair.peak.shape)
            for name, part in self._pair._asdict().items():
                state[name] = [float(v).hex() for v in np.ravel(part)]
        return json.dumps(state)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the accumulator that `to_json` described."""
        state = json.loads(text)
        self = cls(state["axis"])
        self.count = state["count"]
        if "shape" in state:
            self._pair = Pair(
                *(
                    np.array([float.fromhex(v) for v in state[name]]).reshape(state["shape"])
                    for name in Pair._fields
                )
            )
        return self
