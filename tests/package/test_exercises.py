"""The exercises: expected values against mpmath, and cases that no usual wrong function passes."""

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from mpmath import mp, mpf

from lsebook.exercises import EXERCISES, check
from lsebook.exercises.engine import judge
from tests.package.answers import RIGHT, WRONG

CASES = [
    pytest.param(exercise, case, id=f"{name}: {exercise.call(case)}")
    for name, exercise in EXERCISES.items()
    for case in exercise.cases
]


# The mathematics, by mpmath at 60 digits.


def numbers(x):
    return [mpf(float(v)) for v in np.asarray(x).ravel()]


def lse(x):
    x = numbers(x)
    if any(mp.isnan(v) for v in x):
        return mp.nan
    if mp.inf in x:
        return mp.inf
    total = mp.fsum(mp.exp(v) for v in x if v > -mp.inf)
    return mp.log(total) if total else -mp.inf


def lse_along(x, axis=None):
    if axis is None:
        return lse(x)
    rows = np.moveaxis(np.asarray(x), axis, -1)
    return [lse(rows[i]) for i in np.ndindex(rows.shape[:-1])]


def softmax(x):
    total = lse(x)
    return [mp.exp(v - total) for v in numbers(x)]


def masked_softmax(x, keep):
    kept = iter(softmax(x[keep]))
    return [next(kept) if k else mpf(0) for k in keep]


def log_shares(x):
    return [-lse([mpf(float(u)) - mpf(float(v)) for u in x]) for v in x]


def log1mexp(x):
    return mp.log(-mp.expm1(mpf(x)))


def hessian_product(x, v):
    p, v = softmax(x), numbers(v)
    return [a * mp.fsum(b * (v[i] - w) for b, w in zip(p, v, strict=True)) for i, a in enumerate(p)]


def joined(p, q):
    peak = max(p[0], q[0])
    scales = [mp.exp(mpf(s[0]) - mpf(peak)) if s[1] else mpf(0) for s in (p, q)]
    tops = [np.concatenate([[s[1]], s[2]]) for s in (p, q)]
    (a, b), (top, other) = scales, tops
    sums = [a * mpf(float(v)) + b * mpf(float(u)) for v, u in zip(top, other, strict=True)]
    return [mpf(peak), *sums]


def binary_loss(z, y):
    z, y = numbers(z), numbers(y)
    return [
        v * mp.log1p(mp.exp(-u)) + (1 - v) * mp.log1p(mp.exp(u)) for u, v in zip(z, y, strict=True)
    ]


def combined(states):
    if any(mp.isnan(c) for c, _ in states):
        return mp.nan
    if any(c == np.inf for c, _ in states):
        return mp.inf
    total = mp.fsum((1 + mpf(r)) * mp.exp(mpf(c)) for c, r in states if c > -np.inf)
    return mp.log(total) if total else -mp.inf


def effective_size(log_w):
    return mp.exp(2 * lse(log_w) - lse([2 * v for v in numbers(log_w)]))


def lppd(log_likelihood):
    return mp.fsum(lse(column) - mp.log(len(column)) for column in np.transpose(log_likelihood))


def change_posterior(counts):
    def log_evidence(part):
        n = int(sum(part))
        return mp.loggamma(n + 1) - (n + 1) * mp.log(len(part) + 1)

    logs = [log_evidence(counts[:k]) + log_evidence(counts[k:]) for k in range(1, len(counts))]
    total = mp.log(mp.fsum(map(mp.exp, logs)))
    return [mp.exp(v - total) for v in logs]


def responsibilities(log_w, log_p):
    return [softmax(np.add(log_w, row)) for row in log_p]


def log_mixture_density(x, w, mean, sd):
    parts = [numbers(v) for v in (w, mean, sd)]
    root = mp.sqrt(2 * mp.pi)
    return mp.log(
        mp.fsum(
            a * mp.exp(-(((x - m) / s) ** 2) / 2) / (s * root)
            for a, m, s in zip(*parts, strict=True)
        )
    )


def log_weights(joint):
    shares = [softmax(row) for row in joint]
    means = [mp.fsum(column) / len(shares) for column in zip(*shares, strict=True)]
    return [mp.log(mean) if mean else -mp.inf for mean in means]


def potential(a, C, g, eps):
    rows = [
        [(mpf(float(v)) - mpf(float(c))) / mpf(eps) for v, c in zip(g, row, strict=True)]
        for row in C
    ]
    return [
        mpf(eps) * (mp.log(mpf(float(m))) - mp.log(mp.fsum(map(mp.exp, row))))
        for m, row in zip(a, rows, strict=True)
    ]


def feasible_plan(plan, a, b):
    """Shrink rows, then columns, that have too much, and share out what is missing."""
    a, b, plan = numbers(a), numbers(b), mp.matrix(plan.tolist())
    n, m = range(plan.rows), range(plan.cols)
    for i in n:
        factor = min(mpf(1), a[i] / mp.fsum(plan[i, j] for j in m))
        for j in m:
            plan[i, j] *= factor
    for j in m:
        factor = min(mpf(1), b[j] / mp.fsum(plan[i, j] for i in n))
        for i in n:
            plan[i, j] *= factor
    sent = [a[i] - mp.fsum(plan[i, j] for j in m) for i in n]
    received = [b[j] - mp.fsum(plan[i, j] for i in n) for j in m]
    missing = mp.fsum(sent) if mp.fsum(sent) > 1e-30 else mp.inf
    return [[plan[i, j] + sent[i] * received[j] / missing for j in m] for i in n]


def log_paths(word, frames):
    """Count state by state, in whole numbers."""
    states = [None] + [s for letter in word for s in (letter, None)]
    counts = ([1, 1] + [0] * len(states))[: len(states)]
    for _ in range(frames - 1):
        counts = [
            sum(counts[max(i - 1, 0) : i + 1])
            + (counts[i - 2] if i > 1 and states[i] not in (None, states[i - 2]) else 0)
            for i in range(len(states))
        ]
    return mp.log(sum(counts[-2:])) if sum(counts[-2:]) else -mp.inf


def best_path(unary, transition):
    """Try all paths."""
    paths = product(range(np.shape(unary)[1]), repeat=len(unary))

    def score(path):
        places = mp.fsum(mpf(float(unary[t][y])) for t, y in enumerate(path))
        return places + mp.fsum(mpf(float(transition[y][z])) for y, z in pairwise(path))

    return list(max(paths, key=score))


def perplexity(losses, counts):
    full = [(mpf(float(v)), int(n)) for v, n in zip(losses, counts, strict=True) if n]
    return mp.exp(mp.fsum(v * n for v, n in full) / mp.fsum(n for _, n in full))


def exponentials(x):
    return [mp.exp(mpf(float(v))) if v > -np.inf else mpf(0) for v in x]


def log_or_out(total):
    return mp.log(total) if total else -mp.inf


def log_matmul(A, B):
    columns = [exponentials(column) for column in B.T]
    return [[log_or_out(mp.fdot(exponentials(row), column)) for column in columns] for row in A]


def forward(start, move, emit):
    """The probabilities, not their logs: mpmath's numbers have all the range they need."""
    into = [exponentials(column) for column in move.T]
    seen = [exponentials(row) for row in emit]
    alpha = [[a * b for a, b in zip(exponentials(start), seen[0], strict=True)]]
    for row in seen[1:]:
        sums = [mp.fdot(alpha[-1], column) for column in into]
        alpha.append([a * b for a, b in zip(sums, row, strict=True)])
    return alpha


def smooth_states(start, move, emit):
    out = [exponentials(row) for row in move]
    beta = [[mpf(1)] * len(start)]
    for row in emit[:0:-1]:
        later = [a * b for a, b in zip(exponentials(row), beta[0], strict=True)]
        beta.insert(0, [mp.fdot(p, later) for p in out])
    joint = [
        [a * b for a, b in zip(*rows, strict=True)]
        for rows in zip(forward(start, move, emit), beta, strict=True)
    ]
    return [[p / mp.fsum(row) for p in row] for row in joint]


TRUTH = {
    "log_product": lambda p: mp.log(mp.fprod(numbers(p))) if min(p, default=1) else -mp.inf,
    "softmax_temperature": lambda x, t: softmax([mpf(float(v)) / mpf(t) for v in x]),
    "probabilities": softmax,
    "logsumexp_1d": lse,
    "log_weighted_sum": lambda x, w: lse(
        [mpf(float(v)) + mp.log(mpf(float(u))) for v, u in zip(x, w, strict=True) if u]
    ),
    "loss_gradient": lambda x, label: [p - (i == label) for i, p in enumerate(softmax(x))],
    "hessian_product": hessian_product,
    "logsumexp_accurate": lse,
    "logsumexp": lse_along,
    "masked_softmax": masked_softmax,
    "log1mexp": log1mexp,
    "logcumsumexp": lambda x: [lse(x[: i + 1]) for i in range(len(x))],
    "logsumexp_rows": lambda X: lse_along(X, axis=1),
    "softmax_integers": softmax,
    "cross_entropy": lambda x, label: log_shares(x)[label] * -1,
    "softmax_float32": softmax,
    "log_softmax_1d": log_shares,
    "streaming": lse,
    "sliding": lambda x, w: [lse(x[i : i + w]) for i in range(len(x) - w + 1)],
    "merge_attention": joined,
    "logsumexp_blocks": lambda x, size: lse(x),
    "combine_states": combined,
    "binary_loss": binary_loss,
    "effective_size": effective_size,
    "lppd": lppd,
    "change_posterior": change_posterior,
    "responsibilities": responsibilities,
    "log_mixture_density": log_mixture_density,
    "log_weights": log_weights,
    "potential": potential,
    "feasible_plan": feasible_plan,
    "log_paths": log_paths,
    "best_path": best_path,
    "perplexity": perplexity,
    "log_matmul": log_matmul,
    "log_likelihood": lambda *model: log_or_out(mp.fsum(forward(*model)[-1])),
    "smooth_states": smooth_states,
}
# What these ask for is the same in whatever order their numbers come.
ORDER_FREE = {
    "log_product",
    "logsumexp_1d",
    "logsumexp_accurate",
    "logsumexp",
    "logsumexp_rows",
    "log1mexp",
    "streaming",
    "merge_attention",
    "logsumexp_blocks",
    "combine_states",
    "effective_size",
    "log_mixture_density",
}
# Those of them whose argument is a plain list of numbers.
SORTABLE = {
    "effective_size",
    "log_product",
    "logsumexp_1d",
    "logsumexp_accurate",
    "streaming",
    "logsumexp_blocks",
}


def floats(nest):
    return [floats(v) for v in nest] if isinstance(nest, list) else float(nest)


def truth(name, *args, **kwargs):
    with mp.workdps(60):
        return np.array(floats(TRUTH[name](*args, **kwargs)))


@pytest.mark.parametrize("name", EXERCISES)
def test_every_exercise_has_its_mathematics_and_its_answers(name):
    assert name in TRUTH
    assert len(RIGHT[name]) >= 4
    assert len(WRONG[name]) >= 8


def test_nothing_is_left_over():
    assert set(TRUTH) == set(RIGHT) == set(WRONG) == set(EXERCISES)


@pytest.mark.parametrize(("exercise", "case"), CASES)
def test_expected_values_are_the_mathematics_to_the_last_digits(exercise, case):
    want = truth(exercise.name, *case.arguments, **case.keywords)
    assert want.shape == case.want.shape
    # Two ulps, for expected values written as formulas; the atol of a case where it rounds.
    np.testing.assert_allclose(case.want, want, rtol=4.5e-16, atol=case.atol, equal_nan=True)


def verdict(exercise, case, value):
    """Whether a function that returns this value passes this one case."""
    value = np.asarray(value, dtype=case.dtype or np.float64)
    return judge(replace(exercise, cases=(case,)), lambda *_, **__: value).passed


@pytest.mark.parametrize(("exercise", "case"), CASES)
def test_only_the_value_passes_a_case(exercise, case):
    want = case.want
    assert verdict(exercise, case, want)
    wrong = [np.full(want.shape, v) for v in (0, 1, 7, np.nan, np.inf, -np.inf)]
    for value in (*wrong, -want, want + 1, 2 * want):
        # 1e-45 is float32's last number: below it, 0 is the value.
        if not np.allclose(value, want, rtol=1e-5, atol=1e-45, equal_nan=True):
            assert not verdict(exercise, case, value), value


@pytest.mark.parametrize(("exercise", "case"), CASES)
def test_every_component_of_a_value_counts(exercise, case):
    for place in np.ndindex(case.want.shape):
        for other in (0.0, 7.0, np.nan, np.inf, -np.inf, -case.want[place]):
            value = case.want.copy()
            value[place] = other
            if not np.allclose(other, case.want[place], rtol=1e-5, atol=1e-45, equal_nan=True):
                assert not verdict(exercise, case, value), (place, other)


def flat(nest):
    if isinstance(nest, (tuple, list)) or np.ndim(nest):
        return [v for part in nest for v in flat(part)]
    return [float(nest)]


def element(choose):
    """What a function returns that picks one number of its input, along its axis if it has one."""

    def function(exercise, case):
        first = case.arguments[0]
        if exercise.name == "logsumexp_rows" or case.keywords:
            rows = np.moveaxis(np.asarray(first, float), case.keywords.get("axis", 1), -1)
            return np.array([choose(row) if row.size else np.nan for row in rows])
        x = np.array(flat(first))
        return np.full(case.want.shape, choose(x) if x.size else np.nan)

    return function


def answer_for(change):
    """What a right function returns that was given a changed input."""

    def function(exercise, case):
        first, *others = case.arguments
        return truth(exercise.name, change(first), *others, **case.keywords)

    return function


SINGLE = {
    "0": lambda _, case: np.zeros(case.want.shape),
    "1": lambda _, case: np.ones(case.want.shape),
    "nan": lambda _, case: np.full(case.want.shape, np.nan),
    "inf": lambda _, case: np.full(case.want.shape, np.inf),
    "-inf": lambda _, case: np.full(case.want.shape, -np.inf),
    "the negative": lambda _, case: -case.want,
    "the first element": element(lambda x: x[0]),
    "the last element": element(lambda x: x[-1]),
    "the mean": element(np.mean),
    "the median": element(np.median),
    "the smallest element": element(np.min),
    "the largest element": element(np.max),
    "the sum": element(np.sum),
}


def passes(exercise, function):
    """Whether a function that returns this for each case passes all of them."""
    with np.errstate(all="ignore"):
        return all(verdict(exercise, case, function(exercise, case)) for case in exercise.cases)


@pytest.mark.parametrize("mistake", SINGLE)
@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_a_function_that_does_not_compute_fails(exercise, mistake):
    assert not passes(exercise, SINGLE[mistake])


@pytest.mark.parametrize("name", sorted(set(EXERCISES) - ORDER_FREE))
def test_the_answer_for_the_sorted_input_fails_where_order_counts(name):
    assert not passes(EXERCISES[name], answer_for(np.sort))
    assert not passes(EXERCISES[name], answer_for(lambda x: np.sort(x)[::-1]))


@pytest.mark.parametrize("name", sorted(ORDER_FREE & SORTABLE))
def test_order_counts_nowhere_else(name):
    assert passes(EXERCISES[name], answer_for(lambda x: sorted(flat(x))))


@pytest.mark.parametrize("name", sorted(n for n in EXERCISES if EXERCISES[n].cases[0].want.ndim))
def test_right_numbers_in_wrong_places_fail(name):
    assert not passes(
        EXERCISES[name], lambda _, case: case.want.ravel()[::-1].reshape(case.want.shape)
    )
    if name != "logcumsumexp":  # whose answers ascend by nature
        assert not passes(EXERCISES[name], lambda _, case: np.sort(case.want))


def test_axes_and_rows_are_not_mistaken():
    rows, whole = EXERCISES["logsumexp_rows"], EXERCISES["logsumexp"]
    square = replace(
        rows, cases=tuple(c for c in rows.cases if len(set(c.arguments[0].shape)) == 1)
    )
    assert not passes(square, answer_for(np.transpose))
    for case in whole.cases:
        if "axis" in case.keywords:
            assert len(set(case.arguments[0].shape)) == case.arguments[0].ndim


def answers(table):
    return [
        pytest.param(name, answer, id=f"{name}: {label}")
        for name, answers in table.items()
        for label, answer in answers.items()
    ]


@pytest.mark.parametrize(("name", "answer"), answers(RIGHT))
def test_right_answers_pass(name, answer):
    report = check(name, answer)
    assert report.passed, report
    count = len(EXERCISES[name].cases)
    assert report.summary == f"{name}: {count} / {count}"


@pytest.mark.parametrize(("name", "answer"), answers(WRONG))
def test_wrong_answers_fail(name, answer):
    report = check(name, answer)
    assert not report.passed


@pytest.mark.parametrize(
    ("name", "answer", "said"),
    [
        ("log_product", "log of product", "comes too late"),
        ("log_product", "clipped", "product is 0"),
        ("log_product", "log10", "natural log"),
        ("log_product", "nothing is impossible", "empty product"),
        ("log_product", "no sum", "one number"),
        ("softmax_temperature", "multiplied", "high temperature"),
        ("softmax_temperature", "outside", "add up to 1"),
        ("softmax_temperature", "rounded", "definition"),
        ("probabilities", "logs", "return the probabilities"),
        ("probabilities", "epsilon", "add up to 1"),
        ("logsumexp_1d", "definition", "overflowed"),
        ("logsumexp_1d", "c = largest size", "became 0"),
        ("logsumexp_1d", "not added back", "off by exactly the maximum"),
        ("logsumexp_1d", "log of count", "definition"),
        ("logsumexp_1d", "epsilon", "first digits"),
        ("logsumexp_1d", "with the shape kept", "one number"),
        ("log_weighted_sum", "definition", "overflowed"),
        ("log_weighted_sum", "c = max of w x", "became 0"),
        ("log_weighted_sum", "maximum of all", "weight 0"),
        ("log_weighted_sum", "finite for nothing", "all weights are 0"),
        ("hessian_product", "diagonal alone", "with p and v"),
        ("hessian_product", "matrix", "an n × n matrix was made"),
        ("hessian_product", "centred", "added to all of v"),
        ("hessian_product", "differences", "first digits"),
        ("hessian_product", "variance", "shape should be (2,)"),
        ("logsumexp_accurate", "all maxima dropped", "all of them were left out"),
        ("logsumexp_accurate", "runner-up alone", "every term but one"),
        ("logsumexp_accurate", "1 subtracted", "tail"),
        ("logsumexp", "three lines", "tail"),
        ("logsumexp", "nan for infinities", "is nan"),
        ("logsumexp", "nan dropped", "unknown"),
        ("logsumexp", "axis ignored", "axis and keepdims"),
        ("logsumexp", "no axis", "call logsumexp(x, axis=None)"),
        ("logsumexp", "integers wrap", "wrap around"),
        ("logsumexp", "half sum", "65504"),
        ("logsumexp", "empty raises", "empty sum"),
        ("logsumexp", "input changed", "input was changed"),
        ("masked_softmax", "sentinel -1e4", "exactly 0"),
        ("masked_softmax", "every nan to 0", "unknown"),
        ("log1mexp", "log1p alone", "near 0"),
        ("log1mexp", "-30", "taken from 1"),
        ("log1mexp", "where, warned", "NumPy warned"),
        ("logcumsumexp", "one maximum", "One maximum"),
        ("logcumsumexp", "not added back", "off by exactly the maximum"),
        ("logcumsumexp", "from the end", "Answer i"),
        ("logsumexp_rows", "one maximum", "another row"),
        ("logsumexp_rows", "definition", "overflowed"),
        ("logsumexp_rows", "not added back", "off by exactly the maximum"),
        ("softmax_integers", "as integers", "wrap around"),
        ("softmax_integers", "scipy", "float16 has too few digits"),
        ("cross_entropy", "clipped", "does not rise"),
        ("cross_entropy", "log of softmax", "infinite"),
        ("cross_entropy", "maximum less score", "Compare with −log softmax(x)[label]"),
        ("cross_entropy", "LSE less score", "nearly equal"),
        ("softmax_float32", "LSE subtracted", "rounding error"),
        ("softmax_float32", "float64 throughout", "Compute in float32"),
        ("softmax_float32", "c = mean", "overflowed"),
        ("log_softmax_1d", "log of softmax", "infinite"),
        ("log_softmax_1d", "score less accurate LSE", "rounded to 45"),
        ("streaming", "read twice", "only once"),
        ("streaming", "read twice, NumPy", "only once"),
        ("streaming", "all kept", "in memory"),
        ("streaming", "not rescaled", "maximum changed"),
        ("streaming", "old sum dropped", "maximum changed"),
        ("streaming", "the 1 forgotten", "definition"),
        ("streaming", "definition", "overflowed"),
        ("merge_attention", "average", "not the quotient"),
        ("merge_attention", "not rescaled", "different peaks"),
        ("merge_attention", "second empty", "empty state"),
        ("merge_attention", "as a tuple of three", "one array"),
        ("logsumexp_blocks", "last block lost", "last block"),
        ("logsumexp_blocks", "size ignored", "in memory"),
        ("logsumexp_blocks", "right, but log 0 warned", "NumPy warned"),
        ("combine_states", "log for log1p", "tail"),
        ("combine_states", "mean", "holds exp(c) (1 + r)"),
        ("combine_states", "the state", "one number"),
        ("binary_loss", "clipped", "proportional to the score"),
        ("binary_loss", "softplus less y z", "beside the 1, or beside z"),
        ("effective_size", "definition", "overflowed"),
        ("effective_size", "count", "definition"),
        ("lppd", "wrong axis", "Rows are samples"),
        ("lppd", "mean of logs", "likelihoods that should be"),
        ("change_posterior", "definition", "170!"),
        ("change_posterior", "logs", "add up to 1"),
        ("change_posterior", "first half alone", "product of the evidences"),
        ("responsibilities", "definition", "became 0"),
        ("responsibilities", "one maximum", "became 0"),
        ("responsibilities", "along the columns", "add up to 1"),
        ("responsibilities", "dead component", "responsible for nothing"),
        ("responsibilities", "weights forgotten", "divided by their sum in each row"),
        ("responsibilities", "not normalised", "add up to 1"),
        ("log_mixture_density", "definition", "became 0"),
        ("log_mixture_density", "width forgotten", "log of its width"),
        ("log_mixture_density", "peak alone", "Compare with the definition"),
        ("log_mixture_density", "weight 0 kept", "adds nothing"),
        ("log_weights", "log of mean", "but its log is not"),
        ("log_weights", "mean of logs", "mean of responsibilities"),
        ("log_weights", "along the columns", "made along each row"),
        ("log_weights", "definition", "became 0"),
        ("potential", "definition", "overflowed"),
        ("potential", "a forgotten", "one LSE for each row"),
        ("feasible_plan", "rows alone", "what is received"),
        ("feasible_plan", "columns alone", "what is sent"),
        ("feasible_plan", "columns first", "in the order given"),
        ("feasible_plan", "right, but nan for a right plan", "right already"),
        ("log_paths", "no blanks", "five paths"),
        ("log_paths", "repeats ignored", "twice in a row"),
        ("log_paths", "raises for none", "too few frames"),
        ("best_path", "place by place", "not the best whole"),
        ("best_path", "transition transposed", "from y to z"),
        ("best_path", "products", "is exp needed"),
        ("perplexity", "mean of means", "weigh the same"),
        ("perplexity", "nan through", "empty batch"),
        ("log_matmul", "of exponentials", "largest term of one entry"),
        ("log_matmul", "one maximum each", "largest term of one entry"),
        ("log_matmul", "sum of logs", "is the LSE over j"),
        ("log_matmul", "nan for nothing", "is nan"),
        ("log_likelihood", "definition", "became 0"),
        ("log_likelihood", "best path", "sum of the probabilities of all paths"),
        ("log_likelihood", "transposed", "sum of the probabilities of all paths"),
        ("log_likelihood", "nan for nothing", "−inf"),
        ("smooth_states", "filter", "letters after it too"),
        ("smooth_states", "definition", "became 0"),
        ("smooth_states", "not normalised", "add up to 1"),
    ],
)
def test_the_hint_tells_what_is_the_matter(name, answer, said):
    hint = check(name, WRONG[name][answer]).hint
    assert said in hint.en
