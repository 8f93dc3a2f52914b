"""The same reductions for `dask.array`: one pass over the data, and a tree of merges of the pair.

Every chunk becomes one *state* for each slice: its `pair` (peak and rest) and how many elements it
has. States merge in any grouping, so neither chunk sizes nor schedulers change more than the last
digits.
"""

from __future__ import annotations

from functools import partial
from math import prod
from typing import Any

import numpy as np

import lsebook
from lsebook import pair
from lsebook.arguments import (
    Array,
    Axis,
    DType,
    exponents_dtype,
    float_dtype,
    normalised_axes,
    quietly,
    real_array,
)
from lsebook.blocks import in_tree
from lsebook.pair import Pair
from lsebook.reductions import pairs

try:
    import dask.array as da
except ModuleNotFoundError as error:
    raise ModuleNotFoundError("lsebook.dask needs dask: pip install 'lsebook[dask]'") from error


@quietly
def _chunk(x: Array, axis: tuple[int, ...], keepdims: bool, state: DType) -> Array:
    """Return the states of the slices of one chunk."""
    values, include = real_array(x, "x")
    arrays = {"x": values} if include is None else {"x": values, "include": include}
    p = pairs(arrays, axis, exponents_dtype(float_dtype(values)[0]))
    out = np.empty(p.peak.shape, state)
    out["peak"], out["rest"] = p
    if include is None:
        out["count"] = prod(values.shape[i] for i in axis)
    else:
        out["count"] = np.count_nonzero(include, axis=axis)
    return np.expand_dims(out, axis) if keepdims else out


@quietly
def _merge(states: Array, axis: tuple[int, ...], keepdims: bool) -> Array:
    """Merge states along axes, in a tree."""
    first = np.moveaxis(states, axis, range(len(axis)))
    rows = first.reshape(prod(first.shape[: len(axis)]), *first.shape[len(axis) :])
    out = np.empty(rows.shape[1:], states.dtype)
    out["peak"], out["rest"] = in_tree((Pair(r["peak"], r["rest"]) for r in rows), pair.merge)
    out["count"] = np.add.reduce(rows["count"], axis=0)
    return np.expand_dims(out, axis) if keepdims else out


@quietly
def _log(states: Array, mean: bool, result: DType) -> Any:
    """Return the logs of the sums or means."""
    value = pair.log(Pair(states["peak"], states["rest"]), states["count"] if mean else None)
    return np.asarray(value).astype(result)[()]


@quietly
def _shares(x: Array, states: Array, log: bool, result: DType) -> Any:
    """Return the softmax of a chunk, or its log, given the states of its slices."""
    values, include = real_array(x, "x")
    peak, rest = states["peak"], states["rest"]
    if log:
        out = (values - peak) - np.log1p(rest)
    else:
        needed = pair.shift(peak)
        shift: Any = 0.0 if needed is None else needed
        # The total is nan where the peak is not finite and nothing has a share.
        out = np.exp(values - shift) / (np.exp(peak - shift) * (1.0 + rest) + 0.0 * peak)
    if include is not None:
        out[~include] = -np.inf if log else 0.0
    return out.astype(result)[()]


def _states(x: Any, axis: Axis, keepdims: bool, split_every: Any) -> Any:
    """Return the lazy states of the slices of `x`."""
    axes = normalised_axes(axis, x.ndim)
    work = float_dtype(x._meta)[1]
    state = np.dtype([("peak", work), ("rest", work), ("count", np.float64)])
    return da.reduction(
        x,
        partial(_chunk, state=state),
        _merge,
        axis=axes,
        keepdims=keepdims,
        dtype=state,
        split_every=split_every,
        name="pair",
        meta=np.empty((0,) * (x.ndim if keepdims else x.ndim - len(axes)), state),
    )


def _logarithm(x: Any, axis: Axis, keepdims: bool, split_every: Any, mean: bool) -> Any:
    x = _real_dask_array(x)
    states = _states(x, axis, keepdims, split_every)
    result, _ = float_dtype(x._meta)
    meta = np.empty((0,) * states.ndim, result)
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
    states = _states(x, axes, True, None)
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
    Special values and accuracy are those of `lsebook.logsumexp`: an error of at most
    max(4, 3 κ) ulp. Every chunk is read once and never rechunked; what travels is 24 bytes for each
    slice of each chunk.

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
    return _logarithm(x, axis, keepdims, split_every, mean=False)


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
    As for `logsumexp`, with the sum divided by the number of elements before its log is taken.

    Examples
    --------
    >>> import dask.array as da
    >>> from lsebook.dask import logmeanexp
    >>> x = da.from_array([1000.0, 1000.0, 1000.0], chunks=2)
    >>> float(logmeanexp(x).compute())
    1000.0
    """
    return _logarithm(x, axis, keepdims, split_every, mean=True)


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
