"""data/policy -> Policy: what the notice prescribes, as data; and the wording of templates/ as a mapping.

Resources are looked for in the office home, then in the installed package, then in the checkout.  Bad data is
refused with ConfigError naming file and key.  render/ opens no file: it is handed what is read here.
"""

from __future__ import annotations

import msgspec

from mailbot.model import Outcome, Reason


class MailLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds of what is read of one mail (reliability section 3).  Bytes and counts."""

    mail_bytes: int = 50 * 1024 * 1024
    header_bytes: int = 100 * 1024
    depth: int = 50
    parts: int = 200
    text_chars: int = 200_000
    forwarded_depth: int = 5
    subject_chars: int = 1000


class DocumentLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds of what is opened as a Word file (reliability section 3).  Bytes and counts."""

    file_bytes: int = 20 * 1024 * 1024
    entries: int = 1000
    inflated_bytes: int = 64 * 1024 * 1024
    ratio: int = 200
    """Inflated to packed, for parts over 1 MiB."""
    xml_bytes: int = 20 * 1024 * 1024
    xml_depth: int = 256
    paragraphs: int = 20_000
    text_chars: int = 2_000_000


class LengthLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Notice 二(二): 一般性信息 400, 调研型等 2000 characters, 原则上; a remark, never a rejection."""

    short: int = 400
    long: int = 2000
    tolerance: float = 0.0
    """Share over the limit that is still passed in silence."""


class SameAgain(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a mail is a new version of, or completes, an earlier one; when texts are alike."""

    version_days: int = 30
    completion_days: int = 30
    strong_likeness: float = 0.5
    weak_likeness: float = 0.3


class Intake(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """intake.toml."""

    outcomes: dict[Reason, Outcome]
    mail: MailLimits = MailLimits()
    document: DocumentLimits = DocumentLimits()
    length: LengthLimits = LengthLimits()
    same_again: SameAgain = SameAgain()
