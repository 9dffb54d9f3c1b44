"""Judging mail files without an office: what `mailbot inspect` does (docs/commands.md).

The very road of a real mail - spool, ledger, verdict, letter - in a register that is thrown away, with a
fixed key and each mail's own arrival as the time of day, so that the same files in the same order always give
the same answer.  Nothing is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from mailbot.clock import SHANGHAI, FixedClock
from mailbot.config import Config, IntakeConfig, Office, SmtpConfig
from mailbot.errors import ConfigError
from mailbot.intake import message
from mailbot.model import Letter, Outcome, Verdict
from mailbot.policy import Policy
from mailbot.store import Store
from mailbot.workflow.desk import Desk, Identity
from mailbot.workflow.mail.decide import decide
from mailbot.workflow.mail.reading import Reader, ReadingFailure, Task
from mailbot.workflow.office.register import Register

_KEY = b"mailbot inspect: a fixed key, so that Message-IDs do not change from run to run"
_START = datetime(2000, 1, 1, tzinfo=SHANGHAI)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """One file judged.  `verdict` is None where even three tries would fail (outcome parked)."""

    file: str
    outcome: Outcome
    verdict: Verdict | None
    number: str | None
    letter: Letter | None


def inspect(
    files: Sequence[Path], register: Register, *, policy: Policy, office: Office, reader: Reader, var: Path
) -> Iterator[Inspected]:
    """Judge `files` in order, in a new register under `var`.

    ConfigError 'file_unreadable' for the first file that cannot be read, before any is judged.
    """
    for file in files:
        _raw(file, 0)
    clock = FixedClock(_START)
    store = Store.open(var)
    try:
        desk = _desk(store, register, policy, office, clock)
        with store.transaction():
            for sender in register.correspondents:
                store.save_correspondent(sender)
        for index, file in enumerate(files):
            yield _judge(desk, clock, reader, file, index)
    finally:
        store.close()


def _desk(store: Store, register: Register, policy: Policy, office: Office, clock: FixedClock) -> Desk:
    own = register.own_addresses or ("xxk@mailbot.example",)
    config = Config(
        home=Path(),
        office=Office(name=register.own_name or office.name, phones=office.phones, own_addresses=own),
        smtp=SmtpConfig(from_address=own[0]),
        intake=IntakeConfig(answer_since=date.min),
    )
    identity = Identity(
        instance="inspect",
        secret=_KEY,
        domain=own[0].rpartition("@")[2],
        own_addresses=frozenset(a.lower() for a in own),
    )
    return Desk(store=store, policy=policy, config=config, clock=clock, identity=identity, live=False)


def _raw(file: Path, size: int = -1) -> bytes:
    try:
        with file.open("rb") as content:
            return content.read(size)
    except OSError as error:
        raise ConfigError("file_unreadable", file=file, cause=error.strerror or "") from None


def _judge(desk: Desk, clock: FixedClock, reader: Reader, file: Path, index: int) -> Inspected:
    raw = _raw(file)
    arrived = message.arrival_of(raw, None)
    clock.set(arrived)
    sha256 = desk.store.spool(raw, arrived)
    with desk.store.transaction():
        _, mail_id = desk.store.admit(
            key=f"inspect/{index}",
            sha256=sha256,
            size=len(raw),
            arrived_at=arrived,
            spooled=True,
            now=arrived,
        )
    row = desk.store.mail(mail_id)
    (reading,) = reader.read_all([Task(raw=raw, arrived_at=arrived, sha256=sha256)])
    if isinstance(reading, ReadingFailure):
        return Inspected(file=str(file), outcome=Outcome.PARKED, verdict=None, number=None, letter=None)
    return Inspected(
        file=str(file),
        outcome=decide(desk, row, reading),
        verdict=desk.store.verdict(mail_id),
        number=desk.store.mail(mail_id).number,
        letter=desk.store.letter_for_mail(mail_id),
    )
