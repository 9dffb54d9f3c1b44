"""Which Word file of a mail is the item's, where it came with several (notice 三(四), 一事一报).

The mail is read again under guard; the one chosen takes the place of the first, and what was found in that
one is sought in it instead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mailbot.errors import ConfigError, StateError
from mailbot.intake import fields as reading_fields
from mailbot.intake import likeness, rules
from mailbot.model import Document, Fields, IncomingMail, Reason, Source, Submission
from mailbot.workflow.desk import Desk
from mailbot.workflow.mail.reading import Reader
from mailbot.workflow.mail.showing import is_sealed, read_again

_SHORTEST_DIGEST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One Word file of a mail that has several."""

    document: Document
    others: tuple[str, ...]
    """Names of the Word files beside it."""
    read: Fields
    """What the mail states together with this file."""


def candidates(desk: Desk, item: Submission, reader: Reader) -> tuple[Document, ...]:
    """The Word files that an item could be, in their order; () where it came with one, or cannot be read."""
    if not _may_choose(desk, item):
        return ()
    reading = read_again(desk, desk.store.mail(item.mail_id), reader)
    return rules.good_documents(reading.mail, reading.documents) if reading else ()


def choose(desk: Desk, item: Submission, file: str, reader: Reader) -> Choice | None:
    """The file of this name, or whose sha256 begins so; '' for the one that was taken.

    None where there is nothing to choose.  ConfigError 'no_such_file', 'file_which'.
    """
    reading = read_again(desk, desk.store.mail(item.mail_id), reader) if _may_choose(desk, item) else None
    if reading is None:
        if file:
            raise ConfigError("no_such_file", file_name=file, names=item.document_name)
        return None
    good = rules.good_documents(reading.mail, reading.documents)
    document = _named(good, file or item.document_sha256)
    others = tuple(one.name for one in good if one.sha256 != document.sha256)
    return Choice(document=document, others=others, read=_fields(desk, reading.mail, document))


def _may_choose(desk: Desk, item: Submission) -> bool:
    verdict = desk.store.verdict(item.mail_id)
    return verdict is not None and Reason.SEVERAL_DOCUMENTS in verdict.reasons and not is_sealed(verdict)


def _named(good: tuple[Document, ...], file: str) -> Document:
    found = [one for one in good if one.name.casefold() == file.casefold()]
    if not found and len(file) >= _SHORTEST_DIGEST:
        found = [one for one in good if one.sha256.startswith(file.lower())]
    if len(found) > 1:
        digests = "\u3001".join(one.sha256[:_SHORTEST_DIGEST] for one in found)
        raise ConfigError("file_which", file_name=file, digests=digests)
    if not found:
        raise ConfigError("no_such_file", file_name=file, names="\u3001".join(one.name for one in good))
    return found[0]


def _fields(desk: Desk, mail: IncomingMail, document: Document) -> Fields:
    known = desk.store.correspondent(mail.sender.address, mail.arrived_at.date()) if mail.sender else None
    return reading_fields.find(mail, document, known, desk.policy.roster, desk.policy.lexicon)


def reread(fields: Fields, choice: Choice) -> Fields:
    """What the first file said, or nothing did, is what the chosen one says."""
    new = {
        name: getattr(choice.read, name)
        for name in ("title", "unit", "submitters", "contacts")
        if (old := getattr(fields, name)) is None or old.source is Source.DOCUMENT
    }
    return replace(fields, **new)


def take(desk: Desk, item: Submission, choice: Choice, unit: str) -> None:
    """The chosen file is the item's from now on; inside the transaction of the decision.

    StateError 'document_known' where that unit's file is registered already under another number.
    """
    document = choice.document
    if document.sha256 == item.document_sha256:
        return
    for other in desk.store.same_document(sha256=document.sha256, text_digest=document.text_digest):
        if other.number != item.number and other.fields.unit and other.fields.unit.value == unit:
            raise StateError("document_known", file_name=document.name, number=other.number)
    desk.store.save_document(document, likeness.fingerprints(document.text))
    desk.store.change_document(item.number, document)
