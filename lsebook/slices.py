"""The sum of exponentials of every slice of an array: unshifted, as a pair, or in double-double.

Most numbers need no shift: where the sum of their unshifted exponentials stays well inside the
range of its dtype, and its logarithm away from 0, that logarithm is as good as any. The other
slices go through `pair`, and of these the ones that cancel through `doubledouble`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np

from lsebook import doubledouble, pair
from lsebook.arguments import Array, DType, is_narrow
from lsebook.blocks import Box, Walk
from lsebook.pair import Pair

T = TypeVar("T")

#: What blocks give is combined in groups of this many: few calls, and roundings grow as a
#: logarithm.
FAN_IN = 16
#: Elements in a block, where it is a view of the array, where it is a copy, and where there are
#: weights too. All that a call holds must fit in 1 MiB, and what a block needs in a cache.
BLOCKS = (32768, 16384, 8192)
#: Elements in a block of double-double arithmetic, which holds some thirty arrays of that size.
FINE_BLOCK = 2048


class Slices:
    """One call's arrays: the values, where results go, the weights, and what is included.

    Boxes are those of `walk`, and results are flat over the slices of a box. `part` picks the
    weights of one sign, +1 or -1, made positive; 0 takes all of them.
    """

    def __init__(
        self,
        x: Array,
        b: Array | None,
        include: Array | None,
        axes: tuple[int, ...],
        work: DType,
        *,
        output: Array | None = None,
        part: int = 0,
    ) -> None:
        self.axes, self.part = axes, part
        named = {"x": x, "output": output, "b": b, "include": include}
        self.arrays = {name: a for name, a in named.items() if a is not None}
        self.index = {name: i for i, name in enumerate(self.arrays)}
        arrays = list(self.arrays.values())
        clean = b is None and include is None
        # Narrow exponents are read as they are: float32 has the faster exp.
        self.read = np.dtype(np.float32) if clean and is_narrow(x.dtype) else work
        view, copy, several = BLOCKS
        self.walk = Walk(arrays, axes, view if clean else several)
        direct = clean and self.walk.lies_right(self.read)
        if clean and not direct:
            self.walk = Walk(arrays, axes, copy)
        self.axis = self.walk.axis
        self.length = math.prod(x.shape[i] for i in axes)
        #: Whether to try without a shift, or without care; failure of most slices ends it.
        self.short_cuts = b is None
        size = math.prod(self.walk.box)
        self.scratch = np.empty(size, work)
        self.buffer = np.empty(0 if direct else size, self.read)
        #: The last box, and its block: what is read twice in a row is copied once.
        self.held: tuple[Box, Array] | None = None

    def block(self, box: Box) -> Array:
        """Return a block of exponents, -inf for what is left out."""
        return self.weighted_block(box)[0]

    def weighted_block(self, box: Box) -> tuple[Array, Array | None]:
        """Return a block of exponents and the factors of their terms, None for ones."""
        if "b" not in self.index and "include" not in self.index:
            if self.held is None or self.held[0] != box:
                self.held = box, self.walk.block(0, box, self.buffer)
            return self.held[1], None
        x = self.walk.block(0, box, self.buffer)
        factor = None
        if "b" in self.index:
            b = self._of_part(self.walk.block(self.index["b"], box, self.scratch))
            out, factor = pair.weighted(x, b)
        else:
            out = self.buffer[: x.size].reshape(x.shape)
            np.copyto(out, x)
        if "include" in self.index:
            included = self.walk.block(self.index["include"], box, np.empty(x.size, bool))
            np.copyto(out, -np.inf, where=~included)
            if factor is not None:
                np.copyto(factor, 1.0, where=~included)
        return out, factor

    def _of_part(self, b: Array) -> Array:
        return np.maximum(b * self.part, 0.0) if self.part else b

    def scratch_for(self, x: Array) -> Array:
        """Return a buffer of the shape of a block."""
        return self.scratch[: x.size].reshape(x.shape)

    def target(self, box: Box, dtype: DType) -> Array:
        """Return a matrix for the results of a block, to be handed to `put`."""
        return self.walk.target(1, box, self.scratch.view(dtype))

    def beside(self, values: Array) -> Array:
        """Return one value a slice in the shape that broadcasts with a block."""
        return values[:, None] if self.axis == 1 else values

    def put(self, box: Box, matrix: Array, left_out: float) -> None:
        """Store the results of a block, and `left_out` for what is not included."""
        self.walk.put(1, box, matrix)
        if "include" in self.index:
            np.copyto(
                self.walk.arrays[1][box],
                left_out,
                where=~self.walk.arrays[self.index["include"]][box],
                casting="same_kind",
            )

    def exp_sums(self, kept: Box) -> Array | None:
        """Return the sums of unshifted exponentials, or None where the first block of all slices
        vanished or overflowed."""
        boxes = self.walk.reduced_boxes()

        def of_block(reduced: Box) -> Array:
            x = self.block(kept + reduced)
            return pair.exp_sums(x, self.axis, self.scratch_for(x))

        first = of_block(next(boxes))
        if not (first.max() > 0.0 and first.min() < np.inf):
            return None
        return in_groups(itertools.chain([first], map(of_block, boxes)), pair.fold_all)

    def pair(self, kept: Box, careful: Callable[[Array, Array], Array] | None) -> Pair:
        """Return the pairs of the slices in a box of the kept axes."""

        def of_block(reduced: Box) -> Pair:
            x, factor = self.weighted_block(kept + reduced)
            return pair.from_values(x, self.axis, self.scratch_for(x), careful, factor)

        return in_groups(map(of_block, self.walk.reduced_boxes()), pair.merge_list)

    def gather(self, which: Array) -> Slices:
        """Return some slices, by number, as ones of their own that take no short cut.

        One slice is a view, however long it is; `scatter` brings back the output of more.
        """
        at = self._at(which)
        named = {
            name: a[at].reshape(len(which), *self.walk.shape[self.walk.kept_ndim :])
            for name, a in zip(self.arrays, self.walk.arrays, strict=True)
        }
        x = named["x"]
        few = Slices(
            x,
            None,
            named.get("include"),
            tuple(range(1, x.ndim)),
            self.scratch.dtype,
            output=named.get("output"),
        )
        few.short_cuts = False
        return few

    def scatter(self, which: Array, few: Slices) -> None:
        """Store the output of slices that `gather` gave."""
        if len(which) > 1:
            out = self.walk.arrays[1]
            out[self._at(which)] = few.arrays["output"].reshape(
                len(which), *out.shape[self.walk.kept_ndim :]
            )

    def _at(self, which: Array) -> Any:
        at = np.unravel_index(which, self.walk.shape[: self.walk.kept_ndim])
        return tuple(slice(i[0], i[0] + 1) for i in at) if len(which) == 1 else at

    def groups(self, which: Array) -> Iterator[Array]:
        """Iterate over so few of the slices at a time that `gather` holds few of them."""
        size = max(1, BLOCKS[-1] // self.length)
        return (which[i : i + size] for i in range(0, len(which), size))

    def refine(self, which: Array, reference: Array, count: Array) -> tuple[Array, Array]:
        """Return log|sum / count| and the sign of some slices, by double-double arithmetic.

        `which` are flat indices of slices; `reference`, near the largest exponent, and `count`
        have one value for each of them.
        """
        arrays = [a for name, a in self.arrays.items() if name != "output"]
        fine = Walk(arrays, self.axes, FINE_BLOCK)
        boxes = list(fine.reduced_boxes())
        group = max(1, FINE_BLOCK // math.prod(fine.box[fine.kept_ndim :]))
        where = np.unravel_index(which, fine.shape[: fine.kept_ndim])
        high, low, ones = (np.zeros(len(which)) for _ in range(3))
        for start in range(0, len(which), group):
            part = slice(start, start + group)
            at = tuple(w[part] for w in where)
            base = reference[part]
            for box in boxes:
                read = [a[at + box].reshape(len(base), -1).T for a in fine.arrays]
                x, b = read[0].astype(np.float64, order="C"), None
                if "b" in self.index:
                    b = self._of_part(read[1].astype(np.float64, order="C"))
                    x[b == 0.0] = -np.inf
                if "include" in self.index:
                    x[~read[-1]] = -np.inf
                    if b is not None:
                        b[~read[-1]] = 0.0
                more, one = doubledouble.sum_of_exp(x, b, base)
                high[part], low[part] = doubledouble.add((high[part], low[part]), more)
                ones[part] += one
        value, sign = np.empty(len(which)), np.empty(len(which))
        # A logarithm needs more arrays than a term of a sum.
        for start in range(0, len(which), FINE_BLOCK // 2):
            part = slice(start, start + FINE_BLOCK // 2)
            value[part], sign[part] = doubledouble.log_of_sum(
                reference[part], (high[part], low[part]), ones[part], count[part]
            )
        return value, sign


def in_groups(parts: Iterator[T], combine: Callable[[list[T]], T]) -> T:
    """Combine any number of parts, a group at a time, holding few of them at once."""
    levels: list[list[T]] = [[]]
    for part in parts:
        level = 0
        levels[0].append(part)
        while len(levels[level]) == FAN_IN:
            combined = combine(levels[level])
            levels[level] = []
            level += 1
            if level == len(levels):
                levels.append([])
            levels[level].append(combined)
    left = list(itertools.chain.from_iterable(reversed(levels)))
    return left[0] if len(left) == 1 else combine(left)


def least_sum(dtype: DType) -> float:
    """Return how large a sum of exponentials must be for terms that underflow not to matter."""
    return math.exp(-40.0 if dtype == np.float32 else -600.0)


def low_rest(n: int) -> float:
    """Return the rest below which rounding errors of x - peak show in log1p(rest) of n terms."""
    return 0.25 * math.sqrt(n)


def rounding_shows(peak: Array, rest: Array) -> Array:
    """Say where the loss of small terms, beside the peak's own 1, may show in the logarithm."""
    return (rest < 0.5) & (np.abs(peak) < 1.0)


def _doubt(p: Pair, count: Array, length: int, weighted: bool) -> Array:
    """Return how small a logarithm must be for the rounding errors of its parts to show.

    log1p(rest) has the rounding errors of exp, of the sum, and of x - peak, of which terms that
    matter are at most log(length / rest) away. With weights, 1 + rest has an error of its own.
    """
    if weighted:
        return 0.5 * np.maximum(np.maximum(1.0, np.abs(p.peak)), np.log(np.abs(count)))
    return np.log1p(p.rest) * (1.0 + 0.25 * np.log(length / p.rest)) + np.log(count)


def log_sums(slices: Slices, result: DType, count: Array | None = None) -> Array:
    """Return log(sum / count) for weights that are not negative; `count` None stands for 1."""
    x, walk = slices.arrays["x"], slices.walk
    out = np.empty([n for i, n in enumerate(x.shape) if i not in slices.axes], result)
    shape = walk.shape[: walk.kept_ndim]
    flat = out.reshape(shape)
    counts = np.broadcast_to(1.0 if count is None else count, out.shape).reshape(shape)
    again: list[Array] = []

    def shift() -> None:
        """Fill in the logarithms of slices that need a shift, gathered from all over the array."""
        for some in slices.groups(np.concatenate(again)):
            out.reshape(-1)[some] = log_sums(slices.gather(some), result, counts.reshape(-1)[some])
        again.clear()

    later: list[tuple[Array, Array, Array]] = []

    def refine() -> None:
        """Fill in the logarithms of slices that cancel."""
        which, peak, n = map(np.concatenate, zip(*later, strict=True))
        out.reshape(-1)[which] = slices.refine(which, peak, n)[0]
        later.clear()

    for kept in walk.kept_boxes():
        n = np.float64(1.0) if count is None else counts[kept].reshape(-1)
        value, which = _unshifted_logs(slices, kept, n, result)
        if value is None:
            n = np.broadcast_to(n, which.shape)
            value, peak, doubtful = _shifted_logs(slices, kept, n, result)
            if doubtful.any():
                later.append((walk.numbers(kept, which[doubtful]), peak[doubtful], n[doubtful]))
                if sum(len(which) for which, _, _ in later) > FINE_BLOCK:
                    refine()
        elif len(which):
            again.append(walk.numbers(kept, which))
            if sum(map(len, again)) > FINE_BLOCK:
                shift()
        target = flat[kept]
        target[...] = value.reshape(target.shape)
    if later:
        refine()
    if again:
        shift()
    return out


def _unshifted_logs(
    slices: Slices, kept: Box, count: Any, result: DType
) -> tuple[Array | None, Array]:
    """Return the logarithms of unshifted sums, and which of them need a shift after all.

    None, and all of them, where most do.
    """
    everything = np.arange(math.prod(s.stop - s.start for s in kept))
    total = slices.exp_sums(kept) if slices.short_cuts else None
    if total is None:
        slices.short_cuts = False
        return None, everything
    value = np.log(total / count)
    least = least_log(slices.read, result, slices.axis)
    if value.min() >= least and value.max() < np.inf:
        return value, everything[:0]
    good = np.abs(value) >= least
    good &= (total >= least_sum(slices.read)) & (total < np.inf)
    which = np.flatnonzero(~good)
    if 2 * len(which) > len(value):
        slices.short_cuts = False
        return None, everything
    return value, which


def least_log(read: DType, result: DType, axis: int) -> float:
    """Return how large a logarithm must be for the rounding errors of the sum not to show.

    The relative error of the sum is that of exp in `read`, up to 3.5 units of 2**-24 for NumPy's
    float32 and 1 of 2**-53 for float64, and that of adding up in float64, which columns do in
    fewer steps.
    """
    if read != result:
        return 2.0**-10
    return 1.0 if axis == 0 and read != np.float32 else 2.0


def _shifted_logs(
    slices: Slices, kept: Box, count: Array, result: DType
) -> tuple[Array, Array, Array]:
    """Return the logarithms of the slices by their pairs, the peaks, and which are in doubt."""
    weighted = "b" in slices.arrays
    work = slices.scratch.dtype
    # In rows the sum leaves the peak's own term out, and nothing is lost.
    careful = rounding_shows if slices.axis == 0 and not weighted else None
    p = slices.pair(kept, careful)
    value = pair.log(p) - np.log(count.astype(work))
    if work != np.float64 or (slices.length == 1 and not weighted):
        return value, p.peak, np.zeros(value.shape, bool)
    # Of a narrower result, only cancellation of most of the bits would show.
    scale = 1.0 if result == work else 2.0**-20
    doubtful = np.abs(value) < scale * _doubt(p, count, slices.length, weighted)
    # Where neither the peak nor the count takes away from log1p(rest), nothing cancels.
    doubtful &= (value < 0.5) | (p.peak < -2.0 * value) | (count != 1.0)
    return value, p.peak, doubtful
