"""Taking mail in: collect (source -> spool -> ledger) and process (ledger -> verdict, item, letter, event).

Each step is durable before the next (promise P2): the bytes lie on disk before their row, the row before the
source is touched, the verdict and its letter are one transaction.  Whatever is cut in between is found again.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from mailbot.errors import MailbotError, StateError, TransportError
from mailbot.intake import message
from mailbot.model import IncomingMail, LedgerMail, Outcome
from mailbot.store import Admission
from mailbot.transport import Arrival, Mailbox
from mailbot.workflow.desk import Desk, mail_ref
from mailbot.workflow.mail import notify
from mailbot.workflow.mail.decide import decide
from mailbot.workflow.mail.reading import Reader, Reading, ReadingFailure, Task

TRIES = 3
BATCH_COUNT = 50
BATCH_BYTES = 16 * 1024 * 1024
_OF_THE_OFFICE = frozenset({"disk_full", "store_unwritable", "store_damaged", "store_busy"})
"""Faults that are no mail's: the round stops, and nothing is counted against anybody."""


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


def _batches(arrivals: Iterator[Arrival]) -> Iterator[list[Arrival]]:
    """Groups that share one transaction, bounded so that they never fill the memory.

    Where the source fails, what had come until then is handed on first: one mail that breaks the connection
    every round must not keep the good ones before it out.
    """
    failure: TransportError | None = None
    while failure is None:
        batch: list[Arrival] = []
        weight = 0
        try:
            while len(batch) < BATCH_COUNT and weight < BATCH_BYTES:
                arrival = next(arrivals)
                batch.append(arrival)
                weight += len(arrival.raw or b"")
        except StopIteration:
            if batch:
                yield batch
            return
        except TransportError as error:
            failure = error
        if batch:
            yield batch
    raise failure


def _admit(desk: Desk, batch: list[Arrival]) -> Collected:
    """Spool first, then the rows."""
    now = desk.clock.now()
    contents = [_content(arrival) for arrival in batch]
    fetched = [(c, a.arrived_at) for c, a in zip(contents, batch, strict=True) if c is not None]
    spooled = iter(desk.store.spool_many(fetched))
    digests = [
        next(spooled) if c is not None else _key_digest(a.key) for c, a in zip(contents, batch, strict=True)
    ]
    counts = Collected()
    with desk.store.transaction():
        for arrival, content, sha256 in zip(batch, contents, digests, strict=True):
            admission, _ = desk.store.admit(
                key=arrival.key,
                sha256=sha256,
                size=arrival.size,
                arrived_at=arrival.arrived_at,
                spooled=content is not None,
                now=now,
            )
            counts.new += admission in (Admission.NEW, Admission.SAME_BYTES)
            counts.rebound += admission is Admission.REBOUND
            counts.oversize += arrival.raw is None
    return counts


def _content(arrival: Arrival) -> bytes | None:
    """What is kept: the mail, or the header of one that was too large to fetch."""
    if arrival.raw is None and arrival.head:
        return message.head_only(arrival.head, arrival.size)
    return arrival.raw


def _key_digest(key: str) -> str:
    """A mail of which not even the header could be fetched is known by its key."""
    return hashlib.sha256(key.encode()).hexdigest()


def settle(desk: Desk, mailbox: Mailbox) -> None:
    """Tell the source which mails are done with: after the commit, and harmless when it fails."""
    error = ""
    while not error and (rows := desk.store.unsettled(BATCH_COUNT)):
        told, error = _tell(mailbox, rows)
        with desk.store.transaction():
            for row in told:
                desk.store.settle(row.id)
            desk.store.set_note("settle_error", error)


def _tell(mailbox: Mailbox, rows: list[LedgerMail]) -> tuple[list[LedgerMail], str]:
    """The mails that the source was told of, and what stopped it."""
    told: list[LedgerMail] = []
    for row in rows:
        try:
            mailbox.done(row.key)
        except MailbotError as error:
            return told, str(error)
        told.append(row)
    return told, ""


# ---- process -----------------------------------------------------------------------------------------------


def process(desk: Desk, reader: Reader, *, stop: Callable[[], bool] = lambda: False) -> Processed:
    """Judge and record every mail that waits, oldest first, until none is left or `stop`.

    A mail that breaks the reading counts one try; after three it is parked and the section told (promise P3).
    """
    done = Processed()
    while not stop() and (rows := desk.store.pending(BATCH_COUNT)):
        for row, reading in _readings(desk, reader, rows):
            if isinstance(reading, ReadingFailure):
                _fail(desk, row, reading.error, done)
            else:
                _decide_guarded(desk, row, reading, done)
            if stop():
                break
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
    """A mail of which not even the header could be fetched: nothing is known of it but its size."""
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
            notify.alert_parked(desk, row, error)


def _decide_guarded(desk: Desk, row: LedgerMail, reading: Reading, done: Processed) -> None:
    try:
        outcome = decide(desk, row, reading)
    except StateError as error:
        if error.code in _OF_THE_OFFICE:
            raise
        _fail(desk, row, str(error), done)
    except Exception as error:  # noqa: BLE001  (promise P3: what our own code cannot handle is parked, never lost)
        _fail(desk, row, f"{type(error).__name__}: {error}"[:500], done)
    else:
        done.count(outcome)


def retry(desk: Desk, mail_id: int, *, by: str) -> None:
    """Give a parked mail three more tries."""
    row = desk.store.mail(mail_id)
    with desk.store.transaction():
        desk.store.reopen(mail_id)
        desk.log("retried", mail_ref(row), who=by)
