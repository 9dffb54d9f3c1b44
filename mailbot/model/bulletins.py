"""Periods, and the 通报 about them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A reporting month in Asia/Shanghai (promise P11)."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @classmethod
    def of(cls, when: date | datetime) -> Month:
        return cls(when.year, when.month)

    @classmethod
    def parse(cls, text: str) -> Month:
        """'2019-03' -> Month; ValueError for anything else."""
        match = re.fullmatch(r"(\d{4})-(\d{2})", text)
        if not match or not 1 <= int(match[2]) <= 12:
            raise ValueError(text)
        return cls(int(match[1]), int(match[2]))

    def previous(self) -> Month:
        return Month(self.year - 1, 12) if self.month == 1 else Month(self.year, self.month - 1)

    def following(self) -> Month:
        return Month(self.year + 1, 1) if self.month == 12 else Month(self.year, self.month + 1)


class BulletinKind(StrEnum):
    MONTHLY = "monthly"
    INSTANT = "instant"
    ANNUAL = "annual"
    CORRECTION = "correction"
    """更正: what has changed in a month already issued."""
    GAZETTE = "gazette"
    """信息刊物: an issue of 《普刊》; goes to nobody by mail."""


class BulletinState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """通报: one row per kind and period (promise P6); approval binds one exact file (promise P7)."""

    id: int
    kind: BulletinKind
    period: str
    state: BulletinState
    sha256: str
    file_name: str
    drafted_at: datetime
    drafts: int = 1
    approved_by: str | None = None
    approved_at: datetime | None = None
    uploaded_by: str | None = None
    """Who put a text finished in Word in the draft's place; None where it stands as drafted."""


class Passage(StrEnum):
    """The parts of a 通报 that the section words itself; kept over every redraft."""

    OVERVIEW = "overview"
    """Added under 基本情况; the reason of a correction."""
    PROBLEMS = "problems"
    """Added under 存在问题, each line a point."""
    NEXT_STEPS = "next_steps"
    """In place of the standing text of 下步要求."""
    COMMENDED_UNITS = "commended_units"
    """先进单位 of the year, one a line."""
    COMMENDED_PERSONS = "commended_persons"
    """先进个人 of the year: unit and name, one a line."""
