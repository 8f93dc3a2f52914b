"""Walk arrays of any shape along any axes in cache-sized pieces; knows nothing of exponentials."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

Array = npt.NDArray[Any]
Box = tuple[slice, ...]

#: From this length on, slices are reduced along rows, below it down columns: a ufunc's inner loop
#: must be worth its start.
LONG = 64
#: What is held for each slice must stay small, however short the slices are.
SLICES = 4096
#: A block of columns reads runs of this length, so that memory is fetched in whole pages.
RUN = 512


class Walk:
    """The pieces of arrays of one shape, for a reduction over `axes`.

    Axes are sorted into kept and reduced ones, and neighbours that are evenly spaced in memory are
    joined, so that most arrays become matrices. A *box* is a tuple of slices; a box of the kept
    axes together with one of the reduced axes cuts out a piece of at most `size` elements.

    Parameters
    ----------
    arrays : sequence of ndarray
        Arrays of one shape; the memory layout of the first decides the shape of the boxes.
    axes : tuple of int
        The reduced axes, normalised.
    size : int
        Most elements in a piece.
    """

    def __init__(self, arrays: Sequence[Array], axes: tuple[int, ...], size: int) -> None:
        first = arrays[0]
        kept = [i for i in range(first.ndim) if i not in axes]
        # The order of a sum is free: larger strides first, for the joins and for the caches.
        reduced = sorted(axes, key=lambda i: -abs(first.strides[i]))
        kept_shape, kept_strides = _join(arrays, kept)
        reduced_shape, reduced_strides = _join(arrays, reduced)
        self.kept_ndim = len(kept_shape)
        self.shape = kept_shape + reduced_shape
        self.arrays = [
            as_strided(a, self.shape, k + r)
            for a, k, r in zip(arrays, kept_strides, reduced_strides, strict=True)
        ]
        strides = self.arrays[0].strides
        self.box = _box_shape(self.shape, strides, self.kept_ndim, size)
        rows, columns = prod(self.box[: self.kept_ndim]), prod(self.box[self.kept_ndim :])
        kept_inside = np.argmin(np.abs(strides)) < self.kept_ndim
        #: The axis of every block that is to be reduced: 1 for slices in rows, 0 in columns.
        self.axis = 1 if columns >= min(rows, LONG) and not (kept_inside and rows >= LONG) else 0
        self._order = self._matrix_order()

    def kept_boxes(self) -> Iterator[Box]:
        """Iterate over the boxes of the kept axes."""
        return _boxes(self.shape[: self.kept_ndim], self.box[: self.kept_ndim])

    def reduced_boxes(self) -> Iterator[Box]:
        """Iterate over the boxes of the reduced axes."""
        return _boxes(self.shape[self.kept_ndim :], self.box[self.kept_ndim :])

    def numbers(self, kept: Box, which: Array) -> Array:
        """Return the flat indices, over the kept axes, of some slices of a box."""
        at = np.unravel_index(which, [s.stop - s.start for s in kept])
        at = tuple(i + s.start for i, s in zip(at, kept, strict=True))
        return np.ravel_multi_index(at, self.shape[: self.kept_ndim])

    def lies_right(self, dtype: np.dtype[Any], which: int = 0) -> bool:
        """Say whether the blocks of an array are views, so that no buffer is needed."""
        first = tuple(slice(0, n) for n in self.box)
        return self._view(which, first, dtype) is not None

    def _view(self, which: int, box: Box, dtype: np.dtype[Any]) -> Array | None:
        """Return a piece as a matrix along whose rows memory runs, if it lies that way."""
        piece = self.arrays[which][box]
        if piece.ndim == 2 and piece.dtype == dtype:
            matrix = piece if self.axis == 1 else piece.T
            if matrix.strides[1] == matrix.itemsize:
                return matrix
        return None

    def target(self, which: int, box: Box, buffer: Array) -> Array:
        """Return a matrix for the values of a piece: a view of it, or a part of `buffer`."""
        matrix = self._view(which, box, buffer.dtype)
        if matrix is not None:
            return matrix
        piece = self.arrays[which][box]
        kept = prod(piece.shape[: self.kept_ndim])
        matrix = buffer[: piece.size]
        return matrix.reshape((kept, -1) if self.axis == 1 else (-1, kept))

    def block(self, which: int, box: Box, buffer: Array) -> Array:
        """Return a piece as a matrix along whose rows memory runs; `axis` is to be reduced.

        The matrix is a view if memory already runs that way and the dtype is that of `buffer`,
        else a copy in `buffer`: short slices go side by side, in columns.
        """
        matrix = self._view(which, box, buffer.dtype)
        if matrix is None:
            matrix = self.target(which, box, buffer)
            piece = self.arrays[which][box].transpose(self._order)
            np.copyto(matrix.reshape(piece.shape), piece, casting="same_kind")
        return matrix

    def put(self, which: int, box: Box, matrix: Array) -> None:
        """Write a matrix that `target` gave into its piece, if it is not a view of it."""
        if self._view(which, box, matrix.dtype) is None:
            piece = self.arrays[which][box].transpose(self._order)
            np.copyto(piece, matrix.reshape(piece.shape), casting="same_kind")

    def _matrix_order(self) -> list[int]:
        kept, reduced = range(self.kept_ndim), range(self.kept_ndim, len(self.shape))
        return [*kept, *reduced] if self.axis == 1 else [*reduced, *kept]


def _join(
    arrays: Sequence[Array], axes: Sequence[int]
) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
    """Join neighbours in `axes` that are evenly spaced in every array: shape, strides of each."""
    shape: list[int] = []
    strides: list[list[int]] = [[] for _ in arrays]
    for axis in axes:
        length = arrays[0].shape[axis]
        steps = [a.strides[axis] for a in arrays]
        if length == 1 and shape:
            continue
        if shape and (
            shape[-1] == 1
            or all(s[-1] == step * length for s, step in zip(strides, steps, strict=True))
        ):
            shape[-1] *= length
            for s, step in zip(strides, steps, strict=True):
                s[-1] = step
            continue
        shape.append(length)
        for s, step in zip(strides, steps, strict=True):
            s.append(step)
    if not shape:
        return (1,), [(0,) for _ in arrays]
    return tuple(shape), [tuple(s) for s in strides]


def _box_shape(
    shape: tuple[int, ...], strides: tuple[int, ...], kept_ndim: int, size: int
) -> tuple[int, ...]:
    """Choose the extents of a box: contiguous runs first, then reduced axes, then kept ones."""
    inward = sorted(range(len(shape)), key=lambda i: abs(strides[i]))
    reduced_first = sorted(inward, key=lambda i: i < kept_ndim)
    box = [1] * len(shape)

    def grow(axis: int, most: int) -> None:
        room = size // (prod(box) // box[axis])
        if axis < kept_ndim:
            room = min(room, SLICES // (prod(box[:kept_ndim]) // box[axis]))
        pieces = -(-shape[axis] // max(1, min(most, room)))
        box[axis] = max(1, -(-shape[axis] // max(1, pieces)))

    grow(inward[0], RUN if inward[0] < kept_ndim else size)
    for axis in reduced_first:
        grow(axis, size)
    return tuple(box)


def _boxes(shape: tuple[int, ...], box: tuple[int, ...]) -> Iterator[Box]:
    return itertools.product(
        *(
            [slice(i, min(i + step, n)) for i in range(0, n, step)]
            for n, step in zip(shape, box, strict=True)
        )
    )
