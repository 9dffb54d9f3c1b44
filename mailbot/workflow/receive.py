"""Taking mail in: collect (source -> spool -> ledger) and process (ledger -> verdict, item, letter, event).

Each step is durable before the next (promise P2): the bytes lie on disk before their row, the row before the
source is touched, the verdict and its letter are one transaction.  Whatever is cut in between is found again.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

from mailbot.errors import MailbotError
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
from mailbot.store import Admission
from mailbot.transport import Arrival, Mailbox
from mailbot.workflow import answer
from mailbot.workflow.desk import Desk, item_ref, mail_ref
from mailbot.workflow.reading import Reader, Reading, ReadingFailure, Task

TRIES = 3
BATCH_COUNT = 50
BATCH_BYTES = 16 * 1024 * 1024
LIKENESS_CANDIDATES = 10


@dataclass(slots=True)
class Collected:
    """What one round of collecting came to: counts of mails."""

    new: int = 0
    rebound: int = 0
    oversize: int = 0

    def __iadd__(self, other: Collected) -> Collected:
        self.new += other.new
        self.rebound += other.rebound
        self.oversize += other.oversize
        return self


@dataclass(slots=True)
class Processed:
    """What one round of processing came to: mails by outcome, and those whose try failed."""

    outcomes: dict[Outcome, int] = field(default_factory=dict)
    failed: int = 0

    def count(self, outcome: Outcome) -> None:
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1


# ---- collect -----------------------------------------------------------------------------------------------


def collect(desk: Desk, mailbox: Mailbox) -> Collected:
    """Fetch what the source has and the ledger has not.  TransportError where the source fails; what was
    admitted before stays admitted."""
    total = Collected()
    for batch in _batches(mailbox.new(desk.store.knows)):
        total += _admit(desk, batch)
    return total


def _batches(arrivals: Iterable[Arrival]) -> Iterator[list[Arrival]]:
    """Groups that share one transaction, bounded so that they never fill the memory."""
    batch: list[Arrival] = []
    weight = 0
    for arrival in arrivals:
        batch.append(arrival)
        weight += len(arrival.raw or b"")
        if len(batch) >= BATCH_COUNT or weight >= BATCH_BYTES:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch


def _admit(desk: Desk, batch: list[Arrival]) -> Collected:
    """Spool first, then the rows."""
    now = desk.clock.now()
    fetched = [(a.raw, a.arrived_at) for a in batch if a.raw is not None]
    spooled = iter(desk.store.spool_many(fetched))
    digests = [next(spooled) if a.raw is not None else _key_digest(a.key) for a in batch]
    counts = Collected()
    with desk.store.transaction():
        for arrival, sha256 in zip(batch, digests, strict=True):
            admission, _ = desk.store.admit(
                key=arrival.key,
                sha256=sha256,
                size=arrival.size,
                arrived_at=arrival.arrived_at,
                spooled=arrival.raw is not None,
                now=now,
            )
            counts.new += admission in (Admission.NEW, Admission.SAME_BYTES)
            counts.rebound += admission is Admission.REBOUND
            counts.oversize += arrival.raw is None
    return counts


def _key_digest(key: str) -> str:
    """A mail that was too large to fetch is known by its key."""
    return hashlib.sha256(key.encode()).hexdigest()


def settle(desk: Desk, mailbox: Mailbox, *, limit: int = 500) -> None:
    """Tell the source which mails are done with: after the commit, and harmless when it fails."""
    rows = desk.store.unsettled(limit)
    for row in rows:
        try:
            mailbox.done(row.key)
        except MailbotError as error:
            desk.store.set_note("last_settle_error", str(error))
            return
    if rows:
        with desk.store.transaction():
            for row in rows:
                desk.store.settle(row.id)


# ---- process -----------------------------------------------------------------------------------------------


def process(desk: Desk, reader: Reader, *, limit: int = 1_000_000, silent: bool = False) -> Processed:
    """Judge and record every mail that waits, oldest first.  A mail that breaks the reading counts one try;
    after three it is parked and the section told (promise P3).  `silent`: no letters (import of old mail)."""
    done = Processed()
    while limit > 0 and (rows := desk.store.pending(min(limit, BATCH_COUNT))):
        limit -= len(rows)
        for row, reading in _readings(desk, reader, rows):
            if isinstance(reading, ReadingFailure):
                _fail(desk, row, reading.error, done)
            else:
                _decide_guarded(desk, row, reading, done, silent=silent)
    return done


def _readings(
    desk: Desk, reader: Reader, rows: list[LedgerMail]
) -> Iterator[tuple[LedgerMail, Reading | ReadingFailure]]:
    """Each row with its reading.  The reader runs one task ahead, hence the queue."""
    handed: deque[LedgerMail] = deque()
    broken: list[tuple[LedgerMail, ReadingFailure]] = []

    def tasks() -> Iterator[Task]:
        for row in rows:
            if not row.spooled:
                continue
            try:
                raw = desk.store.raw(row.sha256)
            except MailbotError as error:
                broken.append((row, ReadingFailure(error=str(error))))
                continue
            handed.append(row)
            yield Task(raw=raw, arrived_at=row.arrived_at, sha256=row.sha256)

    for reading in reader.read_all(tasks()):
        yield handed.popleft(), reading
    yield from broken
    for row in rows:
        if not row.spooled:
            yield row, _oversize(row)


def _oversize(row: LedgerMail) -> Reading:
    """A mail that was too large to fetch: nothing is known of it but its size."""
    mail = IncomingMail(sha256=row.sha256, size=row.size, arrived_at=row.arrived_at, defects=("not_fetched",))
    return Reading(mail=mail, documents=())


def _fail(desk: Desk, row: LedgerMail, error: str, done: Processed) -> None:
    """One failed try; the third parks the mail and tells the section."""
    park = row.attempts + 1 >= TRIES
    done.failed += 1
    with desk.store.transaction():
        desk.store.note_failure(row.id, error, park=park)
        desk.log("parked" if park else "failed", mail_ref(row), {"error": error})
        if park:
            done.count(Outcome.PARKED)
            answer.alert_parked(desk, row, error)


def _decide_guarded(desk: Desk, row: LedgerMail, reading: Reading, done: Processed, *, silent: bool) -> None:
    try:
        outcome = decide(desk, row, reading, silent=silent)
    except MailbotError:
        raise
    except Exception as error:  # noqa: BLE001  (promise P3: what our own code cannot handle is parked, never lost)
        _fail(desk, row, f"{type(error).__name__}: {error}"[:500], done)
    else:
        done.count(outcome)


def decide(desk: Desk, row: LedgerMail, reading: Reading, *, silent: bool = False) -> Outcome:
    """Judge one mail and record verdict, item, letter and event in one transaction."""
    mail = reading.mail
    document = next(iter(rules.good_documents(mail, reading.documents)), None)
    correspondent = _correspondent(desk, mail)
    fields = reading_fields.find(mail, document, correspondent, desk.policy.roster, desk.policy.lexicon)
    case = rules.Case(
        mail=mail,
        documents=reading.documents,
        fields=fields,
        dossier=_dossier(desk, row, mail, document, fields, correspondent),
        settings=_settings(desk),
        own_message_id=_is_ours(desk, mail.message_id),
        refers_to_own=any(_is_ours(desk, one) for one in (mail.in_reply_to, *mail.references)),
    )
    verdict = rules.judge(case, desk.policy)
    if silent:
        verdict = replace(verdict, answer=None)
    with desk.store.transaction():
        _record(desk, row, mail, verdict)
    return verdict.outcome


def _settings(desk: Desk) -> rules.Settings:
    return rules.Settings(
        own_addresses=desk.identity.own_addresses,
        loop_id=desk.identity.instance,
        answer_since=answer.answer_since(desk),
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
        returned=store.returned(
            sender=mail.sender.address if mail.sender else "",
            number=link.number if link else None,
            since=mail.arrived_at - timedelta(days=again.completion_days),
        ),
    )


def _likenesses(desk: Desk, document: Document, unit: str | None) -> tuple[Likeness, ...]:
    """Held or accepted items of other units whose text shares a good part with this one's, strongest first:
    proposed by their share of fingerprints, then measured exactly.  The passages are found when they are shown."""
    weak = desk.policy.intake.same_again.weak_likeness
    proposed = desk.store.lookalikes(likeness.fingerprints(document.text), limit=LIKENESS_CANDIDATES)
    others = [
        (submission, text)
        for submission, text, share in proposed
        if share >= weak / 2 and not (submission.fields.unit and submission.fields.unit.value == unit)
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
    number = verdict.related if verdict.relation is not Relation.NEW else None
    number = number or desk.store.number_for(row)
    desk.store.record(row.id, number=number, mail=mail, verdict=verdict, now=now)
    state = _STATES.get(verdict.outcome)
    if state is not None and not _is_other_matter(verdict):
        _save_item(desk, row, mail, verdict, number, state)
    _propose_correspondent(desk, mail, verdict)
    desk.log("judged", mail_ref(row), {"outcome": verdict.outcome, "number": number})
    answer.queue(desk, row, mail, verdict, number)


def _is_other_matter(verdict: Verdict) -> bool:
    """Held mail without a Word file is listed from the ledger; it is no item."""
    return verdict.outcome is Outcome.HELD and verdict.document is None


def _save_item(
    desk: Desk, row: LedgerMail, mail: IncomingMail, verdict: Verdict, number: str, state: SubmissionState
) -> None:
    now = desk.clock.now()
    document = verdict.document
    if document is not None:
        secret = Reason.SECRECY_MARK in verdict.reasons
        desk.store.save_document(document, () if secret else likeness.fingerprints(document.text))
    if verdict.relation is Relation.NEW:
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
    """An unknown address that named a roster unit is put to the section as a correspondent."""
    fields = verdict.fields
    if Reason.SENDER_NOT_REGISTERED not in verdict.reasons or mail.sender is None or fields.unit is None:
        return
    desk.store.save_correspondent(
        Correspondent(
            address=mail.sender.address,
            unit=fields.unit.value,
            name=fields.submitters.value[0] if fields.submitters else "",
            phone=fields.contacts.value[0] if fields.contacts else "",
            confirmed=False,
        )
    )


def retry(desk: Desk, mail_id: int, *, by: str) -> None:
    """Give a parked mail three more tries."""
    row = desk.store.mail(mail_id)
    with desk.store.transaction():
        desk.store.reopen(mail_id)
        desk.log("retried", mail_ref(row), who=by)
