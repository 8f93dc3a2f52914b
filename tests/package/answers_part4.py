"""What readers may write in chapters 17 to 19; by the rules of `tests.package.answers`."""

import itertools
import math

import numpy as np
import scipy.special as sp

from tests.package.silence import quiet


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


def repeats(word):
    return sum(s == t for s, t in itertools.pairwise(word))


def log_paths(word, frames):
    spare = frames - len(word) - repeats(word)
    return math.log(math.comb(2 * len(word) + spare, spare)) if spare >= 0 else -math.inf


@quiet
def log_paths_by_gamma(word, frames):
    n, spare = 2 * len(word), frames - len(word) - repeats(word)
    if spare < 0:
        return -np.inf
    return sum(np.log(np.arange(spare + 1, spare + n + 1))) - sp.gammaln(n + 1)


def log_paths_by_recursion(word, frames):
    """Count paths state by state, exactly."""
    states = [None] + [s for letter in word for s in (letter, None)]
    counts = [1, 1][: len(states)] + [0] * (len(states) - 2)
    for _ in range(frames - 1):
        counts = [
            c
            + (counts[i - 1] if i else 0)
            + (counts[i - 2] if i > 1 and states[i] not in (None, states[i - 2]) else 0)
            for i, c in enumerate(counts)
        ]
    total = sum(counts[-2:])
    return math.log(total) if total else -math.inf


@quiet
def log_paths_in_logs(word, frames):
    states = np.array([0] + [s for letter in word for s in (letter, 0)])
    jump = np.zeros(len(states), bool)
    jump[2:] = (states[2:] != 0) & (states[2:] != states[:-2])
    a = np.full(len(states), -np.inf)
    a[:2] = 0
    for _ in range(frames - 1):
        last = np.concatenate([[-np.inf], a])[:-1]
        second = np.concatenate([[-np.inf, -np.inf], a])[:-2]
        a = np.logaddexp(np.logaddexp(a, last), np.where(jump, second, -np.inf))
    return np.logaddexp.reduce(a[-2:])


LOG_PATHS_RIGHT = {
    "formula": log_paths,
    "gamma": log_paths_by_gamma,
    "recursion": log_paths_by_recursion,
    "recursion in logs": log_paths_in_logs,
}
LOG_PATHS_WRONG = {
    "repeats ignored": lambda word, frames: math.log(
        math.comb(frames + len(word), frames - len(word))
    ),
    "raises for none": lambda word, frames: math.log(
        math.comb(frames + len(word) - repeats(word), frames - len(word) - repeats(word))
    ),
    "the count": lambda word, frames: round(math.exp(log_paths(word, frames))),
    "no blanks": quiet(
        lambda word, frames: np.log(float(math.comb(frames - 1, max(len(word) - 1, 0))))
    ),
    "0 for none": lambda word, frames: max(log_paths(word, frames), 0.0),
    "nan for none": quiet(lambda word, frames: log_paths(word, frames) * 1.0 + 0 * np.log(-1.0)),
    "all paths": lambda word, frames: frames * math.log(len(set(word)) + 1),
    "one path": lambda word, frames: 0.0,
    "base 2": lambda word, frames: log_paths(word, frames) / math.log(2),
    "letters in a set": lambda word, frames: log_paths(list(dict.fromkeys(word)), frames),
}


def best_path(unary, transition):
    best, origins = unary[0], []
    for row in unary[1:]:
        candidates = best[:, None] + transition
        origins.append(candidates.argmax(axis=0))
        best = candidates.max(axis=0) + row
    path = [best.argmax()]
    for origin in origins[::-1]:
        path.append(origin[path[-1]])
    return np.array(path[::-1])


def path_score(path, unary, transition):
    steps = sum(transition[y, z] for y, z in itertools.pairwise(path))
    return sum(unary[t, y] for t, y in enumerate(path)) + steps


def best_of_all_paths(unary, transition):
    paths = itertools.product(range(unary.shape[1]), repeat=len(unary))
    return np.array(max(paths, key=lambda path: path_score(path, unary, transition)))


def best_path_with_paths_kept(unary, transition):
    kept = [(score, [y]) for y, score in enumerate(unary[0])]
    for row in unary[1:]:
        kept = [
            max(((s + transition[p[-1], z] + row[z], [*p, z]) for s, p in kept), key=lambda v: v[0])
            for z in range(len(row))
        ]
    return np.array(max(kept, key=lambda v: v[0])[1])


def best_path_backwards(unary, transition):
    ahead = [np.zeros(unary.shape[1])]
    for row in unary[:0:-1]:
        ahead.insert(0, (transition + row + ahead[0]).max(axis=1))
    path = [int((unary[0] + ahead[0]).argmax())]
    for row, later in zip(unary[1:], ahead[1:], strict=True):
        path.append(int((transition[path[-1]] + row + later).argmax()))
    return np.array(path)


def greedy(unary, transition):
    path = [int(unary[0].argmax())]
    for row in unary[1:]:
        path.append(int((transition[path[-1]] + row).argmax()))
    return np.array(path)


@quiet
def best_path_by_products(unary, transition):
    return best_of_products(np.exp(unary), np.exp(transition))


def best_of_products(p, q):
    best, origins = p[0], []
    for row in p[1:]:
        candidates = best[:, None] * q
        origins.append(candidates.argmax(axis=0))
        best = candidates.max(axis=0) * row
    path = [best.argmax()]
    for origin in origins[::-1]:
        path.append(origin[path[-1]])
    return np.array(path[::-1])


BEST_PATH_RIGHT = {
    "max-plus": best_path,
    "all paths": best_of_all_paths,
    "paths kept": best_path_with_paths_kept,
    "from the end": best_path_backwards,
}
BEST_PATH_WRONG = {
    "place by place": lambda unary, transition: unary.argmax(axis=1),
    "greedy": greedy,
    "transition transposed": lambda unary, transition: best_path(unary, transition.T),
    "products": best_path_by_products,
    "reversed": lambda unary, transition: best_path(unary, transition)[::-1],
    "worst": lambda unary, transition: best_path(-unary, -transition),
    "score": lambda unary, transition: path_score(best_path(unary, transition), unary, transition),
    "last place left out": lambda unary, transition: best_path(unary, transition)[:-1],
    "no unary": lambda unary, transition: best_path(0 * unary, transition),
    "counted from 1": lambda unary, transition: best_path(unary, transition) + 1,
}

PERPLEXITY_RIGHT = {
    "average": lambda losses, counts: np.exp(
        np.average(losses[counts > 0], weights=counts[counts > 0])
    ),
    "sums": lambda losses, counts: np.exp(
        np.where(counts > 0, losses * np.maximum(counts, 1), 0.0).sum() / counts.sum()
    ),
    "nansum": lambda losses, counts: math.exp(np.nansum(losses * counts) / counts.sum()),
    "loop": lambda losses, counts: math.exp(
        sum(v * n for v, n in zip(losses, counts, strict=True) if n) / sum(counts)
    ),
}
PERPLEXITY_WRONG = {
    "mean of means": lambda losses, counts: np.exp(np.mean(losses)),
    "means of batches that are": lambda losses, counts: np.exp(np.nanmean(losses)),
    "mean of perplexities": quiet(lambda losses, counts: np.nanmean(np.exp(losses))),
    "weighted perplexities": quiet(
        lambda losses, counts: np.nansum(np.exp(losses) * counts) / counts.sum()
    ),
    "nan through": quiet(lambda losses, counts: np.exp(np.sum(losses * counts) / counts.sum())),
    "loss": lambda losses, counts: np.nansum(losses * counts) / counts.sum(),
    "sum": quiet(lambda losses, counts: np.exp(np.nansum(losses * counts))),
    "per batch": quiet(lambda losses, counts: np.exp(np.nansum(losses * counts) / len(counts))),
    "powers of 2": lambda losses, counts: 2 ** (np.nansum(losses * counts) / counts.sum()),
    "last batch": lambda losses, counts: np.exp(losses[-1]),
}

NAMES = (
    "effective_size",
    "lppd",
    "change_posterior",
    "potential",
    "feasible_plan",
    "log_paths",
    "best_path",
    "perplexity",
)
RIGHT = {name: globals()[f"{name.upper()}_RIGHT"] for name in NAMES}
WRONG = {name: globals()[f"{name.upper()}_WRONG"] for name in NAMES}
