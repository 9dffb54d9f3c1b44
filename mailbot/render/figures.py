"""What a 通报 tells, as plain figures: gathered by workflow/, worded and laid out by bulletin.py.

No phone and no mail address has a place here.  Points are Decimal; None where no marks were reckoned.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from mailbot.model import Month
from mailbot.roster import UnitKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Solicited:
    """约稿 of one unit, or of all on one topic: asked of how many, and what came of it."""

    due: int = 0
    on_time: int = 0
    late: int = 0
    missed: int = 0
    void: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """采用 by the level that adopted (notice annex 1, 三(二))."""

    county: int = 0
    city: int = 0
    province: int = 0
    state: int = 0

    @property
    def total(self) -> int:
        return self.county + self.city + self.province + self.state


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitFigures:
    """One unit's month.  `submissions` are 自主报送."""

    unit: str
    kind: UnitKind
    submissions: int = 0
    cumulative_submissions: int | None = None
    solicited: Solicited = Solicited()
    adopted: Adopted = Adopted()
    instructions: int = 0
    plus: Decimal | None = None
    minus: Decimal | None = None
    month_marks: Decimal | None = None
    cumulative_marks: Decimal | None = None
    rank: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFigures:
    """One 报送信息 of the month; `labels` are its 标注."""

    number: str
    unit: str
    title: str
    date: date
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SolicitationFigures:
    """One 约稿 whose deadline fell in the month."""

    topic: str
    source: str
    deadline: date
    counts: Solicited
    poor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """What the section words itself, line by line as typed."""

    overview: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyFigures:
    """All that the monthly 通报 needs.  Units stand in the official sequence; all are there, zeros too."""

    month: Month
    office: str
    date: date
    units: tuple[UnitFigures, ...]
    items: tuple[ItemFigures, ...] = ()
    earlier_items: tuple[ItemFigures, ...] = ()
    """Reported in an earlier month; `labels` are those they got in this one."""
    solicitations: tuple[SolicitationFigures, ...] = ()
    legend: tuple[tuple[str, str], ...] = ()
    """Label and what it stands for, for the labels that need telling (☆)."""
    open_tasks: tuple[str, ...] = ()
    """What the section should settle before approving: for the letter with it, never in it."""
    notes: Notes = Notes()
    sealed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Commended:
    """先进个人: a person with the unit."""

    unit: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnualFigures:
    """All that the year's 通报 needs.  Who is commended is the office's choice, never reckoned here.

    `units` carry the year's figures; their `cumulative_marks` are the year's total, `month_marks` stay None.
    """

    year: int
    office: str
    date: date
    units: tuple[UnitFigures, ...]
    commended_units: tuple[str, ...] = ()
    commended_persons: tuple[Commended, ...] = ()
    disqualified: tuple[str, ...] = ()
    """Out of the year's selection (annex 1, 四)."""
    received: tuple[int, ...] = ()
    """报送条数 month by month, from January on."""
    notes: Notes = Notes()
    sealed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One typical case (notice 三(五)): which units, which fault by its label, on which 约稿."""

    units: tuple[str, ...]
    label: str
    topic: str
    date: date
    detail: str = ""
    """What the section adds in its own words; a sentence without its full stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One unit's month as issued and as it is now.  Marks are None where none were issued."""

    unit: str
    submissions: tuple[int, int]
    marks: tuple[Decimal, Decimal] | None = None

    @property
    def difference(self) -> Decimal:
        return self.marks[1] - self.marks[0] if self.marks else Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionFigures:
    """All that a correction of an issued month needs."""

    month: Month
    office: str
    issued: date
    date: date
    changed: tuple[Changed, ...]
    notes: Notes = Notes()
    sealed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class InstantFigures:
    """All that a 即时通报 needs."""

    office: str
    date: date
    cases: tuple[Case, ...]
    sealed: bool = True
