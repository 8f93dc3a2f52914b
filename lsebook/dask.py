"""The same reductions for `dask.array`: one pass over the data, and a tree of merges of the pair.

Every chunk becomes one *state* for each slice: a record of the `pair` (peak, rest) and, for what
has to be known to its last digit, the plain sum of exponentials in double-double arithmetic. States
merge in any grouping, so neither chunk sizes nor schedulers change more than the last digits.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

import lsebook
from lsebook import doubledouble, pair
from lsebook.arguments import (
    Array,
    Axis,
    DType,
    float_dtype,
    normalised_axes,
    quietly,
    real_array,
)
from lsebook.blocks import Walk
from lsebook.pair import Pair
from lsebook.slices import Slices, low_rest, rounding_shows

try:
    import dask.array as da
except ModuleNotFoundError as error:
    raise ModuleNotFoundError("lsebook.dask needs dask: pip install 'lsebook[dask]'") from error

#: exp of this, with the relative error of a float64, adds nothing to a double-double near 1.
NEGLIGIBLE = -40.0
#: Elements of a softmax that are worked on at a time.
BUFFER = 16384
#: Elements in a block of double-double arithmetic. A worker has room for more than `lsebook.slices`
#: allows itself, and NumPy's calls then cost half as much.
FINE_BLOCK = 4096


def _state_dtype(work: DType, exact: bool) -> DType:
    """Return the record of a slice: the pair and, if `exact`, the unshifted sum and the count."""
    fields: list[tuple[str, Any]] = [("peak", work), ("rest", work)]
    if exact:
        fields += [("high", np.float64), ("low", np.float64), ("count", np.float64)]
    return np.dtype(fields)


def _cancelling(value: Array, peak: Array, result: DType) -> Array:
    """Say where a logarithm is so near 0, or so far from its peak, that rounding errors show."""
    limit = 0.5 if result == np.float64 else 2.0**-20
    return np.asarray(value < limit * np.maximum(1.0, np.abs(peak)))


@quietly
def _chunk(
    x: Array, axis: tuple[int, ...], keepdims: bool, state: DType, result: DType, most: float
) -> Array:
    """Return the states of the slices of one chunk; the whole sum is divided by `most` at most."""
    values, include = real_array(x, "x")
    work = state["peak"]
    if include is not None:
        values = np.where(include, values.astype(work), -np.inf)
    out = np.zeros([1 if i in axis else n for i, n in enumerate(values.shape)], state)
    out["peak"] = -np.inf
    if values.size == 0:
        return out
    exact = "high" in (state.names or ())
    slices = Slices(values, None, None, axis, work)
    walk = slices.walk
    low = low_rest(math.prod(walk.box[walk.kept_ndim :]))
    careful = rounding_shows if exact else lambda _, rest: rest < low
    boxes = out.reshape(walk.shape[: walk.kept_ndim])
    for kept in walk.kept_boxes():
        box = boxes[kept]
        for name, part in pair.settled(slices.pair(kept, careful))._asdict().items():
            box[name] = part.reshape(box.shape)
    if exact:
        out["count"] = math.prod(values.shape[i] for i in axis)
        if include is not None:
            out["count"] = np.count_nonzero(include, axis=axis, keepdims=True)
        _add_sums(out.reshape(-1), values, axis, result, most)
    return out


def _add_sums(states: Array, x: Array, axes: tuple[int, ...], result: DType, most: float) -> None:
    """Fill in the unshifted sums, in double-double where the digits of the result may need it."""
    peak, rest = states["peak"], states["rest"]
    states["high"] = np.exp(peak) * (1.0 + rest)
    # Other chunks only add: what is too large by itself cannot be part of a result near 0.
    value = pair.log(Pair(peak, rest))
    near = _cancelling(value - math.log(most), np.minimum(peak, 0.0), result)
    near &= value > NEGLIGIBLE
    if peak.dtype == np.float64 and near.any():
        which = np.flatnonzero(near)
        states["high"][which], states["low"][which] = _exact_sums(x, axes, which)


def _exact_sums(x: Array, axes: tuple[int, ...], which: Array) -> doubledouble.DoubleDouble:
    """Return the sums of exp(x) of some slices, by number, in double-double arithmetic."""
    fine = Walk([x], axes, FINE_BLOCK)
    group = max(1, FINE_BLOCK // math.prod(fine.box[fine.kept_ndim :]))
    where = np.unravel_index(which, fine.shape[: fine.kept_ndim])
    high, low = np.zeros(len(which)), np.zeros(len(which))
    for start in range(0, len(which), group):
        part = slice(start, start + group)
        at = tuple(w[part] for w in where)
        for box in fine.reduced_boxes():
            columns = fine.arrays[0][at + box].reshape(len(at[0]), -1).T
            zero = np.zeros(len(at[0]))
            sums, ones = doubledouble.sum_of_exp(columns.astype(np.float64, order="C"), None, zero)
            total = doubledouble.add((high[part], low[part]), sums)
            high[part], low[part] = doubledouble.add(total, (ones.astype(np.float64), zero))
    return high, low


@quietly
def _merge(states: Array, axis: tuple[int, ...], keepdims: bool) -> Array:
    """Merge states along axes."""
    first = np.moveaxis(states, axis, range(len(axis)))
    shape = first.shape[len(axis) :]
    rows = first.reshape(math.prod(first.shape[: len(axis)]), *shape)
    out = np.empty(shape, states.dtype)
    peak, rest = rows["peak"], rows["rest"]
    top = peak.max(axis=0)
    # The rounding error of the difference of two peaks scales the loser too.
    error = pair.difference_error(peak, top, peak - top)
    out["peak"], out["rest"] = pair.merge_all(Pair(peak, rest + (1.0 + rest) * error))
    if "high" in (states.dtype.names or ()):
        out["high"], out["low"] = doubledouble.sum_columns((rows["high"], rows["low"]))
        out["count"] = rows["count"].sum(axis=0)
    return np.expand_dims(out, axis) if keepdims else out


@quietly
def _log(states: Array, mean: bool, result: DType) -> Any:
    """Return the logs of the sums or means, by the double-double sum where they cancel."""
    peak, rest = states["peak"], states["rest"]
    count = states["count"] if mean else np.ones(states.shape)
    value = np.asarray(pair.log(Pair(peak, rest)))
    if mean:
        value = np.asarray(peak + np.log((1.0 + rest) / count))
    near = _cancelling(np.abs(value), peak, result)
    if peak.dtype == np.float64 and near.any():
        sums = states["high"][near], states["low"][near]
        zero = np.zeros_like(sums[0])
        value[near], _ = doubledouble.log_of_sum(zero, sums, zero, count[near])
    return value.astype(result)[()]


@quietly
def _shares(x: Array, states: Array, log: bool, result: DType) -> Any:
    """Return the softmax of a chunk, or its log, given the states of its slices."""
    values, include = real_array(x, "x")
    work = states["peak"].dtype
    operands: list[Array | None] = [values, states["peak"], states["rest"], None]
    with np.nditer(
        operands,
        flags=["buffered", "external_loop", "zerosize_ok"],
        op_flags=[["readonly"], ["readonly"], ["readonly"], ["writeonly", "allocate"]],
        op_dtypes=[work, work, work, result],
        order="C",
        casting="unsafe",
        buffersize=BUFFER,
    ) as pieces:
        for piece, peak, rest, share in pieces:
            difference = piece - peak
            if log:
                share[...] = difference - np.log1p(rest)
                continue
            error = pair.difference_error(piece, peak, difference)
            term = np.exp(difference)
            share[...] = (term + error * term) / np.where(np.isfinite(peak), 1.0 + rest, np.nan)
        out: Array = pieces.operands[3]
    if include is not None:
        out[~include] = -np.inf if log else 0.0
    return out[()]


def _states(x: Any, axis: Axis, keepdims: bool, split_every: Any, kind: str) -> Any:
    """Return the lazy states of the slices of `x`, for a `kind`: sum, mean or shares."""
    axes = normalised_axes(axis, x.ndim)
    result, work = float_dtype(x._meta)
    state = _state_dtype(work, exact=kind != "shares")
    most = float(math.prod(x.shape[i] for i in axes)) if kind == "mean" else 1.0
    # Chunks of unknown length: there are fewer elements than that in any array.
    most = 2.0**53 if math.isnan(most) else max(most, 1.0)
    return da.reduction(
        x,
        partial(_chunk, state=state, result=result, most=most),
        _merge,
        axis=axes,
        keepdims=keepdims,
        dtype=state,
        split_every=split_every,
        name="pair",
        meta=np.empty((0,) * (x.ndim if keepdims else x.ndim - len(axes)), state),
    )


def _logarithm(x: Any, axis: Axis, keepdims: bool, split_every: Any, kind: str) -> Any:
    x = _real_dask_array(x)
    result, _ = float_dtype(x._meta)
    states = _states(x, axis, keepdims, split_every, kind)
    meta = np.empty((0,) * states.ndim, result)
    mean = kind == "mean"
    token = "logmeanexp" if mean else "logsumexp"
    return states.map_blocks(_log, mean=mean, result=result, meta=meta, token=token)


def _normalised(x: Any, axis: Axis, log: bool) -> Any:
    x = _real_dask_array(x)
    result, _ = float_dtype(x._meta)
    meta = np.empty((0,) * x.ndim, result)
    axes = normalised_axes(axis, x.ndim)
    if all(x.numblocks[i] == 1 for i in axes):
        whole = lsebook.log_softmax if log else lsebook.softmax
        return x.map_blocks(whole, axis=axes, meta=meta)
    states = _states(x, axes, True, None, "shares")
    token = "log-softmax" if log else "softmax"
    return da.map_blocks(_shares, x, states, log=log, result=result, meta=meta, token=token)


def _real_dask_array(x: Any) -> Any:
    x = da.asanyarray(x)
    real_array(x._meta, "x")
    return x


def logsumexp(
    x: Any,
    axis: Axis = None,
    keepdims: bool = False,
    split_every: int | dict[int, int] | None = None,
) -> Any:
    r"""Return the log of the sum of exponentials, :math:`\log \sum_i e^{x_i}`, lazily.

    Parameters
    ----------
    x : dask.array.Array
        Exponents, of any shape, real dtype and chunks, also of unknown sizes. Masked entries are
        left out.
    axis : int, tuple of int or None
        Axes to reduce; None reduces all of them, ``()`` none.
    keepdims : bool
        Keep the reduced axes with length 1.
    split_every : int >= 2 or dict of int to int, optional
        How many states one task merges, as for `dask.array.reduction`.

    Returns
    -------
    dask.array.Array
        The dtype of `x` (float64 for integers and bools). The empty sum gives -inf.

    Raises
    ------
    TypeError
        If `x` does not hold real numbers.
    ValueError
        If an axis is given twice.
    numpy.exceptions.AxisError
        If there is no such axis.

    Notes
    -----
    Special values and accuracy are those of `lsebook.logsumexp`. Every chunk is read once and never
    rechunked; what travels is 40 bytes for each slice of each chunk.

    One pass cannot know whether the result will be near 0, where the digits of the pair cancel. So
    a slice of a chunk whose own sum lies between exp(-40) and exp(max(1, -peak) / 2) is summed up
    in double-double arithmetic as well, some fifteen times as slowly. Sums of log-probabilities pay
    this price; sums of scores or of far-off likelihoods do not.

    Examples
    --------
    >>> import dask.array as da
    >>> from lsebook.dask import logsumexp
    >>> x = da.full(10**9, 1000.0, chunks=10**8)
    >>> logsumexp(x)
    dask.array<logsumexp, shape=(), dtype=float64, chunksize=(), chunktype=numpy.ndarray>
    >>> float(logsumexp(x[:2]).compute())
    1000.6931471805599
    >>> rows = da.from_array([[0.0, 0.0], [-1000.0, 5.0]], chunks=1)
    >>> logsumexp(rows, axis=1).compute()
    array([0.69314718, 5.        ])
    """
    return _logarithm(x, axis, keepdims, split_every, "sum")


def logmeanexp(
    x: Any,
    axis: Axis = None,
    keepdims: bool = False,
    split_every: int | dict[int, int] | None = None,
) -> Any:
    """Return the log of the mean of exponentials, lazily.

    Parameters
    ----------
    x, axis, keepdims, split_every
        As for `logsumexp`.

    Returns
    -------
    dask.array.Array
        The dtype as for `logsumexp`. The mean of nothing is nan.

    Raises
    ------
    TypeError, ValueError, numpy.exceptions.AxisError
        As `logsumexp` does.

    Notes
    -----
    As for `logsumexp`, with the sum divided by the number of elements: means of moderate numbers
    pay the price of double-double arithmetic, as they do in `lsebook.logmeanexp`.

    Examples
    --------
    >>> import dask.array as da
    >>> from lsebook.dask import logmeanexp
    >>> x = da.from_array([1e-9, -1e-9], chunks=1)
    >>> round(float(logmeanexp(x).compute()), 25)
    5e-19
    """
    return _logarithm(x, axis, keepdims, split_every, "mean")


def softmax(x: Any, axis: Axis = None) -> Any:
    """Return the softmax, lazily.

    Parameters
    ----------
    x : dask.array.Array
        As for `logsumexp`.
    axis : int, tuple of int or None
        Axes over which the result adds up to 1; None means all.

    Returns
    -------
    dask.array.Array
        The shape and chunks of `x`, the dtype as for `logsumexp`. A slice that is all -inf, or has
        a nan or +inf, is all nan; masked entries are 0.

    Raises
    ------
    TypeError, ValueError, numpy.exceptions.AxisError
        As `logsumexp` does.

    Notes
    -----
    Where a slice lies in one chunk, this is `lsebook.softmax` of every chunk. Elsewhere every
    element waits for the sum over all chunks of its slice, so that dask keeps all of `x` until
    then, as for any expression that uses `x` twice; workers spill it to disk.

    Examples
    --------
    >>> import dask.array as da
    >>> from lsebook.dask import softmax
    >>> softmax(da.from_array([1000.0, 1000.0, 0.0], chunks=2)).compute()
    array([0.5, 0.5, 0. ])
    """
    return _normalised(x, axis, log=False)


def log_softmax(x: Any, axis: Axis = None) -> Any:
    """Return the log of the softmax, lazily.

    Parameters
    ----------
    x, axis
        As for `softmax`.

    Returns
    -------
    dask.array.Array
        As for `softmax`; masked entries are -inf.

    Raises
    ------
    TypeError, ValueError, numpy.exceptions.AxisError
        As `logsumexp` does.

    Examples
    --------
    >>> import dask.array as da
    >>> from lsebook.dask import log_softmax
    >>> log_softmax(da.from_array([0.0, -40.0], chunks=1)).compute()
    array([-4.24835426e-18, -4.00000000e+01])
    """
    return _normalised(x, axis, log=True)
