"""Letters put into the outbox: answers to mails, word to the section, circulars to units.

An answer is worded and its Message-ID fixed in the transaction of the decision (promise P4).  Review and brakes
decide whether it may go at once; nothing here sends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from mailbot.clock import SHANGHAI
from mailbot.model import (
    Address,
    IncomingMail,
    LedgerMail,
    Letter,
    LetterFile,
    LetterKind,
    LetterState,
    LetterText,
    Month,
    Outcome,
    Reason,
    Verdict,
)
from mailbot.policy import Audience
from mailbot.render import letters
from mailbot.render.letters import Alert, AlertFacts, BulletinDraftFacts, DigestFacts, DigestRow, LetterFacts
from mailbot.store import NewLetter
from mailbot.workflow.desk import Desk, letter_ref

FIRST_START = "first_start"
ANSWERS = tuple(letters.ANSWERS)
BRAKED = frozenset({LetterKind.RETURNED, LetterKind.HELD_NOTICE, LetterKind.DUPLICATE})
"""Kinds that the brakes bind; never the receipt of an accepted item (DESIGN section 5)."""
DOUBTFUL = frozenset({Reason.DOUBTFUL_READING})
DIGEST_ROWS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CircularFacts:
    """What the letter with a circulated 通报 says."""

    title: str
    unit: str
    office: str
    phones: tuple[str, ...]


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
    """Mail that arrived earlier is registered and not answered (rule 13)."""
    day = desk.config.intake.answer_since or first_start(desk).date()
    return datetime.combine(day, time(), tzinfo=SHANGHAI)


def phrase(desk: Desk, key: str, **values: object) -> str:
    """A short wording of templates/letters/words.toml."""
    return desk.policy.wording.words[key].format(**values)


def one_line(text: str) -> str:
    return " ".join(text.split())


# ---- answers


def queue(desk: Desk, row: LedgerMail, mail: IncomingMail, verdict: Verdict, number: str) -> None:
    """The one answer a verdict calls for, and the section's alert where it calls for that."""
    if Reason.SECRECY_MARK in verdict.reasons:
        _alert_secrecy(desk, row, mail, verdict, number)
    if verdict.answer is None or mail.sender is None:
        return
    text = letters.compose(verdict.answer, _facts(desk, row, verdict, number), desk.policy.wording)
    braked = desk.brakes and verdict.answer in BRAKED and _brake(desk, mail.sender.address, text, verdict)
    hold = braked or _wants_review(desk, verdict)
    wait = desk.config.review.release_after_minutes
    due = desk.clock.now() + timedelta(minutes=wait) if hold and wait and not braked else None
    letter_id = _answer(
        desk, row, mail.sender.address, _thread(mail), verdict.answer, text, number, hold=hold, due=due
    )
    if braked and letter_id is not None:
        _alert_brake(desk, mail.sender.address, letter_id)


def queue_decided(desk: Desk, row: LedgerMail, verdict: Verdict, number: str) -> None:
    """The receipt that follows a person's decision on a held item: in the same thread, at once."""
    text = letters.compose(LetterKind.RECEIPT, _facts(desk, row, verdict, number), desk.policy.wording)
    thread = (row.message_id, (row.message_id,) if row.message_id else ())
    _answer(desk, row, row.sender, thread, LetterKind.RECEIPT, text, number, hold=False, due=None)


def _facts(desk: Desk, row: LedgerMail, verdict: Verdict, number: str) -> LetterFacts:
    office = desk.config.office
    return LetterFacts(
        verdict=verdict,
        outcomes=desk.policy.intake.outcomes,
        number=number,
        arrived_at=row.arrived_at,
        office=office.name,
        phones=office.phones,
        earlier=desk.store.submission(verdict.related) if verdict.related else None,
    )


def _thread(mail: IncomingMail) -> tuple[str, tuple[str, ...]]:
    """In-Reply-To and References of an answer (RFC 5322 section 3.6.4)."""
    if not mail.message_id:
        return "", ()
    return mail.message_id, (*mail.references[-10:], mail.message_id)


def _answer(
    desk: Desk,
    row: LedgerMail,
    recipient: str,
    thread: tuple[str, tuple[str, ...]],
    kind: LetterKind,
    text: LetterText,
    number: str,
    *,
    hold: bool,
    due: datetime | None,
) -> int | None:
    """Into the outbox under a Message-ID made of the mail's own number; None where it is there already."""
    identity = desk.identity
    own_number = desk.store.number_for(row)
    message_id = letters.message_id(kind, own_number, identity.secret, identity.domain)
    content = None if hold else _freeze(desk, kind, text, recipient, message_id, thread, ())
    letter_id = desk.store.add_letter(
        NewLetter(
            kind=kind,
            state=LetterState.HELD if hold else LetterState.READY,
            recipient=recipient,
            subject=text.subject,
            body=text.body,
            message_id=message_id,
            in_reply_to=thread[0],
            references=thread[1],
            number=number,
            mail_id=row.id,
            content=content,
            due_at=due,
        ),
        desk.clock.now(),
    )
    if letter_id is not None:
        desk.log("queued", letter_ref(letter_id), {"kind": kind, "held": str(hold)})
    return letter_id


def frozen(desk: Desk, letter: Letter, text: LetterText) -> bytes:
    """The bytes of a held letter as it now stands."""
    thread = desk.store.thread(letter.id)
    files = desk.store.letter_files(letter.id)
    return _freeze(desk, letter.kind, text, letter.recipient, letter.message_id, thread, files)


def _freeze(
    desk: Desk,
    kind: LetterKind,
    text: LetterText,
    recipient: str,
    message_id: str,
    thread: tuple[str, tuple[str, ...]],
    files: Sequence[LetterFile],
) -> bytes:
    return letters.freeze(
        text,
        kind=kind,
        sender=Address(address=desk.config.smtp.from_address, name=desk.config.from_name),
        recipient=Address(address=recipient),
        message_id=message_id,
        date=desk.clock.now(),
        loop_id=desk.identity.instance,
        in_reply_to=thread[0],
        references=thread[1],
        files=files,
    )


def _wants_review(desk: Desk, verdict: Verdict) -> bool:
    mode = desk.config.review.receipts
    return mode == "all" or (mode == "doubtful" and bool(DOUBTFUL.intersection(verdict.reasons)))


def _brake(desk: Desk, address: str, text: LetterText, verdict: Verdict) -> bool:
    """Whether one more answer of this kind would be too many (promise P5; reliability rule 9)."""
    brakes, now, count = desk.config.brakes, desk.clock.now(), desk.store.answered_since
    day, hour = now - timedelta(days=1), now - timedelta(hours=1)
    bare = verdict.answer is LetterKind.RETURNED and Reason.NO_ATTACHMENT in verdict.reasons
    return (
        (bare and _bare_returns(desk, address, day) >= brakes.no_attachment_per_day)
        or count(address, hour, body=text.body) >= brakes.same_text_per_hour
        or count(address, day, kinds=ANSWERS) >= brakes.per_address_per_day
        or count("", day, kinds=ANSWERS) >= brakes.total_per_day
    )


def _bare_returns(desk: Desk, address: str, since: datetime) -> int:
    """How many answers to this address said that there was no attachment."""
    returned = desk.store.mails(outcome=Outcome.RETURNED, since=since, text=address, limit=50)
    verdicts = (
        desk.store.verdict(m.id) for m in returned if m.sender == address and desk.store.letter_for_mail(m.id)
    )
    return sum(v is not None and Reason.NO_ATTACHMENT in v.reasons for v in verdicts)


# ---- word to the section


def _alert_secrecy(desk: Desk, row: LedgerMail, mail: IncomingMail, verdict: Verdict, number: str) -> None:
    finding = next(f for f in verdict.findings if f.reason is Reason.SECRECY_MARK)
    sender = mail.sender.address if mail.sender else ""
    details = {**finding.details, "number": number, "sender": sender}
    _alert(desk, Alert.SECRECY_MARK, about=f"mail:{row.id}", at=row.arrived_at, details=details)


def alert_parked(desk: Desk, row: LedgerMail, error: str) -> None:
    """A mail our own code cannot handle."""
    details = {"number": desk.store.number_for(row), "sender": row.sender or "-", "cause": error}
    _alert(desk, Alert.PARKED, about=f"mail:{row.id}", at=row.arrived_at, details=details)


def alert_letter(desk: Desk, letter: Letter, alert: Alert, *, cause: str) -> None:
    """A letter that was refused, bounced or is in doubt.  Not about word to the section itself: that would circle."""
    if letter.recipient == desk.config.section_address:
        return
    details = {"recipient": letter.recipient, "subject": letter.subject, "cause": cause}
    _alert(desk, alert, about=letter_ref(letter.id), at=desk.clock.now(), details=details)


def _alert_brake(desk: Desk, address: str, letter_id: int) -> None:
    """Once a day for each address."""
    now = desk.clock.now()
    desk.log("braked", letter_ref(letter_id), {"recipient": address})
    _alert(desk, Alert.BRAKE, about=f"{address}:{now:%Y-%m-%d}", at=now, details={"recipient": address})


def _alert(desk: Desk, alert: Alert, *, about: str, at: datetime, details: Mapping[str, str]) -> None:
    facts = AlertFacts(alert=alert, at=at, details=details)
    text = letters.compose(LetterKind.ALERT, facts, desk.policy.wording)
    _post(desk, LetterKind.ALERT, desk.config.section_address, text, about=f"{alert}:{about}")


def draft_to_section(
    desk: Desk, *, about: str, month: Month, summary: str, tasks: tuple[str, ...], files: Sequence[LetterFile]
) -> None:
    """The draft 通报, as an attachment."""
    facts = BulletinDraftFacts(
        title=phrase(desk, "bulletin.title", year=month.year, month=month.month),
        period=phrase(desk, "bulletin.period", year=month.year, month=month.month),
        summary=summary,
        todo=tasks,
    )
    text = letters.compose(LetterKind.BULLETIN_DRAFT, facts, desk.policy.wording)
    _post(desk, LetterKind.BULLETIN_DRAFT, desk.config.section_address, text, about=about, files=files)


def digest(desk: Desk, *, since: datetime, until: datetime) -> None:
    """The day in figures, and what waits for a person."""
    store = desk.store
    counts = store.outcome_counts(since, until)
    held = store.mails(outcome=Outcome.HELD, since=since, until=until, limit=500)
    states = store.letter_counts()
    facts = DigestFacts(
        day=until,
        counts=counts,
        sent=sum(1 for e in store.events(verb="sent", limit=2000) if since <= e.at < until),
        unsent=states.get(LetterState.READY, 0),
        letters_waiting=states.get(LetterState.HELD, 0),
        waiting=tuple(_digest_rows(desk, held[:DIGEST_ROWS])),
        waiting_total=len(held),
        remarks=tuple(_remark_rows(desk, since, until)),
        console=f"http://{desk.config.console.host}:{desk.config.console.port}/",
    )
    text = letters.compose(LetterKind.DIGEST, facts, desk.policy.wording)
    _post(desk, LetterKind.DIGEST, desk.config.section_address, text, about=f"digest:{until:%Y-%m-%d}")
    desk.log("digest", f"digest:{until:%Y-%m-%d}")


def _digest_rows(desk: Desk, mails: Iterable[LedgerMail]) -> Iterable[DigestRow]:
    """Never the subject of a mail with a secrecy mark."""
    for mail in mails:
        verdict = desk.store.verdict(mail.id)
        secret = verdict is not None and Reason.SECRECY_MARK in verdict.reasons
        yield DigestRow(
            number=mail.number or "",
            label="" if secret else mail.subject,
            why="".join(_why(desk, verdict)[:1]),
        )


def _remark_rows(desk: Desk, since: datetime, until: datetime) -> Iterable[DigestRow]:
    """Accepted items with something that only the section reads."""
    for outcome in (Outcome.ACCEPTED, Outcome.ACCEPTED_WITH_REMARKS):
        for mail in desk.store.mails(outcome=outcome, since=since, until=until, limit=DIGEST_ROWS):
            why = _why(desk, desk.store.verdict(mail.id))
            if why:
                yield DigestRow(number=mail.number or "", label=mail.subject, why=why[0])


def _why(desk: Desk, verdict: Verdict | None) -> tuple[str, ...]:
    if verdict is None:
        return ()
    return letters.sentences(verdict, desk.policy.wording, audience=Audience.SECTION)


# ---- circulars


def bulletin_to(
    desk: Desk, *, recipient: str, unit: str, about: str, month: Month, files: Sequence[LetterFile]
) -> None:
    """One approved 通报 to one correspondent.  Its text names the unit, for hosts that stop identical bulk mail."""
    facts = CircularFacts(
        title=phrase(desk, "bulletin.title", year=month.year, month=month.month),
        unit=unit,
        office=desk.config.office.name,
        phones=desk.config.office.phones,
    )
    text = letters.compose(LetterKind.BULLETIN, facts, desk.policy.wording)
    _post(desk, LetterKind.BULLETIN, recipient, text, about=about, files=files)


def _post(
    desk: Desk,
    kind: LetterKind,
    recipient: str,
    text: LetterText,
    *,
    about: str,
    files: Sequence[LetterFile] = (),
) -> None:
    """A letter that answers no mail: ready at once, once for what it is about."""
    identity = desk.identity
    key = f"{kind}:{about}:{recipient}"
    message_id = letters.message_id(kind, key, identity.secret, identity.domain)
    desk.store.add_letter(
        NewLetter(
            kind=kind,
            state=LetterState.READY,
            recipient=recipient,
            subject=text.subject,
            body=text.body,
            message_id=message_id,
            about=about,
            content=_freeze(desk, kind, text, recipient, message_id, ("", ()), files),
            files=tuple(files),
        ),
        desk.clock.now(),
    )
