"""The demo: an office home with sample mails that arrive over a month, on the very road of real ones, and the
section at work in that month.

The clock stands where each thing happens; the folder transports stand for the mail host.  Nothing leaves the
machine.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from mailbot.clock import FixedClock
from mailbot.intake import message
from mailbot.model import (
    Bulletin,
    LedgerMail,
    Letter,
    LetterKind,
    SolicitationState,
    Superior,
    Verdict,
)
from mailbot.transport import Mailbox, Mailer
from mailbot.workflow.bulletins import report
from mailbot.workflow.desk import Desk, note_collected
from mailbot.workflow.mail import deliver, receive
from mailbot.workflow.mail.reading import Reader
from mailbot.workflow.marks import credit
from mailbot.workflow.marks.credit import Who
from mailbot.workflow.office import people
from mailbot.workflow.solicitations import remind, solicit

_ANSWERS_SAMPLE = re.compile(rb"(?im)^In-Reply-To: \{([a-z0-9-]+)\}")
DELAY = timedelta(minutes=1)
TICK = timedelta(hours=1)


# ---- data/demo/section.toml --------------------------------------------------------------------------------


class Registered(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A 信息员 on the register from the first day."""

    unit: str
    name: str
    address: str
    phone: str


class Act(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """Something that the section does, and when."""

    at: datetime


class Solicit(Act, frozen=True, kw_only=True, tag="solicit"):
    """A 约稿 is sent out."""

    title: str
    text: str
    source: Superior
    deadline: datetime
    units: tuple[str, ...]


class Adopt(Act, frozen=True, kw_only=True, tag="adopt"):
    """A sample's item was adopted; `publication` by its code in the scheme."""

    sample: str
    publication: str
    issue: str


class Instruct(Act, frozen=True, kw_only=True, tag="instruct"):
    """Leaders of a level wrote on a sample's item."""

    sample: str
    level: str


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The section's part in the month, under the name of one person."""

    by: str = ""
    correspondent: tuple[Registered, ...] = ()
    act: tuple[Solicit | Adopt | Instruct, ...] = ()


EMPTY = Section()


def section_of(text: str) -> Section:
    """section.toml as written."""
    return msgspec.toml.decode(text, type=Section)


# ---- what happens ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One sample mail and what became of it."""

    name: str
    mail: LedgerMail
    verdict: Verdict | None
    letter: Letter | None
    alert: Letter | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something the section did, or the timetable: `act` is None where units were reminded.

    `letters` went out with it.
    """

    at: datetime
    act: Act | None
    title: str
    letters: tuple[Letter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """In, out, and the reading between."""

    mailbox: Mailbox
    mailer: Mailer
    reader: Reader


@dataclass(slots=True, kw_only=True)
class _Play:
    """The month as it goes on: what has been registered and written so far, by the samples' names."""

    desk: Desk
    clock: FixedClock
    ways: Ways
    inbox: Path
    by: str
    items: dict[str, str] = field(default_factory=dict)
    letters: dict[str, str] = field(default_factory=dict)

    def arrive(self, sample: Path) -> Step:
        """One mail comes, is judged and answered."""
        name = sample.stem.partition("-")[2]
        raw = _threaded(sample.read_bytes(), self.letters)
        (self.inbox / sample.name).write_bytes(raw)
        receive.collect(self.desk, self.ways.mailbox)
        receive.process(self.desk, self.ways.reader)
        deliver.send_due(self.desk, self.ways.mailer)
        step = _step(self.desk, name)
        self.items[name] = step.mail.number or ""
        if step.letter is not None:
            self.letters[name] = step.letter.message_id
        return step

    def do(self, act: Act) -> Deed:
        """One act of the section, and the letters that it sends."""
        before, title = self._newest_letter(), ""
        match act:
            case Solicit():
                title = act.title
                asked = solicit.Draft(
                    source=act.source, deadline=act.deadline, title=act.title, text=act.text, units=act.units
                )
                solicit.open_(self.desk, asked, by=self.by)
            case Adopt():
                number = self.items[act.sample]
                title, day = self._title(number), act.at.date()
                who = Who(by=self.by)
                credit.adopt(self.desk, number, act.publication, day=day, who=who, issue=act.issue)
            case Instruct():
                number = self.items[act.sample]
                title, day = self._title(number), act.at.date()
                credit.instruct(self.desk, number, act.level, day=day, who=Who(by=self.by))
        return self._sent(act, title, before)

    def remind(self) -> Deed | None:
        """An hour of the timetable: whom it reminds."""
        before = self._newest_letter()
        note_collected(self.desk, self.clock.now())
        remind.keep(self.desk)
        deed = self._sent(None, "", before)
        return deed if deed.letters else None

    def _sent(self, act: Act | None, title: str, before: int) -> Deed:
        deliver.send_due(self.desk, self.ways.mailer)
        sent = tuple(one for one in reversed(self.desk.store.letters(limit=100)) if one.id > before)
        for one in sent:
            if one.kind is LetterKind.SOLICITATION:
                self.letters[f"letter-to-{one.recipient.partition('@')[0]}"] = one.message_id
        return Deed(at=self.clock.now(), act=act, title=title, letters=sent)

    def _newest_letter(self) -> int:
        return max((one.id for one in self.desk.store.letters(limit=1)), default=0)

    def _title(self, number: str) -> str:
        title = self.desk.store.submission(number).fields.title
        return title.value if title else ""


def play(
    desk: Desk,
    clock: FixedClock,
    ways: Ways,
    samples: Sequence[Path],
    inbox: Path,
    *,
    section: Section = EMPTY,
) -> Iterator[Step | Deed]:
    """Let each sample arrive at its own time, take it in and answer it; between them the section's acts, and
    the reminders of an open 约稿."""
    inbox.mkdir(parents=True, exist_ok=True)
    for one in section.correspondent:
        people.add(desk, **msgspec.structs.asdict(one), by=section.by)
    month = _Play(desk=desk, clock=clock, ways=ways, inbox=inbox, by=section.by)
    acts = sorted(section.act, key=lambda act: act.at)
    mails = sorted((message.arrival_of(one.read_bytes(), None) + DELAY, one.name, one) for one in samples)
    for at, thing in _in_turn(mails, acts):
        yield from _reminders(month, until=at)
        clock.set(at)
        yield month.do(thing) if isinstance(thing, Act) else month.arrive(thing)


def _in_turn(
    mails: Sequence[tuple[datetime, str, Path]], acts: Sequence[Act]
) -> Iterator[tuple[datetime, Path | Act]]:
    come = ((at, 0, place, path) for place, (at, _, path) in enumerate(mails))
    done = ((act.at, 1, place, act) for place, act in enumerate(acts))
    things: Iterator[tuple[datetime, int, int, Path | Act]] = heapq.merge(come, done)
    for at, _, _, thing in things:
        yield at, thing


def _reminders(month: _Play, *, until: datetime) -> Iterator[Deed]:
    """The hours that pass until then, where a 约稿 is open."""
    hour = month.clock.now().replace(minute=0, second=0) + TICK
    while hour < until and month.desk.store.solicitations(state=SolicitationState.OPEN):
        month.clock.set(hour)
        deed = month.remind()
        if deed is not None:
            yield deed
        hour += TICK


def _threaded(raw: bytes, letters: dict[str, str]) -> bytes:
    """A sample that answers one of our letters names it by the sample that letter answered, or by whom the
    letter of the 约稿 went to."""

    def reply(match: re.Match[bytes]) -> bytes:
        return b"In-Reply-To: " + letters.get(match[1].decode(), "<unknown@mailbot.example>").encode()

    return _ANSWERS_SAMPLE.sub(reply, raw)


def _step(desk: Desk, name: str) -> Step:
    (mail,) = desk.store.mails(limit=1)
    alerts = desk.store.letters(kind=LetterKind.ALERT, limit=1)
    fresh = [a for a in alerts if a.created_at >= mail.arrived_at]
    return Step(
        name=name,
        mail=mail,
        verdict=desk.store.verdict(mail.id),
        letter=desk.store.letter_for_mail(mail.id),
        alert=fresh[0] if fresh else None,
    )


def month_end(desk: Desk, clock: FixedClock, mailer: Mailer, at: datetime) -> list[Bulletin]:
    """The morning of the draft: what is due is drafted and mailed to the section."""
    clock.set(at)
    drafted = report.draft_due(desk)
    deliver.send_due(desk, mailer)
    return drafted
