"""即时通报 of typical cases in 约稿 (notice 三(五)): proposed from what is on record, drafted by a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from mailbot.errors import ConfigError, StateError
from mailbot.marking import MarkingScheme
from mailbot.model import Bulletin, BulletinKind, BulletinState, Solicitation
from mailbot.render import bulletin as rendering
from mailbot.render import masking
from mailbot.render.figures import Case, InstantFigures
from mailbot.scoring import Mark
from mailbot.workflow.bulletins import drafting
from mailbot.workflow.bulletins.drafting import Draft, named
from mailbot.workflow.desk import Desk
from mailbot.workflow.letterbox import one_line, phrase
from mailbot.workflow.marks import naming, standings
from mailbot.workflow.marks.standings import Reckoning

DETAIL = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Units with one fault in one 约稿 that no 即时通报 has named yet."""

    solicitation: str
    topic: str
    code: str
    """Of the fault: similar, plagiarised, poor."""
    label: str
    units: tuple[str, ...]
    day: date
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What of a 即时通报 stands in its row."""

    solicitation: str = ""
    code: str = ""
    units: tuple[str, ...] = field(default=())
    detail: str = ""


def proposals(desk: Desk, reckoning: Reckoning | None = None) -> tuple[Proposal, ...]:
    """Typical cases on record, oldest first, without units that a 即时通报 on them names already.

    `reckoning` is the present one, where the caller has it.
    """
    reckoning = reckoning or standings.reckon(desk)
    told = {(one.solicitation, one.code, unit) for _, one in _told(desk) for unit in one.units}
    found: dict[tuple[str, str], list[Mark]] = {}
    for mark in sorted(reckoning.marks, key=lambda mark: mark.at.starts):
        if not (mark.typical and mark.solicitation):
            continue
        code, _ = _fault(naming.scheme(desk, mark.at.day), mark.label)
        if (mark.solicitation, code, mark.unit) not in told:
            found.setdefault((mark.solicitation, code), []).append(mark)
    return tuple(_proposal(desk, code, marks) for (_, code), marks in found.items())


def _proposal(desk: Desk, code: str, marks: Sequence[Mark]) -> Proposal:
    first = marks[0]
    return Proposal(
        solicitation=first.solicitation,
        topic=desk.store.solicitation(first.solicitation).title,
        code=code,
        label=first.label,
        units=tuple(dict.fromkeys(mark.unit for mark in marks)),
        day=max(mark.at.day for mark in marks),
        facts=tuple(dict.fromkeys(mark.fact for mark in marks)),
    )


def draft(
    desk: Desk,
    solicitation: str,
    units: Sequence[str],
    kind: str,
    *,
    by: str,
    detail: str = "",
    force: bool = False,
) -> Bulletin:
    """Draft (again) the 即时通报 on one fault of units in one 约稿, and mail it to the section.

    `kind` is a fault by code or label (雷同); `detail` a sentence of the section's own.

    Once it is approved, further units get one of their own.  What is not on record as a fact is named to the
    section: being named costs no marks.  ConfigError 'fact_unknown_unit', 'instant_no_units',
    'fact_unknown_fault', 'note_too_long', 'note_contact'; StateError 'solicitation_not_asked'; NotFound.
    """
    by, one = named(by), desk.store.solicitation(solicitation.strip())
    row = _fault(naming.scheme(desk, desk.clock.now().date()), kind)
    names = tuple(dict.fromkeys(naming.unit(desk, unit) for unit in units))
    if not names:
        raise ConfigError("instant_no_units")
    _refuse_unasked(desk, one, names)
    proposed = [p for p in proposals(desk) if (p.solicitation, p.code) == (one.topic, row[0])]
    case = Case(
        units=names,
        label=row[1],
        topic=one.title,
        date=max((p.day for p in proposed), default=desk.clock.now().date()),
        detail=_checked(detail),
    )
    today = desk.clock.now().date()
    figures = InstantFigures(office=desk.config.issuer, date=today, cases=(case,))
    told = Told(solicitation=one.topic, code=row[0], units=names, detail=case.detail)
    return _keep(desk, figures, told, by=by, force=force)


def redraft(desk: Desk, found: Bulletin, *, by: str, force: bool = False) -> Bulletin:
    """The same case once more, from what is on record now; as draft()."""
    told = told_by(desk, found)
    return draft(desk, told.solicitation, told.units, told.code, by=by, detail=told.detail, force=force)


def open_tasks(desk: Desk, found: Bulletin, reckoning: Reckoning) -> tuple[str, ...]:
    """What the section should settle before it approves this one, in words."""
    told = told_by(desk, found)
    return _unrecorded(desk, told, dict(faults(desk)).get(told.code, told.code), reckoning)


def faults(desk: Desk) -> tuple[tuple[str, str], ...]:
    """Code and label of what a 即时通报 can be about, by the 考评办法 of today."""
    return tuple(_faults(naming.scheme(desk, desk.clock.now().date())))


def told_by(desk: Desk, found: Bulletin) -> Told:
    """What a 即时通报 tells: the 约稿, the fault, the units, the section's own sentence."""
    kept = desk.store.bulletin_figures(found.kind, found.period) or {}
    units = kept.get("units")
    return Told(
        solicitation=str(kept.get("solicitation")),
        code=str(kept.get("code")),
        units=tuple(map(str, units)) if isinstance(units, list) else (),
        detail=str(kept.get("detail", "")),
    )


def _refuse_unasked(desk: Desk, one: Solicitation, units: Sequence[str]) -> None:
    """StateError 'solicitation_not_asked': nobody is named for what was never asked of him."""
    asked = {unit for same in desk.store.solicitations(topic=one.topic) for unit in same.units}
    for unit in units:
        if unit not in asked:
            raise StateError("solicitation_not_asked", solicitation=one.code, unit=unit)


def _keep(desk: Desk, figures: InstantFigures, told: Told, *, by: str, force: bool) -> Bulletin:
    wording, (case,) = desk.policy.wording, figures.cases
    period = _period(desk, told)
    title = drafting.title_of(desk, BulletinKind.INSTANT, period)
    units = "、".join(case.units)
    summary = phrase(
        desk, "bulletin.instant_summary", units=units, label=case.label, solicitation=told.solicitation
    )
    made = Draft(
        kind=BulletinKind.INSTANT,
        period=period,
        content=drafting.document(desk, rendering.instant(figures, wording), title),
        file_name=drafting.file_name(desk, BulletinKind.INSTANT, period),
        kept={
            "solicitation": told.solicitation,
            "code": told.code,
            "units": told.units,
            "detail": told.detail,
        },
        summary=summary,
        tasks=_unrecorded(desk, told, case.label, standings.reckon(desk)),
    )
    return drafting.keep(desk, made, by=by, force=force)


def _unrecorded(desk: Desk, told: Told, label: str, reckoning: Reckoning) -> tuple[str, ...]:
    """Units whose fault no fact records."""
    recorded = {
        mark.unit
        for mark in reckoning.marks
        if mark.solicitation == told.solicitation and mark.typical and mark.label == label
    }
    missing = [unit for unit in told.units if unit not in recorded]
    return (phrase(desk, "bulletin.instant_unrecorded", units="、".join(missing)),) if missing else ()


def _period(desk: Desk, told: Told) -> str:
    """One row for a fault in a 约稿; another only once the one before is approved."""
    plain = f"{told.solicitation}-{told.code}"
    for number in range(1, 1000):
        period = plain if number == 1 else f"{plain}-{number}"
        found = desk.store.bulletin(BulletinKind.INSTANT, period)
        if found is None or found.state is BulletinState.DRAFT:
            return period
    raise ConfigError("instant_too_many", solicitation=told.solicitation)


def _told(desk: Desk) -> Iterable[tuple[Bulletin, Told]]:
    for found in desk.store.bulletins():
        if found.kind is BulletinKind.INSTANT:
            yield found, told_by(desk, found)


def _fault(scheme: MarkingScheme, kind: str) -> tuple[str, str]:
    """Code and label of a fault that is a typical case, whichever way it was entered.

    ConfigError 'fact_unknown_fault'.
    """
    rows = _faults(scheme)
    for code, label in rows:
        if kind.strip() in (code, label):
            return code, label
    raise ConfigError("fact_unknown_fault", **naming.words(kind, (label for _, label in rows)))


def _faults(scheme: MarkingScheme) -> list[tuple[str, str]]:
    return [(row.code, row.label) for row in scheme.demerits if row.typical and row.on == "solicited"]


def _checked(detail: str) -> str:
    """ConfigError 'note_too_long', 'note_contact'."""
    text = one_line(detail).rstrip("。")
    if len(text) > DETAIL:
        raise ConfigError("note_too_long", limit=DETAIL)
    if masking.CONTACT.search(text):
        raise ConfigError("note_contact", contacts=masking.masked(text))
    return text
