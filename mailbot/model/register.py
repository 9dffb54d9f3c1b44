"""What is on record, and how a new mail stands to it: items, verdicts, rows of the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mailbot.model.document import Document, WordCount
from mailbot.model.fields import Correspondent, Fields
from mailbot.model.judgement import Finding, Outcome, Reason
from mailbot.model.letters import LetterKind


class SubmissionState(StrEnum):
    """Where a 报送信息 stands."""

    ACCEPTED = "accepted"
    HELD = "held"
    RETURNED = "returned"
    DECLINED = "declined"
    """A person of the section decided that it is no submission."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """报送信息: one item under one number, with the fields as they now stand."""

    number: str
    state: SubmissionState
    fields: Fields
    sender: str
    arrived_at: datetime
    """Of the first mail: kept when a returned item is completed (A25)."""
    mail_id: int
    """The mail its present version came with."""
    document_sha256: str = ""
    text_digest: str = ""
    document_name: str = ""
    words: WordCount = WordCount()
    adopted: bool = False
    versions: int = 1
    row_version: int = 1
    """Counts changes of the row: who amends it says which one was seen, so that no update is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """A held or accepted item whose text is like this one's.  `share`: of 5-character runs, 0 to 1."""

    submission: Submission
    share: float
    passages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusHit:
    """A reference text (对照文本) in which much of this one stands.  `share` as in Likeness."""

    source: str
    """Name of its file in data/corpus, which says where it is from."""
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadLink:
    """One of our own letters that the mail at hand refers to."""

    kind: LetterKind
    message_id: str
    number: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """What is held that bears on one mail; gathered by the store, judged by rules.py.

    `same_document`, `same_title` and `likenesses` hold accepted and held items only; `returned` the returned
    ones that this mail might complete, newest first.
    """

    correspondent: Correspondent | None = None
    same_bytes: str | None = None
    """Number under which these very bytes are already on record."""
    replied_to: ThreadLink | None = None
    same_document: tuple[Submission, ...] = ()
    same_title: tuple[Submission, ...] = ()
    likenesses: tuple[Likeness, ...] = ()
    corpus: tuple[CorpusHit, ...] = ()
    returned: tuple[Submission, ...] = ()


class Relation(StrEnum):
    """How a mail stands to what was there before."""

    NEW = "new"
    DUPLICATE = "duplicate"
    VERSION = "version"
    COMPLETION = "completion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The decision on one mail, with all its findings."""

    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    fields: Fields = Fields()
    document: Document | None = None
    """The Word file that was taken."""
    not_taken: tuple[str, ...] = ()
    """Names of attachments beside it."""
    relation: Relation = Relation.NEW
    related: str | None = None
    """Number of the earlier item that it duplicates, renews or completes."""
    answer: LetterKind | None = None
    """The one letter this mail calls for, or None: silence."""

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return tuple(dict.fromkeys(f.reason for f in self.findings))


class MailState(StrEnum):
    """Where a mail of the ledger stands."""

    NEW = "new"
    DONE = "done"
    PARKED = "parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerMail:
    """A row of the ledger: one mail as it lies at its source, with what became of it."""

    id: int
    key: str
    sha256: str
    size: int
    arrived_at: datetime
    spooled: bool
    """False for a mail over the size limit, which was never fetched."""
    state: MailState
    attempts: int = 0
    last_error: str = ""
    number: str | None = None
    outcome: Outcome | None = None
    sender: str = ""
    subject: str = ""
    message_id: str = ""
    processed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCount:
    """What one unit sent in a period, for the 通报."""

    unit: str
    submissions: int


_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def number_of(arrived_at: datetime, sha256: str, *, digits: int = 6) -> str:
    """The number of an item: arrival day and `digits` Crockford base32 characters of the mail's sha256.

    Derived, never counted, so that a restored office gives the same mail the same number (promise P9).
    """
    bits = int(sha256, 16) >> (256 - 5 * digits)
    code = "".join(_CROCKFORD[(bits >> 5 * (digits - 1 - i)) & 31] for i in range(digits))
    return f"{arrived_at:%Y%m%d}-{code}"
