"""A desk over a real store: the clock stands still, mails are laid in by hand, the host obeys."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import build
import msgspec

from mailbot import config as configuration
from mailbot.clock import SHANGHAI, FixedClock
from mailbot.config import Brakes, Config, IntakeConfig, SmtpConfig
from mailbot.model import LedgerMail, Letter, LetterKind, Verdict
from mailbot.policy import Policy, Resources, load_policy
from mailbot.store import Store
from mailbot.transport import Arrival, Outgoing, Reply
from mailbot.workflow.desk import Desk, Identity, note_first_start
from mailbot.workflow.mail import receive
from mailbot.workflow.mail.reading import DirectReader

OWN = "xxk@oa.tancheng.example"
SECTION = "section@oa.tancheng.example"
UNIT = "县民政局 <mzj@oa.tancheng.example>"
NOW = datetime(2019, 4, 12, 9, 30, tzinfo=SHANGHAI)
POLICY: Policy = load_policy(Resources(None))
TEXT = (
    "为解决困难群众求助无门问题，县民政局在13个乡镇设立“一门受理”窗口，统一受理低保、特困、临时救助申请。",
    "将11项救助事项整合为一张申请表，平均办理时限由22天缩短至12天，3月以来主动发现并救助困难家庭37户。",
)


@dataclass
class Office:
    """A desk and all that lies around it."""

    desk: Desk
    clock: FixedClock
    box: Box
    reader: DirectReader

    def take(self, *mails: bytes, minutes: int = 1) -> list[LedgerMail]:
        """Let each arrive, `minutes` after the one before, and take it in; their rows as they then stand."""
        ids = []
        for raw in mails:
            self.clock.sleep(60 * minutes)
            self.box.put(raw, self.clock.now())
            receive.collect(self.desk, self.box)
            receive.process(self.desk, self.reader)
            ids.append(max(m.id for m in self.desk.store.mails(limit=100_000)))
        return [self.desk.store.mail(mail_id) for mail_id in ids]

    def one(self, raw: bytes, *, minutes: int = 1) -> LedgerMail:
        (row,) = self.take(raw, minutes=minutes)
        return row

    def letter(self, row: LedgerMail) -> Letter | None:
        return self.desk.store.letter_for_mail(row.id)

    def verdict(self, row: LedgerMail) -> Verdict:
        verdict = self.desk.store.verdict(row.id)
        assert verdict is not None
        return verdict

    def letters(self, kind: LetterKind | None = None) -> list[Letter]:
        return list(reversed(self.desk.store.letters(kind=kind, limit=10_000)))

    def verbs(self, subject: str) -> list[str]:
        return [event.verb for event in reversed(self.desk.store.events(subject=subject))]


@dataclass
class Box:
    """A Mailbox that holds what was put into it."""

    arrivals: list[Arrival] = field(default_factory=list)
    epoch: str = "imap://host;INBOX;1"
    told: list[str] = field(default_factory=list)
    in_sent: bool | None = None
    fails: Exception | None = None
    fails_after: int = 0

    def put(
        self, raw: bytes | None, at: datetime, *, size: int | None = None, head: bytes | None = None
    ) -> None:
        key = f"{self.epoch}/{len(self.arrivals) + 1}"
        length = size if size is not None else len(raw or b"")
        self.arrivals.append(Arrival(key=key, arrived_at=at, size=length, raw=raw, head=head))

    def new(self, known: Callable[[str], bool]) -> Iterator[Arrival]:
        given = 0
        for arrival in self.arrivals:
            if self.fails is not None and given >= self.fails_after:
                raise self.fails
            if not known(arrival.key):
                given += 1
                yield arrival

    def done(self, key: str) -> None:
        if self.fails is not None:
            raise self.fails
        self.told.append(key)

    def wait(self, seconds: float) -> None: ...

    def sent(self, message_id: str) -> bool | None:
        if self.fails is not None:
            raise self.fails
        return self.in_sent

    def close(self) -> None: ...


@dataclass
class Host:
    """A Mailer: `answers` are given in turn, an exception is raised (after the dot where it is Uncertain)."""

    answers: deque[Exception] = field(default_factory=deque)
    taken: list[Outgoing] = field(default_factory=list)
    at: list[datetime] = field(default_factory=list)
    clock: FixedClock | None = None

    def send(self, letter: Outgoing, at_dot: Callable[[], None]) -> Reply:
        answer = self.answers.popleft() if self.answers else None
        if answer is not None:
            if type(answer).__name__ == "Uncertain":
                at_dot()
                self.taken.append(letter)
            raise answer
        at_dot()
        self.taken.append(letter)
        if self.clock is not None:
            self.at.append(self.clock.now())
        return Reply(code=250, text="queued")

    def check(self) -> None: ...

    def close(self) -> None: ...


def office(var: Path, *, now: datetime = NOW, **sections: msgspec.Struct) -> Office:
    """A new office under `var`; `sections` replace those of its config (brakes=Brakes(...))."""
    store, clock = Store.open(var), FixedClock(now)
    desk = Desk(
        store=store,
        policy=POLICY,
        config=config(var, **sections),
        clock=clock,
        identity=Identity(
            instance="loop-1", secret=b"k" * 32, domain="oa.tancheng.example", own_addresses=frozenset({OWN})
        ),
    )
    note_first_start(desk)
    return Office(desk, clock, Box(), DirectReader(POLICY.intake.mail, POLICY.intake.document))


def config(home: Path, **sections: msgspec.Struct) -> Config:
    values: dict[str, object] = {
        "office": configuration.Office(name="信息科", phones=("6106766",), section_address=SECTION),
        "smtp": SmtpConfig(from_address=OWN),
        "intake": IntakeConfig(answer_since=datetime(2019, 1, 1, tzinfo=SHANGHAI).date()),
        "brakes": Brakes(),
    }
    return Config(home=home, **{**values, **sections})  # type: ignore[arg-type]


def submission(
    title: str = "建立困难群众救助“一门受理”机制",
    *,
    unit: str = "县民政局",
    person: str = "彭一鸣",
    phone: str = "6220001",
    lines: tuple[str, ...] = TEXT,
    word: bool = True,
    sender: str = UNIT,
    subject: str | None = None,
    **more: object,
) -> bytes:
    """A mail as the notice wants it; a part given as '' is left out."""
    stated = "-".join(part for part in (title, unit, person, phone) if part)
    files = [(f"{title or '稿件'}.docx", build.docx(*lines, title=title))] if word else []
    values: dict[str, object] = {"sender": sender, "text": "信息稿见附件。\n", "files": files, **more}
    return build.mail(subject=stated if subject is None else subject, **values)  # type: ignore[arg-type]


def days(number: float) -> timedelta:
    return timedelta(days=number)
