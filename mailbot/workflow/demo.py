"""The demo: an office home with sample mails that arrive over a month, on the very road of real ones.

The clock stands where each mail arrived; the folder transports stand for the mail host.  Nothing leaves the
machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mailbot.clock import FixedClock
from mailbot.intake import message
from mailbot.model import Bulletin, LedgerMail, Letter, LetterKind, Verdict
from mailbot.transport import Mailbox, Mailer
from mailbot.workflow import deliver, receive, report
from mailbot.workflow.desk import Desk
from mailbot.workflow.reading import Reader

_ANSWERS_SAMPLE = re.compile(rb"(?im)^In-Reply-To: \{([a-z0-9-]+)\}")
DELAY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One sample mail and what became of it."""

    name: str
    mail: LedgerMail
    verdict: Verdict | None
    letter: Letter | None
    alert: Letter | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """In, out, and the reading between."""

    mailbox: Mailbox
    mailer: Mailer
    reader: Reader


def play(desk: Desk, clock: FixedClock, ways: Ways, samples: list[Path], inbox: Path) -> Iterator[Step]:
    """Let each sample arrive at its own time, take it in and answer it."""
    letters: dict[str, str] = {}
    inbox.mkdir(parents=True, exist_ok=True)
    for sample in samples:
        name = sample.stem.partition("-")[2]
        raw = _threaded(sample.read_bytes(), letters)
        clock.set(message.arrival_of(raw, None) + DELAY)
        (inbox / sample.name).write_bytes(raw)
        receive.collect(desk, ways.mailbox)
        receive.process(desk, ways.reader)
        deliver.send_due(desk, ways.mailer)
        step = _step(desk, name)
        if step.letter is not None:
            letters[name] = step.letter.message_id
        yield step


def _threaded(raw: bytes, letters: dict[str, str]) -> bytes:
    """A sample that answers one of our letters names it by the sample that letter answered."""

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
