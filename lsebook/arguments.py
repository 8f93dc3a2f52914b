"""Arguments of the public functions: what they may be, and the errors that say what would fit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, reduce
from operator import index
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

Array = npt.NDArray[Any]
Axis = int | tuple[int, ...] | None
DType = np.dtype[Any]

quietly = np.errstate(all="ignore")


def real_array(a: Any, name: str) -> tuple[Array, Array | None]:
    """Return `a` as an array of real numbers, and what its mask leaves in (None: everything)."""
    array, include = masked_array(a, name)
    return checked_real(array, name), include


def checked_real(array: Array, name: str) -> Array:
    """Return the array if it holds real numbers."""
    if array.dtype.kind not in "biuf" and not _is_foreign(array.dtype):
        raise TypeError(f"{name} must be an array of real numbers, got dtype {array.dtype}")
    return array


def masked_array(a: Any, name: str) -> tuple[Array, Array | None]:
    """Return `a` as an array of anything, and what its mask leaves in (None: everything)."""
    if isinstance(a, (list, tuple)) and _holds_a_mask(a):
        raise TypeError(f"{name} must not be a list of masked arrays: give them to numpy.ma.stack")
    if not isinstance(a, np.ma.MaskedArray):
        return np.asarray(a), None
    return np.asarray(a.data), None if a.mask is np.ma.nomask else ~np.ma.getmaskarray(a)


def unmasked_array(a: Any, name: str) -> Array:
    """Return `a` as an array of real numbers, of which none is masked."""
    array, include = real_array(a, name)
    if include is not None:
        raise TypeError(f"{name} must not be a masked array: give its .compressed() values")
    return array


def _holds_a_mask(values: list[Any] | tuple[Any, ...]) -> bool:
    return any(
        isinstance(v, np.ma.MaskedArray) or (isinstance(v, (list, tuple)) and _holds_a_mask(v))
        for v in values
    )


def _is_foreign(dtype: DType) -> bool:
    """Say whether another package defines this dtype of real numbers, such as bfloat16 or int4."""
    return dtype.kind == "V" and dtype.names is None and bool(np.can_cast(dtype, np.float64))


@cache
def exponents_dtype(result: DType) -> DType:
    """Return the dtype that exponentials without weights are taken in, for a dtype of results."""
    return np.dtype(np.float32) if is_narrow(result) else np.promote_types(result, np.float64)


@cache
def is_narrow(dtype: DType) -> bool:
    """Say whether `dtype` is a float that fits in float32."""
    return dtype.kind in "fV" and bool(np.can_cast(dtype, np.float32))


def float_dtype(*arrays: Any) -> tuple[DType, DType]:
    """Return the dtype of the result and the wider one to work in.

    Arrays promote as for NumPy; beside another dtype, foreign floats are taken as float32.
    """
    dtypes = {getattr(a, "dtype", None) for a in arrays}
    alike = dtypes.pop() if len(dtypes) == 1 else None
    return _float_dtypes(alike or np.result_type(*map(_standard, arrays)))


@cache
def _float_dtypes(result: DType) -> tuple[DType, DType]:
    if result.kind in "biu" or (_is_foreign(result) and np.can_cast(result, np.int64)):
        result = np.dtype(np.float64)
    work = np.dtype(np.longdouble if result == np.longdouble else np.float64)
    return result.newbyteorder("="), work


def _standard(a: Any) -> Any:
    """Return a dtype of NumPy in place of an array of a foreign one."""
    if not (isinstance(a, np.ndarray) and _is_foreign(a.dtype)):
        return a
    return np.int64 if np.can_cast(a.dtype, np.int64) else np.float32


def plain_axis(axis: Any) -> Axis:
    """Return an axis as Python's int, a tuple of them or None."""
    if axis is None or type(axis) is int:
        return axis
    several = axis if isinstance(axis, tuple) else (axis,)
    try:
        if any(isinstance(v, (bool, np.bool_)) for v in several):
            raise TypeError
        return tuple(map(index, several)) if isinstance(axis, tuple) else index(axis)
    except TypeError:
        message = f"axis must be an int, a tuple of ints or None, got {axis!r}"
        raise TypeError(message) from None


def normalised_axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """Return the axes as a tuple of indices; None stands for all of them."""
    axis = plain_axis(axis)
    if axis is None or (ndim == 0 and axis in (0, -1)):
        return tuple(range(ndim))
    if isinstance(axis, int):
        return (normalize_axis_index(axis, ndim),)
    return tuple(normalize_axis_tuple(axis, ndim, argname="axis"))


def broadcast_together(a: Array, b: Array, names: Sequence[str] = "ab") -> tuple[Array, Array]:
    """Return views of one shape of two arrays; `names` are the arguments that an error names."""
    try:
        first, second = np.broadcast_arrays(a, b)
    except ValueError:
        raise ValueError(
            f"{names[1]} must broadcast with {names[0]} of shape {a.shape}, got shape {b.shape}"
        ) from None
    return first, second


def included(where: Any, shape: tuple[int, ...], *masks: Array | None) -> Array | None:
    """Return what both `where` and masked arrays leave in, None for everything."""
    left_in = [np.broadcast_to(mask, shape) for mask in masks if mask is not None]
    if where is not None:
        where, where_mask = masked_array(where, "where")
        if where_mask is not None:
            raise TypeError("where must not be a masked array: give where.filled(False)")
        if where.dtype != np.bool_:
            raise TypeError(f"where must be an array of bool, got dtype {where.dtype}")
        try:
            left_in.append(np.broadcast_to(where, shape))
        except ValueError:
            raise ValueError(
                f"where must broadcast to the shape {shape} of the values, got shape {where.shape}"
            ) from None
    return reduce(np.logical_and, left_in) if left_in else None


def checked_out(out: Any, shape: tuple[int, ...], dtype: DType) -> Array:
    """Return `out` if a result of this shape and dtype can be stored in it."""
    if not isinstance(out, np.ndarray) or isinstance(out, np.ma.MaskedArray):
        raise TypeError(f"out must be an ndarray, got {type(out).__name__}")
    if out.shape != shape:
        raise ValueError(f"out must have the shape {shape} of the result, got {out.shape}")
    if not np.can_cast(dtype, out.dtype, "same_kind"):
        raise TypeError(f"out must hold dtype {dtype}, got {out.dtype}")
    if not out.flags.writeable:
        raise ValueError("out must be writeable, got a read-only array")
    return out


def delivered(value: Array, out: Array | None) -> Any:
    """Return the value, as a scalar if it is one, or in `out`."""
    if out is None:
        return value[()]
    np.copyto(checked_out(out, value.shape, value.dtype), value, casting="same_kind")
    return out
