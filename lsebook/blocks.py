"""Arrays of any shape, along any axes, as matrices of cache size; knows nothing of exponentials."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import chain
from math import prod
from typing import TypeVar

import numpy as np

from lsebook.arguments import Array, DType

Arrays = dict[str, Array]
Ints = tuple[int, ...]
T = TypeVar("T")

#: To start a ufunc's inner loop takes as long as so many elements. Slices that are shorter are
#: reduced down columns, side by side, ...
LONG = 64
#: ... if they are so many that copying them there costs less than the loops that it saves.
MANY = 256
#: What is held for each slice must stay small, however short the slices are.
SLICES = 8192
#: Columns are read in runs of at least so many: shorter ones jump from page to page of memory.
RUN = 1024


class Blocks:
    """How a reduction over `axes` is cut into matrices.

    An array is cut in halves, first along its kept axes into *parts* of whole slices, then a part
    along the reduced axes into *pieces* that fit in the cache. Arrays that belong to each other are
    cut together, by name: "x", whatever has its shape, and what belongs to its slices, with length
    1 along the reduced axes.

    Parameters
    ----------
    shape, strides : tuple of int
        Those of "x", which decide.
    axes : tuple of int
        The reduced axes, normalised.
    size : int
        How many elements a piece has at most.
    most : int
        How many slices it has at most.
    """

    def __init__(self, shape: Ints, strides: Ints, axes: Ints, size: int, most: int) -> None:
        # The order of a sum is free: larger strides first, for views and for the caches. (Along a
        # single reduced axis pieces stay in order, which cumulative sums need.)
        order = sorted(range(len(shape)), key=lambda i: -abs(strides[i]))
        self.kept = [i for i in order if i not in axes]
        self.reduced = [i for i in order if i in axes]
        count, length = _extent(shape, self.kept), _extent(shape, self.reduced)
        innermost = [i for i in order if shape[i] > 1][-1:]
        across = bool(innermost) and innermost[0] in self.kept
        fit = max(RUN if across else 1, size // length)
        slices = min(count, fit, most)
        columns = slices >= LONG if across else slices >= MANY and length < LONG
        self.part_size, self.size = slices * length, size
        #: The axis of every matrix that is to be reduced: 1 for slices in rows, 0 in columns.
        self.axis = 0 if columns else 1
        in_rows = self.axis == 1 and self.kept + self.reduced == [*range(len(shape))]
        one = in_rows and slices == count and count * length <= size
        #: The shape in which a contiguous array is one matrix already, if it is.
        self.shape = (count, length) if one else None

    def parts(self, arrays: Arrays) -> Iterable[Arrays]:
        """Iterate over parts of arrays with few enough slices."""
        return _cut(arrays, self.kept, self.part_size)

    def pieces(self, part: Arrays) -> Iterable[Arrays]:
        """Iterate over pieces of a part that fit in the cache."""
        return _cut(part, self.reduced, self.size)

    def whole(self, a: Array, dtype: DType) -> Array | None:
        """Return an array that is one matrix already, None for any other."""
        if self.shape is None or a.dtype != dtype or not a.flags.c_contiguous:
            return None
        return a.reshape(self.shape)

    def rows(self, a: Array) -> Array:
        """Return an array with a slice in each row: a view of it or, if there is none, a copy."""
        return a.transpose(self.kept + self.reduced).reshape(_extent(a.shape, self.kept), -1)

    def matrix(self, a: Array, dtype: DType) -> Array:
        """Return a piece of an array as a matrix along whose rows memory runs, a view or a copy."""
        matrix = self.rows(a) if self.axis == 1 else self.rows(a).T
        if matrix.dtype == dtype and matrix.strides[1] == matrix.itemsize:
            return matrix
        return np.array(matrix, dtype, order="C")

    def put(self, a: Array, matrix: Array) -> None:
        """Write a matrix, or a number for each slice, into a piece; its view is there already."""
        if not np.may_share_memory(matrix, a):
            turned = a.transpose(self.kept + self.reduced)
            rows = matrix if self.axis == 1 else matrix.T
            np.copyto(turned, rows.reshape(turned.shape), casting="unsafe")


def in_tree(items: Iterable[T], merge: Callable[[T, T], T]) -> T:
    """Return items merged in a tree, which rounding errors pass in few steps.

    As binary numbers count: two results of as many items each merge at once, so few wait.
    """
    waiting: list[tuple[int, T]] = []
    for item in items:
        count = 1
        while waiting and waiting[-1][0] == count:
            item = merge(waiting.pop()[1], item)
            count *= 2
        waiting.append((count, item))
    _, result = waiting.pop()
    while waiting:
        result = merge(waiting.pop()[1], result)
    return result


#: Those of the last shapes are remembered.
_blocks = lru_cache(Blocks)


def blocks_of(x: Array, axes: Ints, size: int, most: int = SLICES) -> Blocks:
    """Return the `Blocks` of an array."""
    return _blocks(x.shape, x.strides, axes, size, most)


def _extent(shape: Ints, axes: Sequence[int]) -> int:
    return prod([shape[i] for i in axes])


def _cut(arrays: Arrays, axes: Sequence[int], size: int) -> Iterable[Arrays]:
    """Cut arrays in halves, along the first of some axes that is left, until "x" has the size."""
    x = arrays["x"]
    if x.size <= size:
        return [arrays]
    axis = next(i for i in axes if x.shape[i] > 1)
    middle, before = x.shape[axis] // 2, [slice(None)] * axis
    halves = (
        {k: a[(*before, side)] if a.shape[axis] > 1 else a for k, a in arrays.items()}
        for side in (slice(middle), slice(middle, None))
    )
    return chain.from_iterable(_cut(half, axes, size) for half in halves)
