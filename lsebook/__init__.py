"""Log-sum-exp and its relatives for NumPy."""

from lsebook.elementwise import log1mexp, logsubexp
from lsebook.reductions import (
    condition,
    log_softmax,
    logcumsumexp,
    logmeanexp,
    logsumexp,
    softmax,
)
from lsebook.stream import LogSumExp

__all__ = [
    "LogSumExp",
    "condition",
    "log1mexp",
    "log_softmax",
    "logcumsumexp",
    "logmeanexp",
    "logsubexp",
    "logsumexp",
    "softmax",
]
