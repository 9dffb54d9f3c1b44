"""templates/ -> Wording: all that people read, as mappings.  render/ opens no file and is handed these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from mailbot import _toml
from mailbot._sources import Resources, S, Table, fault, read
from mailbot.model import Reason


class Audience(StrEnum):
    """Who reads the sentence of a reason."""

    UNIT = "unit"
    SECTION = "section"
    BOTH = "both"


class ReasonWording(Table, frozen=True, kw_only=True):
    """One reason in words.  Both are templates over the finding's details."""

    sentence: str
    remedy: str = ""
    """What the unit can do about it; '' where nothing is to be done."""
    section: str = ""
    """The sentence as the section reads it, where that differs."""
    audience: Audience


class FileType(Table, frozen=True, kw_only=True):
    """How a type of file is called to people who never saw its code, and how it becomes a Word file."""

    codes: tuple[str, ...]
    """As word.py names types in `Document.fault_detail`; 'unknown' stands for whatever has no code."""
    name: str
    remedy: str
    minor: bool = False
    """Its remedy is left out beside a file that matters more."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class Wording:
    """All wording people read.  One object per loaded set: compared and cached by identity."""

    templates: Mapping[str, str]
    """Path below templates/ ('letters/receipt.txt') -> text."""
    reasons: Mapping[Reason, ReasonWording]
    types: Mapping[str, FileType]
    """By code of the type."""
    words: Mapping[str, str]
    """Single words of the letters (names of fields, placeholders)."""
    messages: Mapping[str, str]
    """Code of an error or event -> sentence (templates/cli/messages.toml)."""
    sheets: Mapping[str, str] = field(default_factory=dict)
    """Words of exported tables: 'submissions.heads.number' -> head (templates/sheets/)."""


def load_wording(resources: Resources) -> Wording:
    """templates/ as mappings.  Whether a template can be compiled is render's and console's to say."""
    reasons = _load_table(
        resources, "templates/letters/reasons.toml", ReasonWording, [r.value for r in Reason]
    )
    types = _load_table(resources, "templates/letters/types.toml", FileType)
    codes = {code: kind for kind in types.values() for code in kind.codes}
    return Wording(
        templates=MappingProxyType(_templates(resources)),
        reasons=MappingProxyType({Reason(key): value for key, value in reasons.items()}),
        types=MappingProxyType(codes),
        words=MappingProxyType(_sentences(resources, "templates/letters/words.toml")),
        messages=MappingProxyType(_sentences(resources, "templates/cli/messages.toml")),
        sheets=MappingProxyType(_sheets(resources)),
    )


def _load_table(
    resources: Resources, name: str, struct: type[S], known: list[str] | None = None
) -> dict[str, S]:
    """A file of tables of one shape, under exactly the `known` keys, or under any where that is None."""
    path, text, values = read(resources, name)
    keys = list(values) if known is None else known
    fields = {f"field{i}": key for i, key in enumerate(keys)}
    whole = msgspec.defstruct("File", [(field, struct) for field in fields], rename=fields, kw_only=True)
    tables = _toml.convert(values, whole, text=text, path=path)
    return {key: getattr(tables, field) for field, key in fields.items()}


def _templates(resources: Resources) -> dict[str, str]:
    names = [
        n
        for f in ("letters", "letters/alerts", "bulletin", "gazette")
        for n in resources.names(f"templates/{f}", ".txt", ".j2")
    ]
    return {name.removeprefix("templates/"): resources.text(name) for name in names}


def _sheets(resources: Resources) -> dict[str, str]:
    return {
        f"{Path(name).stem}.{key}": text
        for name in resources.names("templates/sheets", ".toml")
        for key, text in _sentences(resources, name).items()
    }


def _sentences(resources: Resources, name: str) -> dict[str, str]:
    """A flat TOML file of sentences; tables in it give dotted codes."""
    path, text, values = read(resources, name)
    found: dict[str, str] = {}
    for key, value in _flat(values):
        if not isinstance(value, str):
            raise fault("config_wrong_type", path, text, key, expected="str")
        found[key] = value
    return found


def _flat(values: Mapping[str, Any], at: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in values.items():
        full = f"{at}.{key}" if at else key
        if isinstance(value, Mapping):
            yield from _flat(value, full)
        else:
            yield full, value
