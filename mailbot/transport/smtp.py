"""SMTP as the way out (RFC 5321), with the phase mark before the final dot (promise P4).

One connection is kept for several letters.  The password goes out only over verified TLS, or without any
where the settings say so.  Codes of send():

- of the letter: `bad_address`, `smtp_refused` (5xx, with `reply` and `stage`);
- of the host, so that all letters wait: `smtp_deferred` (4xx, or a 5xx that only limits the rate),
  `login_refused`, `auth_not_offered`, `tls_not_offered`, `server_refused`, and those of _net.py;
- Uncertain `cut_after_dot`: nobody knows.
"""

from __future__ import annotations

import logging
import re
import selectors
import smtplib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mailbot.clock import Clock
from mailbot.errors import TransportError, Uncertain
from mailbot.transport import Outgoing, Reply
from mailbot.transport._net import Endpoint, plain, refuse_controls, tls_context

log = logging.getLogger(__name__)

_ADDRESS = re.compile(r"[!-;=?A-~]+@[!-;=?A-~]+\Z")
"""Printable ASCII without space, '<', '>' and a second '@'; what else is wrong with it the host will say."""
_LINE_END = re.compile(rb"\r\n|\r|\n")
_LINE_DOT = re.compile(rb"^\.", re.MULTILINE)
_RATE_LIMIT = re.compile(
    r"frequen|too many|rate.?limit|limit.{0,12}exceed|try again|MI:|RP:|DT:SPM|HL:I", re.IGNORECASE
)
"""QQ and NetEase say 550 where they mean: not so fast."""
_BROKEN = (OSError, smtplib.SMTPException, ValueError)
_MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """One host that takes our letters.  Times in seconds.  An empty `username` means: without login."""

    host: str
    port: int = 465
    tls: Literal["ssl", "starttls", "none"] = "ssl"
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    connect_timeout_s: float = 15.0
    read_timeout_s: float = 60.0
    dot_timeout_s: float = 600.0
    """For the reply to the final dot: less makes duplicates (RFC 5321 section 4.5.3.2.6)."""
    letters_per_connection: int = 10
    idle_limit_s: float = 30.0
    """An idle connection older than this is not used again."""
    helo: str = ""
    """Empty: the address literal of our end (RFC 5321 section 4.1.4)."""

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(host=self.host, port=self.port, secret=self.password)


class _Dialogue(smtplib.SMTP):
    """smtplib with TLS from the first byte where asked, and DATA in two steps."""

    def __init__(self, settings: SmtpSettings) -> None:
        super().__init__(local_hostname=settings.helo or "localhost", timeout=settings.connect_timeout_s)
        self._host = settings.host  # the name starttls() verifies
        self._context = tls_context(settings.ca_file) if settings.tls == "ssl" else None

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        sock = socket.create_connection((host, port), timeout)
        # The final dot is a packet of its own: without this it waits for the host's delayed acknowledgement.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._context is None:
            return sock
        return self._context.wrap_socket(sock, server_hostname=host)

    def connection(self) -> socket.socket:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        return self.sock

    def peer_spoke(self) -> bool:
        """Whether the host has said something unasked, or closed: there is no use in sending it more."""
        sock = self.connection()
        with selectors.DefaultSelector() as selector:
            selector.register(sock, selectors.EVENT_READ)
            if not selector.select(0):
                return False
        if not isinstance(sock, ssl.SSLSocket) or self.file is None:
            return True
        before = sock.gettimeout()
        sock.settimeout(0)
        try:
            self.file.peek(1)
        except ssl.SSLWantReadError:
            return False  # a record of TLS itself, such as a session ticket
        finally:
            sock.settimeout(before)
        return True


class SmtpMailer:
    """A Mailer.  Not for two threads at once."""

    def __init__(self, settings: SmtpSettings, *, clock: Clock | None = None) -> None:
        refuse_controls(
            host=settings.host, username=settings.username, password=settings.password, helo=settings.helo
        )
        self._settings = settings
        self._at = settings.endpoint
        self._clock = clock or Clock()
        self._smtp: _Dialogue | None = None
        self._letters = 0
        self._used_at = 0.0

    def send(self, letter: Outgoing, at_dot: Callable[[], None]) -> Reply:
        """Send one letter's bytes as they are.  See the module for what is raised."""
        for address in (letter.sender, letter.recipient):
            if not _ADDRESS.match(address):
                raise self._at.error("bad_address", permanent=True, address=plain(address))
        smtp = self._ready()
        try:
            self._envelope(smtp, letter)
            reply = self._data(smtp, letter.content, at_dot)
        except TransportError:
            raise
        except _BROKEN as error:
            self._drop()
            raise self._at.fault(_cause(error)) from error
        except BaseException:
            self._drop()  # without the final dot nothing was sent
            raise
        finally:
            self._used_at = self._clock.monotonic()
        self._letters += 1
        return reply

    def check(self) -> None:
        """Connect, secure and log in, and send nothing.  TransportError as in send()."""
        self._ready()

    def close(self) -> None:
        """QUIT.  What fails here fails after the letters were taken."""
        if self._smtp is not None:
            try:
                self._smtp.connection().settimeout(5)
                self._smtp.quit()
            except _BROKEN as error:
                log.debug("QUIT: %s", plain(error))
        self._drop()

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None

    # ---- the connection

    def _ready(self) -> _Dialogue:
        """The connection at hand if it still answers RSET, else a fresh one."""
        if self._smtp is not None and (
            self._letters >= self._settings.letters_per_connection
            or self._clock.monotonic() - self._used_at > self._settings.idle_limit_s
        ):
            self.close()
        if self._smtp is not None:
            try:
                if self._smtp.rset()[0] == 250:
                    return self._smtp
            except _BROKEN as error:
                log.debug("RSET: %s", plain(error))
            self._drop()
        self._smtp = self._connect()
        self._letters = 0
        return self._smtp

    def _connect(self) -> _Dialogue:
        smtp = _Dialogue(self._settings)
        try:
            self._greet(smtp)
            self._secure(smtp)
            self._login(smtp)
        except TransportError:
            smtp.close()
            raise
        except _BROKEN as error:
            smtp.close()
            raise self._at.fault(_cause(error)) from error
        return smtp

    def _greet(self, smtp: _Dialogue) -> None:
        try:
            code, text = smtp.connect(self._settings.host, self._settings.port)
        except _BROKEN as error:
            raise self._at.fault(_cause(error), connecting=True) from error
        if code != 220:
            raise self._of_host(code, text, "greeting")
        sock = smtp.connection()
        sock.settimeout(self._settings.read_timeout_s)
        if not self._settings.helo:
            smtp.local_hostname = _literal(sock)
        self._ehlo(smtp)

    def _ehlo(self, smtp: _Dialogue) -> None:
        code, text = smtp.ehlo()
        if 500 <= code < 600:
            code, text = smtp.helo()
        if not 200 <= code < 300:
            raise self._of_host(code, text, "ehlo")

    def _secure(self, smtp: _Dialogue) -> None:
        if self._settings.tls != "starttls":
            return
        if not smtp.has_extn("starttls"):
            raise self._at.error("tls_not_offered", permanent=True)
        code, text = smtp.starttls(context=tls_context(self._settings.ca_file))
        if code != 220:
            raise self._at.error("tls_not_offered", text, permanent=True)
        self._ehlo(smtp)

    def _login(self, smtp: _Dialogue) -> None:
        """One attempt by one mechanism: hosts lock a box after several."""
        if not self._settings.username:
            return
        offered = smtp.esmtp_features.get("auth", "").upper().split()
        mechanism = next((m for m in _MECHANISMS if m in offered), None)
        if mechanism is None:
            raise self._at.error("auth_not_offered", " ".join(offered), permanent=True)
        smtp.user, smtp.password = self._settings.username, self._settings.password
        method = getattr(smtp, "auth_" + mechanism.lower().replace("-", "_"))
        try:
            smtp.auth(mechanism, method)
        except smtplib.SMTPAuthenticationError as error:
            if 400 <= error.smtp_code < 500:
                raise self._of_host(error.smtp_code, error.smtp_error, "login") from error
            raise self._login_refused(error.smtp_error) from error
        except UnicodeEncodeError as error:
            raise self._login_refused("not ASCII") from error

    def _login_refused(self, text: object) -> TransportError:
        return self._at.error("login_refused", text, permanent=True, username=self._settings.username)

    # ---- one letter

    def _envelope(self, smtp: _Dialogue, letter: Outgoing) -> None:
        options = self._mail_options(smtp, letter)
        self._expect(smtp, "mail", f"MAIL FROM:<{letter.sender}>{options}")
        notify = " NOTIFY=FAILURE" if smtp.has_extn("dsn") else ""
        self._expect(smtp, "rcpt", f"RCPT TO:<{letter.recipient}>{notify}")

    def _mail_options(self, smtp: _Dialogue, letter: Outgoing) -> str:
        options = ""
        if smtp.has_extn("size"):
            options += f" SIZE={len(letter.content)}"
        if not letter.content.isascii():
            if not smtp.has_extn("8bitmime"):
                raise self._at.error("smtp_refused", "8BITMIME", permanent=True, stage="mail", reply="")
            options += " BODY=8BITMIME"
        if smtp.has_extn("dsn"):
            options += f" RET=HDRS ENVID={_xtext(letter.message_id)}"
        return options

    def _expect(self, smtp: _Dialogue, stage: str, line: str) -> None:
        code, text = smtp.docmd(line)
        if not 200 <= code < 300:
            raise self._refusal(code, text, stage)

    def _data(self, smtp: _Dialogue, content: bytes, at_dot: Callable[[], None]) -> Reply:
        code, text = smtp.docmd("DATA")
        if code != 354:
            raise self._refusal(code, text, "data")
        try:
            smtp.connection().sendall(stuffed(content))
            spoke = smtp.peer_spoke()
        except ConnectionError:
            spoke = True
        if spoke:
            raise self._early(smtp)
        at_dot()
        return self._final_dot(smtp)

    def _early(self, smtp: _Dialogue) -> TransportError:
        """What the host said before the dot.  It mostly closes as well, and takes nothing more."""
        try:
            smtp.connection().settimeout(5)
            code, text = smtp.getreply()
        finally:
            self._drop()
        return self._refusal(code, text, "text")

    def _final_dot(self, smtp: _Dialogue) -> Reply:
        """The dot and its reply.  From here on a broken connection leaves it open whether the letter went."""
        try:
            sock = smtp.connection()
            sock.settimeout(self._settings.dot_timeout_s)
            smtp.send(b".\r\n")
            code, text = smtp.getreply()
            sock.settimeout(self._settings.read_timeout_s)
        except BaseException as error:
            self._drop()
            if not isinstance(error, _BROKEN):
                raise
            raise Uncertain(
                "cut_after_dot", host=self._at.host, port=self._at.port, text=plain(error)
            ) from error
        if 200 <= code < 300:
            return Reply(code=code, text=plain(text))
        if not 400 <= code < 600:
            self._drop()
            raise Uncertain("cut_after_dot", host=self._at.host, port=self._at.port, text=plain(text))
        raise self._refusal(code, text, "dot")

    # ---- what the host says

    def _refusal(self, code: int, text: bytes, stage: str) -> TransportError:
        """The host's no to this letter; RSET before the next one clears it away."""
        if code == 421 or not 400 <= code < 600:
            self._drop()
        if code in (530, 535):
            return self._login_refused(text)
        if not 400 <= code < 600:
            return self._at.error("connection_lost", text)
        said = plain(text)
        if code < 500 or _RATE_LIMIT.search(said):
            return self._at.error("smtp_deferred", said, reply=code, stage=stage)
        # A sender that is not taken is no letter's fault: all would fail. 552: this one is too large.
        name = "server_refused" if stage == "mail" and code != 552 else "smtp_refused"
        return self._at.error(name, said, permanent=True, reply=code, stage=stage)

    def _of_host(self, code: int, text: object, stage: str) -> TransportError:
        if 400 <= code < 500:
            return self._at.error("smtp_deferred", text, reply=code, stage=stage)
        return self._at.error("server_refused", text, permanent=code >= 500, reply=code, stage=stage)


def stuffed(content: bytes) -> bytes:
    """DATA's text without its final dot: CRLF line ends, a leading dot doubled (section 4.5.2)."""
    text = _LINE_END.sub(b"\r\n", content)
    if not text.endswith(b"\r\n"):
        text += b"\r\n"
    return _LINE_DOT.sub(b"..", text)


def _cause(error: BaseException) -> BaseException:
    """The time-out or reset that smtplib covers up."""
    hidden = error.__context__
    return (
        hidden if isinstance(error, smtplib.SMTPServerDisconnected) and isinstance(hidden, OSError) else error
    )


def _literal(sock: socket.socket) -> str:
    """Our end as an address literal."""
    address = str(sock.getsockname()[0]).partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _xtext(message_id: str) -> str:
    """RFC 3461 section 4."""
    inner = message_id.strip("<>").encode("ascii", "replace").decode()
    return re.sub(r"[^!-*,-<>-~]", lambda m: f"+{ord(m[0]):02X}", inner)
