# The commands of this book, and the only place where its checks are listed: CI, the workflows and
# CONTRIBUTING.md name these targets.
PYTHON ?= python3
VENV ?= .venv
NOTEBOOKS ?=
COVERAGE ?=
SITE ?=
# Cells and outputs of both editions are the same, as tests/book compares. CI runs both: chapters.
EDITIONS ?= chapters/en
# Every instruction set for which NumPy 2.4 has loops of its own.
BASELINE := X86_V3 X86_V4 AVX512_ICL AVX512_SPR
# Sums of many threads differ in their last bits, and where cores are few threads wait for each other.
THREADS := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
# What Jupyter Book 1 holds back, and the book must outlive.
HELD_BACK := sphinx docutils myst-parser myst-nb pydata-sphinx-theme sphinx-book-theme

BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
PIP := $(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check
INSTALL = -r requirements.txt
ALL = -e ".[compiled,dask,book,takeaway,test]"
OLDEST = $(shell sed -nE 's/^(dask|dependencies) = //p' pyproject.toml \
    | grep -oE '(numpy|scipy|dask|distributed)(\[[a-z]+\])?>=[0-9.]+' | sed 's/>=/==/')
PYTEST := $(BIN)/python -m pytest -n 2

# What is installed without compiling is compiled when first imported, and not by every process anew.
unexport PYTHONDONTWRITEBYTECODE

.DELETE_ON_ERROR:
.DEFAULT_GOAL := book
.PHONY: help book takeaway epub pdf test-takeaway lab style test-package test-code test-notebooks test test-site test-baseline ci outputs \
    references translations benchmark audit pins oldest newest newest-site clean

help:  ## say what each command does
	@sed -nE 's/^([a-z-]+):.*  ## (.*)/make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22

book: $(VENV)/installed  ## build the site and print the path of its first page
	$(BIN)/jupyter-book build -W --keep-going .
	@echo "$(CURDIR)/_build/html/index.html"

takeaway: book  ## make EPUB, PDF and the site as a zip, and offer them on the first pages
	PYTHONPATH=site $(BIN)/python -m takeaway
	$(BIN)/jupyter-book build -W --keep-going .

epub: $(VENV)/installed  ## make an EPUB of each edition
	PYTHONPATH=site $(BIN)/python -m takeaway epub

pdf: book  ## print the built site, a PDF of each edition
	PYTHONPATH=site $(BIN)/python -m takeaway pdf

test-takeaway: $(VENV)/installed  ## check what takeaway made, the notebooks and the wheel
	$(PYTEST) --dist loadfile tests/takeaway

lab: $(VENV)/installed  ## run the notebooks yourself
	$(BIN)/jupyter lab chapters

style: $(VENV)/installed  ## check form and types of the code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test-package: $(VENV)/installed
	$(PYTEST) --dist worksteal tests/package lsebook --doctest-modules

test-code: $(VENV)/installed  ## check the package and both texts; COVERAGE=--cov
	$(PYTEST) --dist worksteal tests/package tests/book lsebook --doctest-modules $(COVERAGE)

test-notebooks: $(VENV)/installed  ## run notebooks and compare every output; EDITIONS=chapters for both
	$(THREADS) $(PYTEST) --dist loadfile --nbval $(EDITIONS)

test: style test-code test-notebooks  ## all of these three

test-site: $(VENV)/installed  ## read the site in a browser; SITE=folder for one that is built
	SITE="$(SITE)" $(PYTEST) --dist loadfile tests/site

test-baseline: $(VENV)/installed  ## compare every output with other processor instructions
	$(THREADS) NPY_DISABLE_CPU_FEATURES="$(BASELINE)" $(PYTEST) --dist loadfile --nbval $(EDITIONS)

ci:  ## all that a merge must pass
	$(MAKE) test COVERAGE=--cov EDITIONS=chapters
	$(MAKE) book
	$(MAKE) test-site SITE=_build/html
	$(MAKE) test-baseline EDITIONS=chapters

outputs: $(VENV)/installed  ## run all notebooks, or NOTEBOOKS="...", and write their outputs
	$(THREADS) $(BIN)/python -m authoring.outputs $(NOTEBOOKS)

references: $(VENV)/installed  ## write what references and citations say, in all pages
	$(BIN)/python -m authoring.references

translations: $(VENV)/installed  ## confirm that the editions say the same
	$(BIN)/python -m authoring.translations

benchmark: $(VENV)/installed  ## compare speed with SciPy and PyTorch
	$(BIN)/python -m benchmarks

audit: $(VENV)/installed  ## measure the built site
	PYTHONPATH=site $(BIN)/python -m tests.site.audit

pins:  ## renew requirements.txt; needs uv
	printf 'numpy==2.4.6\nscipy==1.17.1\n' | uv pip compile --universal --python-version 3.11 \
	    --no-header --no-annotate --extra book --extra takeaway --extra test --extra dask --extra compiled \
	    -c /dev/stdin pyproject.toml -o requirements.txt --upgrade
	{ echo "# Everything that builds and tests the book, pinned by make pins."; \
	    cat requirements.txt; echo "-e ."; } > requirements.new
	mv requirements.new requirements.txt

oldest:  ## test the package with the oldest NumPy, SciPy and Dask that pyproject.toml promises
	$(MAKE) VENV=.venv-oldest INSTALL='$(ALL) $(OLDEST)' test-package

newest:  ## test all with the newest of everything; PRE=--pre for what is not yet released
	$(MAKE) VENV=.venv-newest INSTALL='$(PRE) $(ALL)' EDITIONS=chapters test-code test-notebooks book

newest-site:  ## build and read the site with the newest of what Jupyter Book holds back
	rm -rf _build  # from another Sphinx, this one would keep a part
	$(MAKE) VENV=.venv-site INSTALL='$(ALL)' THEN='--upgrade $(HELD_BACK)' book
	$(MAKE) VENV=.venv-site SITE=_build/html test-site

clean:  ## forget what was built and installed
	rm -rf .venv .venv-oldest .venv-newest .venv-site _build site/node_modules

%/installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(@D)
	$(PIP) $(INSTALL)
	$(if $(THEN),$(PIP) $(THEN))
	@touch $@
