"""Title, unit, submitters and contacts of a mail, from subject, body, Word file and register, with sources.

Notice 三(四): 邮件主题需注明信息标题，以及报送单位、报送人和联系方式.  The subject comes first; a field it
lacks is sought in the writer's own text, then in the Word file, then in the register of correspondents.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from mailbot.intake._cells import put_together
from mailbot.intake._event import event_date
from mailbot.intake._stated import Stated, read_approval, read_closing, read_text
from mailbot.intake._subject import leading_unit, read_subject
from mailbot.intake._topic import topic_of
from mailbot.intake._vocabulary import Vocabulary, vocabulary
from mailbot.lexicon import Lexicon
from mailbot.model import (
    Correspondent,
    Document,
    Fields,
    Found,
    IncomingMail,
    Source,
    SubjectReading,
    title_key,
)
from mailbot.roster import Roster

__all__ = ["find", "read_subject"]

_HEAD_LINES = 6
_FORM_LINES = 20
_LONGEST_CELL = 40
_T = TypeVar("_T")


def find(
    mail: IncomingMail,
    document: Document | None,
    correspondent: Correspondent | None,
    roster: Roster,
    lexicon: Lexicon,
) -> Fields:
    """The fields of a mail.  A field found nowhere is None: nothing is guessed.

    The mail's `quoted` supplies nothing; a correspondent only where confirmed and valid on that day.
    """
    known = _valid(correspondent, mail)
    sender = mail.sender
    subject = read_subject(
        mail.subject,
        roster,
        lexicon,
        sender_name=sender.name if sender else None,
        known=(known,) if known else (),
    )
    words = vocabulary(lexicon)
    complete = subject.title and subject.submitters and subject.contacts
    if complete and (subject.unit or subject.unit_as_written):
        texts = _approvals(mail, document, words, roster)
    else:
        texts = (
            (Source.BODY, read_text(mail.text, words, roster)),
            (Source.DOCUMENT, _read_document(document, words, roster)),
        )
    return _gather(
        mail=mail,
        document=document,
        known=known,
        subject=subject,
        texts=texts,
        roster=roster,
        words=words,
        topic=topic_of(subject.tags, _around(mail, document, words), lexicon, words),
    )


def _approvals(
    mail: IncomingMail, document: Document | None, words: Vocabulary, roster: Roster
) -> tuple[tuple[Source, Stated], ...]:
    """审核人 and 签发人 alone: reading texts for what the subject has would cost more than all the rest."""
    return (
        (Source.BODY, read_approval(mail.text[:20_000].splitlines()[:400], words, roster)),
        (Source.DOCUMENT, read_approval(_margins(document, words), words, roster)),
    )


def _margins(document: Document | None, words: Vocabulary) -> list[str]:
    """What stands above and below the text proper."""
    return [*_head(document, words), *document.sign_off.splitlines()] if document else []


def _head(document: Document, words: Vocabulary) -> list[str]:
    """The first lines; of a form laid out above the text, whose cells are lines, all of it put together."""
    lines = document.paragraphs[:_FORM_LINES]
    text = next((at for at, line in enumerate(lines) if len(line) > _LONGEST_CELL), len(lines))
    return [*put_together(lines[:text], words), *lines[text:_HEAD_LINES]]


def _around(mail: IncomingMail, document: Document | None, words: Vocabulary) -> list[str]:
    """Subject, the body's first lines and the document's margins: where a class of content is stated."""
    return [mail.subject, *mail.text[:4000].splitlines()[:40], *_margins(document, words)]


def _valid(correspondent: Correspondent | None, mail: IncomingMail) -> Correspondent | None:
    if correspondent is None or not correspondent.confirmed:
        return None
    day = mail.arrived_at.date()
    begun = correspondent.valid_from is None or correspondent.valid_from <= day
    return (
        correspondent
        if begun and (correspondent.valid_until is None or day <= correspondent.valid_until)
        else None
    )


def _read_document(document: Document | None, words: Vocabulary, roster: Roster) -> Stated:
    if document is None:
        return Stated()
    head = [line for line in _head(document, words) if line != document.title]
    stated = read_closing(head, document.sign_off.splitlines(), words, roster)
    if document.title:
        stated.titles.insert(0, document.title)
    return stated


def _gather(
    *,
    mail: IncomingMail,
    document: Document | None,
    known: Correspondent | None,
    subject: SubjectReading,
    texts: Sequence[tuple[Source, Stated]],
    roster: Roster,
    words: Vocabulary,
    topic: str | None,
) -> Fields:
    title = _title(mail.subject, subject, texts, words)
    unit, written = _unit(subject, texts, known)
    if unit is None and written is None and title and title.source is Source.DOCUMENT:
        mention = leading_unit(title.value, roster, words)
        unit = Found(mention.unit, Source.DOCUMENT) if mention and mention.unit else None
    people = [(s, tuple(dict.fromkeys(t.people or t.liaisons))) for s, t in texts]
    numbers = [(s, tuple(dict.fromkeys(t.contacts))) for s, t in texts]
    return Fields(
        title=title,
        unit=unit,
        unit_as_written=written,
        co_units=subject.co_units,
        submitters=_first(subject.submitters, [*people, (Source.REGISTER, _of_register(known, "name"))]),
        contacts=_first(subject.contacts, [*numbers, (Source.REGISTER, _of_register(known, "phone"))]),
        bad_contacts=subject.bad_contacts
        or next((tuple(t.bad_contacts) for _, t in texts if t.bad_contacts), ()),
        reviewer=subject.reviewer or next((t.reviewers[0] for _, t in texts if t.reviewers), None),
        signer=subject.signer or next((t.signers[0] for _, t in texts if t.signers), None),
        topic=topic,
        event_date=event_date(title.value if title else "", _opening(document), mail.arrived_at.date()),
        tags=subject.tags,
        solicitation=subject.solicitation,
        confidence=subject.confidence,
    )


def _title(
    line: str, subject: SubjectReading, texts: Sequence[tuple[Source, Stated]], words: Vocabulary
) -> Found[str] | None:
    """The title.  A reply to a receipt has the title of the item on record in its subject, perhaps cut: where
    the writer states another elsewhere, not the same in other words, that is the title of a new item."""
    stated = [(source, text.titles[0] if text.titles else None) for source, text in texts]
    elsewhere = _first(None, stated)
    old = subject.title if words.registered.search(words.fold(line)) else None
    if old and elsewhere and (old.endswith("…") or not _alike(old, elsewhere.value)):
        return elsewhere
    return _first(subject.title, stated)


def _alike(a: str, b: str) -> bool:
    """Whether half the pairs of characters of the shorter title are in the other."""
    one, other = ({key[i : i + 2] for i in range(len(key) - 1)} for key in (title_key(a), title_key(b)))
    return 2 * len(one & other) >= min(len(one), len(other))


def _unit(
    subject: SubjectReading, texts: Sequence[tuple[Source, Stated]], known: Correspondent | None
) -> tuple[Found[str] | None, str | None]:
    """The unit; or, where one is written that is not on the roster, None and what was written."""
    if subject.unit or subject.unit_as_written:
        return (
            (Found(subject.unit, Source.SUBJECT), None) if subject.unit else (None, subject.unit_as_written)
        )
    for source, stated in texts:
        if stated.units:
            return Found(stated.units[0], source), None
        if stated.units_off_roster:
            return None, stated.units_off_roster[0]
    return (Found(known.unit, Source.REGISTER), None) if known else (None, None)


def _of_register(known: Correspondent | None, what: str) -> tuple[str, ...]:
    value = getattr(known, what) if known else ""
    return (value,) if value else ()


def _first(stated: _T | None, others: Sequence[tuple[Source, _T | None]]) -> Found[_T] | None:
    """The first that is not empty, with its source."""
    if stated:
        return Found(stated, Source.SUBJECT)
    return next((Found(value, source) for source, value in others if value), None)


def _opening(document: Document | None) -> str:
    """The first paragraph of the text proper."""
    if document is None:
        return ""
    lines = (line.strip() for line in document.paragraphs[:10])
    return next((line for line in lines if line and line != document.title and len(line) > 20), "")
