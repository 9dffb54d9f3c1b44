"""Whence a mark comes and what a fact says: for whoever shows marks and facts to a person.

A fact is told in the words of the 考评办法 in force on its day, whatever it is called today.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from mailbot.errors import NotFound
from mailbot.facts import Adoption, Demerit, Fact, Failure, Instruction, ManualAdjustment, Secondment
from mailbot.marking import scheme_on
from mailbot.model import Month, Submission
from mailbot.scoring import Mark
from mailbot.store import Entry
from mailbot.store.facts import items_of
from mailbot.workflow.desk import Desk
from mailbot.workflow.marks import standings
from mailbot.workflow.marks.standings import Reckoning


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A fact in words: '县普刊' with its issue, '县政府' with its leader, a fault with its kind."""

    entry: Entry
    what: str
    detail: str = ""
    unit: str = ""
    """Of a fact that names no item."""
    items: tuple[Submission, ...] = ()
    exempt: tuple[str, ...] = ()
    """Numbers of items that are let off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A mark with what is on record of it: the item it is about, the entry or the mail it follows from."""

    mark: Mark
    item: Submission | None = None
    entry: Entry | None = None
    mail_id: int | None = None
    solicitation: str = ""
    """The code by which people know the 约稿 of the mark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a unit's month, and its year with it, would come to."""

    unit: str
    month: Month
    before: Decimal
    after: Decimal
    year_before: Decimal
    year_after: Decimal


def told(desk: Desk, entry: Entry) -> Told:
    what, detail = _words(desk, entry.fact)
    fact = entry.fact
    return Told(
        entry=entry,
        what=what,
        detail=detail,
        unit=fact.unit if isinstance(fact, Failure | Secondment | ManualAdjustment) else "",
        items=tuple(desk.store.submission(number) for number in items_of(fact)),
        exempt=fact.exempt if isinstance(fact, Demerit) else (),
    )


def _words(desk: Desk, fact: Fact) -> tuple[str, str]:
    """What it is, and of what issue, by whom, or how."""
    words = ("", "")
    match fact:
        case Adoption():
            row = scheme_on(desk.policy.schemes, fact.at.day).publication(fact.publication)
            words = (row.name if row else fact.publication, fact.issue)
        case Instruction():
            level = scheme_on(desk.policy.schemes, fact.at.day).instruction(fact.level, fact.rank)
            words = (level.name if level else fact.level, fact.leader)
        case Demerit():
            words = (desk.policy.wording.messages.get(f"fault_kinds.{fact.code}", fact.code), fact.kind)
        case Secondment():
            words = (str(fact.month), "\u3001".join(fact.persons))
        case Failure():
            words = (fact.kind, fact.solicitation)
        case ManualAdjustment():
            words = (f"{fact.points:+f}", fact.reason)
    return words


def accounts(desk: Desk, marks: Iterable[Mark]) -> tuple[Account, ...]:
    """Each mark with whence it comes; one whose item or fact is on record nowhere stands alone."""
    found = tuple(marks)
    numbers = {mark.item for mark in found if mark.item}
    items = {number: item for number in numbers if (item := _item(desk, number))}
    wanted = {mark.fact for mark in found}
    entries = {entry.fact.id: entry for entry in desk.store.facts() if entry.fact.id in wanted}
    topics = {mark.solicitation for mark in found if mark.solicitation}
    codes = (
        {one.topic: one.code for one in desk.store.solicitations() if one.topic in topics} if topics else {}
    )
    return tuple(
        Account(
            mark=mark,
            item=items.get(mark.item),
            entry=entries.get(mark.fact),
            mail_id=_mail(mark, items.get(mark.item)),
            solicitation=codes.get(mark.solicitation, mark.solicitation),
        )
        for mark in found
    )


def _item(desk: Desk, number: str) -> Submission | None:
    try:
        return desk.store.submission(number)
    except NotFound:
        return None


def _mail(mark: Mark, item: Submission | None) -> int | None:
    """The mail that told of it, where no person entered it."""
    reported = mark.fact in (mark.item, f"reply:{mark.item}")
    return item.mail_id if reported and item is not None else None


def withdrawal(desk: Desk, entry: Entry, reckoning: Reckoning) -> tuple[Change, ...]:
    """What would change if a fact were withdrawn now: in its month, or after that was issued in this one."""
    after = standings.reckon_without(desk, entry.fact.id, reckoning)
    totals = [_by_month(one.marks) for one in (reckoning, after)]
    differing = sorted(key for key in totals[0].keys() | totals[1].keys() if totals[0][key] != totals[1][key])
    years = [_by_year(one) for one in totals]
    return tuple(
        Change(
            unit=unit,
            month=month,
            before=totals[0][unit, month],
            after=totals[1][unit, month],
            year_before=years[0][unit, month.year],
            year_after=years[1][unit, month.year],
        )
        for unit, month in differing
    )


def _by_month(marks: Iterable[Mark]) -> defaultdict[tuple[str, Month], Decimal]:
    totals: defaultdict[tuple[str, Month], Decimal] = defaultdict(Decimal)
    for mark in marks:
        totals[mark.unit, mark.month] += mark.points
    return totals


def _by_year(months: dict[tuple[str, Month], Decimal]) -> defaultdict[tuple[str, int], Decimal]:
    totals: defaultdict[tuple[str, int], Decimal] = defaultdict(Decimal)
    for (unit, month), points in months.items():
        totals[unit, month.year] += points
    return totals
