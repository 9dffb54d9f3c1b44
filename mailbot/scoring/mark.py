"""A mark: what one fact gives or takes, under which clause, and whether it counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from mailbot.facts import Moment
from mailbot.marking import Row
from mailbot.model import Month

NOUGHT = Decimal(0)


class MarkState(StrEnum):
    """Why a mark gives the points it gives."""

    COUNTED = "counted"
    DIFFERENCE = "difference"
    """A higher one after a lower: what it adds."""
    SUPERSEDED = "superseded"
    """Something that counts more stands in its place; `instead` names it."""
    NOTHING = "nothing"
    """Worth nothing by rule: a late reply."""
    VOID = "void"
    """Of a 约稿 that is void for the unit; `instead` names the request."""
    CORRECTION = "correction"
    """What a later fact changes in a month already issued (`corrects`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One line of a unit's account.  Points are exact; those that do not count have points 0."""

    fact: str
    at: Moment
    unit: str
    month: Month
    code: str
    """The row of the scheme: 'self', 'city_special', 'instruction.county' ..."""
    name: str
    label: str
    clause: str
    points: Decimal
    tariff: Decimal
    """What the row is worth."""
    state: MarkState
    instead: str = ""
    item: str = ""
    solicitation: str = ""
    person: str = ""
    listed: bool = True
    """Whether the label is shown."""
    disqualifies: bool = False
    typical: bool = False
    corrects: Month | None = None

    @property
    def superseded(self) -> bool:
        return self.state in (MarkState.SUPERSEDED, MarkState.VOID)

    @property
    def key(self) -> tuple[str, ...]:
        """What stays the same when marks are derived again from more facts."""
        return (self.fact, self.code, self.unit, self.item, self.person)


def state_of(points: Decimal, tariff: Decimal) -> MarkState:
    """How a mark that took part in a comparison stands."""
    if points == tariff:
        return MarkState.COUNTED
    return MarkState.DIFFERENCE if points else MarkState.SUPERSEDED


def total(marks: Iterable[Mark]) -> Decimal:
    return sum((mark.points for mark in marks), NOUGHT)


def prefixed(kind: str, row: Row) -> str:
    """The stable code of a row whose own code is unique only among its kind."""
    return f"{kind}.{row.code}"
