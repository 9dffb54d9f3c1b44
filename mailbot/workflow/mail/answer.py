"""Answers to mails, put into the outbox.

An answer is worded and its Message-ID fixed in the transaction of the decision (promise P4).  Review and
brakes decide whether it may go at once; nothing here sends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mailbot.model import (
    IncomingMail,
    LedgerMail,
    Letter,
    LetterKind,
    LetterState,
    LetterText,
    Reason,
    Verdict,
)
from mailbot.render import letters
from mailbot.render.letters import LetterFacts
from mailbot.store import NewLetter
from mailbot.workflow.desk import Desk, answer_since, letter_ref
from mailbot.workflow.letterbox import enqueue
from mailbot.workflow.mail import notify, old_mail
from mailbot.workflow.solicitations import replies

BRAKED = (LetterKind.RETURNED, LetterKind.HELD_NOTICE, LetterKind.DUPLICATE)
"""Kinds that the brakes bind and count; never the receipt of an accepted item (docs/intake.md, 9)."""
DOUBTFUL = frozenset({Reason.DOUBTFUL_READING})
BELIEVED = timedelta(days=31)
"""How far behind its arrival a mail's own date may be and still be taken for it."""
_VARYING = re.compile(r"\d{8}-[0-9A-Z]{6,10}|\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where an answer belongs: whom it goes to, In-Reply-To and References, the item's number."""

    recipient: str
    thread: tuple[str, tuple[str, ...]]
    number: str


def queue(desk: Desk, row: LedgerMail, mail: IncomingMail, verdict: Verdict, number: str) -> None:
    """The one answer a verdict calls for, and the section's alert where it calls for that."""
    if Reason.SECRECY_MARK in verdict.reasons:
        notify.alert_secrecy(desk, row, mail, verdict, number)
    if verdict.answer is None or mail.sender is None:
        return
    text = letters.compose(verdict.answer, facts_of(desk, row, verdict, number), desk.policy.wording)
    braked = desk.live and verdict.answer in BRAKED and _brake(desk, mail.sender.address, text, verdict)
    hold = braked or _wants_review(desk, verdict)
    wait = desk.config.review.release_after_minutes
    due = desk.clock.now() + timedelta(minutes=wait) if hold and wait and not braked else None
    place = _Place(recipient=mail.sender.address, thread=_thread(mail), number=number)
    letter_id = _answer(
        desk, row, verdict.answer, text, place, hold=hold, due=due, occasion=_occasion(row, mail)
    )
    if braked and letter_id is not None:
        notify.alert_brake(desk, mail.sender.address, letter_id)


def _occasion(row: LedgerMail, mail: IncomingMail) -> datetime:
    """When it arrived; its own date where that is a little earlier.

    A source that does not say gives the time of collection, which after a restore is later than the truth.
    """
    written = mail.date
    believable = written is not None and timedelta() < row.arrived_at - written < BELIEVED
    return written if written is not None and believable else row.arrived_at


def queue_decided(
    desk: Desk,
    row: LedgerMail,
    verdict: Verdict,
    number: str,
    *,
    kind: LetterKind = LetterKind.RECEIPT,
    why: str = "",
    others: tuple[str, ...] = (),
) -> bool:
    """The letter that follows a person's decision on a held item: in the same thread, at once.

    False where there is nobody to answer, and for old mail.
    """
    if not row.sender or old_mail.is_old(row) or row.arrived_at < answer_since(desk):
        return False
    facts = replace(facts_of(desk, row, verdict, number), why=why, others=others)
    text = letters.compose(kind, facts, desk.policy.wording)
    place = _Place(recipient=row.sender, thread=thread_of(row), number=number)
    return _answer(desk, row, kind, text, place, hold=False, due=None) is not None


def facts_of(desk: Desk, row: LedgerMail, verdict: Verdict, number: str) -> LetterFacts:
    """What a letter about this mail and its item is made of."""
    office = desk.config.office
    return LetterFacts(
        verdict=verdict,
        outcomes=desk.policy.intake.outcomes,
        number=number,
        arrived_at=row.arrived_at,
        office=office.name,
        phones=office.phones,
        earlier=desk.store.submission(verdict.related) if verdict.related else None,
        solicited=replies.told(desk, number),
    )


def thread_of(row: LedgerMail) -> tuple[str, tuple[str, ...]]:
    """In-Reply-To and References of a letter that follows later, when the mail itself is not at hand."""
    return row.message_id, (row.message_id,) if row.message_id else ()


def _thread(mail: IncomingMail) -> tuple[str, tuple[str, ...]]:
    """In-Reply-To and References of an answer (RFC 5322 section 3.6.4)."""
    if not mail.message_id:
        return "", ()
    return mail.message_id, (*mail.references[-10:], mail.message_id)


def _answer(
    desk: Desk,
    row: LedgerMail,
    kind: LetterKind,
    text: LetterText,
    place: _Place,
    *,
    hold: bool,
    due: datetime | None,
    occasion: datetime | None = None,
) -> int | None:
    """Into the outbox under a Message-ID made of the mail's own number; None where it is there already.

    `occasion`: as restored.holds() has it.
    """
    own_number, identity = desk.store.number_for(row), desk.identity
    letter = NewLetter(
        kind=kind,
        state=LetterState.HELD,
        recipient=place.recipient,
        subject=text.subject,
        body=text.body,
        message_id=letters.message_id(kind, own_number, identity.secret, identity.domain),
        in_reply_to=place.thread[0],
        references=place.thread[1],
        number=place.number,
        mail_id=row.id,
        due_at=due,
    )
    letter_id = enqueue(desk, letter, hold=hold, occasion=occasion)
    if letter_id is not None:
        held = desk.store.letter(letter_id).state is LetterState.HELD
        desk.log("queued", letter_ref(letter_id), {"kind": kind, "held": str(held)})
    return letter_id


def _wants_review(desk: Desk, verdict: Verdict) -> bool:
    mode = desk.config.review.receipts
    return mode == "all" or (mode == "doubtful" and bool(DOUBTFUL.intersection(verdict.reasons)))


def _brake(desk: Desk, address: str, text: LetterText, verdict: Verdict) -> bool:
    """Whether one more answer of this kind would be too many (promise P5; docs/intake.md, 9)."""
    brakes, now = desk.config.brakes, desk.clock.now()
    day, hour = now - timedelta(days=1), now - timedelta(hours=1)
    bare = verdict.answer is LetterKind.RETURNED and Reason.NO_ATTACHMENT in verdict.reasons
    today = desk.store.letters_made(address, day, kinds=BRAKED)
    alike = [one for one in today if one.created_at >= hour and _gist(one.body) == _gist(text.body)]
    return (
        (bare and _bare_returns(desk, today) >= brakes.no_attachment_per_day)
        or len(alike) >= brakes.same_text_per_hour
        or len(today) >= brakes.per_address_per_day
        or desk.store.answered_since("", day, kinds=BRAKED) >= brakes.total_per_day
    )


def _gist(body: str) -> str:
    """A text without its number and times: what a reader would call the same letter."""
    return _VARYING.sub("", body)


def _bare_returns(desk: Desk, letters_made: list[Letter]) -> int:
    """How many of them said that there was no attachment."""
    returned = [one for one in letters_made if one.kind is LetterKind.RETURNED and one.mail_id is not None]
    verdicts = (desk.store.verdict(one.mail_id) for one in returned if one.mail_id is not None)
    return sum(v is not None and Reason.NO_ATTACHMENT in v.reasons for v in verdicts)
