"""The 通报: drafted when due, redrafted on request, approved by a named person for one exact file.

Due-ness is a row per period in the database, never a timer (promise P6); nothing goes to all units without an
approval that names the file's sha256 (promise P7).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mailbot.errors import NotFound
from mailbot.model import (
    Bulletin,
    BulletinKind,
    BulletinState,
    Correspondent,
    LetterFile,
    LetterKind,
    Month,
    Outcome,
    Submission,
    SubmissionState,
)
from mailbot.render import bulletin as rendering
from mailbot.render import letters
from mailbot.render.figures import ItemFigures, MonthlyFigures, UnitFigures
from mailbot.workflow.bulletins import drafting, gazette
from mailbot.workflow.desk import WORKER, Desk, bulletin_ref, first_start
from mailbot.workflow.letterbox import few, phrase, post
from mailbot.workflow.mail import notify
from mailbot.workflow.marks import credit, own_account, standings
from mailbot.workflow.marks.standings import Reckoning, UnitMonth
from mailbot.workflow.office import people
from mailbot.workflow.solicitations import answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A draft as composed: nothing of it is stored yet."""

    figures: MonthlyFigures
    content: bytes
    file_name: str
    kept: Mapping[str, object]
    """Of the figures, what the bulletin's row keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CircularFacts:
    """What the letter with a circulated 通报 says."""

    title: str
    unit: str
    office: str
    phones: tuple[str, ...]
    own: tuple[str, ...]
    """What the unit itself sent and got, line by line."""


# ---- what is due


def draft_due(desk: Desk) -> list[Bulletin]:
    """Draft each past month that is due and has no draft: one, whatever was switched off (promise P6)."""
    now = desk.clock.now()
    drafted = []
    for month in _months_since_start(desk, now):
        due = desk.config.timetable.bulletin_due(month)
        if due <= now and desk.store.bulletin(BulletinKind.MONTHLY, str(month)) is None:
            drafted.append(draft_month(desk, month, by=WORKER))
    return drafted


def _months_since_start(desk: Desk, now: datetime) -> list[Month]:
    """From the month of the installation's first day to this one; a month before it is drafted on request."""
    month = Month.of(first_start(desk))
    months = []
    while month <= Month.of(now):
        months.append(month)
        month = month.following()
    return months


# ---- drafting


def compose_month(desk: Desk, month: Month) -> Composed:
    """The 通报 on a month from what is registered now."""
    reckoning = standings.reckon(desk)
    figures = _figures(desk, month, reckoning)
    wording = desk.policy.wording
    blocks = rendering.monthly(figures, wording)
    title = drafting.title_of(desk, BulletinKind.MONTHLY, str(month))
    content = drafting.document(desk, blocks, title)
    name = drafting.file_name(desk, BulletinKind.MONTHLY, str(month))
    kept = standings.kept(reckoning, figures)
    return Composed(figures=figures, content=content, file_name=name, kept=kept)


def draft_month(desk: Desk, month: Month, *, by: str, force: bool = False) -> Bulletin:
    """Draft (again) the 通报 on `month` and mail it to the section.

    StateError 'bulletin_approved' once it is approved, 'bulletin_uploaded' where a person finished its text
    in Word and `force` is not set.
    """
    composed = compose_month(desk, month)
    draft = drafting.Draft(
        kind=BulletinKind.MONTHLY,
        period=str(month),
        content=composed.content,
        file_name=composed.file_name,
        kept=composed.kept,
        summary=rendering.draft_facts(composed.figures, desk.policy.wording),
        tasks=composed.figures.open_tasks,
    )
    return drafting.keep(desk, draft, by=by, force=force)


def _figures(desk: Desk, month: Month, reckoning: Reckoning) -> MonthlyFigures:
    accepted = desk.store.submissions(month=month, state=SubmissionState.ACCEPTED, limit=100_000)
    labels = standings.item_labels(reckoning, month)
    before = sorted(labels.keys() - {item.number for item in accepted})
    return MonthlyFigures(
        month=month,
        office=desk.config.issuer,
        date=desk.clock.now().date(),
        units=unit_figures(desk, month, reckoning),
        items=tuple(_item(item, labels) for item in accepted),
        earlier_items=tuple(_item(desk.store.submission(number), labels) for number in before),
        legend=standings.legend(reckoning, month, (label for found in labels.values() for label in found)),
        solicitations=answered.figures(desk, month),
        open_tasks=open_tasks(desk, month),
        notes=drafting.notes(desk, BulletinKind.MONTHLY, str(month)),
    )


def unit_figures(desk: Desk, month: Month, reckoning: Reckoning) -> tuple[UnitFigures, ...]:
    """The 综合表 of a month: every unit in the official sequence."""
    this_month = standings.reported(reckoning, month, month)
    so_far = standings.reported(reckoning, Month(month.year, 1), month)
    marked = standings.month_figures(desk, month, reckoning)
    return tuple(
        _with_marks(
            UnitFigures(
                unit=unit.name,
                kind=unit.kind,
                submissions=this_month[unit.name],
                cumulative_submissions=so_far[unit.name],
            ),
            marked.get(unit.name),
        )
        for unit in desk.policy.roster.units
    )


def _with_marks(figures: UnitFigures, marked: UnitMonth | None) -> UnitFigures:
    """Without marks where the month shows none, or the unit was not assessed in its year."""
    if marked is None:
        return figures
    return replace(
        figures,
        solicited=marked.solicited,
        adopted=marked.adopted,
        instructions=marked.instructions,
        plus=marked.plus,
        minus=marked.minus,
        month_marks=marked.month_marks,
        cumulative_marks=marked.cumulative_marks,
        rank=marked.rank,
    )


def _unit(item: Submission) -> str:
    return item.fields.unit.value if item.fields.unit else ""


def _item(item: Submission, labels: Mapping[str, tuple[str, ...]]) -> ItemFigures:
    return ItemFigures(
        number=item.number,
        unit=_unit(item),
        title=item.fields.title.value if item.fields.title else "",
        date=item.arrived_at.date(),
        labels=labels.get(item.number, ()),
    )


def open_tasks(desk: Desk, month: Month) -> tuple[str, ...]:
    """What the section should settle before it approves the 通报 on a month, in words."""
    return (
        *_unsettled(desk, month),
        *answered.open_tasks(desk, month),
        *credit.open_tasks(desk, month),
    )


def _unsettled(desk: Desk, month: Month) -> tuple[str, ...]:
    """Items and mails that wait, and units that would get no 通报."""
    held = desk.store.submissions(month=month, state=SubmissionState.HELD)
    start = datetime(month.year, month.month, 1, tzinfo=desk.clock.now().tzinfo)
    end = datetime(month.following().year, month.following().month, 1, tzinfo=start.tzinfo)
    parked = desk.store.mails(outcome=Outcome.PARKED, since=start, until=end)
    _, without = people.recipients(desk)
    tasks = []
    if held:
        tasks.append(phrase(desk, "task.held", count=len(held)))
    if parked:
        tasks.append(phrase(desk, "task.parked", count=len(parked)))
    if without:
        tasks.append(phrase(desk, "task.without", units=few(desk, without), count=len(without)))
    return tuple(tasks)


def outdated(desk: Desk, found: Bulletin, reckoning: Reckoning) -> bool:
    """Whether a monthly draft tells other figures than those that stand now."""
    if found.kind is not BulletinKind.MONTHLY or found.state is not BulletinState.DRAFT:
        return False
    figures = _figures(desk, Month.parse(found.period), reckoning)
    return not desk.store.drawn_from(found.kind, found.period, standings.kept(reckoning, figures))


# ---- approving


def of_month(desk: Desk, month: Month) -> Bulletin:
    """NotFound where that month has no draft yet."""
    found = desk.store.bulletin(BulletinKind.MONTHLY, str(month))
    if found is None:
        raise NotFound("bulletin_unknown", month=month)
    return found


def bulletin(desk: Desk, bulletin_id: int) -> Bulletin:
    """By its id; NotFound."""
    for found in desk.store.bulletins():
        if found.id == bulletin_id:
            return found
    raise NotFound("bulletin_unknown", month=bulletin_id)


def recipients_of(desk: Desk, found: Bulletin) -> tuple[list[Correspondent], list[str]]:
    """Who gets this one when it is approved, and who cannot: an issue of 《普刊》 goes to nobody by mail."""
    return ([], []) if found.kind is BulletinKind.GAZETTE else people.recipients(desk)


def approve(desk: Desk, bulletin_id: int, *, sha256: str, by: str) -> int:
    """A named person's word on one exact file: it is frozen, and one letter per correspondent is queued.

    Returns how many: none for an issue of 《普刊》, whose items are adopted by it.  StateError where the file
    is another by now, or was approved already.
    """
    found, by = bulletin(desk, bulletin_id), drafting.named(by)
    if found.kind is BulletinKind.GAZETTE:
        gazette.approve(desk, found, sha256=sha256, by=by)
        return 0
    with desk.store.transaction():
        desk.store.approve_bulletin(found.id, sha256=sha256, by=by, now=desk.clock.now())
        content = desk.store.bulletin_file(sha256)
        listed, _ = people.recipients(desk)
        kept = standings.kept_of(desk, found.period)
        for one in listed:
            own = own_account.lines(desk, kept, one.unit) if desk.config.bulletin.own_account else ()
            _circulate(desk, found, one, content, own)
        desk.log("approved", bulletin_ref(found.kind, found.period), {"sha256": sha256}, who=by)
    return len(listed)


def _circulate(desk: Desk, found: Bulletin, one: Correspondent, content: bytes, own: tuple[str, ...]) -> None:
    _bulletin_to(
        desk,
        recipient=one.address,
        about=bulletin_ref(found.kind, found.period),
        title=drafting.title_of(desk, found.kind, found.period),
        unit=one.unit,
        own=own,
        files=(LetterFile(name=found.file_name, content=content),),
    )


def _bulletin_to(
    desk: Desk,
    *,
    recipient: str,
    unit: str,
    own: tuple[str, ...],
    about: str,
    title: str,
    files: Sequence[LetterFile],
) -> None:
    """One approved 通报 to one correspondent.  Its text names the unit: hosts stop identical bulk mail."""
    facts = CircularFacts(
        title=title,
        unit=unit,
        office=desk.config.office.name,
        phones=desk.config.office.phones,
        own=own,
    )
    text = letters.compose(LetterKind.BULLETIN, facts, desk.policy.wording)
    post(desk, LetterKind.BULLETIN, recipient, text, about=about, files=files)


# ---- the daily digest


def digest_due(desk: Desk) -> None:
    """Tell the section what came today, what was answered and what waits; once a day, on working days."""
    now = desk.clock.now()
    due = desk.config.timetable.digest_due(now.date())
    if due is None or due > now or desk.store.job_done("digest", due):
        return
    with desk.store.transaction():
        if desk.store.mark_job("digest", due, now):
            notify.digest(desk, since=_last_digest(desk, due), until=due)


def _last_digest(desk: Desk, due: datetime) -> datetime:
    """Since the one before: what came in between, over a weekend too; at most a month."""
    earlier = [e.at for e in desk.store.events(verb="digest", limit=1)]
    return max(earlier[0], due - timedelta(days=31)) if earlier else due - timedelta(days=1)
