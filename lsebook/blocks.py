"""Arrays of any shape, along any axes, as matrices of cache size; knows nothing of exponentials."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from math import prod
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

Array = npt.NDArray[Any]
DType = np.dtype[Any]
Box = tuple[slice, ...]
T = TypeVar("T")

#: A ufunc's inner loop is worth its start from so many elements on: shorter slices are reduced down
#: columns, if there are enough of them.
LONG = 64
#: What is held for each slice must stay small, however short the slices are.
SLICES = 8192
#: Columns are read in runs of at least so many: shorter ones jump from page to page of memory.
RUN = 1024


class Blocks:
    """Pieces of arrays of one shape, for a reduction over `axes`.

    Axes are sorted into kept and reduced ones, and neighbours that are evenly spaced in memory are
    joined, so that most arrays become matrices. A *box* is a tuple of slices; a box of the kept
    axes together with one of the reduced axes cuts out a piece that fits in the cache.

    Parameters
    ----------
    arrays : sequence of ndarray
        Arrays of one shape; the memory layout of the first decides the shape of the boxes.
    axes : tuple of int
        The reduced axes, normalised.
    dtype : dtype
        What the blocks are computed in.
    size : int
        About how many elements a block has.
    most : int
        How many slices it has at most.
    """

    def __init__(
        self,
        arrays: Sequence[Array],
        axes: tuple[int, ...],
        dtype: DType,
        size: int,
        most: int = SLICES,
    ) -> None:
        first = arrays[0]
        kept = [i for i in range(first.ndim) if i not in axes]
        # The order of a sum is free: larger strides first, for the joins and for the caches.
        reduced = sorted(axes, key=lambda i: -abs(first.strides[i]))
        kept_shape, kept_strides = _join(arrays, kept)
        reduced_shape, reduced_strides = _join(arrays, reduced)
        self.kept_shape, self.dtype = kept_shape, dtype
        self._shape = kept_shape + reduced_shape
        self._arrays = [
            as_strided(a, self._shape, k + r)
            for a, k, r in zip(arrays, kept_strides, reduced_strides, strict=True)
        ]
        strides = self._arrays[0].strides
        self._box = _box_shape(self._shape, strides, len(kept_shape), size, most)
        slices, length = prod(self._box[: len(kept_shape)]), prod(self._box[len(kept_shape) :])
        self.size = slices * length
        kept_is_contiguous = np.argmin(np.abs(strides)) < len(kept_shape)
        across = kept_is_contiguous and slices >= LONG
        #: The axis of every matrix that is to be reduced: 1 for slices in rows, 0 in columns. Rows,
        #: unless slices are short and many, or memory runs across them.
        self.axis = 1 if length >= min(slices, LONG) and not across else 0

    def matrices(self) -> list[Array] | None:
        """Return views of the arrays, kept axis by reduced axis; None if there are more axes."""
        return self._arrays if len(self._shape) == 2 else None

    def kept_boxes(self) -> Iterator[Box]:
        """Iterate over the boxes of the kept axes."""
        n = len(self.kept_shape)
        return _boxes(self._shape[:n], self._box[:n])

    def boxes(self, kept: Box) -> list[Box]:
        """Return the boxes whose slices are those of a box of the kept axes."""
        n = len(self.kept_shape)
        return [kept + reduced for reduced in _boxes(self._shape[n:], self._box[n:])]

    def buffer(self, dtype: DType | None = None) -> Array:
        """Return room for one block."""
        return np.empty(self.size, dtype or self.dtype)

    def shaped(self, box: Box, buffer: Array) -> Array:
        """Return the part of a buffer that has the shape of a box's matrix.

        Memory runs along its rows, and `axis` is to be reduced: short slices stand side by side,
        in columns.
        """
        lengths = [s.stop - s.start for s in box]
        kept, size = prod(lengths[: len(self.kept_shape)]), prod(lengths)
        return buffer[:size].reshape((kept, -1) if self.axis == 1 else (-1, kept))

    def target(self, which: int, box: Box, buffer: Array) -> Array:
        """Return a matrix for the values of a box: a view of them, or a part of `buffer`."""
        piece = self._arrays[which][box]
        if piece.ndim == 2 and piece.dtype == buffer.dtype:
            matrix = piece if self.axis == 1 else piece.T
            if matrix.strides[1] == matrix.itemsize:
                return matrix
        return self.shaped(box, buffer)

    def read(self, which: int, box: Box, buffer: Array) -> Array:
        """Return the values of a box as a matrix, a view of them or a copy in `buffer`."""
        matrix = self.target(which, box, buffer)
        if np.may_share_memory(matrix, buffer):
            piece = self._like_the_matrix(self._arrays[which][box])
            np.copyto(matrix.reshape(piece.shape), piece, casting="unsafe")
        return matrix

    def put(self, which: int, box: Box, matrix: Array) -> None:
        """Write a matrix into its box, if it is not a view of it."""
        if not np.may_share_memory(matrix, self._arrays[which]):
            piece = self._like_the_matrix(self._arrays[which][box])
            np.copyto(piece, matrix.reshape(piece.shape), casting="same_kind")

    def _like_the_matrix(self, piece: Array) -> Array:
        """Return a view of a piece with its axes in the order of the matrix's."""
        n = len(self.kept_shape)
        kept, reduced = range(n), range(n, piece.ndim)
        return piece if self.axis == 1 else piece.transpose([*reduced, *kept])


def in_tree(boxes: list[Box], of_box: Callable[[Box], T], merge: Callable[[T, T], T]) -> T:
    """Return the results of boxes merged in a tree, which rounding errors pass in few steps."""
    if len(boxes) == 1:
        return of_box(boxes[0])
    half = len(boxes) // 2
    first, second = (in_tree(part, of_box, merge) for part in (boxes[:half], boxes[half:]))
    return merge(first, second)


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
    shape: tuple[int, ...], strides: tuple[int, ...], kept_ndim: int, size: int, slices: int
) -> tuple[int, ...]:
    """Choose the extents of a box: contiguous runs first, then reduced axes, then kept ones."""
    inward = sorted(range(len(shape)), key=lambda i: abs(strides[i]))
    reduced_first = sorted(inward, key=lambda i: i < kept_ndim)
    box = [1] * len(shape)

    def grow(axis: int, most: int) -> None:
        room = size // (prod(box) // box[axis])
        if axis < kept_ndim:
            room = min(room, slices // (prod(box[:kept_ndim]) // box[axis]))
        pieces = -(-shape[axis] // max(1, min(most, room)))
        box[axis] = max(1, -(-shape[axis] // max(1, pieces)))

    # Whole slices if they fit beside each other in runs.
    run = max(RUN, size // max(1, prod(shape[kept_ndim:])))
    grow(inward[0], run if inward[0] < kept_ndim else size)
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
