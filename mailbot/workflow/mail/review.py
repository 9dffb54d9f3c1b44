"""What a person of the section decides about answers that wait, and about items that were held.

One function is one decision and one transaction, with its event under the person's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailbot.errors import NotFound, StateError
from mailbot.model import (
    Event,
    Fields,
    LedgerMail,
    Letter,
    LetterKind,
    LetterState,
    LetterText,
    Outcome,
    Relation,
    Submission,
    SubmissionState,
    Verdict,
)
from mailbot.policy import Audience
from mailbot.render import letters
from mailbot.workflow.desk import Desk, item_ref, letter_ref, mail_ref
from mailbot.workflow.letterbox import one_line
from mailbot.workflow.mail import answer, choosing, correct, deliver
from mailbot.workflow.mail.choosing import Choice
from mailbot.workflow.mail.showing import is_sealed

_GOING = (LetterState.READY, LetterState.SENDING, LetterState.SENT, LetterState.UNCERTAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One letter beside the mail it answers: what a reviewer looks at."""

    letter: Letter
    mail: LedgerMail | None
    verdict: Verdict | None
    submission: Submission | None
    events: tuple[Event, ...]


def waiting(desk: Desk, *, limit: int = 200) -> list[Letter]:
    """Letters that wait for a person, oldest first: held by policy, in doubt, or refused by the host."""
    states = (LetterState.HELD, LetterState.UNCERTAIN, LetterState.FAILED)
    found = [letter for state in states for letter in desk.store.letters(state=state, limit=limit)]
    return sorted(found, key=lambda letter: letter.created_at)


def held_items(desk: Desk) -> list[Submission]:
    """Items that wait for a decision on themselves, oldest first."""
    return desk.store.submissions(state=SubmissionState.HELD)


def case(desk: Desk, letter_id: int) -> Case:
    """NotFound where there is no such letter."""
    letter = desk.store.letter(letter_id)
    mail = desk.store.mail(letter.mail_id) if letter.mail_id is not None else None
    verdict = desk.store.verdict(mail.id) if mail else None
    submission = _submission(desk, letter.number) if letter.number else None
    return Case(
        letter=letter,
        mail=mail,
        verdict=verdict,
        submission=submission,
        events=tuple(desk.store.events(subject=letter_ref(letter.id))),
    )


def _submission(desk: Desk, number: str) -> Submission | None:
    try:
        return desk.store.submission(number)
    except NotFound:
        return None


def differs(letter: Letter, text: LetterText) -> bool:
    """Whether a person changed anything; a browser ends lines its own way."""
    return (letter.subject, letter.body.rstrip()) != (
        one_line(text.subject),
        text.body.replace("\r\n", "\n").rstrip(),
    )


def edit(desk: Desk, letter_id: int, text: LetterText, *, by: str, version: int | None = None) -> None:
    """Reword a held letter.  StateError where it is no longer held, or was changed meanwhile."""
    with desk.store.transaction():
        letter = desk.store.letter(letter_id)
        _expect(letter, LetterState.HELD)
        desk.store.edit_letter(
            letter_id,
            recipient=letter.recipient,
            subject=one_line(text.subject),
            body=text.body.replace("\r\n", "\n"),
            version=letter.version if version is None else version,
        )
        before = {"subject_before": letter.subject, "body_before": letter.body}
        desk.log("edited", letter_ref(letter_id), before, who=by)


def release(desk: Desk, letter_id: int, *, by: str, version: int | None = None) -> None:
    """Let a held letter go.  StateError where it is not held, or was changed since it was shown."""
    with desk.store.transaction():
        letter = desk.store.letter(letter_id)
        _expect(letter, LetterState.HELD)
        if version is not None and version != letter.version:
            raise StateError("changed_meanwhile", what=letter_ref(letter_id))
        deliver.release(desk, letter, who=by)


def withdraw(desk: Desk, letter_id: int, *, by: str, version: int | None = None) -> None:
    """Do not send it: a held, waiting, refused or doubtful letter.  What was sent stays sent."""
    with desk.store.transaction():
        letter = desk.store.letter(letter_id)
        _expect(letter, LetterState.HELD, LetterState.READY, LetterState.FAILED, LetterState.UNCERTAIN)
        desk.store.withdraw_letter(letter_id, version=letter.version if version is None else version)
        desk.log("withdrawn", letter_ref(letter_id), who=by)


def send_again(desk: Desk, letter_id: int, *, by: str) -> None:
    """A person's word on a letter in doubt or refused: send the same bytes once more."""
    with desk.store.transaction():
        letter = desk.store.letter(letter_id)
        _expect(letter, LetterState.FAILED, LetterState.UNCERTAIN)
        desk.store.resend(letter_id, desk.clock.now(), by_person=True)
        desk.log("sent_again", letter_ref(letter_id), who=by)


def accept(
    desk: Desk,
    number: str,
    *,
    by: str,
    unit: str | None = None,
    title: str | None = None,
    submitters: Sequence[str] | None = None,
    contacts: Sequence[str] | None = None,
    choice: Choice | None = None,
    row_version: int | None = None,
) -> None:
    """A held item is a submission after all: it counts, and its receipt goes in the same thread.

    What a person writes corrects what was read (see correct.py, with its errors); `choice` is the file meant
    where there are several (choosing.py).  StateError 'item_not_held', 'item_incomplete', 'item_sealed',
    'document_known', and 'changed_meanwhile' where it is no longer the one seen; NotFound.
    """
    with desk.store.transaction():
        item = _held(desk, number)
        verdict = desk.store.verdict(item.mail_id)
        assert verdict is not None
        if is_sealed(verdict):
            raise StateError("item_sealed", number=number)
        wanted = correct.Wanted(unit=unit, title=title, submitters=submitters, contacts=contacts)
        fields = choosing.reread(item.fields, choice) if choice else item.fields
        fields = correct.corrected(desk, fields, wanted)
        if fields.unit is None or fields.title is None:
            raise StateError("item_incomplete", number=number)
        if _take_as_version(desk, item, verdict, fields, by=by, row_version=row_version):
            return
        desk.store.amend_submission(
            number, state=SubmissionState.ACCEPTED, fields=fields, row_version=row_version
        )
        if choice is not None:
            choosing.take(desk, item, choice, fields.unit.value)
        _send_receipt(desk, item, verdict, fields, choice)
        _withdraw_notice(desk, item, by)
        details = {"unit": fields.unit.value} | ({"file": choice.document.name} if choice else {})
        desk.log("accepted", item_ref(number), details, who=by)


def _take_as_version(
    desk: Desk, item: Submission, verdict: Verdict, fields: Fields, *, by: str, row_version: int | None
) -> bool:
    """A held version takes the place of the accepted item that it renews, and counts nothing of its own.

    False where it is none, or where that item was adopted or given up meanwhile: then it is a new one.
    """
    if verdict.relation is not Relation.VERSION or verdict.related in (None, item.number):
        return False
    present = desk.store.submission(str(verdict.related))
    if present.state is not SubmissionState.ACCEPTED or present.adopted:
        return False
    desk.store.renew_submission(
        number=present.number,
        state=SubmissionState.ACCEPTED,
        fields=fields,
        mail_id=item.mail_id,
        document=verdict.document,
        now=desk.clock.now(),
    )
    desk.store.amend_submission(item.number, state=SubmissionState.DECLINED, row_version=row_version)
    told = replace(verdict, outcome=Outcome.ACCEPTED, findings=(), fields=fields)
    mail = desk.store.mail(item.mail_id)
    answer.queue_decided(desk, mail, told, present.number, kind=LetterKind.NEW_VERSION)
    _withdraw_notice(desk, item, by)
    for number in (present.number, item.number):
        desk.log("version_accepted", item_ref(number), {"version": item.number, "of": present.number}, who=by)
    return True


def _send_receipt(
    desk: Desk, item: Submission, verdict: Verdict, fields: Fields, choice: Choice | None
) -> None:
    verdict = replace(verdict, outcome=Outcome.ACCEPTED, findings=(), fields=fields)
    if choice is not None:
        verdict = replace(verdict, document=choice.document)
    others = choice.others if choice else ()
    answer.queue_decided(desk, desk.store.mail(item.mail_id), verdict, item.number, others=others)


def decline(
    desk: Desk,
    number: str,
    *,
    by: str,
    reason: str,
    tell: bool | None = None,
    row_version: int | None = None,
) -> bool:
    """A held item is no submission: it counts nothing.  The reason is on record.

    `tell`: whether the sender gets it in a letter; None where a held notice promised one.  Never of a mail
    with a secrecy mark.  Whether a letter was made; StateError as accept().
    """
    with desk.store.transaction():
        item = _held(desk, number)
        told = (promised(desk, item) if tell is None else tell) and _tell_declined(desk, item, reason)
        _withdraw_notice(desk, item, by)
        desk.store.amend_submission(number, state=SubmissionState.DECLINED, row_version=row_version)
        desk.log("declined", item_ref(number), {"reason": reason}, who=by)
    return told


def promised(desk: Desk, item: Submission) -> bool:
    """Whether the sender was told that an answer follows (核对后另行回复)."""
    notice = desk.store.letter_for_mail(item.mail_id)
    return notice is not None and notice.kind is LetterKind.HELD_NOTICE and notice.state in _GOING


def _tell_declined(desk: Desk, item: Submission, reason: str) -> bool:
    verdict = desk.store.verdict(item.mail_id)
    if verdict is None or is_sealed(verdict):
        return False
    verdict = replace(verdict, findings=(), fields=item.fields)
    mail = desk.store.mail(item.mail_id)
    return answer.queue_decided(desk, mail, verdict, item.number, kind=LetterKind.DECLINED, why=reason)


def _withdraw_notice(desk: Desk, item: Submission, by: str) -> None:
    """Word that an item is being looked at has no sense once it was: one that still waits does not go."""
    for letter in desk.store.letters(state=LetterState.HELD, kind=LetterKind.HELD_NOTICE, limit=1000):
        if letter.mail_id == item.mail_id:
            desk.store.withdraw_letter(letter.id, version=letter.version)
            desk.log("withdrawn", letter_ref(letter.id), who=by)


def _held(desk: Desk, number: str) -> Submission:
    item = desk.store.submission(number)
    if item.state is not SubmissionState.HELD:
        raise StateError("item_not_held", number=number)
    return item


def findings(desk: Desk, verdict: Verdict) -> tuple[str, ...]:
    """What was found about a mail, in the section's words."""
    return letters.sentences(verdict, desk.policy.wording, audience=Audience.SECTION)


def unread_matters(desk: Desk, *, limit: int = 500) -> list[LedgerMail]:
    """Held mail that is no item (questions, corrections, notices) and that nobody has marked as read."""
    mails = desk.store.mails(outcome=Outcome.HELD, limit=limit)
    return [mail for mail in mails if is_unread_matter(desk, mail)]


def is_unread_matter(desk: Desk, mail: LedgerMail) -> bool:
    """Whether this mail waits to be read by a person: held, no item, and nobody has dealt with it."""
    if mail.outcome is not Outcome.HELD or desk.store.events(subject=mail_ref(mail), verb="read", limit=1):
        return False
    verdict = desk.store.verdict(mail.id)
    return verdict is None or verdict.document is None


def mark_read(desk: Desk, mail_id: int, *, by: str) -> None:
    """A person has dealt with a mail that is no submission.  Once is enough."""
    mail = desk.store.mail(mail_id)
    with desk.store.transaction():
        if is_unread_matter(desk, mail):
            desk.log("read", mail_ref(mail), who=by)


def open_sealed(desk: Desk, mail_id: int, *, by: str) -> tuple[LedgerMail, bytes]:
    """The bytes of a mail with a secrecy mark, for one who answers for it; on record first.

    StateError 'not_sealed' for any other mail; NotFound.
    """
    mail = desk.store.mail(mail_id)
    if not is_sealed(desk.store.verdict(mail_id)):
        raise StateError("not_sealed", mail=mail_id)
    raw = desk.store.raw(mail.sha256)
    with desk.store.transaction():
        desk.log("sealed_opened", mail_ref(mail), who=by)
    return mail, raw


def _expect(letter: Letter, *states: LetterState) -> None:
    if letter.state not in states:
        raise StateError("letter_state", letter=letter.id, state=letter.state)
