# The whole developer interface.  On a fresh machine: Python 3.11 or newer and make are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint lock bench install dev debian clean

demo: install
	$(BIN)/mailbot demo $(DEMO)

install: $(VENV)/.run-time

dev: $(VENV)/.dev

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("需要 Python 3.11 或更高版本，当前为 %d.%d" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run-time: requirements.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: requirements-dev.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@ $(VENV)/.run-time

# What the tests need of Debian; installed where this is Debian and we may, skipped with a visible reason elsewhere.
DEBIAN := dovecot-imapd dovecot-pop3d libreoffice-writer-nogui fonts-noto-cjk poppler-utils chromium strace faketime
debian:
	@if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	  dpkg -s $(DEBIAN) >/dev/null 2>&1 || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(DEBIAN) >/dev/null; }; \
	else echo "未安装测试用的 Debian 软件包（需要 root）：$(DEBIAN)；相应测试将跳过。"; fi

test: dev debian
	$(BIN)/python -m pytest -n auto --dist loadgroup $(TESTS)

lint: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Hashed locks that name no registry: versions and hashes only.
lock: dev
	$(BIN)/uv pip compile --quiet --generate-hashes --no-header --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-annotate pyproject.toml requirements-build.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --generate-hashes --no-header --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-annotate --extra dev pyproject.toml requirements-build.in -o requirements-dev.txt

bench: dev
	$(BIN)/python bench/intake.py

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache
