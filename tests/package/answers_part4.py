"""What readers may write in chapters 17 to 19; by the rules of `tests.package.answers`."""

import functools

import numpy as np
import scipy.special as sp


def quiet(function):
    """The same function, its warnings switched off."""

    @functools.wraps(function)
    def silent(*args, **kwargs):
        with np.errstate(all="ignore"):
            return function(*args, **kwargs)

    return silent


def ratio(w):
    return w.sum() ** 2 / (w**2).sum()


EFFECTIVE_SIZE_RIGHT = {
    "two LSEs": lambda v: np.exp(2 * sp.logsumexp(v) - sp.logsumexp(2 * v)),
    "shifted": lambda v: ratio(np.exp(v - v.max())),
    "of the softmax": lambda v: 1 / np.sum(sp.softmax(v) ** 2),
    "by log_softmax": lambda v: np.exp(-sp.logsumexp(2 * sp.log_softmax(v))),
}
EFFECTIVE_SIZE_WRONG = {
    "definition": quiet(lambda v: ratio(np.exp(v))),
    "logs as weights": quiet(lambda v: ratio(v)),
    "its log": lambda v: 2 * sp.logsumexp(v) - sp.logsumexp(2 * v),
    "2 outside": lambda v: np.exp(2 * sp.logsumexp(v) - 2 * sp.logsumexp(v)),
    "squared once": lambda v: np.exp(sp.logsumexp(v) - sp.logsumexp(2 * v)),
    "count": lambda v: len(v),
    "entropy": quiet(lambda v: np.exp(sp.entr(sp.softmax(v)).sum())),
    "inverse of the largest": lambda v: 1 / sp.softmax(v).max(),
    "as a share": lambda v: ratio(np.exp(v - v.max())) / len(v),
    "shifted by the mean": quiet(lambda v: ratio(np.exp(v - v.mean()))),
    "epsilon": quiet(lambda v: np.exp(v).sum() ** 2 / ((np.exp(v) ** 2).sum() + 1e-12)),
}

LPPD_RIGHT = {
    "LSE less log n": lambda a: (sp.logsumexp(a, axis=0) - np.log(len(a))).sum(),
    "shifted": quiet(
        lambda a: (a.max(axis=0) + np.log(np.exp(a - a.max(axis=0)).mean(axis=0))).sum()
    ),
    "loop": lambda a: sum(sp.logsumexp(column) - np.log(len(column)) for column in a.T),
    "in one go": lambda a: sp.logsumexp(a, axis=0).sum() - a.shape[1] * np.log(a.shape[0]),
}
LPPD_WRONG = {
    "wrong axis": lambda a: (sp.logsumexp(a, axis=1) - np.log(a.shape[1])).sum(),
    "definition": quiet(lambda a: np.log(np.exp(a).mean(axis=0)).sum()),
    "mean of logs": lambda a: a.mean(axis=0).sum(),
    "sum, not mean": lambda a: sp.logsumexp(a, axis=0).sum(),
    "mean over observations": lambda a: (sp.logsumexp(a, axis=0) - np.log(len(a))).mean(),
    "all at once": lambda a: sp.logsumexp(a) - np.log(a.size),
    "of whole samples": lambda a: sp.logsumexp(a.sum(axis=1)) - np.log(len(a)),
    "one by one": lambda a: sp.logsumexp(a, axis=0) - np.log(len(a)),
    "one maximum": quiet(lambda a: (a.max() + np.log(np.exp(a - a.max()).mean(axis=0))).sum()),
    "log of observations": lambda a: (sp.logsumexp(a, axis=0) - np.log(a.shape[1])).sum(),
    "harmonic": quiet(lambda a: -(sp.logsumexp(-a, axis=0) - np.log(len(a))).sum()),
}


def change_weights(counts, prior=1.0):
    """Log evidence of each place of change, Γ(n + 1) / (k + b)ⁿ⁺¹ on either side."""
    first, k = np.cumsum(counts)[:-1], np.arange(1, len(counts))
    sides = (first, k), (np.sum(counts) - first, len(counts) - k)
    return [sp.gammaln(n + 1) - (n + 1) * np.log(years + prior) for n, years in sides]


def change_loop(counts):
    logs = []
    for k in range(1, len(counts)):
        before, after = counts[:k], counts[k:]
        logs.append(
            sum(
                sp.gammaln(part.sum() + 1) - (part.sum() + 1) * np.log(len(part) + 1)
                for part in (before, after)
            )
        )
    return np.exp(np.array(logs) - sp.logsumexp(logs))


@quiet
def change_without_logs(counts):
    first, k = np.cumsum(counts)[:-1], np.arange(1, len(counts))
    rest, after = np.sum(counts) - first, len(counts) - k
    w = sp.factorial(first) / (k + 1.0) ** (first + 1)
    w *= sp.factorial(rest) / (after + 1.0) ** (rest + 1)
    return w / w.sum()


CHANGE_POSTERIOR_RIGHT = {
    "softmax": lambda c: sp.softmax(sum(change_weights(c))),
    "log_softmax": lambda c: np.exp(sp.log_softmax(sum(change_weights(c)))),
    "loop": change_loop,
    "constants kept": lambda c: sp.softmax(sum(change_weights(c)) - sp.gammaln(c + 1).sum()),
}
CHANGE_POSTERIOR_WRONG = {
    "definition": change_without_logs,
    "logs": lambda c: sp.log_softmax(sum(change_weights(c))),
    "not normalised": quiet(lambda c: np.exp(sum(change_weights(c)))),
    "no prior": quiet(lambda c: sp.softmax(sum(change_weights(c, 1e-9)))),
    "first half alone": lambda c: sp.softmax(change_weights(c)[0]),
    "second half alone": lambda c: sp.softmax(change_weights(c)[1]),
    "evidences added": lambda c: sp.softmax(np.logaddexp(*change_weights(c))),
    "backwards": lambda c: sp.softmax(sum(change_weights(c)))[::-1],
    "place by place": lambda c: sp.softmax(-np.abs(np.diff(c))),
    "a place too many": lambda c: sp.softmax(np.append(sum(change_weights(c)), 0.0)),
    "best likelihood": quiet(
        lambda c: sp.softmax(
            [
                sum(p.sum() * np.log(max(p.mean(), 1e-300)) - p.sum() for p in (c[:k], c[k:]))
                for k in range(1, len(c))
            ]
        )
    ),
}


def potential(a, C, g, eps):
    return eps * (np.log(a) - sp.logsumexp((g - C) / eps, axis=1))


@quiet
def potential_by_scaling(a, C, g, eps):
    return eps * np.log(a / (np.exp(-C / eps) @ np.exp(g / eps)))


def potential_loop(a, C, g, eps):
    return np.array(
        [eps * (np.log(m) - sp.logsumexp((g - c) / eps)) for m, c in zip(a, C, strict=True)]
    )


def potential_by_softmin(a, C, g, eps):
    best = (C - g).min(axis=1)
    rest = np.log(np.exp(-(C - g - best[:, None]) / eps).sum(axis=1))
    return eps * np.log(a) + best - eps * rest


POTENTIAL_RIGHT = {
    "LSE": potential,
    "loop": potential_loop,
    "soft minimum": potential_by_softmin,
    "weights": lambda a, C, g, eps: -eps * sp.logsumexp((g - C) / eps, axis=1, b=1 / a[:, None]),
}
POTENTIAL_WRONG = {
    "definition": potential_by_scaling,
    "other axis": lambda a, C, g, eps: (
        eps * (np.log(g.size) - sp.logsumexp((np.resize(a, (len(C), 1)) - C) / eps, axis=0))
    ),
    "no eps in front": lambda a, C, g, eps: potential(a, C, g, eps) / eps,
    "a forgotten": lambda a, C, g, eps: -eps * sp.logsumexp((g - C) / eps, axis=1),
    "g forgotten": lambda a, C, g, eps: potential(a, C, 0 * g, eps),
    "g with the other sign": lambda a, C, g, eps: potential(a, C, -g, eps),
    "a without log": lambda a, C, g, eps: eps * (a - sp.logsumexp((g - C) / eps, axis=1)),
    "hard minimum": lambda a, C, g, eps: eps * np.log(a) + (C - g).min(axis=1),
    "g not scaled": lambda a, C, g, eps: eps * (np.log(a) - sp.logsumexp(g - C / eps, axis=1)),
    "one number": lambda a, C, g, eps: eps * (np.log(a) - sp.logsumexp((g - C) / eps)),
}


def feasible_plan(plan, a, b):
    plan = plan * np.minimum(1, a / plan.sum(axis=1))[:, None]
    plan = plan * np.minimum(1, b / plan.sum(axis=0))
    sent, received = a - plan.sum(axis=1), b - plan.sum(axis=0)
    return plan + np.outer(sent, received) / sent.sum() if sent.sum() > 0 else plan


def feasible_loop(plan, a, b):
    plan = plan.copy()
    for i, row in enumerate(plan):
        if row.sum() > a[i]:
            plan[i] = row * (a[i] / row.sum())
    for j, column in enumerate(plan.T.copy()):
        if column.sum() > b[j]:
            plan[:, j] = column * (b[j] / column.sum())
    missing = 1 - plan.sum()
    if missing > 0:
        plan = plan + np.outer(a - plan.sum(axis=1), b - plan.sum(axis=0)) / missing
    return plan


def feasible_where(plan, a, b):
    r = plan.sum(axis=1)
    plan = np.where((r > a)[:, None], plan * (a / r)[:, None], plan)
    c = plan.sum(axis=0)
    plan = np.where(c > b, plan * (b / c), plan)
    left = a - plan.sum(axis=1), b - plan.sum(axis=0)
    return plan + np.multiply.outer(*left) / max(left[1].sum(), 1e-300)


def feasible_transposed(plan, a, b):
    shrunk = (plan.T * np.fmin(1, a / plan.sum(axis=1))).T
    shrunk = shrunk @ np.diag(np.fmin(1, b / shrunk.sum(axis=0)))
    sent, received = a - shrunk.sum(axis=1), b - shrunk.sum(axis=0)
    total = np.abs(sent).sum()
    return shrunk + (sent[:, None] * received / total if total > 1e-15 else 0.0)


FEASIBLE_PLAN_RIGHT = {
    "three steps": feasible_plan,
    "loops": feasible_loop,
    "where": feasible_where,
    "transposed": feasible_transposed,
}
FEASIBLE_PLAN_WRONG = {
    "rows alone": lambda plan, a, b: plan * (a / plan.sum(axis=1))[:, None],
    "columns alone": lambda plan, a, b: plan * (b / plan.sum(axis=0)),
    "rows, then columns": lambda plan, a, b: (lambda p: p * (b / p.sum(axis=0)))(
        plan * (a / plan.sum(axis=1))[:, None]
    ),
    "whole mass": lambda plan, a, b: plan / plan.sum(),
    "independent": lambda plan, a, b: np.outer(a, b),
    "columns first": lambda plan, a, b: feasible_plan(plan.T, b, a).T,
    "no last step": lambda plan, a, b: (lambda p: p * np.minimum(1, b / p.sum(axis=0)))(
        plan * np.minimum(1, a / plan.sum(axis=1))[:, None]
    ),
    "last step alone": quiet(
        lambda plan, a, b: (
            plan
            + np.outer(a - plan.sum(axis=1), b - plan.sum(axis=0)) / (a - plan.sum(axis=1)).sum()
        )
    ),
    "not divided": lambda plan, a, b: plan + np.outer(a - plan.sum(axis=1), b - plan.sum(axis=0)),
    "right, but nan for a right plan": quiet(
        lambda plan, a, b: feasible_plan(plan, a, b) + 0 * (1 / (plan.sum(axis=1) - a).sum())
    ),
    "marginals": lambda plan, a, b: a - plan.sum(axis=1),
}

NAMES = ("effective_size", "lppd", "change_posterior", "potential", "feasible_plan")
RIGHT = {name: globals()[f"{name.upper()}_RIGHT"] for name in NAMES}
WRONG = {name: globals()[f"{name.upper()}_WRONG"] for name in NAMES}
