"""Word to the submitter of an item that was adopted or got written instructions (annex 1, 二(三) and (四)).

One letter per fact, in the thread of the item's mail; config.toml's [review] feedback says whether it goes at
once, waits for a person, or is not written.  A fact that is withdrawn takes its letter with it, unless gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from mailbot.facts import Adoption, Instruction
from mailbot.marking import scheme_on
from mailbot.model import (
    IncomingMail,
    LedgerMail,
    Letter,
    LetterKind,
    LetterState,
    Reason,
    Submission,
    Verdict,
)
from mailbot.render import letters
from mailbot.store import Entry
from mailbot.workflow.desk import Desk, fact_ref, letter_ref, mail_ref
from mailbot.workflow.letterbox import own_id, phrase, post

_TITLE = 60
STILL_HERE = (LetterState.HELD, LetterState.READY, LetterState.UNCERTAIN, LetterState.FAILED)
"""Where a letter can still be withdrawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackFacts:
    """What the letter says; see templates/letters/feedback.txt."""

    number: str
    title: str
    subject_title: str
    unit: str
    people: str
    day: str
    office: str
    phones: str
    level: str = ""
    publication: str = ""
    issue: str = ""
    form: str = ""
    instructed: str = ""
    answer_by: str = ""


def tell(desk: Desk, entry: Entry) -> int | None:
    """The letter about an adoption or instruction just entered; inside its transaction.

    None where none is wanted or there is no address to send it to.
    """
    fact = entry.fact
    if desk.config.review.feedback == "none" or not isinstance(fact, Adoption | Instruction):
        return None
    item = desk.store.submission(fact.item)
    if not item.sender:
        return None
    text = letters.compose(LetterKind.FEEDBACK, _facts(desk, entry, item), desk.policy.wording)
    message_id = desk.store.mail(item.mail_id).message_id
    # Before config.toml names an address to send from, no letter can be made ready.
    hold = desk.config.review.feedback == "held" or not desk.config.smtp.from_address
    letter_id = post(
        desk,
        LetterKind.FEEDBACK,
        item.sender,
        text,
        about=fact_ref(fact.id),
        number=item.number,
        thread=(message_id, (message_id,)) if message_id else ("", ()),
        hold=hold,
    )
    if letter_id is not None:
        desk.log("queued", letter_ref(letter_id), {"kind": LetterKind.FEEDBACK, "fact": fact.id})
    return letter_id


def note_reply(desk: Desk, row: LedgerMail, mail: IncomingMail, verdict: Verdict) -> None:
    """A reply to such a letter, noted beside the fact the letter was about: whether it is the 批示反馈, a
    person says (credit.note_feedback).  Inside the transaction of the decision."""
    if Reason.FEEDBACK_REPLY not in verdict.reasons:
        return
    named = [mail.in_reply_to, *reversed(mail.references)]
    letter = next((one for one in desk.store.letters_named(named) if one.kind is LetterKind.FEEDBACK), None)
    queued = desk.store.events(subject=letter_ref(letter.id), verb="queued", limit=1) if letter else ()
    for event in queued:
        fact = str(event.details.get("fact", ""))
        desk.log("feedback_reply", fact_ref(fact), {"mail": str(row.id)})
        desk.log("feedback_reply", mail_ref(row), {"fact": fact})


def take_back(desk: Desk, entry: Entry, *, by: str) -> None:
    """The letter about a fact that is withdrawn, where it has not gone; inside its transaction."""
    letter = letter_of(desk, entry)
    if letter is not None and letter.state in STILL_HERE:
        desk.store.withdraw_letter(letter.id, version=letter.version)
        desk.log("withdrawn", letter_ref(letter.id), {"fact": entry.fact.id}, who=by)


def letter_of(desk: Desk, entry: Entry) -> Letter | None:
    """The letter that tells the submitter of a fact, in whatever state; None where none was written."""
    fact = entry.fact
    if not isinstance(fact, Adoption | Instruction):
        return None
    sender = desk.store.submission(fact.item).sender
    message_id = own_id(desk, LetterKind.FEEDBACK, sender, fact_ref(fact.id))
    return next(iter(desk.store.letters_named([message_id])), None)


def _facts(desk: Desk, entry: Entry, item: Submission) -> FeedbackFacts:
    fact, fields, office = entry.fact, item.fields, desk.config.office
    scheme = scheme_on(desk.policy.schemes, fact.at.day)
    title = fields.title.value if fields.title else ""
    said: dict[str, str] = {}
    if isinstance(fact, Adoption):
        row = scheme.publication(fact.publication)
        assert row is not None
        level = next(level.name for level in scheme.levels if level.code == row.level)
        said = {"level": level, "publication": row.title, "form": row.form, "issue": fact.issue}
    elif isinstance(fact, Instruction):
        instruction = scheme.instruction(fact.level, fact.rank)
        said = {"instructed": instruction.name if instruction else fact.level}
    return FeedbackFacts(
        number=item.number,
        title=title,
        subject_title=title if len(title) <= _TITLE else f"{title[: _TITLE - 1]}\u2026",
        unit=fields.unit.value if fields.unit else "",
        people="\u3001".join(fields.submitters.value) if fields.submitters else "",
        day=_day(desk, fact.at.day),
        office=office.name,
        phones="\u3001".join(office.phones),
        answer_by=_day(desk, entry.answer_by) if entry.answer_by else "",
        **said,
    )


def _day(desk: Desk, day: date) -> str:
    return phrase(desk, "day", year=day.year, month=day.month, day=day.day)
