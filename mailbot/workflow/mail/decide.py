"""Judging one mail: verdict, item, letter and event, all in one transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from mailbot.clock import SHANGHAI
from mailbot.intake import fields as reading_fields
from mailbot.intake import likeness, rules
from mailbot.model import (
    Correspondent,
    Document,
    Dossier,
    Fields,
    IncomingMail,
    LedgerMail,
    Likeness,
    Outcome,
    Reason,
    Relation,
    Submission,
    SubmissionState,
    Verdict,
    title_key,
)
from mailbot.render import letters
from mailbot.workflow.desk import Desk, answer_since, item_ref, mail_ref
from mailbot.workflow.mail import answer, bounces, corpus, old_mail
from mailbot.workflow.mail.reading import Reading
from mailbot.workflow.marks import feedback
from mailbot.workflow.solicitations import replies

LIKENESS_CANDIDATES = 5
END_OF_TIME = datetime(9999, 1, 1, tzinfo=SHANGHAI)


def decide(desk: Desk, row: LedgerMail, reading: Reading) -> Outcome:
    """Judge one mail and record verdict, item, letter and event in one transaction."""
    mail = reading.mail
    if mail.sha256 != row.sha256:
        raise ValueError(f"the reading of another mail than {row.id}")
    verdict = rules.judge(_case(desk, row, reading), desk.policy)
    with desk.store.transaction():
        verdict = bounces.tie(desk, row, mail, verdict)
        _record(desk, row, mail, verdict)
    return verdict.outcome


def _case(desk: Desk, row: LedgerMail, reading: Reading) -> rules.Case:
    mail = reading.mail
    document = next(iter(rules.good_documents(mail, reading.documents)), None)
    correspondent = _correspondent(desk, mail)
    fields = reading_fields.find(mail, document, correspondent, desk.policy.roster, desk.policy.lexicon)
    return rules.Case(
        mail=mail,
        documents=reading.documents,
        fields=fields,
        dossier=_dossier(desk, row, mail, document=document, fields=fields, correspondent=correspondent),
        settings=_settings(desk, row),
        own_message_id=_is_ours(desk, mail.message_id),
        refers_to_own=any(_is_ours(desk, one) for one in (mail.in_reply_to, *mail.references)),
    )


def _settings(desk: Desk, row: LedgerMail) -> rules.Settings:
    """Old mail from files is not answered, whenever it arrived."""
    return rules.Settings(
        own_addresses=desk.identity.own_addresses,
        loop_id=desk.identity.instance,
        answer_since=END_OF_TIME if old_mail.is_old(row) else answer_since(desk),
    )


def _is_ours(desk: Desk, message_id: str) -> bool:
    return letters.is_ours(message_id, desk.identity.secret, desk.identity.domain)


def _correspondent(desk: Desk, mail: IncomingMail) -> Correspondent | None:
    if mail.sender is None:
        return None
    return desk.store.correspondent(mail.sender.address, mail.arrived_at.date())


def _dossier(
    desk: Desk,
    row: LedgerMail,
    mail: IncomingMail,
    *,
    document: Document | None,
    fields: Fields,
    correspondent: Correspondent | None,
) -> Dossier:
    """What is held already that bears on this mail."""
    store, again = desk.store, desk.policy.intake.same_again
    link = store.thread_link([i for i in (mail.in_reply_to, *reversed(mail.references)) if i])
    same_title: tuple[Submission, ...] = ()
    if fields.unit and fields.title:
        same_title = store.same_title(
            unit=fields.unit.value,
            title_key=title_key(fields.title.value),
            since=mail.arrived_at - timedelta(days=again.version_days),
        )
    return Dossier(
        correspondent=correspondent,
        same_bytes=store.same_bytes(row),
        replied_to=link,
        same_document=store.same_document(sha256=document.sha256, text_digest=document.text_digest)
        if document
        else (),
        same_title=same_title,
        likenesses=_likenesses(desk, document, fields.unit.value if fields.unit else None)
        if document
        else (),
        corpus=corpus.hits(desk, document.text) if document else (),
        returned=store.returned(
            sender=mail.sender.address if mail.sender else "",
            number=link.number if link else None,
            since=mail.arrived_at - timedelta(days=again.completion_days),
        ),
    )


def _likenesses(desk: Desk, document: Document, unit: str | None) -> tuple[Likeness, ...]:
    """Held or accepted items of other units whose text shares a good part with this one's, strongest first.

    Proposed by their share of fingerprints, then measured exactly; passages are found when they are shown.
    """
    weak = desk.policy.intake.same_again.weak_likeness
    hashes = likeness.fingerprints(document.text)
    proposed = desk.store.lookalikes(hashes, limit=LIKENESS_CANDIDATES, least=weak / 2)
    others = [
        (submission, text)
        for submission, text, _ in proposed
        if not (submission.fields.unit and submission.fields.unit.value == unit)
    ]
    shares = likeness.containments(document.text, (text for _, text in others))
    found = [
        Likeness(submission=submission, share=share)
        for (submission, _), share in zip(others, shares, strict=True)
        if share >= weak
    ]
    return tuple(sorted(found, key=lambda one: -one.share))


_STATES = {
    Outcome.ACCEPTED: SubmissionState.ACCEPTED,
    Outcome.ACCEPTED_WITH_REMARKS: SubmissionState.ACCEPTED,
    Outcome.HELD: SubmissionState.HELD,
    Outcome.RETURNED: SubmissionState.RETURNED,
}


def _record(desk: Desk, row: LedgerMail, mail: IncomingMail, verdict: Verdict) -> None:
    """Everything one mail leaves behind; inside the transaction."""
    now = desk.clock.now()
    state = _STATES.get(verdict.outcome)
    apart = state is not None and _spoils_accepted(desk, verdict, state)
    number = verdict.related if verdict.relation is not Relation.NEW and not apart else None
    number = number or desk.store.number_for(row)
    desk.store.record(row.id, number=number, mail=mail, verdict=verdict, now=now)
    if state is not None and not _is_other_matter(verdict):
        _save_item(desk, row, mail, verdict, number=number, state=state)
    replies.tie(desk, row, mail, verdict, number)
    feedback.note_reply(desk, row, mail, verdict)
    _propose_correspondent(desk, mail, verdict)
    desk.log("judged", mail_ref(row), {"outcome": verdict.outcome, "number": number})
    answer.queue(desk, row, mail, verdict, number)


def _is_other_matter(verdict: Verdict) -> bool:
    """Held mail without a Word file is listed from the ledger; it is no item."""
    return verdict.outcome is Outcome.HELD and verdict.document is None


def _spoils_accepted(desk: Desk, verdict: Verdict, state: SubmissionState) -> bool:
    """A version that a person must look at first leaves the accepted item as it is: it waits beside it under
    a number of its own, and takes its place where it is accepted (review.accept)."""
    if verdict.relation is not Relation.VERSION or verdict.related is None:
        return False
    present = desk.store.submission(verdict.related).state
    return present is SubmissionState.ACCEPTED and state is not SubmissionState.ACCEPTED


def _save_item(
    desk: Desk, row: LedgerMail, mail: IncomingMail, verdict: Verdict, *, number: str, state: SubmissionState
) -> None:
    now = desk.clock.now()
    document = verdict.document
    if document is not None:
        secret = Reason.SECRECY_MARK in verdict.reasons
        desk.store.save_document(document, () if secret else likeness.fingerprints(document.text))
    if verdict.relation is Relation.NEW or number != verdict.related:
        desk.store.save_submission(
            number=number,
            state=state,
            fields=verdict.fields,
            sender=mail.sender.address if mail.sender else "",
            arrived_at=row.arrived_at,
            mail_id=row.id,
            document=document,
            now=now,
        )
    else:
        desk.store.renew_submission(
            number=number, state=state, fields=verdict.fields, mail_id=row.id, document=document, now=now
        )
    desk.log("registered", item_ref(number), {"state": state, "relation": verdict.relation})


def _propose_correspondent(desk: Desk, mail: IncomingMail, verdict: Verdict) -> None:
    """An unknown address that named a roster unit is put to the section as a correspondent: once for each
    person, and an entry without a name gets it from the mail that has it."""
    fields = verdict.fields
    if Reason.SENDER_NOT_REGISTERED not in verdict.reasons or mail.sender is None or fields.unit is None:
        return
    proposed = Correspondent(
        address=mail.sender.address,
        unit=fields.unit.value,
        name=fields.submitters.value[0] if fields.submitters else "",
        phone=fields.contacts.value[0] if fields.contacts else "",
        confirmed=False,
    )
    known = any(c.address == proposed.address for c in desk.store.correspondents(unit=proposed.unit))
    if (known and not proposed.name) or desk.store.complete_correspondent(proposed):
        return
    desk.store.save_correspondent(proposed)
