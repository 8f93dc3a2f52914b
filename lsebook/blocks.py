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

#: Elements in a block: 128 KiB of float64, so that a few such buffers stay in the second-level cache.
BLOCK = 16384
#: From this length on, a ufunc's inner loop is worth its start.
LONG = 128


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

    def __init__(self, arrays: Sequence[Array], axes: tuple[int, ...], size: int = BLOCK) -> None:
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
        self.box = _box_shape(self.shape, self.arrays[0].strides, self.kept_ndim, size)

    def kept_boxes(self) -> Iterator[Box]:
        """Iterate over the boxes of the kept axes."""
        return _boxes(self.shape[: self.kept_ndim], self.box[: self.kept_ndim])

    def reduced_boxes(self) -> Iterator[Box]:
        """Iterate over the boxes of the reduced axes."""
        return _boxes(self.shape[self.kept_ndim :], self.box[self.kept_ndim :])

    def block(
        self, which: int, box: Box, buffer: Array, along_rows: bool | None = None
    ) -> tuple[Array, int]:
        """Return a piece as a matrix fit for ufuncs, and the axis of the matrix to reduce.

        The matrix is a view where its memory already runs the right way, else it is copied (and
        converted) into `buffer`: slices shorter than `LONG` side by side, in columns.
        """
        piece = self.arrays[which][box]
        kept, reduced = piece.shape[: self.kept_ndim], piece.shape[self.kept_ndim :]
        rows, columns = prod(kept), prod(reduced)
        if along_rows is None:
            along_rows = columns >= min(rows, LONG)
        if len(kept) <= 1 and len(reduced) <= 1 and piece.dtype == buffer.dtype:
            matrix = piece.reshape(rows, columns)
            if matrix.strides[1] == matrix.itemsize and along_rows:
                return matrix, 1
            if matrix.strides[0] == matrix.itemsize and rows >= LONG:
                return matrix.T, 0
        if along_rows:
            np.copyto(buffer[: piece.size].reshape(piece.shape), piece, casting="same_kind")
            return buffer[: piece.size].reshape(rows, columns), 1
        order = [*range(len(kept), piece.ndim), *range(len(kept))]
        np.copyto(
            buffer[: piece.size].reshape(reduced + kept),
            piece.transpose(order),
            casting="same_kind",
        )
        return buffer[: piece.size].reshape(columns, rows), 0


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
        pieces = -(-shape[axis] // max(1, min(most, room)))
        box[axis] = max(1, -(-shape[axis] // max(1, pieces)))

    if inward:
        grow(inward[0], LONG if inward[0] < kept_ndim else size)
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
