"""Figures of Part 4: the trick at work on real data, in the order of the chapters."""

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

import altair as alt
import mpmath
import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

import lsebook
from lsebook.explore.canvas import (
    BLUE,
    INK,
    PALE,
    RED,
    WIDTH,
    Explorable,
    explorable,
    line_of_text,
    number,
    row,
    slider,
    table,
)

# Chapter 14

CLASSES = (2, 3, 4, 10, 100, 1000, 50257)


def double_softmax() -> Explorable:
    """Show the cross-entropy of softmax applied once and twice, and the floor of the second.

    The right class scores z and the K - 1 others 0.

    Returns
    -------
    Explorable
        With sliders for z and for the place k of K in a list of seven.

    Examples
    --------
    >>> from lsebook import explore
    >>> explore.double_softmax()
    <explore.double_softmax: z, k>
    """

    def losses(z: str) -> dict[str, str]:
        # p is the right probability, q each of the others.
        return {
            "K": f"{list(CLASSES)}[k]",
            "p": f"1 / (1 + (datum.K - 1) * exp(-({z})))",
            "q": f"1 / (datum.K - 1 + exp({z}))",
            "once": f"log(1 + (datum.K - 1) * exp(-({z})))",
            "twice": "log(1 + (datum.K - 1) * exp(datum.q - datum.p))",
            "second": "(datum.K - 1) / (datum.K - 1 + exp(datum.p - datum.q))",
            "slope_once": "-(datum.K - 1) * datum.q",
            # p - q grows by p q K with z.
            "slope_twice": "-datum.second * datum.p * datum.q * datum.K",
            "floor": "log(E + datum.K - 1) - 1",
        }

    curve = alt.Chart(alt.sequence(-10, 20.01, 0.1, as_="u"))
    here = row(at="z", **losses("z"))
    for field, expression in losses("datum.u").items():
        curve = curve.transform_calculate(as_=field, calculate=expression)
    scale = alt.Scale(domain=[-10, 20], nice=False)
    x = alt.X("u:Q", title="z", scale=scale, axis=alt.Axis(values=[-10, 0, 10, 20]))
    at = alt.X("at:Q", scale=scale)
    high = alt.Scale(domain=[0, 13], nice=False, range=[240, 78])
    axis = alt.Axis(values=[0, 2, 4, 6, 8, 10, 12])
    layers = [
        curve.transform_filter("datum.once < 13")
        .mark_line(color=BLUE, strokeWidth=2)
        .encode(x=x, y=alt.Y("once:Q", title=None, scale=high, axis=axis)),
        curve.mark_line(color=RED, strokeWidth=2).encode(x=x, y=alt.Y("twice:Q", scale=high)),
        curve.mark_line(color=PALE, strokeDash=[4, 4], strokeWidth=1.5).encode(
            x=x, y=alt.Y("floor:Q", scale=high)
        ),
        here.transform_filter("datum.once < 13")
        .mark_point(color=BLUE, filled=True, size=90, opacity=1)
        .encode(x=at, y=alt.Y("once:Q", scale=high)),
        here.mark_point(color=RED, filled=True, size=90, opacity=1).encode(
            x=at, y=alt.Y("twice:Q", scale=high)
        ),
    ]
    for y, ink, name, which in (
        (12, BLUE, "softmax(x)", "once"),
        (34, RED, "softmax(softmax(x))", "twice"),
    ):
        loss, slope = number(f"datum.{which}", ".4~g"), number(f"datum.slope_{which}", ".2~g")
        layers += [
            line_of_text(here, f"'{name}'", 0, y, color=ink),
            line_of_text(here, loss, 176, y, color=ink),
            line_of_text(here, f"'d/dz: ' + {slope}", 246, y, color=ink),
        ]
    bottom = number("datum.floor", ".5~g")
    layers.append(
        line_of_text(
            here, f"'K = ' + datum.K + ',  log(e + K - 1) - 1 = ' + {bottom}", 0, 58, fontSize=14
        )
    )
    return explorable(
        "double_softmax",
        "log(e + K - 1) - 1",
        layers,
        [slider("z", 4, -10, 20, 0.5), slider("k", 3, 0, len(CLASSES) - 1, 1)],
        height=240,
        left=44,
    )


# Chapter 15

Array = npt.NDArray[np.float64]

# Weights, means and covariances of a mixture, and the log-likelihood of the data.
Fit = tuple[Array, Array, Array, float]

REG_COVAR = 1e-6

HOURS = range(0, 49, 2)


def mixture_units(data: npt.ArrayLike) -> Explorable:
    """Show how the unit of time changes a mixture whose variances are added 1e-6 square units to.

    Parameters
    ----------
    data : array_like
        Two columns, in minutes; fitted with two components.

    Returns
    -------
    Explorable
        With a slider for the unit, h hours; 0 adds nothing.

    Examples
    --------
    >>> from lsebook import explore
    >>> short = [[1.5, 50.0], [2.0, 55.0], [2.1, 51.0], [1.8, 57.0]]
    >>> long = [[4.2, 80.0], [4.5, 77.0], [4.0, 71.0], [4.7, 84.0]]
    >>> explore.mixture_units(short + long)
    <explore.mixture_units: h>
    """
    points = np.asarray(data, float)
    fits = list(_fits(points, [REG_COVAR * (60 * h) ** 2 for h in HOURS]))
    at = f"h / {HOURS.step}"
    layers: list[alt.Chart] = []
    x, y = (_axis(points[:, k], name) for k, name in enumerate(("x:Q", "y:Q")))
    dots = table([{"x": float(a), "y": float(b)} for a, b in points])
    layers.append(
        dots.mark_circle(size=14, color=PALE, opacity=1, clip=True).encode(
            x=alt.X(**x), y=alt.Y(**y)
        )
    )
    turns = table([{"a": round(float(a), 4)} for a in np.linspace(0, 2 * np.pi, 61)])
    for k, color in enumerate((BLUE, RED)):
        mean = np.round([fit[1][k] for fit in fits], 4).tolist()
        # Two standard deviations along the Cholesky factor's columns.
        half = np.round([2 * np.linalg.cholesky(fit[2][k]) for fit in fits], 4).tolist()
        outline = turns
        for field, expression in {
            "m": f"{mean}[{at}]",
            "l": f"{half}[{at}]",
            "x": "datum.m[0] + datum.l[0][0] * cos(datum.a)",
            "y": "datum.m[1] + datum.l[1][0] * cos(datum.a) + datum.l[1][1] * sin(datum.a)",
        }.items():
            outline = outline.transform_calculate(as_=field, calculate=expression)
        layers.append(
            outline.mark_line(color=color, strokeWidth=2.5, clip=True).encode(
                x=alt.X(**x), y=alt.Y(**y), order="a:Q"
            )
        )
    whole = row(
        added=number(f"({REG_COVAR} * pow(60 * h, 2))", ".3~g"),
        value=f"{np.round([fit[3] for fit in fits], 1).tolist()}[{at}]",
        shown=number("datum.value", ".1f"),
    )
    layers += [
        line_of_text(whole, "'1e-6 · (60 · ' + h + ')² = ' + datum.added + ' min²'", 0, 12),
        line_of_text(whole, "'Σ LSE = ' + datum.shown", 250, 12, fontWeight="bold", color=BLUE),
    ]
    return explorable(
        "mixture_units",
        "Σ LSE, 1e-6 · (60 h)²",
        layers,
        [slider("h", 0, HOURS[0], HOURS[-1], HOURS.step)],
        height=260,
        left=48,
        bottom=44,
    )


def _axis(values: Array, field: str) -> dict[str, object]:
    """An axis in minutes that leaves room for ellipses, and above for two lines of text."""
    low, high = float(values.min()), float(values.max())
    room = high - low
    over = field.startswith("x")
    scale = alt.Scale(
        domain=[low - room / 2, high + room / 2],
        nice=False,
        range=[1, WIDTH - 70] if over else [259, 34],
    )
    return {
        "shorthand": field,
        "title": "min",
        "scale": scale,
        "axis": alt.Axis(tickCount=5, grid=False),
    }


def _fits(points: Array, added: list[float]) -> Iterator[Fit]:
    """Fits of two components by EM, each begun where the last one ended.

    The first begins with the halves of the data below and above the middle of the first column.
    """
    upper = points[:, 0] > (points[:, 0].min() + points[:, 0].max()) / 2
    r = np.stack([~upper, upper], axis=1).astype(float)
    for reg in added:
        for _ in range(60):
            fit = _maximise(points, r, reg)
            joint = _log_joint(points, *fit)
            r = lsebook.softmax(joint, axis=1)
        yield (*fit, float(lsebook.logsumexp(joint, axis=1).sum()))


def _maximise(points: Array, r: Array, reg: float) -> tuple[Array, Array, Array]:
    n = r.sum(axis=0)
    means = r.T @ points / n[:, None]
    apart = points - means[:, None]
    covs = np.einsum("nk,kni,knj->kij", r, apart, apart) / n[:, None, None]
    return n / len(points), means, covs + reg * np.eye(points.shape[1])


def _log_joint(points: Array, w: Array, means: Array, covs: Array) -> Array:
    factors = np.linalg.cholesky(covs)
    z = np.linalg.solve(factors, (points - means[:, None]).swapaxes(1, 2))
    log_det = 2 * np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
    constant = points.shape[1] * np.log(2 * np.pi)
    joint: Array = np.log(w) - 0.5 * ((z**2).sum(axis=1).T + log_det + constant)
    return joint


# Chapter 16

# The syllables of everyday Korean: all that the standard KS X 1001 gives a code.
_SYLLABLES = "".join(
    bytes((row, cell)).decode("euc-kr") for row in range(0xB0, 0xC9) for cell in range(0xA1, 0xFF)
)

_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"

_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"

_FINALS = ["", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"]

_TYPED = 10


def letters_apart(letters: str, emissions: Sequence[npt.ArrayLike]) -> Explorable:
    """Show how two states share the letters among them, step by step of EM.

    Parameters
    ----------
    letters : str
        The alphabet.
    emissions : sequence of array_like
        For each step, the probabilities with which the two states emit each letter.

    Returns
    -------
    Explorable
        With a slider for the step k.

    Examples
    --------
    >>> from lsebook import explore
    >>> explore.letters_apart("ab", [[[0.5, 0.5], [0.4, 0.6]], [[0.9, 0.1], [0.1, 0.9]]])
    <explore.letters_apart: k>
    """
    steps = np.asarray(emissions, float)
    shares = steps[:, 0] / steps.sum(axis=1)
    # Four letters below one another, so that those with nearly equal shares can be read.
    marks = table([{"i": i, "letter": c} for i, c in enumerate(letters)])
    for field, expression in {
        "share": f"{np.round(shares, 4).tolist()}[k][datum.i]",
        "line": "datum.i % 8",
    }.items():
        marks = marks.transform_calculate(as_=field, calculate=expression)
    x = alt.X(
        "share:Q",
        title="p₁ / (p₁ + p₂)",
        scale=alt.Scale(domain=[-0.04, 1.04], nice=False),
        axis=alt.Axis(values=[0, 0.25, 0.5, 0.75, 1], format="~g"),
    )
    y = alt.Y("line:Q", axis=None, scale=alt.Scale(domain=[-0.7, 7.7], nice=False))
    ink = alt.condition("datum.share > 0.5", alt.value(BLUE), alt.value(RED))
    return explorable(
        "letters_apart",
        "p₁ / (p₁ + p₂)",
        [marks.mark_text(fontSize=17).encode(x=x, y=y, text="letter:N", color=ink)],
        [slider("k", 0, 0, len(steps) - 1, 1)],
        height=230,
    )


def typing_hangul(
    letters: str,
    start: npt.ArrayLike,
    transition: npt.ArrayLike,
    emission: npt.ArrayLike,
) -> Explorable:
    """Show which place in its syllable a model of three states gives each jamo that is typed.

    Above, each judged by the jamo up to it alone (the filter); below, by all (the smoother).
    Only the first ten jamo count, and of them those that the model knows.

    Parameters
    ----------
    letters : str
        The model's alphabet, in jamo.
    start, transition, emission : array_like
        Its parameters; states are initial, vowel and final.

    Returns
    -------
    Explorable
        With three words to choose from, and a field for the reader's own.

    Examples
    --------
    >>> from lsebook import explore
    >>> move = [[0, 1, 0], [0.5, 0, 0.5], [0.9, 0.1, 0]]
    >>> explore.typing_hangul("ㄱㅏ", [1, 0, 0], move, [[1, 0], [0, 1], [1, 0]])
    <explore.typing_hangul: word, text>
    """
    fields = _typed_jamo(letters) | _filter_and_smoother(letters, start, transition, emission)
    whole = row(**fields)
    columns = whole.transform_calculate(as_="t", calculate=f"sequence({_TYPED})")
    columns = columns.transform_flatten(["t"]).transform_filter("datum.t < datum.n")
    for field, expression in {
        "letter": "slice(datum.typed, datum.t, datum.t + 1)",
        "before": "datum['a' + datum.t]",
        "after": "datum['g' + datum.t]",
        "left": "datum.t + 0.1",
        "right": "datum.t + 0.9",
        "middle": "datum.t + 0.5",
    }.items():
        columns = columns.transform_calculate(as_=field, calculate=expression)
    across = alt.Scale(domain=[0, _TYPED], nice=False)
    down = alt.Scale(domain=[0, 1], nice=False, range=[0, 1])
    middle = alt.X("middle:Q", axis=None, scale=across)
    layers = [alt.Chart().mark_text(fontSize=22).encode(x=middle, y=alt.value(14), text="letter:N")]
    for name, title, top in (
        ("before", "p(z | x[:t])", 62),
        ("after", "p(z | x)", 196),
    ):
        layers.append(line_of_text(table([{}]), f"'{title}'", 0, top - 14, fontSize=14))
        filled = f"{top}"
        for state, color in ((2, RED), (1, PALE), (0, BLUE)):
            bars = alt.Chart().transform_calculate(as_="top", calculate=filled)
            filled = f"({filled} + 80 * datum.{name}[{state}])"
            bars = bars.transform_calculate(as_="bottom", calculate=filled)
            layers.append(
                bars.mark_rect(color=color).encode(
                    x=alt.X("left:Q", axis=None, scale=across),
                    x2="right:Q",
                    y=alt.Y("top:Q", axis=None, scale=down),
                    y2="bottom:Q",
                )
            )
        layers.append(
            alt.Chart()
            .transform_calculate(as_="shown", calculate=f"format(datum.{name}[2], '.2f')")
            .transform_filter(f"datum.{name}[2] >= 0.005")
            .mark_text(fontSize=14, color=RED)
            .encode(x=middle, y=alt.value(top + 92), text="shown:N")
        )
    word = alt.param(
        name="word",
        value="ㄱㅜㄱ",
        bind=alt.binding_radio(options=["ㄱㅜㄱ", "국가", "구가"], name="word "),
    )
    text = alt.param(name="text", value="", bind=alt.binding(input="text", name="text "))
    return explorable(
        "typing_hangul",
        "p(z | x[:t]), p(z | x)",
        layers,
        [word, text],
        height=298,
        bottom=12,
        shared=columns,
    )


def _typed_jamo(letters: str) -> dict[str, str]:
    """Fields that take what was typed apart: the jamo that the model knows, and their number."""
    codes = [ord(syllable) - 0xAC00 for syllable in _SYLLABLES]
    fields = {
        "source": "text == '' ? word : text",
        "syllables": f"'{_SYLLABLES}'",
        "codes": str(codes),
        "finals": str(_FINALS),
    }
    for i in range(_TYPED):
        c = f"slice(datum.source, {i}, {i + 1})"
        fields[f"c{i}"] = c
        fields[f"n{i}"] = (
            f"datum.c{i} == '' ? -1 : indexof(datum.syllables, datum.c{i}) < 0 ? -1"
            f" : datum.codes[indexof(datum.syllables, datum.c{i})]"
        )
        n = f"datum.n{i}"
        fields[f"j{i}"] = (
            f"{n} < 0 ? datum.c{i} :"
            f" slice('{_INITIALS}', floor({n} / 588), floor({n} / 588) + 1)"
            f" + slice('{_VOWELS}', floor({n} / 28) % 21, floor({n} / 28) % 21 + 1)"
            f" + datum.finals[{n} % 28]"
        )
    joined = " + ".join(f"datum.j{i}" for i in range(_TYPED))
    fields["typed"] = f"slice(replace({joined}, regexp('[^{letters}]', 'g'), ''), 0, {_TYPED})"
    fields["n"] = "length(datum.typed)"
    return fields


def _filter_and_smoother(
    letters: str, start: npt.ArrayLike, transition: npt.ArrayLike, emission: npt.ArrayLike
) -> dict[str, str]:
    """Fields a0, a1 … of what is known of each jamo when it is typed, and g0, g1 … in the end."""
    first, move, emit = (np.asarray(p, float) for p in (start, transition, emission))

    def normalised(terms: list[str]) -> str:
        whole = " + ".join(terms)
        return f"[{', '.join(f'({term}) / ({whole})' for term in terms)}]"

    def total(terms: Iterable[tuple[float, str]]) -> str:
        return " + ".join(f"{weight:.4g} * {term}" for weight, term in terms)

    fields = {"emission": str([[float(f"{p:.3g}") for p in row] for row in emit.T])}
    for t in range(_TYPED):
        place = f"indexof('{letters}', slice(datum.typed, {t}, {t + 1}))"
        fields[f"e{t}"] = f"datum.emission[{place}]"
        known = [
            f"{first[j]:.4g}"
            if t == 0
            else f"({total((move[i, j], f'datum.a{t - 1}[{i}]') for i in range(3))})"
            for j in range(3)
        ]
        raw = [f"{known[j]} * datum.e{t}[{j}]" for j in range(3)]
        fields[f"r{t}"] = f"{t} < datum.n ? [{', '.join(raw)}] : [1, 1, 1]"
        fields[f"a{t}"] = normalised([f"datum.r{t}[{j}]" for j in range(3)])
    fields[f"b{_TYPED - 1}"] = "[1, 1, 1]"
    for t in reversed(range(_TYPED)):
        if t < _TYPED - 1:
            later = [
                total((move[i, j], f"datum.e{t + 1}[{j}] * datum.b{t + 1}[{j}]") for j in range(3))
                for i in range(3)
            ]
            fields[f"b{t}"] = f"{t + 1} < datum.n ? [{', '.join(later)}] : [1, 1, 1]"
        fields[f"g{t}"] = normalised([f"datum.a{t}[{j}] * datum.b{t}[{j}]" for j in range(3)])
    return fields


# Chapter 17

# Coal-mining disasters and years of chapter 17, and log Π y!.
DISASTERS, YEARS, LOG_FACTORIALS = 191, 112, 114.52110986946805

RATES = 10


def harmonic_draws(k: float) -> float:
    """The log harmonic mean of 1000 likelihoods, where the prior's rate is 10^k."""
    rates = np.random.default_rng(17).gamma(DISASTERS + 1, 1 / (YEARS + 10**k), size=1000)
    logs = DISASTERS * np.log(rates) - YEARS * rates
    low = logs.min()
    return float(low - np.log(np.mean(np.exp(low - logs))) - LOG_FACTORIALS)


def samples_needed(k: float) -> float:
    """The decimal log of how many samples it takes to see one beyond the prior's median."""
    rate = mpmath.mpf(10) ** k
    at = (YEARS + rate) * mpmath.log(2) / rate
    below = mpmath.gammainc(DISASTERS + 1, 0, at, regularized=True)
    above = mpmath.gammainc(DISASTERS + 1, at, regularized=True)
    return float(-mpmath.log10(min(below, above)))


def harmonic_mean() -> Explorable:
    """Show the log evidence of one rate, and its estimate by a harmonic mean, which stays.

    Returns
    -------
    Explorable
        With a slider for the decimal log k of the rate b of the exponential prior.

    Examples
    --------
    >>> from lsebook import explore
    >>> explore.harmonic_mean()
    <explore.harmonic_mean: k>
    """
    places = [round(-4 + i / RATES, 1) for i in range(4 * RATES + 1)]
    gamma = math.lgamma(DISASTERS + 1) - LOG_FACTORIALS
    curve = [
        {
            "k": k,
            "y": round(k * math.log(10) + gamma - (DISASTERS + 1) * math.log(YEARS + 10**k), 4),
            "h": round(harmonic_draws(k), 3),
        }
        for k in places
    ]
    needed = [round(samples_needed(k)) for k in places]
    here = row(
        i=f"round((k + 4) * {RATES})",
        k="k",
        y=f"{[point['y'] for point in curve]}[datum.i]",
        h=f"{[point['h'] for point in curve]}[datum.i]",
        n=f"{needed}[datum.i]",
        shown_y=number("datum.y", ".2f"),
        shown_h=number("datum.h", ".2f"),
    )
    x = alt.X(
        "k:Q",
        title="k",
        scale=alt.Scale(domain=[-4, 0], nice=False),
        axis=alt.Axis(values=[-4, -3, -2, -1, 0], format="d"),
    )
    y = alt.Y(
        "y:Q",
        title=None,
        scale=alt.Scale(domain=[-215, -203], nice=False, range=[250, 84]),
        axis=alt.Axis(values=[-214, -210, -206], format="d"),
    )
    points = table(curve)
    layers = [
        points.mark_line(color=BLUE, strokeWidth=2).encode(x=x, y=y),
        points.transform_filter("round(datum.k * 10) % 2 == 0")
        .mark_point(filled=True, size=30, color=RED, opacity=1)
        .encode(x=x, y="h:Q"),
        here.mark_rule(strokeDash=[4, 4], strokeWidth=1.5, color=INK).encode(
            x=x, y="y:Q", y2="h:Q"
        ),
        here.mark_point(filled=True, size=110, color=BLUE, opacity=1).encode(x=x, y=y),
        here.mark_point(filled=True, size=110, color=RED, opacity=1).encode(x=x, y="h:Q"),
        line_of_text(here, "'exact:  log Z = ' + datum.shown_y", 0, 12, color=BLUE, fontSize=16),
        line_of_text(
            here,
            "'harmonic mean, n = 1000:  log Z = ' + datum.shown_h",
            0,
            36,
            color=RED,
            fontSize=16,
        ),
        line_of_text(
            here,
            "'b = ' + format(pow(10, k), '.2~g') + ',  needed: n = 10^' + datum.n",
            0,
            60,
            fontSize=16,
        ),
    ]
    return explorable(
        "harmonic_mean",
        "Z = ∫ p(y | r) b exp(-b r) dr, b = 10^k",
        layers,
        [slider("k", -3, -4, 0, 0.1)],
        height=250,
        left=52,
    )


# Chapter 18

Floats = NDArray[np.float64]

# Two of scikit-learn's digits, row by row, from no ink (.) to 16 (g).
ZERO = "..5d91....dfaf5..3f2.b8..4c..88..58..98..4b.1c7..2e5ac....6da..."

ONE = "...cd5.....bg9....3fg6...7fgg2....1gg3....1gg6....1gg6.....bga.."

FINEST, COARSEST, PER_DECADE = -1.3, 1.0, 10

# Of plain Sinkhorn between the two, begun with ones: the eps below which exp(-5 / eps) is 0, and
# with it the routes of cost 5 that the plan needs; and that below which it ends in nan.
ENDS = {"float16": (0.2885, 0.231), "float32": (0.04809, 0.0409), "float64": (0.00671, 0.00537)}


def ink(image: str) -> tuple[NDArray[np.int64], Floats]:
    """Places and masses of the pixels that are not empty."""
    inks = np.array([0 if c == "." else "0123456789abcdefg".index(c) for c in image])
    places = np.stack(np.divmod(np.flatnonzero(inks), 8), axis=1)
    return places, inks[inks > 0] / inks.sum()


def costs() -> Floats:
    (x, _), (y, _) = ink(ZERO), ink(ONE)
    return np.asarray(((x[:, None] - y) ** 2.0).sum(axis=2))


def log_sum(x: Floats, axis: int) -> Floats:
    peak = x.max(axis=axis, keepdims=True)
    return np.asarray(peak.squeeze(axis) + np.log(np.exp(x - peak).sum(axis=axis)))


@cache
def potentials() -> dict[float, tuple[Floats, Floats]]:
    """Sinkhorn's potentials f and g of the plan, each over eps, by the decimal log of eps."""
    (_, a), (_, b), found = ink(ZERO), ink(ONE), {}
    M, g = costs(), np.zeros(1)
    for i in range(round((COARSEST - FINEST) * PER_DECADE), -1, -1):
        k = round(FINEST + i / PER_DECADE, 1)
        eps = 10.0**k
        for _ in range(2000 if eps < 0.3 else 250):
            f = eps * (np.log(a) - log_sum((g - M) / eps, axis=1))
            g = eps * (np.log(b) - log_sum((f[:, None] - M) / eps, axis=0))
        found[k] = (f / eps, g / eps)
    return dict(sorted(found.items()))


def transport() -> Explorable:
    """Show how the ink of a 0 flows into a 1, by the plan of entropic transport.

    Returns
    -------
    Explorable
        With sliders for the decimal log k of eps and for the time t.

    Examples
    --------
    >>> from lsebook import explore
    >>> explore.transport()
    <explore.transport: k, t>
    """
    (x, _), (y, _) = ink(ZERO), ink(ONE)
    n, M = len(y), costs()
    f = [[round(float(v), 2) for v in fs] for fs, _ in potentials().values()]
    g = [[round(float(v), 2) for v in gs] for _, gs in potentials().values()]
    cost = [
        round(float((np.exp(fs[:, None] + gs - M / 10**k) * M).sum()), 4)
        for k, (fs, gs) in potentials().items()
    ]
    # All costs are whole, so that below the finest eps the plan changes no more.
    place = f"round((max(k, {FINEST}) - {FINEST}) * {PER_DECADE})"
    drops = alt.Chart(alt.sequence(0, len(x) * n, as_="n"))
    for field, expression in {
        "i": f"floor(datum.n / {n})",
        "j": f"datum.n % {n}",
        "x0": f"{x.tolist()}[datum.i]",
        "y0": f"{y.tolist()}[datum.j]",
        "cost": "pow(datum.x0[0] - datum.y0[0], 2) + pow(datum.x0[1] - datum.y0[1], 2)",
        "log_p": f"{f}[{place}][datum.i] + {g}[{place}][datum.j]"
        f" - datum.cost / pow(10, max(k, {FINEST}))",
        "p": "exp(datum.log_p)",
        "row": "(1 - t) * datum.x0[0] + t * datum.y0[0]",
        "column": "(1 - t) * datum.x0[1] + t * datum.y0[1]",
    }.items():
        drops = drops.transform_calculate(as_=field, calculate=expression)
    here = row(cost=f"{cost}[{place}]", shown=number("datum.cost", ".4f"))
    layers = [
        drops.transform_filter("datum.p > 0.0004")
        .mark_circle(color=INK, opacity=0.55)
        .encode(
            x=alt.X(
                "column:Q", axis=None, scale=alt.Scale(domain=[0, 7], range=[10, 210], nice=False)
            ),
            y=alt.Y(
                "row:Q", axis=None, scale=alt.Scale(domain=[0, 7], range=[10, 210], nice=False)
            ),
            size=alt.Size(
                "p:Q", legend=None, scale=alt.Scale(domain=[0, 0.05], range=[0, 560], nice=False)
            ),
        ),
        line_of_text(here, "'eps = ' + format(pow(10, k), '.2~g')", 240, 30, fontSize=17),
        line_of_text(here, "'cost = ' + datum.shown", 240, 58, fontSize=17, color=BLUE),
    ]
    for i, (dtype, (off, dead)) in enumerate(ENDS.items()):
        state = f"(pow(10, k) < {dead} ? 'nan' : pow(10, k) < {off} ? 'off' : 'ok')"
        lamp = line_of_text(here, f"'{dtype}:  ' + {state}", 240, 108 + 28 * i, fontSize=17)
        layers.append(
            lamp.encode(color=alt.condition(f"pow(10, k) < {off}", alt.value(RED), alt.value(INK)))
        )
    return explorable(
        "transport",
        "p = exp((f + g - (x - y)^2) / eps), (1 - t) x + t y",
        layers,
        [slider("k", -1, -2.6, 1, 0.1), slider("t", 0.5, 0, 1, 0.05)],
        height=220,
        bottom=12,
    )


# Chapter 19

# Chapter 19's word, letter by letter, with a blank on either side and between.
STATES = "-ㄱ-ㅜ-ㄱ-ㄱ-ㅏ-"

FRAMES = range(4, 13)


def paths_through(frames: int) -> tuple[int, list[list[int]]]:
    """How many paths spell the word in so many frames, and how many of them pass each state."""
    last = len(STATES) - 1
    steps = {
        (i, j)
        for j in range(last + 1)
        for i in (j, j - 1, j - 2)
        if i >= 0 and (j - i < 2 or STATES[j] not in ("-", STATES[i]))
    }

    def counts(start: set[int], steps: set[tuple[int, int]]) -> list[list[int]]:
        found = [[int(s in start) for s in range(last + 1)]]
        for _ in range(frames - 1):
            found.append([sum(found[-1][i] for i, j in steps if j == s) for s in range(last + 1)])
        return found

    ahead = counts({0, 1}, steps)
    behind = counts({last, last - 1}, {(j, i) for i, j in steps})[::-1]
    through = [
        [a * b for a, b in zip(*rows, strict=True)] for rows in zip(ahead, behind, strict=True)
    ]
    return ahead[-1][last] + ahead[-1][last - 1], through


def ctc_lattice() -> Explorable:
    """Show all paths that spell a word in T frames: how often they pass each letter and blank.

    Returns
    -------
    Explorable
        With a slider for the number of frames T.

    Examples
    --------
    >>> from lsebook import explore
    >>> explore.ctc_lattice()
    <explore.ctc_lattice: T>
    """
    nodes, totals = [], []
    for frames in FRAMES:
        total, through = paths_through(frames)
        totals.append(total)
        nodes += [
            {"T": frames, "t": t, "s": s, "p": round(share / total if total else 0, 3)}
            for t, shares in enumerate(through, start=1)
            for s, share in enumerate(shares)
        ]
    rows = [{"s": s, "letter": letter} for s, letter in enumerate(STATES)]
    shown = table(nodes).transform_filter("datum.T == T")
    here = row(
        total=f"{totals}[T - {FRAMES[0]}]",
        count="format(datum.total, ',')",
        log_p=number("(log(datum.total) - T * log(4))", ".5~g"),
    )
    x = alt.X(
        "t:Q",
        title="t",
        scale=alt.Scale(domain=[0.5, 12.5], nice=False),
        axis=alt.Axis(values=[1, 4, 8, 12], format="d"),
    )
    y = alt.Y(
        "s:Q", axis=None, scale=alt.Scale(domain=[0, len(STATES) - 1], nice=False, range=[58, 258])
    )
    size = alt.Size("p:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=[0, 300], nice=False))
    none = alt.condition("datum.total == 0", alt.value(RED), alt.value(BLUE))
    layers = [
        shown.mark_circle(color="#dddddd", size=14, opacity=1).encode(x=x, y=y),
        shown.transform_filter("datum.p > 0")
        .mark_circle(opacity=1)
        .encode(
            x=x,
            y=y,
            size=size,
            color=alt.condition("datum.s % 2 == 1", alt.value(BLUE), alt.value("#8aa7bf")),
        ),
        table(rows)
        .mark_text(fontSize=15, align="center")
        .encode(x=alt.value(-18), y=y, text="letter:N"),
        line_of_text(here, "'paths = ' + datum.count", 0, 12, fontSize=17).encode(color=none),
        line_of_text(here, "'log p = ' + datum.log_p", 180, 12, fontSize=17).encode(color=none),
    ]
    return explorable(
        "ctc_lattice",
        "log p = log(paths) - T log 4",
        layers,
        [slider("T", 8, FRAMES[0], FRAMES[-1], 1)],
        height=280,
        left=52,
    )
