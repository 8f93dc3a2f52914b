"""Record which call each library offers for the functions of this book, and what it answers.

Run with ``python -m benchmarks.library_guide``; writes ``benchmarks/results/library_guide.json``.
What is not installed is left out. A call in the record is the very text that was run, with the
case's numbers in the place of x. PostgreSQL is asked through ``psql``, so a server must answer
there; the C++ libraries are compiled with headers from PyPI's httpstan or ``CPLUS_INCLUDE_PATH``.
"""

import importlib.util
import json
import math
import platform
import re
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

RESULTS = Path(__file__).parent / "results" / "library_guide.json"
INF, NAN = math.inf, math.nan
FUNCTIONS = (
    "LSE",
    "softmax",
    "log_softmax",
    "logaddexp",
    "log1p",
    "log1mexp",
    "softplus",
    "cumulative",
    "logmeanexp",
)


class Case(NamedTuple):
    """A function, its numbers, and their dtype where the library has dtypes."""

    function: str
    x: Sequence[float]
    dtype: str = "float64"


CASES = {
    "LSE [1000, 1000]": Case("LSE", [1000, 1000]),
    "LSE [-1000, -1000]": Case("LSE", [-1000, -1000]),
    "LSE [0, -800]": Case("LSE", [0, -800]),
    "LSE [0, -40]": Case("LSE", [0, -40]),
    "LSE [-inf, -inf]": Case("LSE", [-INF, -INF]),
    "LSE [inf, 0]": Case("LSE", [INF, 0]),
    "LSE [inf, -inf]": Case("LSE", [INF, -INF]),
    "LSE [nan, 0]": Case("LSE", [NAN, 0]),
    "LSE []": Case("LSE", []),
    "LSE float16, 70000 zeros": Case("LSE", [0] * 70000, "float16"),
    "LSE int8 [100, -100]": Case("LSE", [100, -100], "int8"),
    "softmax [1000, 0]": Case("softmax", [1000, 0]),
    "softmax [0, -inf]": Case("softmax", [0, -INF]),
    "softmax [-inf, -inf]": Case("softmax", [-INF, -INF]),
    "softmax int8 [100, -100]": Case("softmax", [100, -100], "int8"),
    "log_softmax [0, -1000]": Case("log_softmax", [0, -1000]),
    "log_softmax [0, -40]": Case("log_softmax", [0, -40]),
    "logaddexp(0, -40)": Case("logaddexp", [0, -40]),
    "logaddexp(-inf, -inf)": Case("logaddexp", [-INF, -INF]),
    "log1p(1e-20)": Case("log1p", [1e-20]),
    "log1mexp(-1e-20)": Case("log1mexp", [-1e-20]),
    "log1mexp(-50)": Case("log1mexp", [-50]),
    "softplus(-40)": Case("softplus", [-40]),
    "softplus(1000)": Case("softplus", [1000]),
    "cumulative [1000, 1000]": Case("cumulative", [1000, 1000]),
    "logmeanexp [1000, 1000]": Case("logmeanexp", [1000, 1000]),
}

# Version, calls by function, and what runs a call on a case.
Library = tuple[str, Mapping[str, str], Callable[[str, Case], str]]


def written(found: Any) -> str:
    """Three digits of each number, as Python writes them."""
    flat = np.asarray(found, dtype=float).ravel()
    return ", ".join(f"{number + 0.0:.3g}" for number in flat)


def python_library(package: str, calls: Mapping[str, str], names: dict[str, Any]) -> Library:
    """A library of Python, whose calls are evaluated with x as ``names["array"]`` makes it."""

    def run(call: str, case: Case) -> str:
        x = names["array"](np.array(case.x, case.dtype))
        with np.errstate(all="ignore"):
            return written(eval(call, names | {"x": x}))

    # TensorFlow without a graphics card is a distribution of its own.
    found = metadata.packages_distributions()[package][0]
    return metadata.version(found), calls, run


def numpy() -> Library:
    return python_library(
        "numpy",
        {
            "LSE": "np.logaddexp.reduce(x)",
            "softmax": "np.exp(x - np.logaddexp.reduce(x))",
            "log_softmax": "x - np.logaddexp.reduce(x)",
            "logaddexp": "np.logaddexp(x[0], x[1])",
            "log1p": "np.log1p(x)",
            "log1mexp": "np.where(x > -0.693, np.log(-np.expm1(x)), np.log1p(-np.exp(x)))",
            "softplus": "np.logaddexp(0, x)",
            "cumulative": "np.logaddexp.accumulate(x)",
            "logmeanexp": "np.logaddexp.reduce(x) - np.log(len(x))",
        },
        {"np": np, "array": lambda x: x},
    )


def scipy() -> Library:
    import scipy.special
    import scipy.stats

    names = {"np": np, "special": scipy.special, "array": lambda x: x}
    return python_library(
        "scipy",
        {
            "LSE": "special.logsumexp(x)",
            "softmax": "special.softmax(x)",
            "log_softmax": "special.log_softmax(x)",
            "logaddexp": "special.logsumexp(x)",
            "log1p": "special.log1p(x)",
            "softplus": "-special.log_expit(-x)",
            "logmeanexp": "special.logsumexp(x, b=1 / len(x))",
        },
        names,
    )


def lsebook() -> Library:
    import lsebook

    return python_library(
        "lsebook",
        {
            "LSE": "lsebook.logsumexp(x)",
            "softmax": "lsebook.softmax(x)",
            "log_softmax": "lsebook.log_softmax(x)",
            "logaddexp": "lsebook.logsumexp(x)",
            "log1mexp": "lsebook.log1mexp(x)",
            "cumulative": "lsebook.logcumsumexp(x)",
            "logmeanexp": "lsebook.logmeanexp(x)",
        },
        {"lsebook": lsebook, "array": lambda x: x},
    )


def pytorch() -> Library:
    import torch

    return python_library(
        "torch",
        {
            "LSE": "torch.logsumexp(x, 0)",
            "softmax": "torch.softmax(x, 0)",
            "log_softmax": "torch.log_softmax(x, 0)",
            "logaddexp": "torch.logaddexp(x[0], x[1])",
            "log1p": "torch.log1p(x)",
            "log1mexp": "torch.log(-torch.expm1(x))",
            "softplus": "torch.nn.functional.softplus(x)",
            "cumulative": "torch.logcumsumexp(x, 0)",
            "logmeanexp": "torch.logsumexp(x, 0) - math.log(len(x))",
        },
        {"torch": torch, "math": math, "array": torch.from_numpy},
    )


def jax() -> Library:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    return python_library(
        "jax",
        {
            "LSE": "jax.nn.logsumexp(x)",
            "softmax": "jax.nn.softmax(x)",
            "log_softmax": "jax.nn.log_softmax(x)",
            "logaddexp": "jnp.logaddexp(x[0], x[1])",
            "log1p": "jnp.log1p(x)",
            "log1mexp": "jax.nn.log1mexp(-x)",
            "softplus": "jax.nn.softplus(x)",
            "cumulative": "jax.lax.cumlogsumexp(x)",
            "logmeanexp": "jax.nn.logmeanexp(x)",
        },
        {"jax": jax, "jnp": jnp, "array": jnp.asarray},
    )


def tensorflow() -> Library:
    import tensorflow as tf

    return python_library(
        "tensorflow",
        {
            "LSE": "tf.reduce_logsumexp(x)",
            "softmax": "tf.nn.softmax(x)",
            "log_softmax": "tf.nn.log_softmax(x)",
            "logaddexp": "tf.experimental.numpy.logaddexp(x[0], x[1])",
            "log1p": "tf.math.log1p(x)",
            "log1mexp": "tf.math.log(-tf.math.expm1(x))",
            "softplus": "tf.math.softplus(x)",
            "cumulative": "tf.math.cumulative_logsumexp(x)",
        },
        {"tf": tf, "array": tf.constant},
    )


def polars() -> Library:
    import polars as pl

    def run(call: str, case: Case) -> str:
        frame = pl.DataFrame({"x": pl.Series(case.x, dtype=pl.Float64)})
        return written(frame.select(eval(call, {"pl": pl, "x": pl.col("x")})).to_series())

    calls = {
        "LSE": "x.max() + (x - x.max()).exp().sum().log()",
        "softmax": "(x - x.max()).exp() / (x - x.max()).exp().sum()",
        "log1p": "x.log1p()",
    }
    return metadata.version("polars"), calls, run


SHIFTED = "c + ln(sum(exp(x - c)))"
GUARDED = "c + ln(sum(exp(greatest(x - c, -700))))"
IN_SQL = "WITH m AS (SELECT max(x) AS c FROM t) SELECT {} FROM t, m GROUP BY c"


def duckdb() -> Library:
    import duckdb

    def run(call: str, case: Case) -> str:
        base = duckdb.connect()
        base.execute("CREATE TABLE t (x DOUBLE)")
        if len(case.x):
            base.executemany("INSERT INTO t VALUES (?)", [(float(v),) for v in case.x])
        rows = base.execute(IN_SQL.format(call)).fetchall()
        return written(rows) if rows else "no row"

    return metadata.version("duckdb"), {"LSE": SHIFTED}, run


def sqlite() -> Library | None:
    base = sqlite3.connect(":memory:")
    try:
        base.execute("SELECT exp(1), ln(1)")
    except sqlite3.OperationalError:  # built without mathematics
        return None

    def run(call: str, case: Case) -> str:
        base.execute("DROP TABLE IF EXISTS t")
        base.execute("CREATE TABLE t (x REAL)")
        # SQLite makes NULL of nan.
        base.executemany("INSERT INTO t VALUES (?)", [(float(v),) for v in case.x])
        rows = base.execute(IN_SQL.format(call)).fetchall()
        if not rows:
            return "no row"
        return "NULL" if rows[0][0] is None else written(rows)

    return sqlite3.sqlite_version, {"LSE": SHIFTED}, run


def command(arguments: Sequence[str], text: str = "") -> str | None:
    """What a command prints, or nothing where it is missing or fails."""
    if shutil.which(arguments[0]) is None:
        return None
    done = subprocess.run(arguments, input=text, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else None


def numbers(text: str | None) -> str:
    """The numbers that another language printed, as Python would write them."""
    if text is None:
        return "error"
    words = text.replace("Infinity", "inf").replace("Inf", "inf").replace("NaN", "nan").split()
    words = ["nan" if word in ("NA", "-nan") else word for word in words]
    try:
        return written([float(word) for word in words])
    except ValueError:
        return "error"


def postgresql(call: str = SHIFTED) -> Library | None:
    version = command(["psql", "-XAtc", "SHOW server_version"])
    if version is None:
        return None

    def run(call: str, case: Case) -> str:
        values = ", ".join(f"('{float(v)}'::float8)" for v in case.x) or "(NULL::float8)"
        table = f"WITH t(x) AS (VALUES {values}), m AS (SELECT max(x) AS c FROM t)"
        query = f"{table} SELECT {call} FROM t, m GROUP BY c"
        return numbers(command(["psql", "-XAt", "-v", "ON_ERROR_STOP=1", "-f", "-"], query))

    return version.split()[0], {"LSE": call}, run


def r_language() -> Library | None:
    version = command(["Rscript", "-e", "cat(as.character(packageVersion('matrixStats')))"])
    if not version:
        return None

    def run(call: str, case: Case) -> str:
        values = ", ".join({INF: "Inf", -INF: "-Inf"}.get(v, str(v)) for v in case.x)
        x = f"as.numeric(c({values.replace('nan', 'NaN')}))"
        code = f"x <- {x}; cat(format({call}, digits = 17))"
        return numbers(command(["Rscript", "-"], code))

    calls = {
        "LSE": "matrixStats::logSumExp(x)",
        "softmax": "exp(x - matrixStats::logSumExp(x))",
        "log_softmax": "x - matrixStats::logSumExp(x)",
        "logaddexp": "matrixStats::logSumExp(x)",
        "log1p": "log1p(x)",
        "log1mexp": "log(-expm1(x))",
        "softplus": "-plogis(-x, log.p = TRUE)",
        "logmeanexp": "matrixStats::logSumExp(x) - log(length(x))",
    }
    return version.strip(), calls, run


def octave() -> Library | None:
    version = command(["octave-cli", "-qf", "--eval", "printf('%s', version)"])
    if not version:
        return None

    def run(call: str, case: Case) -> str:
        values = " ".join(str(float(v)).replace("inf", "Inf").replace("nan", "NaN") for v in case.x)
        code = f"x = double([{values}]); printf('%.17g ', {call});"
        return numbers(command(["octave-cli", "-qf"], code))

    shifted = "max(x) + log(sum(exp(x - max(x))))"
    calls = {"LSE": shifted, "log1p": "log1p(x)", "log1mexp": "log(-expm1(x))"}
    return version.strip(), calls, run


def libreoffice() -> Library | None:
    version = command(["soffice", "--version"])
    if not version:
        return None

    def run(call: str, case: Case) -> str:
        if not len(case.x) or not all(map(math.isfinite, case.x)) or len(case.x) > 9:
            return ""
        cells = "".join(
            f'<table:table-cell office:value-type="float" office:value="{v}"/>' for v in case.x
        )
        formula = call.replace("x", f"[.A1:.{chr(64 + len(case.x))}1]")
        book = SPREADSHEET.format(cells=cells, formula=formula)
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "book.fods").write_text(book, encoding="utf-8")
            convert = ["soffice", "--headless", "--convert-to", "csv", "--outdir", folder]
            profile = f"-env:UserInstallation=file://{folder}/profile"
            command([*convert, profile, f"{folder}/book.fods"])
            made = Path(folder, "book.csv")
            return numbers(made.read_text().splitlines()[1].split(",")[0]) if made.exists() else ""

    calls = {"LSE": "MAX(x)+LN(SUMPRODUCT(EXP(x-MAX(x))))"}
    found = re.search(r"[\d.]+", version)
    return found[0] if found else version, calls, run


SPREADSHEET = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2" office:version="1.2"
 office:mimetype="application/vnd.oasis.opendocument.spreadsheet"><office:body><office:spreadsheet>
<table:table table:name="t"><table:table-row>{cells}</table:table-row>
<table:table-row><table:table-cell table:formula="of:={formula}"/></table:table-row>
</table:table></office:spreadsheet></office:body></office:document>
"""
PROGRAM = """#include <{header}>
#include <cstdio>
#include <limits>
#include <vector>
int main() {{
  const double inf = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
{body}
}}
"""
STAN = {
    "LSE": "stan::math::log_sum_exp(x)",
    "softmax": "stan::math::softmax(x)",
    "log_softmax": "stan::math::log_softmax(x)",
    "logaddexp": "stan::math::log_sum_exp(x[0], x[1])",
    "log1p": "stan::math::log1p(x[0])",
    "log1mexp": "stan::math::log1m_exp(x[0])",
    "softplus": "stan::math::log1p_exp(x[0])",
}
BOOST = {
    "LSE": "boost::math::logsumexp(x.begin(), x.end())",
    "logaddexp": "boost::math::logaddexp(x[0], x[1])",
    "log1p": "boost::math::log1p(x[0])",
}


def compiled(header: str, version: str, array: str, calls: Mapping[str, str]) -> Library | None:
    """A library of C++: one program answers all cases."""
    includes = []
    if importlib.util.find_spec("httpstan"):
        root = Path(str(importlib.util.find_spec("httpstan").origin)).parent / "include"
        includes = [f"-I{p}" for p in (root, *root.rglob("lib/*"), *root.glob("*")) if p.is_dir()]
    lines = []
    cases = {name: case for name, case in CASES.items() if case.function in calls}
    cases = {name: case for name, case in cases.items() if 0 < len(case.x) < 9}
    for case in cases.values():
        values = ", ".join(str(float(v)) for v in case.x)
        lines.append(f"  {{ {array.format(n=len(case.x), values=values)}")
        call = calls[case.function]
        if case.function in ("softmax", "log_softmax"):
            lines.append(f"    auto y = {call}; for (int i = 0; i < y.size(); ++i)")
            lines.append('      std::printf("%.17g ", double(y[i]));')
        else:
            lines.append(f'    std::printf("%.17g", double({call}));')
        lines.append('    std::puts(""); }')
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "answers.cpp")
        body = "\n".join([*lines, f'  std::printf("%s\\n", {version});'])
        source.write_text(PROGRAM.format(header=header, body=body))
        program = str(Path(folder, "answers"))
        built = command(["g++", "-std=c++17", "-O2", "-w", "-D_REENTRANT", *includes,
                         str(source), "-o", program])  # fmt: skip
        printed = command([program]) if built is not None else None
    if printed is None:
        return None
    *found, version = printed.splitlines()
    answers = dict(zip(map(id, cases.values()), map(numbers, found), strict=True))
    return version.replace("_", "."), calls, lambda _, case: answers.get(id(case), "")


def stan() -> Library | None:
    array = "Eigen::VectorXd x({n}); x << {values};"
    version = "(std::to_string(STAN_MATH_MAJOR) + '.' + std::to_string(STAN_MATH_MINOR) + '.'"
    version += " + std::to_string(STAN_MATH_PATCH)).c_str()"
    return compiled("stan/math/prim.hpp", version, array, STAN)


def boost() -> Library | None:
    # logsumexp.hpp brings logaddexp.hpp, which Boost 1.92 does not guard against coming twice.
    header = (
        "boost/math/special_functions/logsumexp.hpp>\n"
        "#include <boost/math/special_functions/log1p.hpp>\n#include <boost/version.hpp"
    )
    return compiled(header, "BOOST_LIB_VERSION", "std::vector<double> x{{{values}}};", BOOST)


# The module that must be there, where one is needed.
LIBRARIES: dict[str, tuple[str | None, Callable[[], Library | None]]] = {
    "NumPy": ("numpy", numpy),
    "SciPy": ("scipy", scipy),
    "lsebook": ("lsebook", lsebook),
    "PyTorch": ("torch", pytorch),
    "JAX": ("jax", jax),
    "TensorFlow": ("tensorflow", tensorflow),
    "matrixStats": (None, r_language),
    "Stan": (None, stan),
    "Boost": (None, boost),
    "DuckDB": ("duckdb", duckdb),
    "Polars": ("polars", polars),
    "PostgreSQL": (None, postgresql),
    "PostgreSQL-700": (None, lambda: postgresql(GUARDED)),
    "SQLite": (None, sqlite),
    "Octave": (None, octave),
    "LibreOffice": (None, libreoffice),
}


def measure() -> dict[str, Any]:
    """Ask every library that is here about every case."""
    record: dict[str, Any] = {"python": platform.python_version(), "libraries": {}}
    for name, (module, load) in LIBRARIES.items():
        library = load() if module is None or importlib.util.find_spec(module) else None
        if library is None:
            continue
        version, calls, run = library
        answers = {}
        for label, case in CASES.items():
            if case.function not in calls:
                continue
            try:
                answers[label] = run(calls[case.function], case)
            except Exception as error:
                answers[label] = type(error).__name__
        record["libraries"][name] = {
            "version": version,
            "calls": dict(calls),
            "answers": {label: answer for label, answer in answers.items() if answer},
        }
        print(f"{name} {version}", flush=True)
    return record


def main() -> None:
    """Measure, and write the record."""
    text = json.dumps(measure(), indent=1, ensure_ascii=False)
    RESULTS.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
