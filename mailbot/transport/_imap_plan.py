"""The settings of an IMAP mailbox, its keys, and what is fetched in which portions.  No connection here.

Keys are 'imap:user@host/FOLDER;uidvalidity=N/UID', percent-encoded where a name holds '/', '%' or ';': what
precedes the last '/' is the epoch, within which a UID is never given to two mails (RFC 3501 section 2.3.1.1).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

from mailbot.clock import SHANGHAI
from mailbot.transport._net import Endpoint, escaped

SETTLE_S = 600.0
"""How long a payload shorter than announced may stay as it is before it is taken for what the host has."""

_KEY = re.compile(r"(?P<base>imap:[^/]*)/(?P<folder>[^/]*);uidvalidity=(?P<validity>\d+)/(?P<uid>\d+)\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapSettings:
    """One mailbox.  Times in seconds, sizes in bytes; folder names are plain text with '/' between levels."""

    host: str
    port: int = 993
    tls: Literal["ssl", "starttls", "none"] = "ssl"
    username: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    extra_folders: tuple[str, ...] = ()
    """Read as well, and passed over where the host has none of the name."""
    after: Literal["leave", "seen", "flag", "move"] = "leave"
    after_folder: str = ""
    sent_folder: str = ""
    ca_file: Path | None = None
    connect_timeout_s: float = 15.0
    read_timeout_s: float = 60.0
    batch_count: int = 50
    batch_bytes: int = 8 * 1024 * 1024
    max_bytes: int = 50 * 1024 * 1024
    idle: bool = True
    client_id: tuple[tuple[str, str], ...] = (("name", "mailbot"), ("version", "1"), ("vendor", "mailbot"))
    """What ID tells the host (RFC 2971): 163 and its kin refuse SELECT to a client that does not say."""

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(host=self.host, port=self.port, secret=self.password)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A mail as the host lists it.  `size` is RFC822.SIZE, None where the host did not say."""

    uid: int
    size: int | None
    arrived_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """One folder under one UIDVALIDITY."""

    base: str
    folder: str
    validity: int

    def __str__(self) -> str:
        return f"{self.base}/{escaped(self.folder)};uidvalidity={self.validity}"

    def key(self, uid: int | Literal[""]) -> str:
        return f"{self}/{uid}"


def base_of(username: str, host: str) -> str:
    return f"imap:{escaped(username)}@{host}"


def parse_key(key: str) -> tuple[Epoch, int] | None:
    """The epoch and UID of a key; None where it is no key of an IMAP mailbox."""
    match = _KEY.match(key)
    if match is None:
        return None
    epoch = Epoch(base=match["base"], folder=unquote(match["folder"]), validity=int(match["validity"]))
    return epoch, int(match["uid"])


def portions(
    mails: Iterable[Listed], *, count: int, size: int, alone: Callable[[Listed], bool]
) -> Iterator[list[Listed]]:
    """Runs of mails fetched together: at most `count` of them and `size` bytes, or one that stands alone."""
    run: list[Listed] = []
    total = 0
    for mail in mails:
        single = alone(mail)
        if run and (single or len(run) >= count or total + (mail.size or 0) > size):
            yield run
            run, total = [], 0
        if single:
            yield [mail]
            continue
        run.append(mail)
        total += mail.size or 0
    if run:
        yield run


def listing(uid: int, row: dict[bytes, Any]) -> Listed:
    """From one row of imapclient's fetch()."""
    size = row.get(b"RFC822.SIZE")
    return Listed(
        uid=uid, size=size if isinstance(size, int) else None, arrived_at=_aware(row.get(b"INTERNALDATE"))
    )


def _aware(when: object) -> datetime | None:
    """INTERNALDATE in Asia/Shanghai; '-0000', which arrives naive, is UTC (RFC 5322 section 3.3)."""
    if not isinstance(when, datetime):
        return None
    try:
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(SHANGHAI)
    except (ValueError, OverflowError):
        return None


def tells_of_mail(responses: Iterable[Any]) -> bool:
    """Whether untagged responses announce mail."""
    return any(isinstance(r, tuple) and len(r) > 1 and r[1] in (b"EXISTS", b"RECENT") for r in responses)


@dataclass(slots=True)
class Patience:
    """What is remembered from round to round of mails that could not be had, so that they hold up nobody."""

    _broke: Counter[str] = field(default_factory=Counter)
    _short: dict[str, tuple[int, float]] = field(default_factory=dict)

    def broke(self, keys: Iterable[str]) -> None:
        """The connection was lost while these were fetched: next time each stands alone, after all others."""
        self._broke.update(keys)

    def breakages(self, key: str) -> int:
        return self._broke[key]

    def short(self, key: str, length: int, now_s: float) -> float:
        """Seconds for which this mail has had this same length, less than announced."""
        seen, since = self._short.get(key, (-1, now_s))
        if seen != length:
            since = now_s
        self._short[key] = (length, since)
        return now_s - since

    def had(self, key: str) -> None:
        self._broke.pop(key, None)
        self._short.pop(key, None)
