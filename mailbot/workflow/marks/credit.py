"""What a person of the section enters: 采用, 批示, 以干代训, faults, and the withdrawal of any of these.

One function is one decision and one transaction, with its event under the person's name.  A fact is dated by
the day it happened, never edited, and withdrawn with a reason; no mark follows from a likeness alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation

from mailbot.errors import ConfigError, StateError
from mailbot.facts import (
    Adoption,
    Demerit,
    Fact,
    Failure,
    Instruction,
    ManualAdjustment,
    Moment,
    Secondment,
)
from mailbot.marking import SELF, SOLICITED, MarkingScheme
from mailbot.model import Month
from mailbot.store import Entry
from mailbot.store.facts import items_of, kind_of
from mailbot.workflow.desk import Desk, fact_ref
from mailbot.workflow.letterbox import one_line, phrase
from mailbot.workflow.marks import feedback, naming

NAME = 40
NOTE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Who enters it, a remark, and whether the submitter is told: not of what is brought in from the past."""

    by: str
    note: str = ""
    tell: bool = True


# ---- 采用 and 批示 -----------------------------------------------------------------------------------------


def adopt(desk: Desk, number: str, publication: str, *, day: date, who: Who, issue: str = "") -> Entry:
    """An item was adopted by a publication, named by code, name or label of the scheme of that day.

    NotFound 'fact_no_item'; StateError 'fact_item_state', 'fact_known'; ConfigError 'fact_*'.
    """
    return _adopt(desk, number, publication, day=day, who=who, issue=issue, composite="")


def merge(
    desk: Desk, numbers: Sequence[str], publication: str, *, day: date, who: Who, issue: str = ""
) -> tuple[Entry, ...]:
    """Several items went into one adopted piece: each of their units is credited with it, once (A19).

    ConfigError 'fact_few_items' for fewer than two; else as adopt().
    """
    with desk.store.transaction():
        items = naming.items(desk, numbers, least=2)
        row = naming.publication(naming.scheme(desk, day), publication)
        piece = "+".join((str(day), row, items[0].number))
        return tuple(
            _adopt(desk, item.number, row, day=day, who=who, issue=issue, composite=piece) for item in items
        )


def _adopt(
    desk: Desk, number: str, publication: str, *, day: date, who: Who, issue: str, composite: str
) -> Entry:
    with desk.store.transaction():
        item = naming.item(desk, number)
        fact = Adoption(
            id="",
            at=_past(desk, day),
            by=who.by,
            item=item.number,
            publication=naming.publication(naming.scheme(desk, day), publication),
            issue=_issue(desk, issue),
            composite=composite,
        )
        return _enter(desk, fact, who)


def instruct(
    desk: Desk,
    number: str,
    level: str,
    *,
    day: date,
    who: Who,
    leader: str = "",
    rank: str = "",
    answer_by: date | None = None,
) -> Entry:
    """Leaders of a level wrote on an item; `who.note` is what they wrote, `answer_by` when 批示反馈 is due.

    ConfigError 'fact_unknown_level', 'fact_answer_early'; else as adopt().
    """
    with desk.store.transaction():
        item = naming.item(desk, number)
        if answer_by is not None and answer_by < day:
            raise ConfigError("fact_answer_early", day=day, answer_by=answer_by)
        fact = Instruction(
            id="",
            at=_past(desk, day),
            by=who.by,
            item=item.number,
            level=naming.level(naming.scheme(desk, day), level, rank),
            leader=_short(leader, "leader"),
            rank=rank.strip(),
        )
        return _enter(desk, fact, who, answer_by=answer_by)


def note_feedback(desk: Desk, fact_id: str, mail: str, *, by: str) -> Entry:
    """批示反馈: the mail (by its id, or by the number it got) that answers an instruction.

    NotFound 'no_fact', 'no_mail', 'fact_no_mail'; StateError 'fact_no_instruction', 'fact_withdrawn'.
    """
    by = _named(by)
    with desk.store.transaction():
        entry = desk.store.fact(fact_id)
        if not isinstance(entry.fact, Instruction):
            raise StateError("fact_no_instruction", fact=entry.fact.id)
        if entry.withdrawn is not None:
            raise StateError("fact_withdrawn", fact=entry.fact.id, by=entry.withdrawn.by)
        row = naming.mail(desk, mail)
        if desk.store.answer_fact(entry.fact.id, row.id, by=by, now=desk.clock.now()):
            desk.log("instruction_answered", fact_ref(entry.fact.id), {"mail": str(row.id)}, who=by)
        return desk.store.fact(entry.fact.id)


def unanswered(desk: Desk) -> list[Entry]:
    """Instructions whose 批示反馈 was asked for and has not come, the earliest due first."""
    asked = desk.store.facts(kinds=("instruction",), withdrawn=False)
    waiting = [(entry.answer_by, entry) for entry in asked if entry.answer_by and not entry.answers]
    return [entry for _, entry in sorted(waiting, key=lambda pair: pair[0])]


def open_tasks(desk: Desk, month: Month) -> tuple[str, ...]:
    """What of the facts should be settled before the 通报 on a month is approved, in words."""
    adopted = [e.fact for e in desk.store.facts(kinds=("adoption",), withdrawn=False)]
    bare = [fact.id for fact in adopted if fact.at.month == month and _lacks_issue(desk, fact)]
    today = desk.clock.now().date()
    overdue = [e.fact.id for e in unanswered(desk) if e.answer_by is not None and e.answer_by < today]
    tasks = (("task.no_issue", bare), ("task.unanswered", overdue))
    return tuple(phrase(desk, key, count=len(ids), facts="\u3001".join(ids)) for key, ids in tasks if ids)


def _lacks_issue(desk: Desk, fact: Fact) -> bool:
    """Whether an adoption by a publication was entered without its issue; what is forwarded has none."""
    if not isinstance(fact, Adoption) or fact.issue:
        return False
    row = naming.scheme(desk, fact.at.day).publication(fact.publication)
    return row is not None and row.form != "forward"


# ---- 以干代训, faults, adjustments -------------------------------------------------------------------------


def second(desk: Desk, unit: str, month: Month, persons: Iterable[str], *, who: Who) -> Entry:
    """以干代训 of persons of a unit in a month that has begun.

    ConfigError 'fact_unknown_unit', 'fact_no_person', 'fact_future'; StateError 'fact_known' where one of
    them is entered for the month already.
    """
    names = tuple(dict.fromkeys(name for person in persons if (name := _short(person, "person"))))
    if not names:
        raise ConfigError("fact_no_person")
    with desk.store.transaction():
        fact = Secondment(
            id="",
            at=_past(desk, date(month.year, month.month, 1)),
            by=who.by,
            month=month,
            unit=naming.unit(desk, unit),
            persons=names,
        )
        if naming.scheme(desk, fact.at.day).secondment is None:
            raise ConfigError("fact_no_secondment", month=month)
        return _enter(desk, fact, who)


def demerit(
    desk: Desk,
    code: str,
    numbers: Sequence[str],
    *,
    day: date,
    who: Who,
    kind: str = "",
    exempt: Sequence[str] = (),
) -> Entry:
    """A fault of items, found by a person: low_quality (with its kind), poor, similar, plagiarised.

    `exempt` are items among them that are let off.  ConfigError 'fact_unknown_fault', 'fact_unknown_kind',
    'fact_few_items', 'fact_exempt', 'fact_fault_elsewhere' where such items cannot have such a fault.
    """
    with desk.store.transaction():
        scheme = naming.scheme(desk, day)
        rows = [row for row in scheme.demerits if row.code == code.strip()]
        if not rows:
            raise ConfigError(
                "fact_unknown_fault", **naming.words(code, (row.code for row in scheme.demerits))
            )
        items = naming.items(desk, numbers, least=2 if code == "similar" else 1)
        let_off = naming.items(desk, exempt, least=0)
        if not {item.number for item in let_off} < {item.number for item in items}:
            raise ConfigError("fact_exempt", numbers=" ".join(exempt))
        kinds = [kind for row in rows for kind in row.kinds]
        if (kind or all(row.kinds for row in rows)) and kind not in kinds:
            raise ConfigError("fact_unknown_kind", **naming.words(kind, kinds))
        fact = Demerit(
            id="",
            at=_past(desk, day),
            by=who.by,
            code=code.strip(),
            items=tuple(item.number for item in items),
            kind=kind,
            exempt=tuple(item.number for item in let_off),
        )
        _applies(desk, fact, scheme)
        return _enter(desk, fact, who)


def _applies(desk: Desk, fact: Demerit, scheme: MarkingScheme) -> None:
    """A fault that none of the items can have would be on record and do nothing."""
    for item in fact.items:
        report = SOLICITED if desk.store.solicitation_answered(item) else SELF
        if scheme.demerit(fact.code, report, fact.kind) is not None:
            return
    raise ConfigError("fact_fault_elsewhere", numbers=" ".join(fact.items), word=fact.code)


def major_failure(desk: Desk, unit: str, kind: str, *, day: date, who: Who, solicitation: str = "") -> Entry:
    """重大信息迟报、漏报、失实 of a unit; `who.note` says of what, and what came of it.

    ConfigError 'fact_unknown_unit', 'fact_unknown_kind'.
    """
    with desk.store.transaction():
        kinds = [kind for row in naming.scheme(desk, day).failures for kind in row.kinds]
        if kind not in kinds:
            raise ConfigError("fact_unknown_kind", **naming.words(kind, kinds))
        fact = Failure(
            id="",
            at=_past(desk, day),
            by=who.by,
            unit=naming.unit(desk, unit),
            kind=kind,
            solicitation=desk.store.solicitation(solicitation).topic if solicitation else "",
        )
        return _enter(desk, fact, who)


def adjust(desk: Desk, unit: str, points: str, *, day: date, who: Who) -> Entry:
    """Points that a person gives or takes; `who.note` is the reason, and must be there.

    ConfigError 'fact_bad_points', 'fact_needs_reason', 'fact_unknown_unit'.
    """
    try:
        exact = Decimal(points.strip())
    except InvalidOperation:
        raise ConfigError("fact_bad_points", word=points) from None
    places = naming.scheme(desk, day).rules.decimals
    if not exact.is_finite() or not exact or abs(exact) >= 1000 or round(exact, places) != exact:
        raise ConfigError("fact_bad_points", word=points)
    if not who.note.strip():
        raise ConfigError("fact_needs_reason")
    with desk.store.transaction():
        unit, reason = naming.unit(desk, unit), one_line(who.note)
        fact = ManualAdjustment(id="", at=_past(desk, day), by=who.by, unit=unit, points=exact, reason=reason)
        return _enter(desk, fact, replace(who, note=""))


def withdraw(desk: Desk, fact_id: str, reason: str, *, by: str) -> Entry:
    """A fact was entered wrongly: it counts no more, and stays on record with the reason.

    NotFound 'no_fact'; StateError 'fact_withdrawn'; ConfigError 'fact_needs_reason'.
    """
    by, reason = _named(by), one_line(reason)
    if not reason:
        raise ConfigError("fact_needs_reason")
    with desk.store.transaction():
        entry = desk.store.fact(fact_id)
        desk.store.withdraw_fact(entry.fact.id, reason=reason, by=by, now=desk.clock.now())
        feedback.take_back(desk, entry, by=by)
        desk.log("fact_withdrawn", fact_ref(entry.fact.id), {"reason": reason}, who=by)
        return desk.store.fact(entry.fact.id)


# ---- entering ----------------------------------------------------------------------------------------------


def _enter(desk: Desk, fact: Fact, who: Who, *, answer_by: date | None = None) -> Entry:
    """Inside the transaction; StateError 'fact_known' where the same is on record already."""
    fact = replace(fact, by=_named(who.by))
    note = who.note.strip()
    if len(note) > NOTE:
        raise ConfigError("fact_too_long", limit=NOTE)
    named = next(iter(items_of(fact)), None)
    day = None if named else fact.at
    for known in desk.store.facts(kinds=(kind_of(fact),), item=named, at=day, withdrawn=False):
        if _same(known, fact, note):
            raise StateError("fact_known", fact=known.fact.id, by=known.fact.by)
    entry = desk.store.add_fact(fact, note=note, answer_by=answer_by, now=desk.clock.now())
    if who.tell:
        feedback.tell(desk, entry)
    desk.log("fact_entered", fact_ref(entry.fact.id), {"kind": entry.kind}, who=entry.fact.by)
    return entry


def _same(known: Entry, fact: Fact, note: str) -> bool:
    """Whether entering it once more would be a slip of the hand."""
    match known.fact, fact:
        case Secondment() as before, Secondment() as now:
            among = set(before.persons) & set(now.persons)
            return (before.unit, before.month) == (now.unit, now.month) and bool(among)
        case Adoption() as before, Adoption() as now:
            return (before.item, before.publication, before.issue) == (now.item, now.publication, now.issue)
    return replace(known.fact, id="", by=fact.by) == fact and known.note == note


def _named(by: str) -> str:
    """ConfigError 'fact_needs_name': a fact is entered by somebody."""
    name = one_line(by)
    if not name or len(name) > NAME or not name.isprintable():
        raise ConfigError("fact_needs_name")
    return name


def _issue(desk: Desk, text: str) -> str:
    """One issue, one spelling: a bare number is written as the others are."""
    text = _short(text, "issue")
    return phrase(desk, "adoption.issue", number=int(text)) if text.isdecimal() else text


def _short(text: str, what: str) -> str:
    text = one_line(text)
    if len(text) > NAME or not text.isprintable():
        raise ConfigError("fact_bad_text", what=what, limit=NAME)
    return text


def _past(desk: Desk, day: date) -> Moment:
    """ConfigError 'fact_future': what has not happened yet is no fact."""
    if day > desk.clock.now().date():
        raise ConfigError("fact_future", day=day)
    return Moment(day)
