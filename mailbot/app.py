"""The composition root: Config -> Desk and transports.  The only module that chooses implementations."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from mailbot import config as configuration
from mailbot.clock import Clock
from mailbot.config import Config, Secret
from mailbot.intake import message
from mailbot.policy import Policy, Resources, load_policy
from mailbot.store import Store
from mailbot.store.lock import HomeLock
from mailbot.transport import Mailbox, Mailer
from mailbot.transport.folder import FolderMailbox, FolderMailer
from mailbot.transport.imap import ImapMailbox, ImapSettings
from mailbot.transport.pop3 import Pop3Mailbox, Pop3Settings
from mailbot.transport.smtp import SmtpMailer, SmtpSettings
from mailbot.workflow.desk import Desk, Identity, note_first_start
from mailbot.workflow.mail.reading import GuardedReader

_KEY_FILE = "identity.key"


class App:
    """One office home, opened: hands out a Desk per thread, transports and the lock."""

    def __init__(self, config: Config, policy: Policy, clock: Clock) -> None:
        self.config = config
        self.policy = policy
        self.resources = Resources(config.home)
        self.clock = clock
        self._local = threading.local()
        self._opening = threading.Lock()
        self._checked = False

    @classmethod
    def open(
        cls, home: Path, environ: Mapping[str, str], *, clock: Clock | None = None, complete: bool = True
    ) -> App:
        """Read config.toml and policy of an office home.  ConfigError for whatever is wrong with them."""
        config = configuration.load(home / "config.toml", environ, complete=complete)
        return cls(config, load_policy(Resources(home)), clock or Clock())

    def desk(self) -> Desk:
        """The Desk of the calling thread: SQLite wants one connection for each."""
        desk: Desk | None = getattr(self._local, "desk", None)
        if desk is None:
            store = self._store()
            desk = Desk(
                store=store,
                policy=self.policy,
                config=self.config,
                clock=self.clock,
                identity=identity_of(self.config, store),
            )
            note_first_start(desk)
            self._local.desk = desk
        return desk

    def _store(self) -> Store:
        """The first one is checked whole, before any other thread gets its own; the rest share that word."""
        with self._opening:
            store = Store.open(self.config.var, check=not self._checked)
            self._checked = True
        return store

    def close_thread(self) -> None:
        """Close the calling thread's Desk."""
        desk: Desk | None = getattr(self._local, "desk", None)
        if desk is not None:
            self._local.desk = None
            desk.store.close()

    def lock(self) -> HomeLock:
        return HomeLock(self.config.var)

    def reader(self) -> GuardedReader:
        return reader_of(self.policy)

    def mailbox(self, stop: threading.Event | None = None) -> Mailbox:
        """The way in that config.toml names."""
        return mailbox_of(self.config, self.clock, stop)

    def folder(self, path: Path) -> Mailbox:
        """Old mail in files: .eml, a Maildir or an mbox."""
        return FolderMailbox(
            path,
            arrival_of=lambda raw: message.arrival_of(raw, self.clock.now()),
            settle_s=0,
            clock=self.clock,
        )

    def mailer(self) -> Mailer:
        """The way out that config.toml names."""
        return mailer_of(self.config, self.clock)


def mailbox_of(config: Config, clock: Clock, stop: threading.Event | None = None) -> Mailbox:
    """The way in that config.toml names, not yet connected."""
    box = config.mailbox

    def arrival_of(raw: bytes) -> datetime:
        return message.arrival_of(raw, clock.now())

    if box.kind == "folder":
        assert box.path is not None
        return FolderMailbox(
            box.path,
            arrival_of=arrival_of,
            after="move" if box.after == "move" else "leave",
            after_folder=box.after_folder or "done",
            max_bytes=box.max_mail_bytes,
            stop=stop,
            clock=clock,
        )
    if box.kind == "pop3":
        return Pop3Mailbox(
            Pop3Settings(
                host=box.host,
                port=box.port_used,
                tls=box.tls,
                username=box.username,
                password=revealed(config.mailbox_password),
                ca_file=box.ca_file,
                read_timeout_s=box.timeout_seconds,
                max_bytes=box.max_mail_bytes,
            ),
            arrival_of=arrival_of,
            stop=stop,
            clock=clock,
        )
    settings = ImapSettings(
        host=box.host,
        port=box.port_used,
        tls=box.tls,
        username=box.username,
        password=revealed(config.mailbox_password),
        folder=box.folder,
        extra_folders=box.extra_folders,
        after=box.after,
        after_folder=box.after_folder,
        sent_folder=box.sent_folder,
        ca_file=box.ca_file,
        read_timeout_s=box.timeout_seconds,
        max_bytes=box.max_mail_bytes,
        idle=box.idle,
    )
    return ImapMailbox(settings, arrival_of=arrival_of, stop=stop, clock=clock)


def mailer_of(config: Config, clock: Clock) -> Mailer:
    """The way out that config.toml names, not yet connected."""
    out = config.smtp
    if out.kind == "folder":
        assert out.path is not None
        return FolderMailer(out.path, clock=clock)
    return SmtpMailer(
        SmtpSettings(
            host=out.host,
            port=out.port_used,
            tls=out.tls,
            username=config.smtp_username if out.login else "",
            password=revealed(config.smtp_password) if out.login else "",
            ca_file=out.ca_file,
            read_timeout_s=out.timeout_seconds,
            letters_per_connection=config.sending.per_connection,
        )
    )


def reader_of(policy: Policy) -> GuardedReader:
    """The reading process, under the limits of intake.toml; started with the first mail."""
    return GuardedReader(policy.intake.mail, policy.intake.document)


def revealed(secret: Secret | None) -> str:
    return secret.reveal() if secret is not None else ""


def identity_of(config: Config, store: Store) -> Identity:
    """Who we are to other mail systems.  The key is made at the first start and never leaves data/var."""
    path = config.var / _KEY_FILE
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        key = _new_key(path)
    instance = store.note("instance")
    if instance is None:
        instance = secrets.token_hex(8)
        with store.transaction():
            store.set_note("instance", instance)
    domain = config.smtp.from_address.rpartition("@")[2] or "mailbot.invalid"
    return Identity(instance=instance, secret=key, domain=domain, own_addresses=config.own_addresses)


def _new_key(path: Path) -> bytes:
    """Written under its own name only when whole; whoever comes second takes the first one's."""
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "wb") as out:
        out.write(secrets.token_bytes(32))
        out.flush()
        os.fsync(out.fileno())
    if path.exists():
        temporary.unlink()
    else:
        temporary.replace(path)
    return path.read_bytes()
