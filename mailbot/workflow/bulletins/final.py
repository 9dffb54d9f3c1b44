"""The section's own hand in a 通报: passages it words itself, and the text it finished in Word.

Both are kept over redrafts.  Neither may name a person's number or address, or bear a secrecy mark: what is
approved goes to all units.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mailbot.errors import ConfigError, StateError
from mailbot.intake import rules, word
from mailbot.model import Attachment, Bulletin, BulletinKind, BulletinState, Document, DocumentKind, Passage
from mailbot.render import masking
from mailbot.workflow.bulletins.drafting import named, refuse_unseen
from mailbot.workflow.desk import Desk, bulletin_ref
from mailbot.workflow.letterbox import one_line
from mailbot.workflow.marks import naming

LONGEST = 5000
_TEXT = (Passage.OVERVIEW, Passage.PROBLEMS, Passage.NEXT_STEPS)
PASSAGES: Mapping[BulletinKind, tuple[Passage, ...]] = {
    BulletinKind.MONTHLY: _TEXT,
    BulletinKind.ANNUAL: tuple(Passage),
    BulletinKind.CORRECTION: (Passage.OVERVIEW,),
}
"""Which passages each kind has."""
_REVISION = re.compile(rb"<w:(?:ins|del|moveFrom|moveTo|commentReference)[ />]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Commendation:
    """先进个人 as written: a unit of the roster, and a name."""

    unit: str
    name: str


# ---- passages ----------------------------------------------------------------------------------------------


def note(desk: Desk, kind: BulletinKind, period: str, passage: Passage, text: str, *, by: str) -> None:
    """Word a passage of a 通报, drafted or not; '' goes back to what the template says.

    What is written already is not written again.

    ConfigError 'note_passage' where this kind has none such, 'note_too_long', 'note_contact',
    'fact_unknown_unit', 'note_person'; StateError 'bulletin_approved', 'approval_needs_name', 'note_secret'.
    """
    by, text = named(by), "\n".join(filter(None, map(one_line, text.splitlines())))
    if passage not in PASSAGES.get(kind, ()):
        raise ConfigError("note_passage")
    if len(text) > LONGEST:
        raise ConfigError("note_too_long", limit=LONGEST)
    _refuse_private(desk, text)
    if passage is Passage.COMMENDED_UNITS:
        text = "\n".join(commended_units(desk, text))
    if passage is Passage.COMMENDED_PERSONS:
        text = "\n".join(f"{one.unit} {one.name}" for one in commended_persons(desk, text))
    with desk.store.transaction():
        _open(desk.store.bulletin(kind, period))
        if desk.store.bulletin_notes(kind, period).get(passage, "") == text:
            return
        desk.store.set_bulletin_note(kind, period, passage, text, by=by, now=desk.clock.now())
        desk.log("bulletin_note", bulletin_ref(kind, period), {"passage": passage}, who=by)


def note_all(
    desk: Desk, kind: BulletinKind, period: str, texts: Mapping[Passage, str], *, seen: str, by: str
) -> None:
    """Several passages at once: all of them, or none where one cannot be taken.

    `seen` is seen_by() of what the person had before him; StateError 'changed_meanwhile' where somebody has
    worded a passage since; else as note().
    """
    with desk.store.transaction():
        if seen != seen_by(desk.store.bulletin_notes(kind, period)):
            raise StateError("changed_meanwhile")
        for passage, text in texts.items():
            note(desk, kind, period, passage, text, by=by)


def seen_by(notes: Mapping[Passage, str]) -> str:
    """A mark of these passages as they stand: another one as soon as any of them is worded anew."""
    return hashlib.sha256(repr(sorted(notes.items())).encode()).hexdigest()[:16]


def commended_units(desk: Desk, text: str) -> tuple[str, ...]:
    """先进单位, one a line, however written; ConfigError 'fact_unknown_unit'."""
    return tuple(dict.fromkeys(naming.unit(desk, line) for line in text.splitlines()))


def commended_persons(desk: Desk, text: str) -> tuple[Commendation, ...]:
    """先进个人, unit and name on each line; ConfigError 'note_person', 'fact_unknown_unit'."""
    return tuple(dict.fromkeys(_person(desk, line) for line in text.splitlines()))


def _person(desk: Desk, line: str) -> Commendation:
    unit, _, name = line.rpartition(" ")
    if not unit or not name:
        raise ConfigError("note_person", line=line)
    return Commendation(unit=naming.unit(desk, unit), name=name)


def _open(found: Bulletin | None) -> None:
    if found is not None and found.state is BulletinState.APPROVED:
        raise StateError("bulletin_approved", kind=found.kind, period=found.period, by=found.approved_by)


# ---- the text finished in Word -----------------------------------------------------------------------------


def replace(desk: Desk, found: Bulletin, content: bytes, name: str, *, by: str, seen: str = "") -> Bulletin:
    """A .docx edited in Word becomes the draft: a new sha256 to approve, counted as a draft of its own.

    The figures on record stay those it was drafted from; `seen` is the sha256 of the draft that the person
    had before him.  ConfigError 'bulletin_bad_file' (`fault` says why), 'bulletin_has_revisions',
    'note_contact'; StateError 'note_secret', 'bulletin_approved', 'approval_needs_name', 'changed_meanwhile'.
    """
    by = named(by)
    _check(desk, content, name)
    sha256 = desk.store.save_bulletin_file(content)
    with desk.store.transaction():
        present = desk.store.bulletin(found.kind, found.period) or found
        _open(present)
        refuse_unseen(desk, found.kind, found.period, seen)
        figures = desk.store.bulletin_figures(found.kind, found.period) or {}
        kept = desk.store.save_draft(
            kind=found.kind,
            period=found.period,
            sha256=sha256,
            file_name=present.file_name,
            figures=figures,
            now=desk.clock.now(),
            uploaded_by=by,
        )
        details = {"sha256": sha256, "draft": str(kept.drafts)}
        desk.log("bulletin_replaced", bulletin_ref(found.kind, found.period), details, who=by)
    return kept


def _check(desk: Desk, content: bytes, name: str) -> None:
    taken = Attachment(name=name, content_type="", content=content)
    document = word.inspect(taken, desk.policy.intake.document)
    if document.fault is not None or document.kind is not DocumentKind.DOCX:
        raise ConfigError("bulletin_bad_file", file=name, fault=document.fault or document.kind)
    if _has_revisions(content):
        raise ConfigError("bulletin_has_revisions", file=name)
    _refuse_private(desk, _all_text(document))


def _all_text(document: Document) -> str:
    return "\n".join((document.title, *document.paragraphs))


def _has_revisions(content: bytes) -> bool:
    """Marked changes and comments would go to all units with it."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = [name for name in archive.namelist() if re.fullmatch(r"word/\w+\.xml", name)]
        return any(_REVISION.search(archive.read(name)) for name in parts)


def _refuse_private(desk: Desk, text: str) -> None:
    """ConfigError 'note_contact', StateError 'note_secret'."""
    if rules.has_secrecy_mark(text, desk.policy.intake.secrecy):
        raise StateError("note_secret")
    contacts = tuple(_foreign(desk, (match[0] for match in masking.CONTACT.finditer(text))))
    if contacts:
        raise ConfigError("note_contact", contacts=" ".join(map(masking.masked, contacts[:5])))


def _foreign(desk: Desk, contacts: Iterable[str]) -> Iterable[str]:
    """Those that are not the office's own."""
    phones = tuple(re.sub(r"\D", "", phone) for phone in desk.config.office.phones)
    own = desk.config.own_addresses | {desk.config.section_address.lower()}
    for contact in contacts:
        digits = re.sub(r"\D", "", contact)
        if contact.lower() not in own and not (phones and digits and digits.endswith(phones)):
            yield contact
