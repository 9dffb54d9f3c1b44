"""The Desk: what every verb of the workflow is handed.  app.py builds it; tests build it too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mailbot.clock import Clock
from mailbot.config import Config
from mailbot.model import Event, LedgerMail
from mailbot.policy import Policy
from mailbot.store import Store

WORKER = "mailbot"
"""Who did it, in events, where no person did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who this installation is towards other mail systems.  Kept in data/var, made at the first start."""

    instance: str
    """Value of X-Mailbot-Loop."""
    secret: bytes
    """Key of the Message-IDs' HMAC: tells our own letters from forged ones."""
    domain: str
    own_addresses: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Store, policy, configuration, clock and identity: no transport, those are handed to the verbs that need one."""

    store: Store
    policy: Policy
    config: Config
    clock: Clock
    identity: Identity
    brakes: bool = True
    """Whether the brakes on automatic answers hold; only `inspect`, which sends nothing, does without."""

    def log(
        self, verb: str, subject: str, details: Mapping[str, str] | None = None, *, who: str = WORKER
    ) -> None:
        """One line of the append-only record; inside the transaction of what it tells of."""
        self.store.add_event(
            Event(at=self.clock.now(), who=who, verb=verb, subject=subject, details=details or {})
        )


def mail_ref(mail: LedgerMail) -> str:
    """How events name a mail."""
    return f"mail:{mail.id}"


def item_ref(number: str) -> str:
    return f"item:{number}"


def letter_ref(letter_id: int) -> str:
    return f"letter:{letter_id}"


def bulletin_ref(kind: str, period: str) -> str:
    return f"bulletin:{kind}:{period}"
