"""Real mail servers on loopback ports for tests: Dovecot (IMAP, POP3), aiosmtpd, scripted ones.

with Dovecot() as box, SmtpHost() as host: ...
"""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, Self

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from imapclient import IMAPClient

USER = "xxk@oa.tancheng.example"
PASSWORD = "kou-ling-7"
CHINESE_PASSWORD = "口令-七"


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_for_port(port: int, seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 0.2):
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


class Authority:
    """A certificate authority of our own, and a certificate for localhost and 127.0.0.1."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        leaf = authority.issue_cert("localhost", "127.0.0.1")
        self.ca_file = folder / "ca.pem"
        self.cert_file = folder / "cert.pem"
        self.key_file = folder / "key.pem"
        authority.cert_pem.write_to_path(str(self.ca_file))
        leaf.private_key_pem.write_to_path(str(self.key_file))
        for number, blob in enumerate(leaf.cert_chain_pems):
            blob.write_to_path(str(self.cert_file), append=number > 0)


_DOVECOT = """
base_dir = {home}/run
state_dir = {home}/run
log_path = {home}/dovecot.log
protocols = {protocols}
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
default_process_limit = 20
first_valid_uid = 0
first_valid_gid = 0
mail_location = maildir:{home}/mail/%u
mail_uid = {user}
mail_gid = {group}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
ssl = yes
ssl_cert = <{home}/cert.pem
ssl_key = <{home}/key.pem
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {home}/users
  result_failure = continue
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={home}/mail/%u
}}
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    special_use = \\Sent
    auto = create
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
"""
_DOVECOT_POP3 = """
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
"""


class Dovecot:
    """Dovecot as an ordinary user (`nobody` where the tests run as root), with one box per user name.

    host, imap, imaps, pop3 and pop3s are where it listens; any user name logs in with PASSWORD and has a box
    of its own.  `ca_file` is what its certificate is to be verified by.
    """

    host = "127.0.0.1"

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="mailbot-dovecot-"))
        self.imap, self.imaps, self.pop3, self.pop3s = (free_port() for _ in range(4))
        self.has_pop3 = Path("/usr/lib/dovecot/pop3").exists()
        import grp
        import pwd

        self.user = "nobody" if os.geteuid() == 0 else getpass.getuser()
        self.group = grp.getgrgid(pwd.getpwnam(self.user).pw_gid).gr_name
        self.ca_file = self.home / "ca.pem"
        self.user_with_chinese_password = "zhang@oa.tancheng.example"

    def __enter__(self) -> Self:
        for name in ("run", "mail"):
            (self.home / name).mkdir()
        Authority(self.home)
        protocols = "imap pop3" if self.has_pop3 else "imap"
        text = _DOVECOT + (_DOVECOT_POP3 if self.has_pop3 else "")
        ports = {"imap": self.imap, "imaps": self.imaps, "pop3": self.pop3, "pop3s": self.pop3s}
        known = {
            "home": self.home,
            "user": self.user,
            "group": self.group,
            "protocols": protocols,
            "password": PASSWORD,
        }
        (self.home / "dovecot.conf").write_text(text.format(**known, **ports))
        users = f"{self.user_with_chinese_password}:{{PLAIN}}{CHINESE_PASSWORD}\n"
        (self.home / "users").write_text(users, "utf-8")
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", f"{self.user}:{self.group}", str(self.home)], check=True)
        self._start()
        return self

    def _start(self) -> None:
        command = ["dovecot", "-c", str(self.home / "dovecot.conf")]
        if os.geteuid() == 0:
            command = ["su", "-s", "/bin/sh", self.user, "-c", " ".join(command)]
        said = self.home / "start.log"  # a file: the daemon would keep a pipe open
        with said.open("w") as out:
            started = subprocess.run(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, check=False)
        assert started.returncode == 0, said.read_text()
        wait_for_port(self.imap)

    def __exit__(self, *_: object) -> None:
        pid_file = self.home / "run" / "master.pid"
        with contextlib.suppress(OSError, ValueError):
            os.kill(int(pid_file.read_text()), signal.SIGTERM)
        until = time.monotonic() + 5
        while pid_file.exists() and time.monotonic() < until:
            time.sleep(0.02)
        shutil.rmtree(self.home, ignore_errors=True)

    @contextlib.contextmanager
    def client(self, user: str = USER) -> Iterator[Any]:
        """A session beside mailbot's, as a person's own mail program would have."""
        client = IMAPClient(self.host, self.imap, ssl=False, timeout=20)
        client.normalise_times = False
        client.login(user, PASSWORD)
        try:
            yield client
        finally:
            with contextlib.suppress(OSError, client.Error):
                client.logout()

    def deliver(
        self, mails: Iterable[bytes], *, user: str = USER, folder: str = "INBOX", at: datetime | None = None
    ) -> None:
        """Lay mails into a folder as the host would, all with the INTERNALDATE `at` where it is given."""
        with self.client(user) as client:
            if not client.folder_exists(folder):
                client.create_folder(folder)
            for raw in mails:
                client.append(folder, raw, msg_time=at)

    def state(self, *, user: str = USER, folder: str = "INBOX") -> dict[int, tuple[bytes, ...]]:
        """UID -> flags (without \\Recent, the host's own), looked at without changing anything."""
        with self.client(user) as client:
            client.select_folder(folder, readonly=True)
            rows = client.fetch(client.search("ALL"), ["FLAGS"])
            return {uid: tuple(f for f in row[b"FLAGS"] if f != b"\\Recent") for uid, row in rows.items()}

    def renumber(self, *, user: str, folder: str = "INBOX") -> None:
        """Give the folder another UIDVALIDITY, as after a restored backup of the host."""
        base = self.home / "mail" / user
        path = base if folder == "INBOX" else base / f".{folder}"
        for name in ("dovecot-uidlist", "dovecot.index", "dovecot.index.log", "dovecot.index.cache"):
            (path / name).unlink(missing_ok=True)
        (path / "dovecot-uidlist").write_text("3 V1234567890 N1 Gabc0123456789abcdef\n")
        if os.geteuid() == 0:
            shutil.chown(path / "dovecot-uidlist", self.user, self.group)


# ---- SMTP --------------------------------------------------------------------------------------------------


class Ending(StrEnum):
    """How a delivery ends where it does not end with 250."""

    CUT_AFTER_DOT = "taken, and cut before the reply"
    HANG_AFTER_DOT = "taken, and no reply"
    CUT_AFTER_REPLY = "taken, 250, and cut before QUIT"


@dataclass(frozen=True, slots=True)
class Delivered:
    """A letter the host has taken."""

    sender: str
    recipient: str
    content: bytes


@dataclass
class _Script:
    """What the host answers: each entry serves once, and then it is 250 again."""

    letters: list[Delivered] = field(default_factory=list)
    mail: deque[str] = field(default_factory=deque)
    rcpt: deque[str] = field(default_factory=deque)
    dot: deque[str | Ending] = field(default_factory=deque)
    logins: list[tuple[str, str]] = field(default_factory=list)
    connections: int = 0
    commands: list[str] = field(default_factory=list)


class _Handler:
    def __init__(self, script: _Script) -> None:
        self.script = script

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        self.script.commands.append(f"MAIL {address} {' '.join(options)}".strip())
        if self.script.mail:
            return self.script.mail.popleft()
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        self.script.commands.append(f"RCPT {address} {' '.join(options)}".strip())
        if self.script.rcpt:
            return self.script.rcpt.popleft()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_RSET(self, server: Any, session: Any, envelope: Any) -> str:
        self.script.commands.append("RSET")
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str | None:
        ending = self.script.dot.popleft() if self.script.dot else "250 OK queued"
        if isinstance(ending, Ending) or ending.startswith("2"):
            content = bytes(envelope.content)
            self.script.letters += [Delivered(envelope.mail_from, to, content) for to in envelope.rcpt_tos]
        if ending == Ending.CUT_AFTER_DOT:
            server.transport.abort()
            return "250 never read"
        if ending == Ending.HANG_AFTER_DOT:
            await asyncio.sleep(30)
        if ending == Ending.CUT_AFTER_REPLY:
            await server.push("250 OK queued")
            server.transport.close()
            return "250 never read"
        return str(ending)


class SmtpHost:
    """aiosmtpd in a thread.  `letters` are those taken; mail, rcpt and dot are queues of scripted answers.

    tls: 'none', 'ssl' or 'starttls' (then demanded before anything else).
    """

    host = "127.0.0.1"

    def __init__(self, *, tls: str = "none", login: bool = False, **options: Any) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="mailbot-smtp-")
        self.script = _Script()
        self.port = free_port()
        authority = Authority(Path(self._folder.name))
        self.ca_file = authority.ca_file
        context = None
        if tls != "none":
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(authority.cert_file, authority.key_file)
        settings: dict[str, Any] = {"auth_require_tls": False, "authenticator": self._check, **options}
        if login:
            settings["auth_required"] = True
        if tls == "starttls":
            settings |= {"tls_context": context, "require_starttls": True}
        self._controller = Controller(
            _Handler(self.script),
            hostname=self.host,
            port=self.port,
            ssl_context=context if tls == "ssl" else None,
            server_hostname="localhost",
            **settings,
        )
        script = self.script

        class Counted(SMTP):
            def connection_made(self, transport: Any) -> None:
                script.connections += self.session is None  # it is called again after STARTTLS
                super().connection_made(transport)

        def made() -> SMTP:
            with warnings.catch_warnings():  # that a login without TLS is no good idea
                warnings.simplefilter("ignore", UserWarning)
                return Counted(self._controller.handler, **self._controller.SMTP_kwargs)

        self._controller.factory = made

    def _check(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        pair = (data.login.decode(), data.password.decode())
        self.script.logins.append(pair)
        return AuthResult(success=pair == (USER, PASSWORD), handled=False)

    @property
    def letters(self) -> list[Delivered]:
        return self.script.letters

    def __enter__(self) -> Self:
        self._controller.start()
        self.script.connections = 0  # the controller tried the port itself
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()
        self._folder.cleanup()


Talk = Callable[[socket.socket], None]


class ScriptedHost:
    """A server that plays `talk` on each connection: for what no real server can be made to do.

    talk gets the accepted socket; what it leaves open is closed after it.
    """

    host = "127.0.0.1"

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._listener = socket.create_server((self.host, 0))
        self.port = int(self._listener.getsockname()[1])
        self.connections = 0
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.append(sock)
            threading.Thread(target=self._play, args=(sock,), daemon=True).start()

    def _play(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock:
            self._talk(sock)

    def hang_up(self) -> None:
        """Cut all connections."""
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()


class FakeSmtp(ScriptedHost):
    """An SMTP host that answers by the book but for `answers` (verb -> reply, '' closes) and `in_text`.

    in_text: what it says, before it closes, once it has the first line of a letter.
    """

    def __init__(
        self, answers: dict[str, str] | None = None, *, in_text: str | None = None, features: str = "SIZE"
    ) -> None:
        super().__init__(self._speak)
        self.answers = {"GREETING": "220 ready", "EHLO": f"250-fake\r\n250 {features}", "DATA": "354 go"}
        self.answers |= answers or {}
        self.in_text = in_text
        self.commands: list[str] = []
        self.letters: list[bytes] = []

    def _speak(self, sock: socket.socket) -> None:
        lines = sock.makefile("rb")
        verb = "GREETING"
        while True:
            answer = self.answers.get(verb, "250 OK")
            sock.sendall(f"{answer}\r\n".encode() if answer else b"")
            if not answer or verb == "QUIT":
                return
            if answer.startswith("354"):
                if not self._takes_text(sock, lines):
                    return
                sock.sendall(self.answers.get("DOT", "250 queued").encode() + b"\r\n")
            line = lines.readline().decode(errors="replace").rstrip("\r\n")
            if not line:
                return
            self.commands.append(line)
            verb = line.split(" ")[0].split(":")[0].upper()

    def _takes_text(self, sock: socket.socket, lines: BinaryIO) -> bool:
        text = b""
        while (line := lines.readline()) != b".\r\n":
            text += line
            if not line:
                return False
            if self.in_text is not None:
                time.sleep(0.1)
                sock.sendall(self.in_text.encode())
                return False
        self.letters.append(text)
        return True


# ---- IMAP --------------------------------------------------------------------------------------------------


class FakeImap(ScriptedHost):
    """An IMAP host as Coremail is: no IDLE, MOVE, NAMESPACE or UIDNEXT.  Its faults are attributes.

    mails: UID -> bytes; served: UID -> what is sent instead; sizes: UID -> RFC822.SIZE told instead;
    cut: UIDs in whose literal the connection breaks; refused: UIDs whose FETCH is answered NO;
    at: command -> 'BYE', 'HANG' or a tagged answer; commands: what was said to it.
    """

    greeting = "* OK Coremail System IMap Server Ready"
    folders = ("INBOX",)

    def __init__(self, mails: dict[int, bytes], capability: str = "UIDPLUS ID") -> None:
        super().__init__(self._speak)
        self.mails = mails
        self.capability = f"IMAP4rev1 {capability}"
        self.validity = 1
        self.demands_id = False
        self.dated = True
        self.served: dict[int, bytes] = {}
        self.sizes: dict[int, int] = {}
        self.cut: set[int] = set()
        self.refused: set[int] = set()
        self.at: dict[str, str] = {}
        self.commands: list[str] = []

    def said(self, word: str) -> list[str]:
        return [command for command in self.commands if word in command]

    def _speak(self, sock: socket.socket) -> None:
        lines = sock.makefile("rb")
        identified = False
        sock.sendall(f"{self.greeting}\r\n".encode())
        while line := lines.readline().decode().rstrip("\r\n"):
            tag, _, command = line.partition(" ")
            self.commands.append(command)
            name = " ".join(command.upper().split()[: 2 if command.upper().startswith("UID") else 1])
            identified = identified or name == "ID"
            if self.at.get(name) == "HANG":
                time.sleep(10)
            if self.at.get(name) in ("BYE", "HANG"):
                sock.sendall(b"* BYE going down\r\n")
                return
            if name in ("SELECT", "EXAMINE") and self.demands_id and not identified:
                sock.sendall(f"{tag} NO {name} Unsafe Login. Please contact us for help\r\n".encode())
                continue
            answer = self.at.get(name) or self._answer(sock, name, command)
            sock.sendall(f"{tag} {answer}\r\n".encode())

    def _answer(self, sock: socket.socket, name: str, command: str) -> str:
        if name == "CAPABILITY":
            sock.sendall(f"* CAPABILITY {self.capability}\r\n".encode())
        elif name in ("SELECT", "EXAMINE"):
            told = f"* {len(self.mails)} EXISTS\r\n* 9 RECENT\r\n* OK [UIDVALIDITY {self.validity}] ok\r\n"
            sock.sendall(told.encode())
        elif name == "LIST":
            for folder in self.folders:
                sock.sendall(f'* LIST () "/" "{folder}"\r\n'.encode())
        elif name == "UID SEARCH":
            sock.sendall(self._found(command).encode())
        elif name in ("UID FETCH", "FETCH"):
            return self._fetch(sock, command, by_uid=name == "UID FETCH")
        elif name == "LOGOUT":
            sock.sendall(b"* BYE\r\n")
        return "OK done"

    def _found(self, command: str) -> str:
        uids = sorted(self.mails)
        criterion = command.split()[2]
        if criterion != "ALL":
            first, _, last = criterion.partition(":")
            uids = uids[int(first) - 1 : int(last)]
        return f"* SEARCH {' '.join(map(str, uids))}\r\n"

    def _fetch(self, sock: socket.socket, command: str, *, by_uid: bool) -> str:
        wanted = command.split()[2 if by_uid else 1].split(",")
        uids = sorted(self.mails)
        for number, uid in enumerate(uids, 1):
            if str(uid if by_uid else number) not in wanted:
                continue
            if uid in self.refused:
                return "NO this one is damaged"
            row = f"* {number} FETCH (UID {uid}"
            if "RFC822.SIZE" in command:
                row += f" RFC822.SIZE {self.sizes.get(uid, len(self.mails[uid]))}"
            if "INTERNALDATE" in command and self.dated:
                row += f' INTERNALDATE "12-Apr-2019 09:{uid % 60:02d}:00 +0800"'
            body = self.served.get(uid, self.mails[uid])
            if "BODY" not in command:
                sock.sendall(row.encode() + b")\r\n")
                continue
            sock.sendall(f"{row} BODY[] {{{len(body)}}}\r\n".encode() + body[: len(body) // 2])
            if uid in self.cut:
                sock.shutdown(socket.SHUT_RDWR)
                raise ConnectionAbortedError
            sock.sendall(body[len(body) // 2 :] + b")\r\n")
        return "OK done"
