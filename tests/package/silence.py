"""A function without its warnings, as a careful reader would call it."""

import functools

import numpy as np


def quiet(function):
    """The same function, its warnings switched off."""

    @functools.wraps(function)
    def silent(*args, **kwargs):
        with np.errstate(all="ignore"):
            return function(*args, **kwargs)

    return silent
