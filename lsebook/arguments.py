"""Arguments of the public functions: what they may be, and the errors that say what would fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.array_utils import normalize_axis_tuple

Array = npt.NDArray[Any]
Axis = int | tuple[int, ...] | None
DType = np.dtype[Any]

quietly = np.errstate(all="ignore")


def real_array(a: Any, name: str) -> tuple[Array, Array | None]:
    """Return `a` as an array of real numbers, and what its mask leaves in (None: everything)."""
    include: Array | None = None
    if isinstance(a, np.ma.MaskedArray):
        if a.mask is not np.ma.nomask:
            include = np.logical_not(np.ma.getmaskarray(a))
        a = a.data
    array = np.asarray(a)
    if array.dtype.kind not in "biuf" and not is_foreign_float(array.dtype):
        raise TypeError(f"{name} must be an array of real numbers, got dtype {array.dtype}")
    return array, include


def is_foreign_float(dtype: DType) -> bool:
    """Say whether `dtype` is a float that another package defines, such as bfloat16."""
    return dtype.kind == "V" and dtype.names is None and bool(np.can_cast(dtype, np.float64))


def is_narrow(dtype: DType) -> bool:
    """Say whether `dtype` is a float that fits in float32."""
    return dtype.kind in "fV" and bool(np.can_cast(dtype, np.float32))


def float_dtype(*arrays: Any) -> tuple[DType, DType]:
    """Return the dtype of the result and the wider one to work in."""
    result = np.result_type(*arrays)
    if result.kind in "biu":
        result = np.dtype(np.float64)
    work = np.dtype(np.longdouble if result == np.longdouble else np.float64)
    return result.newbyteorder("="), work


def normalised_axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """Return the axes as a tuple of indices; None stands for all of them."""
    if axis is None or (ndim == 0 and axis in (0, -1)):
        return tuple(range(ndim))
    try:
        return tuple(normalize_axis_tuple(axis, ndim, argname="axis"))
    except TypeError:
        message = f"axis must be an int, a tuple of ints or None, got {axis!r}"
        raise TypeError(message) from None


def broadcast(array: Array, shape: tuple[int, ...], name: str) -> Array:
    """Return a view of the shape of the values; `name` is the argument that an error names."""
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise ValueError(
            f"{name} must broadcast to the shape {shape} of the values, got shape {array.shape}"
        ) from None


def included(where: Any, mask: Array | None, shape: tuple[int, ...]) -> Array | None:
    """Return what both `where` and the mask of a masked array leave in, None for everything."""
    if mask is not None:
        mask = broadcast(mask, shape, "mask")
    if where is None:
        return mask
    where = np.asarray(where)
    if where.dtype != np.bool_:
        raise TypeError(f"where must be an array of bool, got dtype {where.dtype}")
    where = broadcast(where, shape, "where")
    return where if mask is None else np.asarray(where & mask)


def delivered(value: Array, out: Array | None) -> Any:
    """Return the value, as a scalar if it is one, or in `out`."""
    if out is None:
        return value[()]
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out must be an ndarray, got {type(out).__name__}")
    if out.shape != value.shape:
        raise ValueError(f"out must have the shape {value.shape} of the result, got {out.shape}")
    if not np.can_cast(value.dtype, out.dtype, "same_kind"):
        raise TypeError(f"out must hold dtype {value.dtype}, got {out.dtype}")
    np.copyto(out, value, casting="same_kind")
    return out
