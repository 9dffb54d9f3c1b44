"""Putting right what is registered: the fields of an item, on a person's word, with what stood there before.

Receipts say 如登记有误，请直接回复本邮件说明，由信息科人工处理: this is that act.  The sender is told, in the
thread of the item's mail, only where the person asks for it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mailbot.errors import ConfigError, StateError
from mailbot.intake.contact import read_contact
from mailbot.model import (
    Document,
    DocumentKind,
    Fields,
    Found,
    LetterKind,
    Outcome,
    Source,
    Submission,
    SubmissionState,
    Verdict,
)
from mailbot.render import letters
from mailbot.workflow.desk import Desk, item_ref, letter_ref
from mailbot.workflow.letterbox import one_line, post
from mailbot.workflow.mail import answer
from mailbot.workflow.mail.showing import is_sealed

MAX_TITLE = 200
MAX_NAME = 40
MAX_ENTRIES = 10
_CORRECTABLE = (SubmissionState.ACCEPTED, SubmissionState.HELD)
_FIELDS = ("title", "unit", "submitters", "contacts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person puts in place of what was read.  None, '' and () leave a field as it is."""

    title: str | None = None
    unit: str | None = None
    """In any way the roster knows it by."""
    submitters: Sequence[str] | None = None
    contacts: Sequence[str] | None = None


def correct(
    desk: Desk,
    number: str,
    *,
    by: str,
    title: str | None = None,
    unit: str | None = None,
    submitters: Sequence[str] | None = None,
    contacts: Sequence[str] | None = None,
    tell: bool = False,
    row_version: int | None = None,
) -> tuple[str, ...]:
    """Change the fields of an accepted or held item; the names of those that changed.

    `tell` sends the sender of an accepted item a receipt with all that stands now.  ConfigError
    'no_such_unit', 'correct_bad_title', 'correct_bad_name', 'correct_bad_phone', 'correct_too_many';
    StateError 'item_not_correctable', 'item_sealed', 'nothing_corrected', 'not_registered_yet',
    'nobody_to_tell', and 'changed_meanwhile' where the item is no longer the one seen; NotFound.
    """
    wanted = Wanted(title=title, unit=unit, submitters=submitters, contacts=contacts)
    with desk.store.transaction():
        item = desk.store.submission(number)
        if item.state not in _CORRECTABLE:
            raise StateError("item_not_correctable", number=number)
        if is_sealed(desk.store.verdict(item.mail_id)):
            raise StateError("item_sealed", number=number)
        fields = corrected(desk, item.fields, wanted)
        changed = tuple(_changed(item.fields, fields))
        if not changed:
            raise StateError("nothing_corrected", number=number)
        desk.store.amend_submission(number, fields=fields, row_version=row_version)
        desk.log("corrected", item_ref(number), _told(item.fields, fields, changed), who=by)
        if tell:
            _tell(desk, desk.store.submission(number), changed)
    return changed


def corrected(desk: Desk, fields: Fields, wanted: Wanted) -> Fields:
    """With what a person put right; what they left as it was keeps its source.  ConfigError as correct()."""
    title = one_line(wanted.title or "")
    if title and (fields.title is None or fields.title.value != title):
        fields = replace(fields, title=Found(_title(title), Source.PERSON))
    if wanted.unit and (fields.unit is None or fields.unit.value != wanted.unit):
        unit = _unit(desk, wanted.unit)
        others = tuple(other for other in fields.co_units if other != unit)
        fields = replace(fields, unit=Found(unit, Source.PERSON), co_units=others)
    people = _entries(wanted.submitters)
    if people and (fields.submitters is None or fields.submitters.value != people):
        fields = replace(fields, submitters=Found(tuple(map(_name, people)), Source.PERSON))
    numbers = _entries(wanted.contacts)
    if numbers and (fields.contacts is None or fields.contacts.value != numbers):
        values = tuple(dict.fromkeys(_number(desk, number) for number in numbers))
        fields = replace(fields, contacts=Found(values, Source.PERSON), bad_contacts=())
    return fields


def _entries(written: Sequence[str] | None) -> tuple[str, ...]:
    entries = tuple(dict.fromkeys(entry for one in written or () if (entry := one_line(one))))
    if len(entries) > MAX_ENTRIES:
        raise ConfigError("correct_too_many", most=MAX_ENTRIES)
    return entries


def _title(title: str) -> str:
    if len(title) > MAX_TITLE or not title.isprintable():
        raise ConfigError("correct_bad_title", most=MAX_TITLE)
    return title


def _unit(desk: Desk, written: str) -> str:
    roster = desk.policy.roster
    unit = roster.resolve(written.strip())
    if unit is None:
        names = [known.name for known in roster.units]
        near = difflib.get_close_matches(written.strip(), names, n=1, cutoff=0.5)
        raise ConfigError("no_such_unit", unit=written, hint="".join(near))
    return unit


def _name(name: str) -> str:
    if len(name) > MAX_NAME or not name.isprintable():
        raise ConfigError("correct_bad_name", name=name[:MAX_NAME])
    return name


def _number(desk: Desk, written: str) -> str:
    number = read_contact(written, desk.policy.lexicon)
    if number is None:
        raise ConfigError("correct_bad_phone", phone=written[:MAX_NAME])
    return number


# ---- what changed, on record and in a letter


def _changed(before: Fields, after: Fields) -> Iterator[str]:
    was, now = _texts(before), _texts(after)
    return (name for name in _FIELDS if was[name] != now[name])


def _texts(fields: Fields) -> dict[str, str]:
    return {
        "title": fields.title.value if fields.title else "",
        "unit": fields.unit.value if fields.unit else fields.unit_as_written or "",
        "submitters": "\u3001".join(fields.submitters.value) if fields.submitters else "",
        "contacts": "\u3001".join(fields.contacts.value) if fields.contacts else "",
    }


def _told(before: Fields, after: Fields, changed: Sequence[str]) -> dict[str, str]:
    """Each changed field before and after: 'title_before' and 'title'."""
    was, now = _texts(before), _texts(after)
    return {f"{name}_before": was[name] for name in changed} | {name: now[name] for name in changed}


def _tell(desk: Desk, item: Submission, changed: tuple[str, ...]) -> None:
    if item.state is not SubmissionState.ACCEPTED:
        raise StateError("not_registered_yet", number=item.number)
    if not item.sender:
        raise StateError("nobody_to_tell", number=item.number)
    mail = desk.store.mail(item.mail_id)
    verdict = Verdict(outcome=Outcome.ACCEPTED, fields=item.fields, document=_document(item))
    facts = answer.facts_of(desk, mail, verdict, item.number)
    facts = replace(facts, arrived_at=item.arrived_at, corrected=changed)
    letter_id = post(
        desk,
        LetterKind.CORRECTED,
        item.sender,
        letters.compose(LetterKind.CORRECTED, facts, desk.policy.wording),
        about=f"{item_ref(item.number)}:{item.row_version}",
        number=item.number,
        thread=answer.thread_of(mail),
        hold=not desk.config.smtp.from_address,
    )
    if letter_id is not None:
        desk.log("queued", letter_ref(letter_id), {"kind": LetterKind.CORRECTED})


def _document(item: Submission) -> Document | None:
    """The file that stands registered, as far as a letter names it."""
    if not item.document_sha256:
        return None
    return Document(
        name=item.document_name,
        sha256=item.document_sha256,
        size=0,
        kind=DocumentKind.OTHER,
        words=item.words,
    )
