"""What the command line says, read from templates/cli.  No Chinese stands in code.

Needed before any office home is known, so it comes from the installed package or the checkout, never from a
home; and read only when something is said, so that a command that prints data starts fast.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import mailbot
from mailbot.errors import MailbotError

T = TypeVar("T")
STOP = "\u3002"
"""The Chinese full stop."""


@cache
def packaged(name: str) -> Path:
    """A resource of the installed package or of the checkout; FileNotFoundError otherwise."""
    package = Path(mailbot.__file__).resolve().parent
    for root in (package / "_resources", package.parent):
        if (root / name).exists():
            return root / name
    raise FileNotFoundError(name)


@cache
def help_words() -> Mapping[str, Any]:
    return _read("help.toml")


@cache
def messages() -> Mapping[str, Any]:
    return _read("messages.toml")


def say(name: str, /, **details: object) -> str:
    """A sentence of messages.toml's [say], filled."""
    return _fill(messages()["say"][name], _retelling(details))


def label(table: str, code: str) -> str:
    """What people call a code; the code itself where messages.toml has no word for it."""
    return str(messages()[table].get(code, code))


def checked(name: str, details: Mapping[str, str]) -> str:
    """What a good check has seen; '' where there is nothing to tell."""
    return _fill(messages()["checks_seen"].get(name, ""), details)


def sentence(error: MailbotError) -> str:
    """One paragraph for a person: where it is, what is wrong, what to do about it."""
    entry = messages()["errors"].get(error.code)
    details = {**dict.fromkeys(("file", "key", "line", "hint"), ""), **_retelling(error.details)}
    if entry is None:
        named = " ".join(f"{k}={v}" for k, v in error.details.items())
        return say("unknown_error", code=error.code, details=named)
    known = dict(messages()["details"].get(error.code, {}))
    details |= {name: known.get(value, value) for name, value in details.items()}
    parts = [_place(details), _fill(entry["what"], details)]
    if details["hint"]:
        parts.append(say("hint", hint=details["hint"]))
    parts.append(_fill(entry["do"], details))
    return "".join(part for part in parts if part)


def _retelling(details: Mapping[str, T]) -> dict[str, T | str]:
    """`error` may be one of our errors as the database keeps it ('dns_failed host=...'): told in words."""
    told: dict[str, T | str] = dict(details)
    if "error" in details:
        noted = str(details["error"])
        code, _, rest = noted.partition(" ")
        if code in messages()["errors"]:
            found = MailbotError(code, **dict(re.findall(r"(\w+)=(.*?)(?= \w+=|$)", rest)))
            told["error"] = sentence(found).rstrip(STOP)
    return told


def _place(details: Mapping[str, str]) -> str:
    """File, line and key, as far as they are known."""
    file, line, key = details["file"], details["line"], details["key"]
    where = say("place_file", file=file) if file else ""
    where += say("place_line", line=line) if line not in ("", "0") else ""
    where += say("place_key", key=key) if key else ""
    return where + say("place_end") if where else ""


class _Known(dict[str, object]):
    """Details as format fields; one that is missing prints as a blank rather than stopping the message."""

    def __missing__(self, name: str) -> str:
        return ""


def _fill(text: str, details: Mapping[str, object]) -> str:
    return text.format_map(_Known(details))


def _read(name: str) -> Mapping[str, Any]:
    return tomllib.loads(packaged(f"templates/cli/{name}").read_text(encoding="utf-8"))
