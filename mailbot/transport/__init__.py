"""The network, behind two Protocols: Mailbox (a way in) and Mailer (a way out).

Knows no policy and no store.  The workflow sees only these; app.py chooses the classes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A mail found at a source.

    `key` is opaque to the store but for one thing: what precedes its last '/' names the epoch (for IMAP host,
    user, folder and UIDVALIDITY; for a folder its path), within which a key is never given to two mails.
    `arrived_at` is aware: INTERNALDATE, or the rule of promise P11 where a source has none.
    `size` in bytes; `raw` is None where the mail is over the size limit and was not fetched.  `head` is then
    its header where the source gives that alone, bounded, so that its sender can be told.
    """

    key: str
    arrived_at: datetime
    size: int
    raw: bytes | None
    head: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One frozen letter on its way: envelope and bytes (CRLF line ends, RFC 5322)."""

    sender: str
    recipient: str
    message_id: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the mail host said to the final dot."""

    code: int
    text: str


class Mailbox(Protocol):
    """A way in.  Nothing is changed at the source but by done(), and only where configured."""

    def new(self, known: Callable[[str], bool]) -> Iterator[Arrival]:
        """Mails whose key is not `known`, oldest first.  TransportError where the source fails."""

    def done(self, key: str) -> None:
        """After the mail's outcome is committed: leave, flag or move it.  A failure is harmless."""

    def wait(self, seconds: float) -> None:
        """Until something may have arrived, at most `seconds` (IDLE as a hint, else sleep)."""

    def sent(self, message_id: str) -> bool | None:
        """Whether the Sent folder holds this Message-ID; None where the source cannot tell."""

    def close(self) -> None: ...


class Mailer(Protocol):
    """A way out, one letter at a time.

    send() raises TransportError(permanent=...) where the host refused before or at the final dot with a code,
    and Uncertain where the connection broke after `at_dot` was called and before a reply was read.
    """

    def send(self, letter: Outgoing, at_dot: Callable[[], None]) -> Reply:
        """`at_dot` is called after DATA's text and before the final dot: the phase mark commits there."""

    def check(self) -> None:
        """Connect and log in as send() would, and send nothing.  TransportError where that fails."""

    def close(self) -> None: ...
