"""POP3 as a way in (RFC 1939), for hosts that speak nothing else.  Nothing is deleted.

Each round is a session of its own, since a session sees the box as it was at login.  Keys are
'pop3:user@host/UIDL'.
"""

from __future__ import annotations

import contextlib
import logging
import poplib
import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from mailbot.clock import Clock
from mailbot.errors import TransportError
from mailbot.transport import Arrival
from mailbot.transport._net import (
    HEAD_BYTES,
    Endpoint,
    escaped,
    is_whole,
    plain,
    refuse_controls,
    tls_context,
)

log = logging.getLogger(__name__)

_LINE = 16 * 1024 * 1024
"""Longest line taken.  poplib's own 2,048 bytes are less than some programs write."""
_ALL_LINES = 2**31 - 1
_BROKEN = (OSError, poplib.error_proto, ValueError)
_BUSY = re.compile(r"\[(IN-USE|LOGIN-DELAY|SYS/TEMP)\]|lock|busy|too many|too much", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pop3Settings:
    """One mailbox.  Times in seconds, sizes in bytes."""

    host: str
    port: int = 995
    tls: Literal["ssl", "starttls", "none"] = "ssl"
    username: str
    password: str = field(repr=False)
    ca_file: Path | None = None
    connect_timeout_s: float = 15.0
    read_timeout_s: float = 60.0
    max_bytes: int = 50 * 1024 * 1024

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(host=self.host, port=self.port, secret=self.password)


class _Session(poplib.POP3):
    """poplib with verified TLS from the first byte where asked, and lines of any sensible length."""

    def __init__(self, settings: Pop3Settings) -> None:
        self._tls = tls_context(settings.ca_file) if settings.tls == "ssl" else None
        super().__init__(settings.host, settings.port, timeout=settings.connect_timeout_s)
        self.sock.settimeout(settings.read_timeout_s)

    def _create_socket(self, timeout: float) -> socket.socket:
        sock = socket.create_connection((self.host, self.port), timeout)
        return self._tls.wrap_socket(sock, server_hostname=self.host) if self._tls else sock

    def _getline(self) -> tuple[bytes, int]:
        line = self.file.readline(_LINE + 1)
        if len(line) > _LINE:
            raise poplib.error_proto("line too long")
        if not line.endswith(b"\n"):
            raise poplib.error_proto("-ERR EOF")
        return line[:-1].removesuffix(b"\r"), len(line)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    number: int
    key: str
    size: int


class Pop3Mailbox:
    """A Mailbox over POP3.  Not for two threads at once.

    `arrival_of` says when a mail arrived, by its bytes: POP3 does not (promise P11).
    """

    def __init__(
        self,
        settings: Pop3Settings,
        *,
        arrival_of: Callable[[bytes], datetime],
        stop: threading.Event | None = None,
        clock: Clock | None = None,
    ) -> None:
        refuse_controls(host=settings.host, username=settings.username, password=settings.password)
        self._settings = settings
        self._at = settings.endpoint
        self._arrival_of = arrival_of
        self._stop = stop or threading.Event()
        self._clock = clock or Clock()
        self._has_top = True

    def new(self, known: Callable[[str], bool]) -> Iterator[Arrival]:
        """Mails whose key is not `known`, in the order of the box.

        TransportError `pop3_no_uidl` where the host cannot name its mails, and those of the connection.
        """
        with self._session() as session:
            for mail in self._listed(session):
                if known(mail.key):
                    continue
                arrival = self._fetched(session, mail)
                if arrival is not None:
                    yield arrival

    def done(self, key: str) -> None:
        """POP3 has neither flags nor folders: the mail is left."""

    def wait(self, seconds: float) -> None:
        self._stop.wait(seconds)

    def sent(self, message_id: str) -> bool | None:
        """POP3 shows no other folder."""
        return None

    def close(self) -> None:
        """Nothing is open between rounds."""

    # ---- a session

    @contextmanager
    def _session(self) -> Iterator[_Session]:
        session = self._connect()
        try:
            self._secure(session)
            self._login(session)
            yield session
        finally:
            with contextlib.suppress(*_BROKEN):
                session.sock.settimeout(5)
                session.quit()  # without DELE it deletes nothing
            with contextlib.suppress(OSError):
                session.close()

    def _connect(self) -> _Session:
        try:
            return _Session(self._settings)
        except _BROKEN as error:
            raise self._at.fault(error, connecting=True) from error

    def _secure(self, session: _Session) -> None:
        if self._settings.tls != "starttls":
            return
        try:
            session.stls(tls_context(self._settings.ca_file))
        except poplib.error_proto as error:
            raise self._at.error("tls_not_offered", plain(_said(error)), permanent=True) from error
        except OSError as error:
            raise self._at.fault(error) from error

    def _login(self, session: _Session) -> None:
        try:
            session.user(self._settings.username)
            session.pass_(self._settings.password)
        except poplib.error_proto as error:
            raise self._refused_login(_said(error)) from error
        except _BROKEN as error:
            raise self._at.fault(error) from error

    def _refused_login(self, said: str) -> TransportError:
        if said == "-ERR EOF":
            return self._at.error("connection_lost", said)
        if _BUSY.search(said):
            return self._at.error("server_error", said)
        return self._at.error("login_refused", said, permanent=True, username=self._settings.username)

    # ---- mails

    def _listed(self, session: _Session) -> list[_Listed]:
        names = self._names(session)
        with self._speaking():
            rows = [row.split() for row in session.list()[1]]
        base = f"pop3:{escaped(self._settings.username)}@{self._settings.host}"
        times: Counter[str] = Counter()
        found: list[_Listed] = []
        for row in rows:
            if len(row) < 2 or not row[0].isdigit() or not row[1].isdigit() or int(row[0]) not in names:
                continue
            name = names[int(row[0])]
            times[name] += 1
            # Some hosts give copies of one mail the same name, against the RFC: none of them may be lost.
            name = escaped(name) + (f";{times[name]}" if times[name] > 1 else "")
            found.append(_Listed(number=int(row[0]), key=f"{base}/{name}", size=int(row[1])))
        return found

    def _names(self, session: _Session) -> dict[int, str]:
        """UIDL: message number -> name, never given to two mails."""
        try:
            rows = session.uidl()[1]
        except poplib.error_proto as error:
            if _said(error) == "-ERR EOF":
                raise self._at.error("connection_lost", error) from error
            raise self._at.error("pop3_no_uidl", _said(error), permanent=True) from error
        except _BROKEN as error:
            raise self._at.fault(error) from error
        pairs = (row.decode("ascii", "backslashreplace").split(maxsplit=1) for row in rows)
        return {int(pair[0]): pair[1] for pair in pairs if len(pair) == 2 and pair[0].isdigit()}

    def _fetched(self, session: _Session, mail: _Listed) -> Arrival | None:
        """The mail; None where the host would not give it, which holds up no other."""
        if mail.size > self._settings.max_bytes:
            head = self._head(session, mail)
            arrived_at = self._arrival_of(head) if head else self._clock.now()
            return Arrival(key=mail.key, arrived_at=arrived_at, size=mail.size, raw=None, head=head)
        try:
            raw = self._raw(session, mail)
        except _Refused as refused:
            log.warning("%s: %s", mail.key, refused)
            return None
        if not raw.strip():
            log.info("%s is not there yet", mail.key)
            return None
        return Arrival(key=mail.key, arrived_at=self._arrival_of(raw), size=len(raw), raw=raw)

    def _raw(self, session: _Session, mail: _Listed) -> bytes:
        """By TOP, which marks nothing as read (promise P1); by RETR where TOP does not give it all."""
        if self._has_top:
            try:
                with self._speaking():
                    raw = _joined(session.top(mail.number, _ALL_LINES)[1])
                if is_whole(raw, mail.size):
                    return raw
            except _Refused:
                self._has_top = False
        with self._speaking():
            return _joined(session.retr(mail.number)[1])

    def _head(self, session: _Session, mail: _Listed) -> bytes | None:
        """The header of a mail too large to fetch; None where the host has no TOP."""
        try:
            with self._speaking():
                return _joined(session.top(mail.number, 0)[1])[:HEAD_BYTES] or None
        except _Refused:
            return None

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        try:
            yield
        except poplib.error_proto as error:
            if _said(error).startswith("-ERR") and _said(error) != "-ERR EOF":
                raise _Refused("server_error", text=plain(_said(error))) from error
            raise self._at.error("connection_lost", _said(error)) from error
        except _BROKEN as error:
            raise self._at.fault(error) from error


class _Refused(TransportError):  # noqa: N818
    """The host said no to one command; the session goes on."""


def _joined(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\r\n" for line in lines)


def _said(error: poplib.error_proto) -> str:
    words = error.args[0] if error.args else ""
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
