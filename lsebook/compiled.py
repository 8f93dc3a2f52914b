"""The pair (peak, rest) in plain loops that Numba compiles; faster than NumPy's passes can be.

Asked for by its import, with the extra ``lsebook[compiled]``; nothing else of the package uses it.
What lives here: the walk that brings an array of any layout to the loops of `lsebook.kernels`. What
these do not take, masked arrays, longdouble and complex numbers, goes to the functions of `lsebook`
of the same name.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

try:
    from lsebook.kernels import LOGS, PAIR, SHARES, VALUE, columns, ready, rows
except ModuleNotFoundError as error:
    raise ImportError(
        "lsebook.compiled needs Numba; install it with: pip install 'lsebook[compiled]'"
    ) from error

import lsebook
from lsebook import pair
from lsebook.arguments import (
    Array,
    Axis,
    checked_out,
    delivered,
    float_dtype,
    is_narrow,
    normalised_axes,
    quietly,
    real_array,
)
from lsebook.blocks import Arrays, Blocks, blocks_of, in_tree
from lsebook.pair import Pair

__all__ = ["log_softmax", "logsumexp", "softmax"]

DTYPES = (np.dtype(np.float64), np.dtype(np.float32))
NOTHING, NO_REST = {t: np.empty((1, 0), t) for t in DTYPES}, np.empty(0)
#: From this length on, rows are worth loops of their own; shorter ones are turned into columns.
ROW = 48
#: Elements of a box, and bytes of one that must be copied.
BOX, COPIED = 2**20, 3 * 2**18


def _run(x: Array, axes: tuple[int, ...], out: Array | None, task: int, threads: int) -> Array:
    """Do a task for every slice of `x` along `axes`; return the values, or `out` filled."""
    dtype, arrays = DTYPES[is_narrow(x.dtype)], {"x": x} if out is None else {"x": x, "out": out}
    blocks = blocks_of(x, axes, BOX, BOX)
    ways = {_memory_runs_along(a, dtype, blocks) for a in arrays.values()}
    if len(ways) > 1 or None in ways:
        blocks = blocks_of(x, axes, COPIED // dtype.itemsize // len(arrays))
    left = [1 if i in axes or out is not None else n for i, n in enumerate(x.shape)]
    value = np.empty(left, dtype)

    def matrix_of(a: Array) -> Array:
        """Return a box with a slice in each row, and memory along rows or columns."""
        found = blocks.rows(a)
        if found.dtype != dtype or found.strides[1] != found.itemsize:
            found = blocks.matrix(a, dtype)
            found = found if blocks.axis == 1 else found.T
        return found

    def work(piece: Arrays, peak: Array, rest: Array, task: int, given: bool) -> None:
        rows_of, goal = matrix_of(piece["x"]), NOTHING[dtype]
        along = rows_of.strides[1] == dtype.itemsize
        if out is not None:
            goal = matrix_of(piece["out"])
            if (goal.strides[1] == dtype.itemsize) != along:
                goal = np.empty_like(rows_of)
        kernel = rows if along and rows_of.shape[1] >= ROW else columns
        ready(kernel, dtype)(rows_of, goal, peak, rest, task, given)
        if task in (SHARES, LOGS):
            blocks.put(piece["out"], goal if blocks.axis == 1 else goal.T)

    def pair_of(piece: Arrays) -> Pair:
        size = math.prod(piece["x"].shape[i] for i in blocks.kept)
        p = Pair(np.empty(size, dtype), np.empty(size))
        work(piece, *p, PAIR, False)
        return p

    @quietly
    def slices(part: Arrays, run: Callable[..., Any]) -> None:
        pieces = list(blocks.pieces(part))
        log = np.empty(part["value"].size if task == VALUE else 0, dtype)
        if len(pieces) == 1:
            work(pieces[0], log, NO_REST, task, False)
        else:
            p = in_tree(run(pair_of, pieces), pair.merge)
            if task == VALUE:
                log = pair.log(p)
            else:
                peak = p.peak.astype(dtype)
                list(run(lambda piece: work(piece, peak, p.rest, task, True), pieces))
        if task == VALUE:
            blocks.put(part["value"], log)

    parts = list(blocks.parts(arrays | {"value": value}))
    with ThreadPoolExecutor(threads) if threads > 1 else nullcontext() as pool:
        run = map if pool is None else partial(_spread, pool, threads)
        if len(parts) >= threads:
            list(run(lambda part: slices(part, map), parts))
        else:
            for part in parts:
                slices(part, run)
    return value if out is None else out


def _memory_runs_along(a: Array, dtype: Any, blocks: Blocks) -> str | None:
    """Say along which axes neighbours in memory lie, None if boxes of the array must be copied."""
    found = None
    for name, axes in (("kept", blocks.kept), ("reduced", blocks.reduced)):
        long = [i for i in axes if a.shape[i] > 1]
        pairs = itertools.pairwise(long)
        if a.dtype != dtype or any(a.strides[i] != a.strides[j] * a.shape[j] for i, j in pairs):
            return None
        if long and a.strides[long[-1]] == a.itemsize:
            found = name
    return found


def _spread(pool: Any, threads: int, function: Callable[..., Any], items: Sequence[Any]) -> Any:
    """Map in as many parts as there are threads: handing out every box would cost more."""
    cuts = [len(items) * k // threads for k in range(threads + 1)]
    parts = [items[a:b] for a, b in itertools.pairwise(cuts)]
    work = quietly(lambda part: [function(item) for item in part])
    return itertools.chain(*pool.map(work, parts))


def _taken(
    a: npt.ArrayLike, name: str, axis: Axis, threads: int
) -> tuple[Array, Any, tuple[int, ...]] | None:
    """Return array, dtype of the result and axes; None for what the loops do not take."""
    if isinstance(threads, bool) or not isinstance(threads, (int, np.integer)) or threads < 1:
        error = ValueError if isinstance(threads, int) and threads is not True else TypeError
        raise error(f"threads must be a positive int, got {threads!r}")
    if np.iscomplexobj(a):
        return None
    x, mask = real_array(a, name)
    x = x if x.flags.aligned else x.copy()
    result, work = float_dtype(x)
    axes = normalised_axes(axis, x.ndim)
    return None if mask is not None or work != np.float64 else (x, result, axes)


def _few_rows(a: Any, axis: Axis) -> Array | None:
    """Return rows that lie in memory as `rows` takes them and are few, None for all the rest."""
    if type(a) is not np.ndarray or a.dtype not in DTYPES or not 0 < a.nbytes <= COPIED:
        return None
    if not (a.flags.c_contiguous and a.flags.aligned):
        return None
    if a.ndim == 1 and (axis is None or (type(axis) is int and -1 <= axis <= 0)):
        return a.reshape(1, -1)
    if a.ndim == 2 and type(axis) is int and axis in (1, -1):
        return a if a.shape[1] >= ROW or a.size <= 1024 else None
    return None


def logsumexp(
    a: npt.ArrayLike,
    axis: Axis = None,
    *,
    keepdims: bool = False,
    out: Array | None = None,
    threads: int = 1,
) -> Any:
    r"""Return the log of the sum of exponentials, :math:`\log \sum_i e^{a_i}`, by compiled loops.

    Parameters
    ----------
    a : array_like
        Exponents, of any shape, layout and real dtype. float16 and bfloat16 are computed in
        float32, integers and bools in float64.
    axis : int, tuple of int or None
        Axes to reduce; None reduces all of them, ``()`` none.
    keepdims : bool
        Keep the reduced axes with length 1.
    out : ndarray, optional
        Where to store the result.
    threads : int
        How many threads may compute. The result does not depend on it.

    Returns
    -------
    ndarray or scalar
        As from `lsebook.logsumexp`, with the same special values and accuracy.

    Raises
    ------
    TypeError, ValueError, numpy.exceptions.AxisError
        As `lsebook.logsumexp` does; also if `threads` is not a positive int.

    Notes
    -----
    The first call for a dtype and a shape compiles for some seconds; the machine code is kept
    beside the package, or in a folder of the user, if one can be written to. Temporary memory is at
    most 1 MiB for each thread; misaligned arrays are copied. Masked arrays, longdouble and complex
    numbers go to `lsebook.logsumexp`.

    Examples
    --------
    >>> from lsebook.compiled import logsumexp
    >>> float(logsumexp([1000.0, 1000.0]))
    1000.6931471805599
    """
    if threads == 1 and out is None and not keepdims and (few := _few_rows(a, axis)) is not None:
        value = np.empty(len(few), few.dtype)
        ready(rows, few.dtype)(few, NOTHING[few.dtype], value, NO_REST, VALUE, False)
        return value if few is a else value[0]
    taken = _taken(a, "a", axis, threads)
    if taken is None:
        return lsebook.logsumexp(a, axis, keepdims=keepdims, out=out)
    x, result, axes = taken
    left = [1 if i in axes else n for i, n in enumerate(x.shape) if keepdims or i not in axes]
    if out is not None:
        checked_out(out, tuple(left), result)
    value = _run(x, axes, None, VALUE, threads) if x.size else np.full(left, -np.inf, result)
    value = quietly(value.astype)(result, copy=False)
    return delivered(value.reshape(left), out)


def softmax(
    x: npt.ArrayLike, axis: Axis = None, *, out: Array | None = None, threads: int = 1
) -> Any:
    r"""Return the softmax, :math:`e^{x_i} / \sum_j e^{x_j}`, by compiled loops.

    Parameters
    ----------
    x, axis, threads
        As for `logsumexp`.
    out : ndarray, optional
        Where to store the result; may be `x` itself.

    Returns
    -------
    ndarray or scalar
        As from `lsebook.softmax`, with the same special values and accuracy.

    Raises
    ------
    TypeError, ValueError, numpy.exceptions.AxisError
        As `lsebook.softmax` does; also if `threads` is not a positive int.

    Examples
    --------
    >>> from lsebook.compiled import softmax
    >>> softmax([1000.0, 1000.0])
    array([0.5, 0.5])
    """
    return _normalised(x, axis, out, SHARES, threads)


def log_softmax(
    x: npt.ArrayLike, axis: Axis = None, *, out: Array | None = None, threads: int = 1
) -> Any:
    r"""Return the log of the softmax, :math:`x_i - \log \sum_j e^{x_j}`, by compiled loops.

    Parameters
    ----------
    x, axis, out, threads
        As for `softmax`.

    Returns
    -------
    ndarray or scalar
        As from `lsebook.log_softmax`, with the same special values and accuracy.

    Raises
    ------
    TypeError, ValueError, numpy.exceptions.AxisError
        As `lsebook.log_softmax` does; also if `threads` is not a positive int.

    Examples
    --------
    >>> from lsebook.compiled import log_softmax
    >>> log_softmax([1000.0, 0.0])
    array([    0., -1000.])
    """
    return _normalised(x, axis, out, LOGS, threads)


def _normalised(x: npt.ArrayLike, axis: Axis, out: Array | None, task: int, threads: int) -> Any:
    if threads == 1 and out is None and (few := _few_rows(x, axis)) is not None:
        filled = np.empty(few.shape, few.dtype)
        ready(rows, few.dtype)(few, filled, filled[0], NO_REST, task, False)
        return filled if few is x else filled[0]
    taken = _taken(x, "x", axis, threads)
    if taken is None:
        return (lsebook.softmax if task == SHARES else lsebook.log_softmax)(x, axis, out=out)
    values, result, axes = taken
    target = np.empty_like(values, result, subok=False)
    if out is not None and checked_out(out, values.shape, result).dtype == result:
        same = out.flags.aligned and out.__array_interface__ == values.__array_interface__
        if same or (out.flags.aligned and not np.may_share_memory(out, values)):
            target = out
    if values.size:
        _run(values, axes, target, task, threads)
    return out if target is out else delivered(target, out)
