"""One 通报 of whatever kind, for a page: how its sending stands, its text to read, drafting it anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mailbot.errors import StateError
from mailbot.intake import word
from mailbot.model import Bulletin, BulletinKind, BulletinState, LetterState, Month
from mailbot.workflow.bulletins import amend, annual, drafting, gazette, instant, report
from mailbot.workflow.desk import Desk, bulletin_ref
from mailbot.workflow.marks.standings import Reckoning

LONGEST_TEXT = 20_000
"""Characters of a text to read; the Word file has all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The text of a file: its paragraphs, and None where a table stands."""

    parts: tuple[str | None, ...] = ()
    cut: bool = False


def name(desk: Desk, found: Bulletin) -> str:
    """As lists call it: its title, with what tells a 即时通报 or 更正 from others of the same title."""
    title = drafting.title_of(desk, found.kind, found.period)
    if found.kind is BulletinKind.INSTANT:
        told = instant.told_by(desk, found)
        return f"{title}（{told.solicitation}，{'、'.join(told.units)}）"
    if found.kind is BulletinKind.CORRECTION:
        return f"{title}（{found.period.rpartition('-')[2]}）"
    return title


def open_tasks(desk: Desk, found: Bulletin, reckoning: Reckoning) -> tuple[str, ...]:
    """What the section should settle before it approves it, in words, as things stand now."""
    match found.kind:
        case BulletinKind.MONTHLY:
            return report.open_tasks(desk, month_of(found))
        case BulletinKind.ANNUAL:
            return annual.open_tasks(desk, int(found.period))
        case BulletinKind.INSTANT:
            return instant.open_tasks(desk, found, reckoning)
        case _:
            return ()


def sending(desk: Desk, found: Bulletin) -> Mapping[LetterState, int]:
    """How many of its letters stand in each state; empty where none were made."""
    return desk.store.bulletin_letter_counts(bulletin_ref(found.kind, found.period))


def reading(desk: Desk, found: Bulletin) -> Reading:
    """The text of its file without its tables; without parts where it cannot be read."""
    content = desk.store.bulletin_file(found.sha256)
    parts: list[str | None] = []
    length, broken = 0, False
    for line in word.body_lines(content, desk.policy.intake.document):
        length += len(line.text)
        if length > LONGEST_TEXT:
            return Reading(parts=tuple(parts), cut=True)
        if line.cell:
            parts += [None] if not parts or parts[-1] is not None else []
        elif broken and parts and parts[-1] is not None:
            parts[-1] += line.text
        else:
            parts.append(line.text)
        broken = line.broken
    return Reading(parts=tuple(parts))


def redraft(desk: Desk, found: Bulletin, *, by: str, force: bool = False) -> Bulletin:
    """Draft it again from what is on record now, whatever its kind.

    StateError 'bulletin_approved'; 'bulletin_uploaded' where a person finished its text in Word and `force`
    is not set; else as the verb of its kind.
    """
    if found.state is BulletinState.APPROVED:
        raise StateError("bulletin_approved", kind=found.kind, period=found.period, by=found.approved_by)
    match found.kind:
        case BulletinKind.MONTHLY:
            return report.draft_month(desk, Month.parse(found.period), by=by, force=force)
        case BulletinKind.ANNUAL:
            return annual.draft(desk, int(found.period), by=by, force=force)
        case BulletinKind.CORRECTION:
            return amend.draft(desk, month_of(found), by=by, force=force)
        case BulletinKind.INSTANT:
            return instant.redraft(desk, found, by=by, force=force)
        case BulletinKind.GAZETTE:
            return gazette.redraft(desk, found, by=by, force=force)


def month_of(found: Bulletin) -> Month:
    """The month that a monthly one, or its correction, is about."""
    return Month.parse(found.period[:7])


def corrections(desk: Desk, month: Month) -> list[Bulletin]:
    """Those of a month, newest first."""
    prefix = f"{month}-"
    return [
        found
        for found in desk.store.bulletins()
        if found.kind is BulletinKind.CORRECTION and found.period.startswith(prefix)
    ]


def issued_of(desk: Desk, found: Bulletin) -> Bulletin | None:
    """The monthly 通报 that a correction corrects."""
    return desk.store.bulletin(BulletinKind.MONTHLY, str(month_of(found)))
