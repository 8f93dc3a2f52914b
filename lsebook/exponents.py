"""Exponents, a matrix at a time: weights and exclusions go into them before anybody sees them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lsebook import pair
from lsebook.arguments import Array, DType, float_dtype, is_narrow
from lsebook.blocks import Blocks, Box, in_pairs
from lsebook.pair import Pair

#: Bytes of a block, so that it and its exponentials fit in a level-2 cache, and all that a call
#: allocates beside its result in 1 MiB.
BLOCK_BYTES = 3 * 2**17
#: log 2 in two parts; products of the first with integers below 2**11 are exact.
LN2_HIGH, LN2_LOW = float.fromhex("0x1.62e42fefa38p-1"), float.fromhex("0x1.ef35793c7673p-45")


class Exponents:
    """The exponents of a reduction, a matrix at a time, with weights and exclusions inside them.

    A weight is an exponent: ``b exp(x) = exp(x + log b)``. What is left out, or has the weight 0,
    has the exponent -inf. Whoever reads a matrix sees nothing but exponents.

    Parameters
    ----------
    x : ndarray
    axes : tuple of int
        The reduced axes, normalised.
    dtype : dtype
        What exponentials are taken in. Their sums are added up in float64 at least.
    b, power : ndarray of the shape of `x`, optional
        Weights, as ``b / 2**power``.
    sign : {1, -1}, optional
        Which weights to take, positive or negative ones; their absolute value counts.
    include : ndarray of bool, optional
        What is not left out.
    out : ndarray, optional
        Where a result of the shape of `x` goes.
    """

    def __init__(
        self,
        x: Array,
        axes: tuple[int, ...],
        dtype: DType,
        *,
        b: Array | None = None,
        power: Array | None = None,
        sign: int = 1,
        include: Array | None = None,
        out: Array | None = None,
    ) -> None:
        self.dtype, self.work = dtype, np.result_type(dtype, np.float64)
        self.kept = tuple(n for i, n in enumerate(x.shape) if i not in axes)
        operands = {"x": x, "b": b, "power": power, "include": include, "out": out}
        given = [name for name, array in operands.items() if array is not None]
        # Weights take some arrays of a block more.
        size = BLOCK_BYTES // dtype.itemsize // (1 if b is None else 4)
        self.blocks = Blocks([operands[name] for name in given], axes, dtype, size)  # type: ignore[misc]
        self.which = {name: i for i, name in enumerate(given)}
        self.axis, self.sign = self.blocks.axis, sign
        self._x, self._buffer = x, self.blocks.buffer()

    def read(self, box: Box) -> Array:
        """Return the exponents of a box as a matrix, which may be a view of the input."""
        x = self.blocks.read(self.which["x"], box, self._buffer)
        if "b" in self.which:
            x = self._weighted(x, box)
        if "include" in self.which:
            x = np.where(self._operand("include", box, np.dtype(np.bool_)), x, -np.inf)
        return x

    def _operand(self, name: str, box: Box, dtype: DType) -> Array:
        return self.blocks.read(self.which[name], box, self.blocks.buffer(dtype))

    def _weighted(self, x: Array, box: Box) -> Array:
        """Return ``x + log|b|``, -inf for weights of 0 and of the other sign.

        log b alone would round. A weight m 2**q adds q log 2 first, exactly where it cancels x.
        """
        b = self._operand("b", box, self.work)
        factor, q = np.frexp(np.abs(b))
        if "power" in self.which:
            q = q - self._operand("power", box, np.dtype(np.int64))
        exponent = x + q * LN2_HIGH
        exponent += np.log(factor) + q * LN2_LOW
        exponent[(b == 0.0) | (b * self.sign < 0.0)] = -np.inf
        return exponent

    def pair(self, box: Box) -> Pair:
        """Return the pairs of the slices of a box."""
        x = self.read(box)
        # What is no view of the input may be overwritten; beside a view the buffer is free.
        is_view = np.may_share_memory(x, self._x)
        scratch = self._buffer[: x.size].reshape(x.shape) if is_view else x
        return pair.of_matrix(x, self.axis, scratch, self.work)

    def target(self, box: Box) -> Array:
        """Return a matrix for the result of a box, which `put` must be given."""
        return self.blocks.target(self.which["out"], box, self._buffer)

    def written(self, box: Box) -> Array:
        """Return the result of a box as a matrix, to be changed and put again."""
        return self.blocks.read(self.which["out"], box, self._buffer)

    def put(self, box: Box, matrix: Array) -> None:
        """Write the matrix that `target` or `written` gave into the result."""
        self.blocks.put(self.which["out"], box, matrix)

    def pairs(self) -> Iterator[tuple[Box, Pair]]:
        """Iterate over the boxes of the kept axes and the pairs of their slices."""
        for kept in self.blocks.kept_boxes():
            yield kept, in_pairs(self.blocks.boxes(kept), self.pair, pair.merge)


def exponents_dtype(x: Array, b: Array | None = None) -> DType:
    """Return the dtype that exponentials are taken in."""
    result, work = float_dtype(x) if b is None else float_dtype(x, b)
    return np.dtype(np.float32) if b is None and is_narrow(result) else work


def pairs(x: Array, axes: tuple[int, ...], dtype: DType, **operands: Any) -> Pair:
    """Return the pairs of the slices of an array; `operands` are those of `Exponents`."""
    shape = [n for i, n in enumerate(x.shape) if i not in axes]
    p = pair.empty(shape, np.result_type(dtype, np.float64))
    if x.size == 0:
        return p
    e = Exponents(x, axes, dtype, **operands)
    by_box = [part.reshape(e.blocks.kept_shape) for part in p]
    for kept, found in e.pairs():
        for whole, part in zip(by_box, found, strict=True):
            whole[kept] = part.reshape(whole[kept].shape)
    return p
