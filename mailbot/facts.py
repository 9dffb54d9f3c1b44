"""What happened, as dated facts: all that marks are derived from.  No I/O; imports nothing but the nouns.

A fact is entered once, never edited, and withdrawn with a reason: then it is no longer handed to scoring/.
Notice annex 1, 二 lists what is assessed.  Codes (publication, level, kind) are those of the marking scheme
in force on the fact's day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from mailbot.clock import SHANGHAI
from mailbot.model import Month

_WRITTEN = re.compile(
    r"\s*(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?P<hour>\d{2}):(?P<minute>\d{2})(?::\d{2}(?:\.\d+)?)?(?P<zone>Z|[+-]\d{2}:\d{2})?)?\s*",
    re.ASCII,
)
_DAY = 24 * 60 * 60
_LAST = _DAY - 1


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, or a minute of it (0 to 1440, the last being 24:00), in Asia/Shanghai.

    A day without a time begins with its first minute and ends with its last; which of the two counts is a
    matter of the question: a deadline given as a day ends that day, a reply may have come at its start.
    """

    day: date
    minute: int | None = None

    @property
    def starts(self) -> int:
        """Seconds on one scale for all moments."""
        return self.day.toordinal() * _DAY + min((self.minute or 0) * 60, _LAST)

    @property
    def ends(self) -> int:
        """A day, and 24:00, end a second before the next day begins."""
        return self.day.toordinal() * _DAY + (_LAST if self.minute is None else min(self.minute * 60, _LAST))

    @property
    def month(self) -> Month:
        """24:00 still belongs to the day it ends."""
        return Month.of(self.day)

    @classmethod
    def of(cls, when: datetime) -> Moment:
        local = when.astimezone(SHANGHAI)
        return cls(local.date(), local.hour * 60 + local.minute)

    @classmethod
    def parse(cls, text: str) -> Moment:
        """2019-03-04, 2019-03-04T10:30 or 2019-03-04 10:30 (24:00 too); ValueError for anything else."""
        match = _WRITTEN.fullmatch(text)
        if match is None:
            raise ValueError(text)
        day = date.fromisoformat(match["day"])
        if match["hour"] is None:
            return cls(day)
        minute = int(match["hour"]) * 60 + int(match["minute"])
        if minute > 24 * 60 or int(match["minute"]) > 59:
            raise ValueError(text)
        if match["zone"] is None:
            return cls(day, minute)
        midnight = datetime.fromisoformat(f"{day}T00:00{match['zone'].replace('Z', '+00:00')}")
        return cls.of(midnight + timedelta(minutes=minute))

    def __str__(self) -> str:
        if self.minute is None:
            return str(self.day)
        return f"{self.day} {self.minute // 60:02}:{self.minute % 60:02}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that happened.  `id` is how marks and messages name it; `by` the person who entered it."""

    id: str
    at: Moment
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Fact):
    """自主报送 (annex 1, 三(一)1).  `kind` is the code of its row in the scheme."""

    unit: str
    item: str
    kind: str = "self"
    co_units: tuple[str, ...] = ()
    submitters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Solicitation(Fact):
    """约稿: asked of units until a deadline.  The same `solicitation` in two facts was asked twice."""

    solicitation: str
    units: tuple[str, ...]
    deadline: Moment
    source: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply(Fact):
    """供稿: what a unit sent for a 约稿 (annex 1, 三(一)2)."""

    solicitation: str
    unit: str
    item: str
    co_units: tuple[str, ...] = ()
    submitters: tuple[str, ...] = ()


class Ruling(StrEnum):
    """A person's word on a late reply."""

    ON_TIME = "on_time"
    NOTHING = "nothing"
    MISSED = "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LateRuling(Fact):
    """How the late reply of one unit is to be taken, whatever the scheme says."""

    solicitation: str
    unit: str
    ruling: Ruling


@dataclass(frozen=True, slots=True, kw_only=True)
class Invalidation(Fact):
    """无效约稿: a unit's word that the matter is none of its duty (annex 1, 三(一), last paragraph)."""

    solicitation: str
    unit: str
    phoned_first: bool
    signed_sealed_paper: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Demerit(Fact):
    """A fault of items, confirmed by a person: low_quality, poor, similar, plagiarised (`code`).

    `exempt` holds the items a person let off (the first author of a copied text).
    """

    code: str
    items: tuple[str, ...]
    kind: str = ""
    exempt: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure(Fact):
    """重大信息迟报、漏报、失实 (annex 1, 三(一)3).  `solicitation` where it is also a missed 约稿."""

    unit: str
    kind: str = ""
    solicitation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption(Fact):
    """采用 (annex 1, 三(二)1-4).  Items merged into one piece bear the same `composite`."""

    item: str
    publication: str
    issue: str = ""
    composite: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction(Fact):
    """领导批示 (annex 1, 三(二)5)."""

    item: str
    level: str
    leader: str = ""
    rank: str = ""
    """Where the scheme tells the leaders of one level apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secondment(Fact):
    """以干代训 of persons in a month (annex 1, 三(三)).  `at` is the first day of the month."""

    month: Month
    unit: str
    persons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualAdjustment(Fact):
    """Points given or taken by a person, for a stated reason."""

    unit: str
    points: Decimal
    reason: str
