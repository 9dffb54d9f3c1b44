"""What every draft goes through: one row for its kind and period, one exact file, put to the section.

A text that a person finished in Word is never overwritten unless he says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mailbot.errors import NotFound, StateError
from mailbot.model import Bulletin, BulletinKind, LetterFile, Month, Passage
from mailbot.render import official
from mailbot.render.blocks import Block
from mailbot.render.figures import Notes
from mailbot.render.typography import typography_of
from mailbot.workflow.desk import Desk, bulletin_ref
from mailbot.workflow.letterbox import one_line, phrase
from mailbot.workflow.mail import notify

NAME = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A draft as composed.  `summary` and `tasks` are for the letter with it, `files` go beside it."""

    kind: BulletinKind
    period: str
    content: bytes
    file_name: str
    kept: Mapping[str, object] = field(default_factory=dict)
    """Of the figures, what the row keeps."""
    summary: str = ""
    tasks: tuple[str, ...] = ()
    files: tuple[LetterFile, ...] = ()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def document(desk: Desk, blocks: Sequence[Block], title: str) -> bytes:
    """The blocks as a Word file of this office."""
    properties = official.Properties(title=title, author=desk.config.issuer, created=desk.clock.now())
    return official.to_docx(blocks, properties=properties, typography=typography_of(desk.policy.wording))


def keep(
    desk: Desk, draft: Draft, *, by: str, force: bool = False, tell: bool = True, seen: str = ""
) -> Bulletin:
    """On record in place of an earlier draft, and mailed to the section where it is to be told.

    StateError 'bulletin_approved'; 'bulletin_uploaded' as refuse_uploaded(); 'changed_meanwhile' as
    refuse_unseen().
    """
    desk.store.save_bulletin_file(draft.content)
    with desk.store.transaction():
        refuse_unseen(desk, draft.kind, draft.period, seen)
        refuse_uploaded(desk, draft.kind, draft.period, force=force)
        kept = desk.store.save_draft(
            kind=draft.kind,
            period=draft.period,
            sha256=draft.sha256,
            file_name=draft.file_name,
            figures=draft.kept,
            now=desk.clock.now(),
        )
        reference = bulletin_ref(draft.kind, draft.period)
        if tell:
            notify.draft_to_section(
                desk,
                about=f"{reference}:{kept.drafts}",
                title=title_of(desk, draft.kind, draft.period),
                period=period_name(desk, draft.kind, draft.period),
                summary=draft.summary,
                tasks=draft.tasks,
                files=(LetterFile(name=draft.file_name, content=draft.content), *draft.files),
            )
        desk.log("drafted", reference, {"sha256": kept.sha256, "draft": str(kept.drafts)}, who=by)
    return kept


def refuse_uploaded(desk: Desk, kind: BulletinKind, period: str, *, force: bool) -> None:
    """StateError 'bulletin_uploaded' where drafting anew would replace a text that a person finished."""
    found = desk.store.bulletin(kind, period)
    if found is not None and found.uploaded_by is not None and not force:
        raise StateError("bulletin_uploaded", period=period, by=found.uploaded_by)


def refuse_unseen(desk: Desk, kind: BulletinKind, period: str, seen: str) -> None:
    """StateError 'changed_meanwhile' where the draft is no longer the file `seen` (its sha256) that a person
    worked from; '' for whoever did not look at one."""
    found = desk.store.bulletin(kind, period)
    if seen and (found is None or found.sha256 != seen):
        raise StateError("changed_meanwhile")


def of_period(desk: Desk, period: str) -> Bulletin:
    """By its period, which tells the kind too: 2019-03, 2019, 2019-003-similar, 2019-03-1, 2019-012.

    NotFound 'bulletin_unknown'.
    """
    for found in desk.store.bulletins():
        if found.period == period.strip():
            return found
    raise NotFound("bulletin_unknown", month=period)


# ---- what it is called -------------------------------------------------------------------------------------


def title_of(desk: Desk, kind: BulletinKind, period: str) -> str:
    """Its title, as letters and lists name it."""
    return _phrase(desk, kind, period, "title")


def period_name(desk: Desk, kind: BulletinKind, period: str) -> str:
    """The period in words: 2019年3月份."""
    return _phrase(desk, kind, period, "period")


def file_name(desk: Desk, kind: BulletinKind, period: str) -> str:
    """The file as recipients see it."""
    return _phrase(desk, kind, period, "file")


def _phrase(desk: Desk, kind: BulletinKind, period: str, part: str) -> str:
    key = f"bulletin.{part}" if kind is BulletinKind.MONTHLY else f"bulletin.{kind}_{part}"
    return phrase(desk, key, **_values(kind, period))


def _values(kind: BulletinKind, period: str) -> Mapping[str, object]:
    if kind in (BulletinKind.MONTHLY, BulletinKind.CORRECTION):
        month = Month.parse(period[:7])
        return {"year": month.year, "month": month.month}
    year, _, number = period.partition("-")
    return {"year": int(year), "number": number.lstrip("0")}


# ---- who, and what the section words itself ----------------------------------------------------------------


def named(by: str) -> str:
    """StateError 'approval_needs_name': such a thing is done by somebody."""
    name = one_line(by)
    if not name or len(name) > NAME or not name.isprintable():
        raise StateError("approval_needs_name")
    return name


def notes(desk: Desk, kind: BulletinKind, period: str) -> Notes:
    """What the section wrote for this one: it stands in every draft of it."""
    found = desk.store.bulletin_notes(kind, period)
    lines = {passage: tuple(text.splitlines()) for passage, text in found.items()}
    return Notes(
        overview=lines.get(Passage.OVERVIEW, ()),
        problems=lines.get(Passage.PROBLEMS, ()),
        next_steps=lines.get(Passage.NEXT_STEPS, ()),
    )
