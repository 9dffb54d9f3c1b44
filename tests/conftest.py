"""Fixtures shared by all tests, and `need`, which says what a test cannot do without."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from console_kit import Office
    from flask import Flask
    from servers import Dovecot


def need(program: str) -> str:
    """The path of a program; skips the test where it is not installed, and fails it where CI=true."""
    path = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if path is not None:
        return path
    if os.environ.get("CI") == "true":
        pytest.fail(f"{program} is not installed", pytrace=False)
    pytest.skip(f"{program} is not installed")


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A running Dovecot for the whole session; use `box` for a mailbox nobody else touches."""
    need("dovecot")
    from servers import Dovecot

    with Dovecot() as server:
        yield server


@pytest.fixture
def box() -> str:
    """The name of a fresh, empty mailbox on `dovecot`."""
    return f"{uuid.uuid4().hex[:8]}@oa.tancheng.example"


@pytest.fixture
def console(office: Office) -> Iterator[Flask]:
    """The console of the `office` that a module of tests has."""
    from console_kit import console_of

    with console_of(office) as flask_app:
        yield flask_app
