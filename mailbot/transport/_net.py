"""What the ways in and out share: verified TLS, and a stable code for each way a connection fails.

Codes: dns_failed, connect_refused, connect_timeout, host_unreachable, tls_untrusted, tls_failed, read_timeout
and connection_lost, each with `host`, `port` and `text`.  No password is ever part of an error.
"""

from __future__ import annotations

import re
import socket
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from mailbot.errors import ConfigError, TransportError

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_TEXT_LIMIT = 300
HEAD_BYTES = 102_400
"""So much of the header of a mail over the size limit is read."""
_SLACK = 16
"""Bytes by which hosts count otherwise at a mail's end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a connection goes, and the secret that must not show in what is said about it."""

    host: str
    port: int
    secret: str = field(default="", repr=False)

    def error(
        self, code: str, text: object = "", *, permanent: bool = False, **more: object
    ) -> TransportError:
        """A TransportError naming this host, with the host's own words made fit to print."""
        said = plain(text).replace(self.secret, "***") if self.secret else plain(text)
        return TransportError(code, permanent=permanent, host=self.host, port=self.port, text=said, **more)

    def fault(self, error: BaseException, *, connecting: bool = False) -> TransportError:
        """The TransportError for what a socket, TLS or a library raised."""
        if isinstance(error, TransportError):
            return error
        for kind, code, permanent in _FAULTS:
            if isinstance(error, kind):
                return self.error(code, error, permanent=permanent)
        if isinstance(error, TimeoutError):
            return self.error("connect_timeout" if connecting else "read_timeout", error)
        if (
            connecting
            and isinstance(error, OSError)
            and error.errno
            and not isinstance(error, ConnectionError)
        ):
            return self.error("host_unreachable", error)
        return self.error("connection_lost", error)


_FAULTS: tuple[tuple[type[BaseException], str, bool], ...] = (
    (socket.gaierror, "dns_failed", False),
    (ConnectionRefusedError, "connect_refused", False),
    (ssl.SSLCertVerificationError, "tls_untrusted", True),
    (ssl.SSLEOFError, "connection_lost", False),
    (ssl.SSLError, "tls_failed", False),
)


def plain(text: object) -> str:
    """One printable line of at most 300 characters."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    return _CONTROLS.sub(" ", str(text)).strip()[:_TEXT_LIMIT]


def escaped(name: str) -> str:
    """A name fit to be one part of a key: '/' divides keys, ';' adds to a part."""
    return re.sub(r"[%/;]", lambda m: f"%{ord(m[0]):02X}", name)


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Certificate and host name are verified, by the system's authorities or by those in `ca_file` alone."""
    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError("ca_file_unreadable", path=ca_file, text=plain(error)) from error


def refuse_controls(**settings: str) -> None:
    """No line break or other control reaches a command of IMAP, POP3 or SMTP (CPython CVE-2025-15366)."""
    for name, value in settings.items():
        if _CONTROLS.search(value):
            raise ConfigError("setting_has_controls", setting=name)


def head_of(raw: bytes) -> bytes:
    """The header of a mail, up to the bound: all before the first empty line."""
    bounded = raw[:HEAD_BYTES]
    ends = [at for mark in (b"\r\n\r\n", b"\n\n") if (at := bounded.find(mark)) >= 0]
    return bounded[: min(ends)] + b"\r\n\r\n" if ends else bounded


def is_whole(raw: bytes, announced: int | None) -> bool:
    """Whether a payload is all there.  Some hosts count LF as CRLF, or a last line end that is not sent."""
    if not raw:
        return False
    if announced is None or len(raw) >= announced:
        return True
    return len(raw) + raw.count(b"\n") - raw.count(b"\r\n") + _SLACK >= announced
