"""A mail as read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
