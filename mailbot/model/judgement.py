"""What becomes of a mail and why: outcomes, reasons, findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


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
    AUTO_REPLY_WITH_FILE = "auto_reply_with_file"
    """The subject is a responder's and a good Word file is there: never answered, and not lost either."""
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
    FEEDBACK_REPLY = "feedback_reply"
    """An answer in words to word of an 采用 or 批示: it may be the 批示反馈 asked for."""
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
    CORPUS_LIKENESS = "corpus_likeness"
    """Much of the text stands in a reference text: it may be 网络抄袭."""
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
