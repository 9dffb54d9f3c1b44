"""What commands share: the office home they work on, and how they end."""

from __future__ import annotations

import os
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mailbot.errors import ConfigError

if TYPE_CHECKING:
    from mailbot.app import App
    from mailbot.config import Config


class Exit(IntEnum):
    """Exit codes: stable, programs rely on them (docs/commands.md)."""

    DONE = 0
    NEEDS_A_PERSON = 1
    WRONG_USE = 2
    LOCK_HELD = 3


def stated_home() -> Path | None:
    """The home named by --home or MAILBOT_HOME; None where nobody named one."""
    named: Path | None = click.get_current_context().find_root().meta.get("mailbot.home")
    if named is None and os.environ.get("MAILBOT_HOME"):
        named = Path(os.environ["MAILBOT_HOME"])
    if named is not None and not named.is_dir():
        raise ConfigError("home_not_found", file=named)
    return named


def office_home() -> Path:
    """The home to work on: as stated, else the current directory where it is one."""
    home = stated_home() or Path.cwd()
    if not (home / "config.toml").is_file():
        raise ConfigError("home_not_found", file=home)
    return home.resolve()


def read_config(*, complete: bool) -> Config:
    from mailbot.config import load  # noqa: PLC0415  (the doors import what a command needs when it runs)

    return load(office_home() / "config.toml", os.environ, complete=complete)


def open_app(*, complete: bool) -> App:
    """The office home, opened.  `complete` True where the command fetches or sends."""
    from mailbot.app import App  # noqa: PLC0415  (heavy: everything hangs on it)

    return App.open(office_home(), os.environ, complete=complete)
