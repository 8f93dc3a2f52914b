"""The figures' numbers, read off their pictures for any place of the sliders."""

import copy
import json
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache, wraps
from html import unescape
from itertools import groupby, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf
from sklearn.mixture import GaussianMixture

import lsebook
from lsebook import explore
from lsebook.explore.canvas import picture
from lsebook.explore.part2 import DIGITS, LAST_GAP, digits_kept
from lsebook.explore.part3 import ORDERS, SCORES_AND_VALUES, STREAM
from lsebook.explore.part4 import ONE, ZERO

DATA = Path(__file__).parents[2] / "data"
FAITHFUL = np.loadtxt(DATA / "faithful.csv", delimiter=",", skiprows=1)
MODEL = json.loads((DATA.parent / "benchmarks/results/hidden_markov.json").read_text("utf-8"))[
    "fits"
]["korean, three states"]
LETTERS = MODEL["alphabet"]
# Initial, vowel and final, known by a letter of each.
STATES = [int(np.argmax(MODEL["emission"], axis=0)[LETTERS.index(c)]) for c in "ㅈㅏㄴ"]
START, EMISSION = (np.array(MODEL[name])[STATES] for name in ("start", "emission"))
TRANSITION = np.array(MODEL["transition"])[np.ix_(STATES, STATES)]
TWO_STEPS = [[[0.2, 0.5, 0.3], [0.2, 0.5, 0.3]], [[1.0, 0.0, 0.25], [0.0, 1.0, 0.75]]]
# What the chapters give to those figures that ask for data.
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "letters_apart": ("ㄱㅏㄴ", TWO_STEPS),
    "mixture_units": (FAITHFUL,),
    "typing_hangul": (LETTERS, START, TRANSITION, EMISSION),
}
# There the letters are the data.
HANGUL = {"ctc_lattice", "letters_apart", "typing_hangul"}


def drawn(name: str) -> Callable[[], explore.Explorable]:
    figure = getattr(explore, name)

    @wraps(figure)
    def draw() -> explore.Explorable:
        return figure(*ARGUMENTS.get(name, ()))

    return draw


# Figures whose data are Korean letters, in both editions.
FIGURES = [drawn(name) for name in explore.__all__ if name != "Explorable"]
MIME = {"application/vnd.vegalite.v5+json", "image/svg+xml", "text/plain"}
LEAVES = [5, 2, 8, 3, 1, 7, 4, 6]


@cache
def spec_of(figure: Callable[[], explore.Explorable]) -> dict[str, Any]:
    """A figure's specification, which takes seconds to build; readers copy what they change."""
    return figure().spec


def texts(figure: Callable[[], explore.Explorable], **sliders: float | str) -> list[str]:
    """What the figure says when its sliders stand there."""
    spec = copy.deepcopy(spec_of(figure))
    for parameter in spec["params"]:
        parameter["value"] = sliders.pop(parameter["name"])
    assert not sliders
    found = re.findall(r"<text[^>]*>([^<]*)</text>", picture(spec))
    return [unescape(text).replace("\u2212", "-") for text in found]


def after(start: str, lines: list[str]) -> str:
    (line,) = (line for line in lines if line.startswith(start))
    return line.removeprefix(start)


def decimals(text: str) -> float:
    """Half of the last place that a number shows."""
    mantissa, _, exponent = text.partition("e")
    return 0.5001 * 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


@pytest.mark.parametrize("figure", FIGURES)
def test_bundles_are_small_and_figures_the_same_every_time(figure: Any) -> None:
    explorable = figure()
    # That whole bundles are the same is seen where nbval compares them with those that are stored.
    assert json.dumps(explorable.spec) == json.dumps(figure().spec)
    bundle = explorable._repr_mimebundle_()
    assert set(bundle) == MIME
    assert bundle["application/vnd.vegalite.v5+json"]["$schema"].endswith("/vega-lite/v5.json")
    assert len(json.dumps(bundle["application/vnd.vegalite.v5+json"])) < 60_000
    assert bundle["image/svg+xml"].startswith("<svg")
    names = ", ".join(parameter["name"] for parameter in explorable.spec["params"])
    assert bundle["text/plain"] == f"<explore.{figure.__name__}: {names}>"


@pytest.mark.parametrize("figure", FIGURES)
def test_words_are_mathematics_or_code(figure: Any) -> None:
    spec = spec_of(figure)
    lines = texts(figure, **{p["name"]: p["value"] for p in spec["params"]})
    if figure.__name__ in HANGUL:
        lines = [line for line in lines if not re.fullmatch("[\u3130-\u318f]", line)]
    shown = " ".join([*lines, spec["description"], *(p["bind"]["name"] for p in spec["params"])])
    words = set(re.findall(r"[^\W\d_]{2,}", shown))
    code = {"LSE", "exp", "expm", "log", "max", "sum", "peak", "rest", "inf", "float", "dtype"}
    code |= {
        "MB",
        "TB",
        "blocks",
        "bytes",
        "cache",
        "chunks",
        "cost",
        "dr",
        "dz",
        "eps",
        "exact",
        "harmonic",
        "mean",
        "min",
        "min²",
        "nan",
        "needed",
        "off",
        "ok",
        "paths",
        "p₁",
        "p₂",
        "softmax",
        "text",
        "word",
        "workers",
    }
    assert words <= code
    hangul = re.search("[\u3130-\u318f\uac00-\ud7a3]", json.dumps(spec, ensure_ascii=False))
    assert bool(hangul) == (figure.__name__ in HANGUL)


@pytest.mark.parametrize("figure", FIGURES)
def test_specs_hold_no_infinity_and_start_where_their_inputs_can_stand(figure: Any) -> None:
    spec = spec_of(figure)
    json.dumps(spec, allow_nan=False)
    for parameter in spec["params"]:
        bind = parameter["bind"]
        if bind["input"] == "text":
            assert parameter["value"] == ""
            continue
        if bind["input"] == "radio":
            assert parameter["value"] in bind["options"]
            continue
        steps = (parameter["value"] - bind["min"]) / bind["step"]
        assert bind["min"] <= parameter["value"] <= bind["max"]
        assert steps == pytest.approx(round(steps))


@pytest.mark.parametrize("T", [0.02, 0.5, 1, 2])
def test_smooth_max_is_a_scaled_lse_and_never_overflows(T: float) -> None:
    spec = copy.deepcopy(explore.smooth_max().spec)
    spec["params"][0]["value"] = T
    paths = re.findall(r"<path[^>]*>", picture(spec))
    (curve,) = (path for path in paths if 'stroke="#1f77b4"' in path)
    places = re.search(r' d="M([^"]*)"', curve)
    assert places is not None
    points = np.array([pair.split(",") for pair in places[1].split("L")], float)
    x = points[:, 0] / points[-1, 0] * 6 - 3
    y = (230 - points[:, 1]) / 230 * 3.5
    expected = [T * lsebook.logsumexp([v / T, 0.0]) for v in x]
    np.testing.assert_allclose(y, expected, atol=3e-3 * 3.5)
    shown = after("T · log 2 = ", texts(explore.smooth_max, T=T))
    assert float(shown) == pytest.approx(T * np.log(2), abs=decimals(shown))


def kept(a: float, g: int) -> list[int]:
    """The digits that naive, shifted and log1p keep, from the figure's own table."""
    place = round((a + 1) * 100) * (LAST_GAP + 1) + g
    return [DIGITS.index(row[place]) for row in TABLE.values()]


TABLE = digits_kept()


def test_digits_lost_covers_its_sliders() -> None:
    a, g = (parameter["bind"] for parameter in explore.digits_lost().spec["params"])
    assert (a["min"], a["max"], a["step"]) == (-1, 1, 0.01)
    assert (g["min"], g["max"], g["step"]) == (0, LAST_GAP, 1)
    assert list(TABLE) == ["naive", "shifted", "log1p"]
    assert {len(row) for row in TABLE.values()} == {201 * (LAST_GAP + 1)}


@pytest.mark.parametrize(
    ("a", "g", "expected"),
    [
        (0.5, 1, [16, 16, 16]),
        (-1, 3, [16, 16, 16]),
        (1, 45, [16, 16, 16]),
        (0, 0, [16, 16, 16]),
        (0, 10, [13, 13, 16]),
        (0, 20, [7, 7, 16]),
        (0, 36, [1, 1, 16]),
        (0, 37, [0, 0, 16]),
        (0, 45, [0, 0, 16]),
        (-0.69, 0, [15, 14, 14]),
    ],
)
def test_digits_lost_at_the_places_that_matter(a: float, g: int, expected: list[int]) -> None:
    assert kept(a, g) == expected
    assert [int(text) for text in texts(explore.digits_lost, a=a, g=g) if text.isdigit()][
        -3:
    ] == expected


def test_digits_lost_agrees_with_numpy() -> None:
    random = np.random.default_rng(0)
    for k, g in zip(random.integers(-100, 101, 300), random.integers(0, 46, 300), strict=True):
        a = float(k) / 100
        found = [
            np.log(np.exp(a) + np.exp(a - g)),
            a + np.log(1 + np.exp(-float(g))),
            a + np.log1p(np.exp(-float(g))),
        ]
        with mp.workdps(60):
            truth = mpf(a) + mp.log(1 + mp.exp(-int(g)))
            errors = [float(abs(mpf(float(y)) / truth - 1)) for y in found]
            slack = float(2.0**-53 * max(1, 3 / abs(truth)))  # NumPy's last bits
        for digits, error in zip(kept(a, int(g)), errors, strict=True):
            if digits < 16:
                assert 10.0 ** -(digits + 0.51) - slack <= error
            if digits > 0:
                assert error <= 10.0 ** -(digits - 0.51) + slack


@pytest.mark.parametrize(("a", "g"), [(0, 20), (0, 45), (-0.69, 0), (0.5, 3), (-0.31, 1)])
def test_digits_lost_shows_the_value(a: float, g: int) -> None:
    shown = after("LSE((a, a - g)) = ", texts(explore.digits_lost, a=a, g=g))
    with mp.workdps(60):
        truth = float(mpf(a) + mp.log(1 + mp.exp(-g)))
    assert float(shown) == pytest.approx(truth, abs=decimals(shown))


@pytest.mark.parametrize("k", range(len(STREAM) + 1))
def test_stream_steps_says_the_state(k: int) -> None:
    lines = texts(explore.stream_steps, k=k)
    assert lines[: len(STREAM)] == [str(x) for x in STREAM]
    peak, rest = after("(peak, rest) = ", lines).strip("()").split(", ")
    value = after("peak + log(1 + rest) = ", lines)
    if k == 0:
        assert (peak, rest, value) == ("-inf", "0", "-inf")
        return
    seen = STREAM[:k]
    assert int(peak) == max(seen)
    with mp.workdps(30):
        exact = float(mp.fsum(mp.exp(x - max(seen)) for x in seen) - 1)
    assert float(rest) == pytest.approx(exact, rel=6e-4, abs=1e-300)
    assert float(value) == pytest.approx(lsebook.logsumexp(np.array(seen, float)), rel=6e-6)


def test_stream_steps_rescales_the_rest_where_the_peak_changes() -> None:
    lines = texts(explore.stream_steps, k=3)
    assert after("exp(5 - 8) = ", lines) == f"{np.exp(-3):.4g}"
    assert after("rest = ", lines) == "(1 + 0.04979) · 0.04979 = 0.05227"
    assert after("rest = ", texts(explore.stream_steps, k=4)) == "0.05227 + 0.006738 = 0.059"


@pytest.mark.parametrize("s", range(len(ORDERS)))
def test_merge_tree_ends_in_the_same_value(s: int) -> None:
    lines = texts(explore.merge_tree, s=s)
    shown = [tuple(map(float, line.strip("()").split(", "))) for line in lines if line[0] == "("]
    leaves = [int(x) for x in ORDERS[s]]
    assert sorted(leaves) == sorted(LEAVES)
    spans = [leaves[i : i + n] for n in (8, 4, 2, 1) for i in range(0, 8, n)]
    assert len(shown) == len(spans)
    for (peak, rest), span in zip(shown, spans, strict=True):
        assert peak == max(span)
        with mp.workdps(30):
            exact = float(mp.fsum(mp.exp(x - max(span)) for x in span) - 1)
        assert rest == pytest.approx(exact, abs=decimals("0.0000"))
    with mp.workdps(30):
        whole = float(mp.log(mp.fsum(map(mp.exp, leaves))))
    assert after("peak + log(1 + rest) = ", lines) == f"{whole:.8g}"


def test_merge_tree_has_six_different_orders() -> None:
    assert len(set(ORDERS)) == 6
    assert ORDERS[0] == "".join(map(str, LEAVES))
    (s,) = explore.merge_tree().spec["params"]
    assert (s["bind"]["min"], s["bind"]["max"]) == (0, 5)


def in_a_fresh_process(program: str) -> str:
    run = [sys.executable, "-c", program]
    return subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip()


def test_importing_waits_for_no_drawing_library() -> None:
    found = in_a_fresh_process(
        "import sys; from lsebook import explore; print({'altair', 'vl_convert', 'matplotlib',"
        " 'mpmath'} & set(sys.modules))"
    )
    assert found == "set()"


def test_without_the_drawing_libraries_a_figure_says_what_to_install() -> None:
    said = in_a_fresh_process(
        "import sys; sys.modules['altair'] = None\n"
        "from lsebook import explore\n"
        "try: explore.exp_cliffs\n"
        "except ImportError as error: print(error)"
    )
    assert said == "explore.exp_cliffs needs altair: pip install 'lsebook[figures]'"


def test_names_are_found_and_listed() -> None:
    assert dir(explore) == sorted(explore.__all__)
    assert {getattr(explore, name).__name__ for name in explore.__all__} == set(explore.__all__)


def test_only_figures_are_found() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        getattr(explore, "nothing")  # noqa: B009


def test_weighted_peak_shows_what_each_choice_of_c_gives():
    shown = texts(explore.weighted_peak, x1=0, B1=-200, x2=-800, B2=200)
    right = lsebook.logsumexp([0.0, -800.0], b=[1e-200, 1e200])
    assert float(after("c = max(x + log b):  ", shown)) == pytest.approx(right, abs=1e-3)
    assert float(after("c = max(x):  ", shown)) == pytest.approx(-200 * np.log(10), abs=1e-3)


@pytest.mark.parametrize("k", [-20, -10, -0.5, 0, 1.6, 2])
def test_log1mexp_forms_shows_the_digits_that_each_formula_gets_right(k):
    *_, naive, log1p, expm1 = (int(t) for t in texts(explore.log1mexp_forms, k=k) if t.isdigit())
    switch = -(10**k) > -np.log(2)
    assert (expm1 if switch else log1p) >= 15
    assert naive <= max(log1p, expm1)


@pytest.mark.parametrize(
    ("level", "spread", "wrong"),
    [(0, 10, 0), (1000, 10, 2), (-1000, 10, 3), (0, 2000, 3), (-100, 10, 1)],
)
def test_wrong_answers_counts_those_that_are_wrong(level, spread, wrong):
    shown = texts(explore.wrong_answers, L=level, S=spread)
    right = np.logaddexp(level, level + spread)
    got = [float(t) for t in shown if re.fullmatch(r"-?(\d[\d.e+-]*|inf)|nan", t)]
    assert len(got) == 4
    assert sum(not np.isclose(v, right, rtol=1e-8) for v in got) == wrong


@pytest.mark.parametrize("k", range(1, 9))
def test_attention_steps_shows_the_mean_of_the_keys_read(k):
    scores, values = np.array(SCORES_AND_VALUES[:k], float).T
    mean = lsebook.softmax(scores) @ values
    shown = after("w / s = ", texts(explore.attention_steps, k=k))
    assert float(shown) == pytest.approx(mean, abs=decimals(shown))


@pytest.mark.parametrize(("n", "m", "bytes_moved"), [(24, 20, "48"), (12, 20, "8"), (30, 26, "48")])
def test_memory_traffic_jumps_where_the_array_outgrows_the_cache(n, m, bytes_moved):
    four, blocks = (t for t in texts(explore.memory_traffic, n=n, m=m) if t.endswith("s)"))
    assert four.split()[0] == bytes_moved
    assert blocks.split()[0] == "8"


def test_cluster_costs_shows_the_estimate_of_chapter_13():
    shown = texts(explore.cluster_costs, n=12, m=3)
    assert "x: 8TB / 1000" in shown
    assert "16 s" in shown
    assert "log2(chunks): 16" in shown


@pytest.mark.parametrize(
    ("z", "k", "classes"), [(4, 3, 10), (-10, 3, 10), (20, 6, 50257), (0, 0, 2)]
)
def test_softmax_applied_twice(z: float, k: int, classes: int) -> None:
    lines = texts(explore.double_softmax, z=z, k=k)
    x = [mpf(z)] + [mpf(0)] * (classes - 1)

    def loss(scores: list[mpf]) -> mpf:
        return mp.log(mp.fsum(mp.exp(v) for v in scores)) - scores[0]

    def softmax_of(first: mpf) -> list[mpf]:
        total = mp.exp(first) + classes - 1
        return [mp.exp(first) / total] + [1 / total] * (classes - 1)

    def twice(first: mpf) -> mpf:
        return loss(softmax_of(first))

    def once(first: mpf) -> mpf:
        return loss([first, *x[1:]])

    for start, f in (("softmax(x)", once), ("softmax(softmax(x))", twice)):
        shown, slope = lines[lines.index(start) + 1 : lines.index(start) + 3]
        assert abs(float(shown) - f(mpf(z))) <= decimals(shown)
        slope = slope.removeprefix("d/dz: ")
        exact = (f(mpf(z) + mpf("1e-8")) - f(mpf(z) - mpf("1e-8"))) / mpf("2e-8")
        assert abs(float(slope) - exact) <= decimals(slope)
    assert f"K = {classes}" in lines[-1]
    floor = mp.log(mp.e + classes - 1) - 1
    assert abs(float(lines[-1].rpartition(" ")[2]) - floor) < 1e-4 * max(floor, 1)


@pytest.mark.parametrize("k", [-4, -3, -1.7, 0])
def test_harmonic_mean_stays_where_the_evidence_falls(k):
    """The evidence by integration, the samples that it takes by counting in logs."""
    shown = texts(explore.harmonic_mean, k=k)
    counts = np.loadtxt(DATA / "coal.csv", delimiter=",", skiprows=1)[:, 1]
    total, years, rate = int(counts.sum()), len(counts), mpf(10) ** k
    with mp.workdps(30):
        factorials = mp.fsum(mp.loggamma(int(y) + 1) for y in counts)
        peak = total / (years + rate)

        def term(r):
            return rate * mp.exp(total * mp.log(r / peak) - (years + rate) * (r - peak))

        integral = mp.quad(term, mp.linspace(0.2, 5, 25))
        exact = mp.log(integral) + total * mp.log(peak) - (years + rate) * peak - factorials
        # By parts: Q(n + 1, x) is the Poisson probability of at most n events where x are expected.
        x = (years + rate) * mp.log(2) / rate
        above = mp.fsum(mp.exp(j * mp.log(x) - x - mp.loggamma(j + 1)) for j in range(total + 1))
        needed = -mp.log10(min(above, 1 - above))
    assert float(after("exact:  log Z = ", shown)) == pytest.approx(float(exact), abs=0.0051)
    estimate = float(after("harmonic mean, n = 1000:  log Z = ", shown))
    assert -204.95 < estimate < -204.7
    assert int(after(f"b = {10.0**k:.2g},  needed: n = 10^", shown)) == round(float(needed))


@pytest.mark.parametrize("h", [0, 2, 24, 48])
def test_mixture_units_shows_the_fit_of_scikit_learn(h: int) -> None:
    reg_covar = 1e-6 * (60 * h) ** 2
    fitted = GaussianMixture(2, reg_covar=reg_covar, tol=1e-12, max_iter=2000, random_state=0)
    fitted.fit(FAITHFUL)
    shown = texts(drawn("mixture_units"), h=h)
    assert float(after(f"1e-6 · (60 · {h})² = ", shown).removesuffix(" min²")) == pytest.approx(
        reg_covar, rel=5e-3
    )
    likelihood = fitted.score(FAITHFUL) * len(FAITHFUL)
    assert float(after("Σ LSE = ", shown)) == pytest.approx(likelihood, abs=0.051)


def test_mixture_units_draws_two_standard_deviations() -> None:
    fitted = GaussianMixture(2, reg_covar=0, tol=1e-12, max_iter=2000, random_state=0)
    short = np.argmin(fitted.fit(FAITHFUL).means_[:, 0])
    mean, cov = fitted.means_[short], fitted.covariances_[short]
    width = 4 * np.sqrt(cov[0, 0])
    # The outline's bounding box, in pixels of the axis, whose domain is twice the data's range.
    svg = picture(drawn("mixture_units")().spec)
    (path,) = (p for p in re.findall(r"<path[^>]*>", svg) if 'stroke="#1f77b4"' in p)
    places = re.search(r' d="M([^"Z]*)Z?"', path)
    assert places is not None
    points = np.array([pair.split(",") for pair in places[1].split("L")], float)
    scale = 2 * np.ptp(FAITHFUL[:, 0]) / 369
    assert np.ptp(points[:, 0]) * scale == pytest.approx(width, rel=0.01)
    left = FAITHFUL[:, 0].min() - np.ptp(FAITHFUL[:, 0]) / 2
    assert (points[:, 0].mean() - 1) * scale + left == pytest.approx(mean[0], abs=0.02)


def test_transport_has_the_digits_of_scikit_learn():
    images = pytest.importorskip("sklearn.datasets").load_digits().images[:2]
    for image, shown in zip(images, (ZERO, ONE), strict=True):
        assert "".join(".123456789abcdefg"[int(v)] for v in image.ravel()) == shown


@pytest.mark.parametrize("k", [1, 0, -0.6, -1, -1.3, -2, -2.2, -2.4])
def test_transport_shows_the_cost_and_what_plain_sinkhorn_ends_in(k):
    ot = pytest.importorskip("ot")
    images = pytest.importorskip("sklearn.datasets").load_digits().images[:2]
    a, b = (image[image > 0] / image.sum() for image in images)
    x, y = map(np.argwhere, images)
    C = ((x[:, None] - y) ** 2.0).sum(axis=2)
    shown = texts(explore.transport, k=k, t=0.5)
    # All costs are whole: below 0.05 the plan changes by e^-20 at most.
    eps = max(10.0**k, 0.05)
    plan = ot.sinkhorn(a, b, C, eps, method="sinkhorn_log", numItermax=20_000, stopThr=1e-7)
    assert float(after("cost = ", shown)) == pytest.approx((plan * C).sum(), abs=2e-4)
    for dtype in (np.float16, np.float32, np.float64):
        K, v = np.exp(-C.astype(dtype) / dtype(10.0**k)), np.ones_like(b, dtype)
        with np.errstate(all="ignore"):
            for _ in range(10_000):
                u, before = a.astype(dtype) / (K @ v), v
                v = b.astype(dtype) / (K.T @ u)
                # From here on nothing changes any more.
                if np.array_equal(v, before) or np.isnan(v).all():
                    break
            found = u.astype(float)[:, None] * K * v
        off = abs(found - plan).max() / plan.max()
        told = "nan" if np.isnan(off) else "off" if off > 0.1 else "ok"
        assert after(f"{dtype.__name__}:  ", shown) == told


@pytest.mark.parametrize("T", [4, 5, 6, 8])
def test_ctc_lattice_counts_the_paths_that_collapse_to_the_word(T):
    word = "ㄱㅜㄱㄱㅏ"
    count = 0
    for path in product("-ㄱㅜㅏ", repeat=T):
        count += "".join(s for s, _ in groupby(path)).replace("-", "") == word
    shown = texts(explore.ctc_lattice, T=T)
    assert after("paths = ", shown) == str(count)
    with np.errstate(divide="ignore"):
        assert float(after("log p = ", shown)) == pytest.approx(np.log(count / 4**T), rel=1e-4)


def test_letters_apart_puts_each_letter_at_its_share() -> None:
    for k, shares in ((0, [0.5, 0.5, 0.5]), (1, [1, 0, 0.25])):
        spec = copy.deepcopy(drawn("letters_apart")().spec)
        spec["params"][0]["value"] = k
        found = re.findall(
            r'transform="translate\(([\d.]+),[\d.]+\)"[^>]*>([ㄱㅏㄴ])<', picture(spec)
        )
        assert [letter for _, letter in found] == list("ㄱㅏㄴ")
        # The axis reaches from -0.04 to 1.04 over 400 pixels.
        places = [float(x) / 400 * 1.08 - 0.04 for x, _ in found]
        np.testing.assert_allclose(places, shares, atol=0.003)


def posteriors(jamo: str) -> tuple[Any, Any]:
    """Of the last-but-some jamo, by summing over all paths: what the model knows then and later."""

    def of(seen: str, place: int) -> Any:
        sums = np.zeros(3)
        for path in product(range(3), repeat=len(seen)):
            p = START[path[0]] * EMISSION[path[0], LETTERS.index(seen[0])]
            for t in range(1, len(seen)):
                p *= TRANSITION[path[t - 1], path[t]] * EMISSION[path[t], LETTERS.index(seen[t])]
            sums[path[place]] += p
        return sums / sums.sum()

    places = range(len(jamo))
    return [of(jamo[: t + 1], t) for t in places], [of(jamo, t) for t in places]


@pytest.mark.parametrize(
    ("word", "text", "jamo"),
    [
        ("ㄱㅜㄱ", "", "ㄱㅜㄱ"),
        ("국가", "", "ㄱㅜㄱㄱㅏ"),
        ("구가", "", "ㄱㅜㄱㅏ"),
        ("구가", "헌법", "ㅎㅓㄴㅂㅓㅂ"),
        ("구가", "a 값?", "ㄱㅏㅄ"),
        ("구가", "뷁ㄴㅏ", "ㄴㅏ"),
    ],
)
def test_typing_hangul_is_the_sum_over_all_paths(word: str, text: str, jamo: str) -> None:
    lines = texts(drawn("typing_hangul"), word=word, text=text)
    assert lines[: len(jamo)] == list(jamo)
    split = lines.index("p(z | x)")
    for shown, expected in zip(
        (lines[len(jamo) + 1 : split], lines[split + 1 :]), posteriors(jamo), strict=True
    ):
        finals = [p[2] for p in expected if p[2] >= 0.005]
        np.testing.assert_allclose([float(p) for p in shown], finals, atol=0.0051)


def test_typing_hangul_counts_ten_jamo() -> None:
    assert texts(drawn("typing_hangul"), word="국가", text="대한민국헌법")[:10] == list(
        "ㄷㅐㅎㅏㄴㅁㅣㄴㄱㅜ"
    )
