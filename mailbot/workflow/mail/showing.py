"""Showing mails and items to a person: the text read under guard, the file that was taken, what it is like.

A mail with a secrecy mark is sealed: neither its subject nor anything in it is shown (docs/intake.md).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailbot.errors import MailbotError, NotFound
from mailbot.intake import likeness
from mailbot.model import (
    Attachment,
    IncomingMail,
    LedgerMail,
    LetterFile,
    MailState,
    Month,
    Reason,
    Submission,
    Verdict,
)
from mailbot.workflow.desk import Desk, first_start
from mailbot.workflow.mail.reading import Reader, Reading, Task

ALIKE = (Reason.SAME_TEXT_OTHER_UNIT, Reason.WEAK_LIKENESS)
COMPARED = 3
"""Items that one item is put beside."""
LONGEST_TEXT = 50_000
PASSAGES = 60
AROUND = 500
"""Characters of a long reference text shown before and after what is shared."""
_UNSAFE_IN_NAME = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]')
_ENDINGS = (".docx", ".doc")
_CONTENT_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What of a mail can be shown as plain text."""

    text: str = ""
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a text; `shared` where the other text has it too."""

    text: str
    shared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """An item's text beside that of an earlier one of another unit."""

    other: Submission
    share: str
    """As measured when the mail was judged: '63%'."""
    ours: tuple[Piece, ...]
    theirs: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusComparison:
    """An item's text beside a reference text in which much of it stands."""

    name: str
    share: str
    """As measured when the mail was judged."""
    ours: tuple[Piece, ...]
    theirs: tuple[Piece, ...]
    """Around what is shared; '…' where the text goes on."""


def is_sealed(verdict: Verdict | None) -> bool:
    return verdict is not None and Reason.SECRECY_MARK in verdict.reasons


def show(desk: Desk, row: LedgerMail, reader: Reader) -> Shown:
    """Empty where the mail was never fetched, is not judged yet, cannot be read, or is sealed."""
    if row.state is not MailState.DONE or is_sealed(desk.store.verdict(row.id)):
        return Shown()
    mail = _read(desk, row, reader)
    if mail is None:
        return Shown()
    text = mail.text + (f"\n\n{mail.quoted}" if mail.quoted else "")
    names = tuple(f"{a.name or a.content_type}, {len(a.content) / 1024:.0f} KB" for a in mail.attachments)
    return Shown(text=text.strip(), attachments=names)


def read_again(desk: Desk, row: LedgerMail, reader: Reader) -> Reading | None:
    """A mail of the ledger once more, for a person; None where it was never fetched or cannot be read."""
    if not row.spooled:
        return None
    try:
        raw = desk.store.raw(row.sha256)
    except MailbotError:
        return None
    (reading,) = reader.read_all([Task(raw=raw, arrived_at=row.arrived_at, sha256=row.sha256)])
    return reading if isinstance(reading, Reading) else None


def _read(desk: Desk, row: LedgerMail, reader: Reader) -> IncomingMail | None:
    reading = read_again(desk, row, reader)
    return reading.mail if reading else None


# ---- items


def item_of(desk: Desk, row: LedgerMail) -> Submission | None:
    """The item a mail is about: its own, or the one it repeats, renews or completes."""
    try:
        return desk.store.submission(row.number) if row.number else None
    except NotFound:
        return None


def months(desk: Desk) -> list[Month]:
    """From this month back to that of the first item or the first start, newest first."""
    now = desk.clock.now()
    oldest = [item.arrived_at for item in desk.store.submissions(limit=1)]
    first = Month.of(min([now, first_start(desk), *oldest]))
    found = [Month.of(now)]
    while found[-1] > first:
        found.append(found[-1].previous())
    return found


def text_of(desk: Desk, item: Submission) -> str:
    """The text of its 信息稿; '' where it has none."""
    return desk.store.document_text(item.document_sha256) if item.document_sha256 else ""


def document(desk: Desk, item: Submission, reader: Reader) -> LetterFile:
    """The Word file that was taken, out of the mail that brought it.  NotFound 'no_document'."""
    for row in reversed(desk.store.mails_of(item.number)):
        if not _brought(desk.store.verdict(row.id), item):
            continue
        mail = _read(desk, row, reader)
        for attachment in mail.attachments if mail else ():
            if attachment.sha256 == item.document_sha256:
                return _saved(attachment, item.document_name)
    raise NotFound("no_document", number=item.number)


def _brought(verdict: Verdict | None, item: Submission) -> bool:
    """Whether the item's file came with this mail: taken at once, or chosen by a person among several."""
    if verdict is None or verdict.document is None:
        return False
    chosen = Reason.SEVERAL_DOCUMENTS in verdict.reasons and item.document_name in verdict.not_taken
    return chosen or verdict.document.sha256 == item.document_sha256


def _saved(attachment: Attachment, name: str) -> LetterFile:
    """Under a name that any system takes and that opens in Word, whatever the sender called it."""
    safe = _UNSAFE_IN_NAME.sub("", name).strip(" .")[-120:]
    if not safe.lower().endswith(_ENDINGS):
        safe += _ENDINGS[0]
    return LetterFile(name=safe, content=attachment.content, content_type=_CONTENT_TYPE)


def comparisons(desk: Desk, item: Submission) -> tuple[Comparison, ...]:
    """The item beside those of other units that it was found to resemble, passages in common marked."""
    verdict = desk.store.verdict(item.mail_id)
    if verdict is None or is_sealed(verdict):
        return ()
    alike = [f.details for f in verdict.findings if f.reason in ALIKE]
    text = text_of(desk, item)
    return tuple(
        one
        for details in alike[:COMPARED]
        if (one := _beside(desk, text, details["number"], details["share"]))
    )


def corpus_comparisons(desk: Desk, item: Submission) -> tuple[CorpusComparison, ...]:
    """The item beside the reference texts that it was found to resemble; one that is gone is left out."""
    verdict = desk.store.verdict(item.mail_id)
    if verdict is None or is_sealed(verdict):
        return ()
    alike = [f.details for f in verdict.findings if f.reason is Reason.CORPUS_LIKENESS]
    text = text_of(desk, item)[:LONGEST_TEXT] if alike else ""
    found = (_beside_reference(desk, text, one["name"], one["share"]) for one in alike[:COMPARED])
    return tuple(one for one in found if one)


def _beside_reference(desk: Desk, text: str, name: str, share: str) -> CorpusComparison | None:
    try:
        whole = desk.store.reference_text(name)
    except NotFound:
        return None
    theirs = _around(whole, likeness.shared_passages(whole, text, most=PASSAGES))
    return CorpusComparison(name=name, share=share, ours=_marked(text, theirs), theirs=_marked(theirs, text))


def _around(whole: str, passages: tuple[str, ...]) -> str:
    """A long text from a little before the first shared passage to a little after the last."""
    if len(whole) <= LONGEST_TEXT:
        return whole
    places = [(at, at + len(passage)) for passage in passages if (at := whole.find(passage)) >= 0]
    start = max(0, min((at for at, _ in places), default=0) - AROUND)
    end = min(len(whole), max((to for _, to in places), default=0) + AROUND, start + LONGEST_TEXT)
    return ("…" if start else "") + whole[start:end] + ("…" if end < len(whole) else "")


def _beside(desk: Desk, text: str, number: str, share: str) -> Comparison | None:
    try:
        other = desk.store.submission(number)
    except NotFound:
        return None
    if is_sealed(desk.store.verdict(other.mail_id)):
        return None
    theirs = text_of(desk, other)[:LONGEST_TEXT]
    ours = text[:LONGEST_TEXT]
    return Comparison(other=other, share=share, ours=_marked(ours, theirs), theirs=_marked(theirs, ours))


def _marked(text: str, other: str) -> tuple[Piece, ...]:
    """`text` cut where it begins or ceases to be the other's."""
    passages = likeness.shared_passages(text, other, most=PASSAGES)
    if not passages:
        return (Piece(text, False),)
    runs = "|".join(re.escape(passage) for passage in sorted(passages, key=len, reverse=True))
    parts = re.split(f"({runs})", text)
    return tuple(Piece(part, at % 2 == 1) for at, part in enumerate(parts) if part)
