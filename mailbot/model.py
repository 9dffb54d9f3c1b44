"""The nouns of mailbot: frozen values and enums, read first.  No I/O; nothing of mailbot is imported here.

Codes (the values of the enums) are stable once released: they stand in the database, in data/policy/ and in
what programs read.  The Chinese that people read is never here but in templates/ and data/policy/.
docs/glossary.md pairs each word with its Chinese.  All times are aware and in Asia/Shanghai.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, TypeVar

# ---- outcomes, reasons, findings ---------------------------------------------------------------------------


class Outcome(StrEnum):
    """What became of a mail.  Each mail has exactly one (promise P1)."""

    IGNORED = "ignored"
    DUPLICATE = "duplicate"
    HELD = "held"
    RETURNED = "returned"
    ACCEPTED_WITH_REMARKS = "accepted_with_remarks"
    ACCEPTED = "accepted"
    PARKED = "parked"
    """Our own code could not handle it, three times over; a person must look (promise P3)."""


GRAVITY: tuple[Outcome, ...] = (
    Outcome.IGNORED,
    Outcome.DUPLICATE,
    Outcome.HELD,
    Outcome.RETURNED,
    Outcome.ACCEPTED_WITH_REMARKS,
    Outcome.ACCEPTED,
)
"""Gravest first: of several findings the gravest decides.  A secrecy mark is graver than all of these; its
rule stands first in the table and stops it, so that its `held` wins."""


class Reason(StrEnum):
    """Why a mail was judged as it was.  intake.toml gives each its outcome, reasons.toml its wording."""

    # Held before anything else is looked at.
    SECRECY_MARK = "secrecy_mark"

    # Machines and loops: never answered (RFC 3834 section 2, reading of the notice 三(四)).
    AUTO_SUBMITTED = "auto_submitted"
    NULL_SENDER = "null_sender"
    NO_USABLE_SENDER = "no_usable_sender"
    SEVERAL_SENDERS = "several_senders"
    MACHINE_SENDER = "machine_sender"
    DELIVERY_REPORT = "delivery_report"
    READ_RECEIPT = "read_receipt"
    MAILING_LIST = "mailing_list"
    AUTO_REPLY_SUBJECT = "auto_reply_subject"
    OWN_MAIL = "own_mail"
    MAIL_LOOP = "mail_loop"
    RECALL_NOTICE = "recall_notice"
    BEFORE_ANSWER_SINCE = "before_answer_since"
    REPLY_WITHOUT_MATERIAL = "reply_without_material"
    THANKS_ONLY = "thanks_only"

    # The same again.
    SAME_BYTES = "same_bytes"
    SAME_DOCUMENT = "same_document"

    # For a person of the section.
    UNIT_NOT_ON_ROSTER = "unit_not_on_roster"
    UNKNOWN_SENDER = "unknown_sender"
    SEVERAL_DOCUMENTS = "several_documents"
    SAME_TEXT_OTHER_UNIT = "same_text_other_unit"
    CORRECTION = "correction"
    QUESTION = "question"
    MEETING_NOTICE = "meeting_notice"
    OFFICER_CHANGE = "officer_change"
    NOT_OUR_DUTY = "not_our_duty"
    OTHER_MATTER = "other_matter"
    SPAM = "spam"
    SUSPECT_SENDER = "suspect_sender"
    SEALED_MAIL = "sealed_mail"
    DOUBTFUL_READING = "doubtful_reading"

    # Returned: no Word file that can be taken.
    NO_ATTACHMENT = "no_attachment"
    CLOUD_ATTACHMENT = "cloud_attachment"
    OTHER_TYPE = "other_type"
    FAKE_WORD = "fake_word"
    MACROS = "macros"
    PASSWORD = "password"  # noqa: S105  (the code of a reason, no secret)
    CORRUPT = "corrupt"
    EMPTY_DOCUMENT = "empty_document"
    TOO_LARGE = "too_large"
    HOSTILE_DOCUMENT = "hostile_document"
    MAIL_TOO_LARGE = "mail_too_large"

    # Returned: a field that is nowhere.
    MISSING_TITLE = "missing_title"
    MISSING_UNIT = "missing_unit"
    MISSING_SUBMITTERS = "missing_submitters"
    MISSING_CONTACTS = "missing_contacts"

    # Remarks on what was accepted.
    FOUND_ELSEWHERE = "found_elsewhere"
    BAD_CONTACT = "bad_contact"
    OTHERS_NOT_TAKEN = "others_not_taken"
    OVER_SHORT_LIMIT = "over_short_limit"
    OVER_LONG_LIMIT = "over_long_limit"
    SENDER_OF_OTHER_UNIT = "sender_of_other_unit"
    SENDER_NOT_REGISTERED = "sender_not_registered"
    LATE_REPORT = "late_report"
    SAME_DAY_REPORT = "same_day_report"
    WEAK_LIKENESS = "weak_likeness"
    NEW_VERSION = "new_version"
    COMPLETES_RETURNED = "completes_returned"
    JOINT_SUBMISSION = "joint_submission"
    ASKS_NO_ANSWER = "asks_no_answer"
    WRONG_EXTENSION = "wrong_extension"
    SEVERAL_TITLES = "several_titles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing noticed about a mail.  `details` fill the sentence of the reason in reasons.toml."""

    reason: Reason
    details: Mapping[str, str] = field(default_factory=dict)


# ---- a mail as read ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A mailbox as RFC 5322 section 3.4 writes it.  `address` is lower case and holds exactly one @."""

    address: str
    name: str = ""


class MachineSign(StrEnum):
    """What marks a mail as written by a machine (RFC 3834, RFC 2369, RFC 3464)."""

    AUTO_SUBMITTED = "auto_submitted"
    NULL_SENDER = "null_sender"
    DELIVERY_REPORT = "delivery_report"
    READ_RECEIPT = "read_receipt"
    MAILING_LIST = "mailing_list"
    BULK = "bulk"
    AUTO_HEADER = "auto_header"
    ASKS_NO_ANSWER = "asks_no_answer"
    CALENDAR = "calendar"
    DMARC_FAIL = "dmarc_fail"


class PartOrigin(StrEnum):
    """Where in the mail an attachment was found."""

    MAIL = "mail"
    FORWARDED = "forwarded"
    TNEF = "tnef"
    SIGNED = "signed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """附件: a part of a mail that is not its text.  `name` is cleaned of path and controls; may be empty."""

    name: str
    content_type: str
    content: bytes
    origin: PartOrigin = PartOrigin.MAIL
    decoration: bool = False
    """A signature picture or other image that the HTML shows: no attachment in the sender's eyes."""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudLink:
    """A 超大附件 that is only a link.  Never fetched."""

    host: str
    name: str = ""
    expires: str = ""
    size: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What a delivery report says of the mail it is about (RFC 3464 section 2.3)."""

    recipients: tuple[str, ...] = ()
    """Final-Recipient and Original-Recipient, lower case."""
    action: str = ""
    """failed, delayed, delivered, relayed, expanded; '' where it is not stated."""
    diagnostic: str = ""
    """Diagnostic-Code, else Status, of the first recipient."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMail:
    """来信: a mail's bytes, read.  Text is free of controls and line breaks where it is a header."""

    sha256: str
    size: int
    arrived_at: datetime
    date: datetime | None = None
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    senders: tuple[Address, ...] = ()
    """The From header; more than one address is itself a sign (docs/intake.md, 2)."""
    return_path: str | None = None
    """None where the header is absent, '' where it is the null path."""
    recipients: tuple[Address, ...] = ()
    subject: str = ""
    text: str = ""
    """What the writer wrote: without the older mail quoted below it."""
    quoted: str = ""
    attachments: tuple[Attachment, ...] = ()
    cloud_links: tuple[CloudLink, ...] = ()
    """Links in the writer's own text only."""
    signs: frozenset[MachineSign] = frozenset()
    loop_ids: tuple[str, ...] = ()
    """Values of X-Mailbot-Loop."""
    hops: int = 0
    """Number of Received headers (RFC 5321 section 6.3)."""
    reported_message_ids: tuple[str, ...] = ()
    """For delivery reports: Message-IDs and envelope ids named in it (RFC 3464)."""
    report: DeliveryReport | None = None
    sealed: bool = False
    """Opaque S/MIME or PGP: nobody but the addressee's key can read it."""
    defects: tuple[str, ...] = ()

    @property
    def sender(self) -> Address | None:
        return self.senders[0] if len(self.senders) == 1 else None


# ---- a Word file as read -----------------------------------------------------------------------------------


class DocumentKind(StrEnum):
    """What a file is by its content."""

    DOCX = "docx"
    DOC = "doc"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class WordCount:
    """字数 in the three readings of the notice 二(二)."""

    whole: int = 0
    """As Word's status bar shows it: 中文字符 and 非中文单词 of body, tables, text boxes and notes."""
    body: int = 0
    """The same without title line, 落款 and contact line."""
    han: int = 0
    """Chinese characters alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """信息稿: an attachment looked into.  A faulty one has `fault` and mostly no text."""

    name: str
    sha256: str
    size: int
    kind: DocumentKind
    fault: Reason | None = None
    fault_detail: str = ""
    """Which type it really is (pdf, rtf, zip ...), for the remedy."""
    paragraphs: tuple[str, ...] = ()
    """Body paragraphs and table cells in reading order; deletions out, insertions in."""
    title: str = ""
    """The title line as recognised; '' where none is."""
    sign_off: str = ""
    """The closing lines (落款, date, contact line), joined by newlines."""
    words: WordCount = WordCount()
    text_digest: str = ""
    """sha256 of the text without spaces and punctuation: the same for a .doc and a .docx of one text."""

    @property
    def text(self) -> str:
        return "\n".join(self.paragraphs)


# ---- fields ------------------------------------------------------------------------------------------------


class Source(StrEnum):
    """Where a field was found, in the order it is sought (docs/intake.md)."""

    SUBJECT = "subject"
    BODY = "body"
    DOCUMENT = "document"
    REGISTER = "register"
    PERSON = "person"
    """Corrected by a named person of the section."""


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A value with the place it was found in."""

    value: T
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectReading:
    """What one subject line states (docs/subjects.md).  Nothing is guessed: what is absent is None or ()."""

    title: str | None = None
    unit: str | None = None
    unit_as_written: str | None = None
    """A unit in unit position that is not on the roster, as written; or how the roster unit was written."""
    co_units: tuple[str, ...] = ()
    submitters: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    bad_contacts: tuple[str, ...] = ()
    """Figures in the contact's place that are no valid number (a mobile with ten digits)."""
    reviewer: str | None = None
    signer: str | None = None
    tags: tuple[str, ...] = ()
    """Dropped tags as written (约稿2019-003, 修改稿, 紧急): for matching, never for display."""
    solicitation: str | None = None
    """The code of a 约稿 named in the subject."""
    confidence: float = 1.0
    """0 to 1: how far the reading chosen is ahead of the next best one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The four fields of the notice 三(四), each with its source, and what else was stated."""

    title: Found[str] | None = None
    unit: Found[str] | None = None
    unit_as_written: str | None = None
    co_units: tuple[str, ...] = ()
    submitters: Found[tuple[str, ...]] | None = None
    contacts: Found[tuple[str, ...]] | None = None
    bad_contacts: tuple[str, ...] = ()
    reviewer: str | None = None
    signer: str | None = None
    topic: str | None = None
    event_date: date | None = None
    tags: tuple[str, ...] = ()
    solicitation: str | None = None
    confidence: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Correspondent:
    """信息员: an address known to belong to a unit.  Only confirmed ones supply fields."""

    address: str
    unit: str
    name: str = ""
    phone: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    confirmed: bool = True


# ---- what is held already, and the verdict -----------------------------------------------------------------


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


class LetterKind(StrEnum):
    """Kinds of letters."""

    RECEIPT = "receipt"
    RETURNED = "returned"
    HELD_NOTICE = "held_notice"
    DUPLICATE = "duplicate"
    NEW_VERSION = "new_version"
    COMPLETED = "completed"
    CORRECTED = "corrected"
    """What a person put right on an item already registered."""
    DECLINED = "declined"
    """Follows a held notice where a person decided that it is no submission."""
    ALERT = "alert"
    DIGEST = "digest"
    BULLETIN_DRAFT = "bulletin_draft"
    BULLETIN = "bulletin"
    SOLICITATION = "solicitation"
    REMINDER = "reminder"
    FEEDBACK = "feedback"


class LetterState(StrEnum):
    """States of the outbox (promise P4)."""

    HELD = "held"
    READY = "ready"
    SENDING = "sending"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


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


# ---- letters and events ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFile:
    """A file that goes with a letter."""

    name: str
    content: bytes
    content_type: str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterText:
    """A letter as worded: what a person may still edit while it is held."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A row of the outbox.  From `ready` on, `content` (the bytes on the wire) and recipient are frozen."""

    id: int
    kind: LetterKind
    state: LetterState
    recipient: str
    subject: str
    body: str
    message_id: str
    number: str | None = None
    mail_id: int | None = None
    content: bytes | None = None
    attempts: int = 0
    created_at: datetime
    due_at: datetime | None = None
    """Not before this time (pacing, back-off, release_after)."""
    sent_at: datetime | None = None
    at_dot: bool = False
    """The phase mark: the text had been handed over and only the final dot was missing."""
    reply: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the append-only record: who did what to which thing, and when."""

    at: datetime
    who: str
    """A person's name, or 'mailbot'."""
    verb: str
    subject: str
    """What it was done to: 'mail:12', 'item:20190412-7F3A9K', 'letter:3'."""
    details: Mapping[str, str] = field(default_factory=dict)
    id: int | None = None


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


# ---- periods and bulletins ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A reporting month in Asia/Shanghai (promise P11)."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @classmethod
    def of(cls, when: date | datetime) -> Month:
        return cls(when.year, when.month)

    @classmethod
    def parse(cls, text: str) -> Month:
        """'2019-03' -> Month; ValueError for anything else."""
        match = re.fullmatch(r"(\d{4})-(\d{2})", text)
        if not match or not 1 <= int(match[2]) <= 12:
            raise ValueError(text)
        return cls(int(match[1]), int(match[2]))

    def previous(self) -> Month:
        return Month(self.year - 1, 12) if self.month == 1 else Month(self.year, self.month - 1)

    def following(self) -> Month:
        return Month(self.year + 1, 1) if self.month == 12 else Month(self.year, self.month + 1)


class BulletinKind(StrEnum):
    MONTHLY = "monthly"
    INSTANT = "instant"
    ANNUAL = "annual"
    CORRECTION = "correction"
    """更正: what has changed in a month already issued."""
    GAZETTE = "gazette"
    """信息刊物: an issue of 《普刊》; goes to nobody by mail."""


class BulletinState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """通报: one row per kind and period (promise P6); approval binds one exact file (promise P7)."""

    id: int
    kind: BulletinKind
    period: str
    state: BulletinState
    sha256: str
    file_name: str
    drafted_at: datetime
    drafts: int = 1
    approved_by: str | None = None
    approved_at: datetime | None = None
    uploaded_by: str | None = None
    """Who put a text finished in Word in the draft's place; None where it stands as drafted."""


class Passage(StrEnum):
    """The parts of a 通报 that the section words itself; kept over every redraft."""

    OVERVIEW = "overview"
    """Added under 基本情况; the reason of a correction."""
    PROBLEMS = "problems"
    """Added under 存在问题, each line a point."""
    NEXT_STEPS = "next_steps"
    """In place of the standing text of 下步要求."""
    COMMENDED_UNITS = "commended_units"
    """先进单位 of the year, one a line."""
    COMMENDED_PERSONS = "commended_persons"
    """先进个人 of the year: unit and name, one a line."""


# ---- 约稿 --------------------------------------------------------------------------------------------------


class Superior(StrEnum):
    """Who asks for it: 国务院, 省, 市 (notice 二(三), 二(四))."""

    STATE = "state"
    PROVINCE = "province"
    CITY = "city"


class SolicitationState(StrEnum):
    """Where a 约稿 stands.  Replies are taken whatever it is, until it is cancelled."""

    OPEN = "open"
    CLOSED = "closed"
    """Its deadline is over; what comes now is late."""
    CANCELLED = "cancelled"
    """Taken back by a person: it counts for nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One asking of a 约稿.  The same code may be asked again, with a later deadline or of other units."""

    round: int
    """1 for the first."""
    source: Superior
    text: str
    units: tuple[str, ...]
    deadline: datetime
    ladder: tuple[int, ...]
    """Hours before the deadline at which reminders go, longest first."""
    asked_at: datetime
    by: str
    file_name: str = ""
    """Of the file that goes with it; '' where none does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solicitation:
    """约稿: a text asked of units, under a code of the year (2019-003)."""

    code: str
    title: str
    topic: str
    """Code of the first 约稿 on this topic: asked by several superiors, missed once (annex 1, 三(二))."""
    state: SolicitationState
    asks: tuple[Ask, ...]
    """In their order; at least one."""

    @property
    def units(self) -> tuple[str, ...]:
        """All that were asked, each once."""
        return tuple(dict.fromkeys(unit for ask in self.asks for unit in ask.units))

    def last_ask(self, unit: str) -> Ask | None:
        """The one that binds the unit; None where it was never asked."""
        return next((ask for ask in reversed(self.asks) if unit in ask.units), None)


class MatchedBy(StrEnum):
    """What tied a 来稿 to its 约稿, in the order it is tried."""

    CODE = "code"
    THREAD = "thread"
    TITLE = "title"
    PERSON = "person"


class ReplyDoubt(StrEnum):
    """Why a person must say which 约稿 a 来稿 answers, if any."""

    UNKNOWN_CODE = "unknown_code"
    NOT_ASKED = "not_asked"
    SEVERAL = "several"
    LIKE_TITLE = "like_title"
    CLOSED = "closed"
    NO_CODE = "no_code"
    ON_RECORD = "on_record"
    """The document was registered before, as something else."""
    OTHER_CODE = "other_code"
    """Its new version names another 约稿 than the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SolicitationReply:
    """供稿: the 约稿 that an item answers.  Where there is a doubt, a person must decide; until then `code`,
    if any, is what it was tied to before."""

    number: str
    code: str | None
    by: MatchedBy | None = None
    doubt: ReplyDoubt | None = None
    candidates: tuple[str, ...] = ()
    """Codes it may answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """催报: one step of the ladder towards one unit, on record whether or not it could be sent."""

    code: str
    round: int
    unit: str
    step: int
    """Hours before the deadline."""
    at: datetime
    recipients: tuple[str, ...]
    """Empty where the unit had no correspondent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invalidation:
    """无效约稿 in two steps (annex 1, 三(一), last paragraph): the telephone call, then the paper."""

    code: str
    unit: str
    phoned_at: datetime
    caller: str
    noted_by: str
    paper_on: date | None = None
    signer: str = ""
    """主要负责同志."""
    sealed: bool = False
    paper_by: str = ""
    """Who of the section saw the paper."""

    @property
    def complete(self) -> bool:
        return self.paper_on is not None and bool(self.signer) and self.sealed


# ---- small pure functions on these nouns -------------------------------------------------------------------

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def number_of(arrived_at: datetime, sha256: str, *, digits: int = 6) -> str:
    """The number of an item: arrival day and `digits` Crockford base32 characters of the mail's sha256.

    Derived, never counted, so that a restored office gives the same mail the same number (promise P9).
    """
    bits = int(sha256, 16) >> (256 - 5 * digits)
    code = "".join(_CROCKFORD[(bits >> 5 * (digits - 1 - i)) & 31] for i in range(digits))
    return f"{arrived_at:%Y%m%d}-{code}"


def title_key(title: str) -> str:
    """What makes two titles the same title: NFKC, without white space and zero-width characters."""
    return re.sub(r"[\s\u200b-\u200d\ufeff]", "", unicodedata.normalize("NFKC", title)).casefold()
