# The commands of this book. CONTRIBUTING.md has the same lines for machines without make.
PYTHON ?= python3
NOTEBOOKS ?=
COVERAGE ?=
BIN := .venv/bin
# Every instruction set for which NumPy 2.4 has loops of its own.
BASELINE := X86_V3 X86_V4 AVX512_ICL AVX512_SPR

.DELETE_ON_ERROR:
.PHONY: book lab test test-site test-baseline outputs translations benchmark audit clean

book: .venv/installed  ## build the site
	$(BIN)/jupyter-book build -W --keep-going .
	@echo "$(CURDIR)/_build/html/index.html"

lab: .venv/installed  ## run the notebooks yourself
	$(BIN)/jupyter lab chapters

test: .venv/installed  ## check the package, both editions and every notebook; COVERAGE=--cov
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 --dist worksteal tests/package tests/book lsebook --doctest-modules $(COVERAGE)
	$(BIN)/python -m pytest -n 2 --dist loadfile --nbval chapters

test-site: .venv/installed  ## read the site in a browser; SITE=folder for one that is built
	$(BIN)/python -m pytest -n 2 --dist loadfile tests/site

test-baseline: .venv/installed  ## check every notebook with other processor instructions
	NPY_DISABLE_CPU_FEATURES="$(BASELINE)" $(BIN)/python -m pytest -n 2 --dist loadfile --nbval chapters

outputs: .venv/installed  ## run all notebooks, or NOTEBOOKS="...", and write their outputs
	$(BIN)/python -m authoring.outputs $(NOTEBOOKS)

translations: .venv/installed  ## confirm that the editions say the same
	$(BIN)/python -m authoring.translations

benchmark: .venv/installed  ## compare speed with SciPy and PyTorch
	$(BIN)/python -m benchmarks

audit: .venv/installed  ## measure the built site
	PYTHONPATH=site $(BIN)/python -m tests.site.audit

clean:  ## forget what was built and installed
	rm -rf .venv _build site/node_modules

.venv/installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check -r requirements.txt
	@touch $@
