"""The composition root: Config -> Desk and transports.  The only module that chooses implementations."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Mapping
from pathlib import Path

from mailbot import config as configuration
from mailbot import policy as policies
from mailbot.clock import Clock
from mailbot.config import Config, Secret
from mailbot.errors import ConfigError
from mailbot.intake import message
from mailbot.policy import Policy
from mailbot.store import Store
from mailbot.store.lock import HomeLock
from mailbot.transport import Mailbox, Mailer
from mailbot.transport.folder import FolderMailbox, FolderMailer
from mailbot.workflow.desk import Desk, Identity
from mailbot.workflow.reading import GuardedReader

_KEY_FILE = "identity.key"


class App:
    """One office home, opened: hands out a Desk per thread, transports and the lock."""

    def __init__(self, config: Config, policy: Policy, clock: Clock) -> None:
        self.config = config
        self.policy = policy
        self.clock = clock
        self._local = threading.local()
        self._opened: list[Store] = []

    @classmethod
    def open(cls, home: Path, environ: Mapping[str, str], *, clock: Clock | None = None, complete: bool = True) -> App:
        """Read config.toml and policy of an office home.  ConfigError for whatever is wrong with them."""
        config = configuration.load(home / "config.toml", environ, complete=complete)
        policy = policies.load_policy(policies.Resources(home))
        return cls(config, policy, clock or Clock())

    def desk(self) -> Desk:
        """The Desk of the calling thread: SQLite wants one connection for each."""
        desk: Desk | None = getattr(self._local, "desk", None)
        if desk is None:
            store = Store.open(self.config.var, check=not self._opened)
            self._opened.append(store)
            desk = Desk(
                store=store,
                policy=self.policy,
                config=self.config,
                clock=self.clock,
                identity=identity_of(self.config, store),
            )
            self._local.desk = desk
        return desk

    def close_thread(self) -> None:
        """Close the calling thread's Desk."""
        desk: Desk | None = getattr(self._local, "desk", None)
        if desk is not None:
            desk.store.close()
            self._opened.remove(desk.store)
            self._local.desk = None

    def lock(self) -> HomeLock:
        return HomeLock(self.config.var)

    def reader(self) -> GuardedReader:
        return GuardedReader(self.policy.intake.mail, self.policy.intake.document)

    def mailbox(self, stop: threading.Event | None = None) -> Mailbox:
        """The way in that config.toml names."""
        return _MAILBOXES[self.config.mailbox.kind](self, stop)

    def mailer(self) -> Mailer:
        """The way out that config.toml names."""
        return _MAILERS[self.config.smtp.kind](self.config)


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
