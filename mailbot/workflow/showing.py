"""Showing a mail to a person: its text and the names of its attachments, read again under guard."""

from __future__ import annotations

from dataclasses import dataclass

from mailbot.errors import MailbotError
from mailbot.model import LedgerMail, Reason
from mailbot.workflow.desk import Desk
from mailbot.workflow.reading import Reader, Reading, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What of a mail can be shown as plain text."""

    text: str = ""
    attachments: tuple[str, ...] = ()
    sealed: bool = False
    """A mail with a secrecy mark: nothing of it is shown."""


def show(desk: Desk, row: LedgerMail, reader: Reader) -> Shown:
    """Empty where the mail was never fetched or cannot be read."""
    verdict = desk.store.verdict(row.id)
    if verdict is not None and Reason.SECRECY_MARK in verdict.reasons:
        return Shown(sealed=True)
    if not row.spooled:
        return Shown()
    try:
        raw = desk.store.raw(row.sha256)
    except MailbotError:
        return Shown()
    (reading,) = reader.read_all([Task(raw=raw, arrived_at=row.arrived_at, sha256=row.sha256)])
    if not isinstance(reading, Reading):
        return Shown()
    mail = reading.mail
    text = mail.text + (f"\n\n{mail.quoted}" if mail.quoted else "")
    names = tuple(f"{a.name or a.content_type}, {len(a.content) / 1024:.0f} KB" for a in mail.attachments)
    return Shown(text=text.strip(), attachments=names)
