"""The folders a host lists, and which of them is meant.  No connection here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_SENT_NAMES = frozenset(
    {"sent", "sent messages", "sent items", "sent mail"}
    | {name.decode("utf-7") for name in (b"+XfJT0ZAB-", b"+XfJT0ZABkK5O9g-", b"+U9FO9nux-", b"+XfJT0ZCuTvY-")}
)
"""Names of the Sent folder where the host marks none (RFC 6154), the Chinese ones (sent, sent mail,
outbox) being those of Coremail, Outlook, Foxmail and QQ, in UTF-7."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """One line of LIST: `separator` stands between levels, '' in a host without levels."""

    name: str
    separator: str
    flags: frozenset[str]


@dataclass(frozen=True, slots=True)
class Folders:
    """All that LIST shows."""

    rows: tuple[Folder, ...]

    @classmethod
    def of(cls, listed: Iterable[tuple[Iterable[bytes], bytes | None, object]]) -> Folders:
        """From imapclient's list_folders()."""
        return cls(
            tuple(
                Folder(name=str(name), separator=_text(separator or b""), flags=frozenset(map(_text, flags)))
                for flags, separator, name in listed
            )
        )

    def named(self, written: str) -> str:
        """The host's way of writing a name whose levels are divided by '/'."""
        if any(row.name == written for row in self.rows):
            return written
        separator = next((row.separator for row in self.rows if row.separator), "/")
        return written.replace("/", separator)

    def has(self, written: str) -> bool:
        name = self.named(written)
        if name.upper() == "INBOX":
            return any(row.name.upper() == "INBOX" for row in self.rows)
        return any(row.name == name for row in self.rows)

    def sent(self, written: str) -> str | None:
        """Where sent mail is filed: as configured, as marked, or by its name; None where there is none."""
        if written:
            return self.named(written) if self.has(written) else None
        marked = (row.name for row in self.rows if "\\sent" in row.flags)
        usual = (row.name for row in self.rows if _last_level(row) in _SENT_NAMES)
        return next(marked, None) or next(usual, None)


def _last_level(row: Folder) -> str:
    return (row.name.rsplit(row.separator, 1)[-1] if row.separator else row.name).lower()


def _text(raw: Any) -> str:
    return raw.decode("ascii", "replace").lower() if isinstance(raw, bytes) else str(raw).lower()
