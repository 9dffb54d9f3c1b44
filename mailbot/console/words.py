"""What the console says: templates/console/words.toml, and the sentences of errors from messages.toml."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from mailbot.errors import MailbotError
from mailbot.policy import Resources, load_struct

FILE = "templates/console/words.toml"
_DETAIL = re.compile(r"(\w+)=(.*?)(?= \w+=|$)", re.S)


class Tables(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """words.toml: tables of a code and the word shown for it."""

    outcome: dict[str, str]
    letter_state: dict[str, str]
    letter_kind: dict[str, str]
    item_state: dict[str, str]
    check_state: dict[str, str]
    bulletin_state: dict[str, str]
    passage_hint: dict[str, str]
    export_table: dict[str, str]
    source: dict[str, str]
    role: dict[str, str]
    verb: dict[str, str]
    flash: dict[str, str]
    error: dict[str, str]
    trouble: dict[str, str]
    remedy: dict[str, str]
    """By code of an error: what to do about it at the console, where messages.toml names a command."""


class Words:
    """Codes and errors in words."""

    def __init__(self, tables: Tables, messages: Mapping[str, str]) -> None:
        self.tables = tables
        self._messages = messages

    @classmethod
    def load(cls, resources: Resources, messages: Mapping[str, str]) -> Words:
        """ConfigError names what is wrong with words.toml."""
        return cls(load_struct(resources, FILE, Tables), messages)

    def message(self, key: str, details: Mapping[str, str] | None = None) -> str:
        """A sentence of messages.toml, filled; '' where there is none."""
        return self._messages.get(key, "").format_map(_Known(details or {}))

    def table(self, name: str) -> dict[str, str]:
        """A table of messages.toml: what people write, or a code, and what it stands for."""
        start = f"{name}."
        found = self._messages.items()
        return {key.removeprefix(start): text for key, text in found if key.startswith(start)}

    def told(self, error: MailbotError) -> str:
        """What is wrong and what to do, for a person at the console."""
        if f"errors.{error.code}.what" not in self._messages:
            return self._messages["say.unknown_error"].format(code=error.code, details=error)
        details = _Known({name: self._retold(error.code, value) for name, value in error.details.items()})
        what = self.message(f"errors.{error.code}.what", details)
        do = self.tables.remedy.get(error.code, self._messages.get(f"errors.{error.code}.do", ""))
        return self._place(details) + what + do.format_map(details)

    def noted(self, text: str) -> str:
        """An error as the database keeps it ('dns_failed host=...'), in words; other text as it is."""
        code, _, rest = text.partition(" ")
        if f"errors.{code}.what" not in self._messages:
            return text
        return self.told(MailbotError(code, **dict(_DETAIL.findall(rest))))

    def _retold(self, code: str, value: str) -> str:
        return self._messages.get(f"details.{code}.{value}") or self.noted(value).rstrip("\u3002")

    def _place(self, details: _Known) -> str:
        """File and line, where the error names them."""
        if not details["file"]:
            return ""
        line = self.message("say.place_line", details) if details["line"] not in ("", "0") else ""
        return self.message("say.place_file", details) + line + self.message("say.place_end")


class _Known(dict[str, str]):
    """Details as format fields; one that is missing prints as a blank rather than stopping the message."""

    def __missing__(self, name: str) -> str:
        return ""
