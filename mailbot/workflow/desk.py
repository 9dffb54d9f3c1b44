"""The Desk: what every verb of the workflow is handed.  app.py builds it; tests build it too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time

from mailbot.clock import SHANGHAI, Clock
from mailbot.config import Config
from mailbot.model import Event, LedgerMail
from mailbot.policy import Policy
from mailbot.store import Store

WORKER = "mailbot"
"""Who did it, in events, where no person did."""
FIRST_START = "first_start"
COLLECTED = "collected_until"


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
    """Store, policy, configuration, clock and identity; a transport is handed to the verbs that need one."""

    store: Store
    policy: Policy
    config: Config
    clock: Clock
    identity: Identity
    live: bool = True
    """Letters go out: brakes hold, and a delivery report must belong to one.  `inspect` sends nothing."""

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


def fact_ref(fact_id: str) -> str:
    return f"fact:{fact_id}"


def bulletin_ref(kind: str, period: str) -> str:
    return f"bulletin:{kind}:{period}"


def solicitation_ref(code: str) -> str:
    return f"solicitation:{code}"


# ---- small facts of the installation


def first_start(desk: Desk) -> datetime:
    """When this office first worked; recorded then."""
    noted = desk.store.note(FIRST_START)
    return datetime.fromisoformat(noted) if noted else desk.clock.now()


def note_first_start(desk: Desk) -> None:
    """At every start; only the first is kept."""
    if desk.store.note(FIRST_START) is None:
        with desk.store.transaction():
            desk.store.set_note(FIRST_START, desk.clock.now().isoformat())


def answer_since(desk: Desk) -> datetime:
    """Mail that arrived earlier is registered and not answered (docs/intake.md, 13)."""
    day = desk.config.intake.answer_since or first_start(desk).date()
    return datetime.combine(day, time(), tzinfo=SHANGHAI)


def collected_until(desk: Desk) -> datetime | None:
    """Until when all mail of the box has been collected and judged; None where some of it waits, or nobody
    knows."""
    noted = desk.store.note(COLLECTED)
    if not noted or desk.store.pending(1):
        return None
    return datetime.fromisoformat(noted)


def note_collected(desk: Desk, began: datetime) -> None:
    """A round that began then has collected everything the box held."""
    with desk.store.transaction():
        desk.store.set_note(COLLECTED, began.isoformat())
