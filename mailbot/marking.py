"""考评办法 as data: what each thing is worth, under which label and clause, and how marks combine.

A scheme is one file of data/policy/, named by its day of effect (notice annex 1).  The rows are the tariff;
`rules` hold one key for each point that the notice leaves open.  Codes are stable: facts and frozen tables
name them.  Labels are display only and may repeat.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, TypeVar

import msgspec

from mailbot.errors import ConfigError
from mailbot.roster import UnitKind


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file: an unknown key is a slip of the pen, and refused."""


class Row(_Table, frozen=True, kw_only=True):
    """What every row of the tariff says.  `label` '' where the notice prescribes none."""

    code: str
    name: str = ""
    points: Decimal
    label: str = ""
    clause: str
    meaning: str = ""
    """What the legend under the 通报 says of the label, where it needs telling (☆)."""


class ReportRow(Row, frozen=True, kw_only=True):
    """What a report of one kind is worth."""


class LateTier(_Table, frozen=True, kw_only=True):
    """What a late reply is still worth, up to so many days after its deadline.  Soonest first."""

    within_days: Annotated[int, msgspec.Meta(ge=1)]
    points: Decimal
    label: str
    clause: str


class DemeritRow(Row, frozen=True, kw_only=True):
    """What a fault of a report costs; `on` is the kind of report, `kinds` narrow it further."""

    on: str
    kinds: tuple[str, ...] = ()
    typical: bool = False
    """A candidate for the 即时通报 (notice 三(五))."""


class FailureRow(Row, frozen=True, kw_only=True):
    """重大信息 late, missing or false."""

    kinds: tuple[str, ...] = ()
    disqualifies: bool = False


class Level(_Table, frozen=True, kw_only=True):
    """An office that adopts; `source` is how 约稿 of that level are marked, '' where it asks for none."""

    code: str
    name: str
    source: str = ""


class Publication(Row, frozen=True, kw_only=True):
    """One way of being adopted."""

    title: str
    level: str
    form: Literal["adopt", "brief", "forward"]


class InstructionRow(Row, frozen=True, kw_only=True):
    """Written instructions of a level's leaders; `rank` where leaders of one level differ."""

    rank: str = ""


class PeriodRow(_Table, frozen=True, kw_only=True):
    """What is asked of units, or of some groups, in every period.  `counts` are codes of marks ('self')."""

    code: str
    name: str
    label: str = ""
    clause: str
    groups: tuple[str, ...] = ()
    counts: tuple[str, ...]
    period: Literal["month", "quarter", "half_year", "year"]


class Quota(PeriodRow, frozen=True, kw_only=True):
    """So many at least: a base for reaching it, a deduction for each one missing."""

    at_least: Annotated[int, msgspec.Meta(ge=1)]
    reached: Decimal = Decimal(0)
    each_missing: Decimal = Decimal(0)


class Limit(PeriodRow, frozen=True, kw_only=True):
    """So many points at most."""

    most: Decimal


class Group(_Table, frozen=True, kw_only=True):
    """Units ranked among themselves: by kind, or one by one in `units` (which goes first)."""

    code: str
    name: str
    kinds: tuple[UnitKind, ...] = ()
    units: tuple[str, ...] = ()


class Rules(_Table, frozen=True, kw_only=True):
    """One key for each point the notice leaves open; the shipped file explains each to who edits it."""

    decimals: Annotated[int, msgspec.Meta(ge=0, le=4)] = 1
    bad_label: Literal["replace", "add"] = "replace"
    several_bad_labels: Literal["largest", "sum"] = "largest"
    similar: Literal["all", "later"] = "all"
    report_and_adoption: Literal["add", "larger"] = "add"
    adoptions: Literal["highest", "sum"] = "highest"
    forwarding_in_ladder: bool = True
    higher_adoption_month: Literal["own", "first"] = "own"
    instruction: Literal["add", "larger", "replace"] = "add"
    instruction_levels: Literal["each", "highest"] = "each"
    same_level_again: Literal["once", "each"] = "once"
    missed_per: Literal["solicitation", "ask"] = "solicitation"
    asked_again: Literal["latest", "first"] = "latest"
    late_reply: Literal["nothing", "missed", "on_time"] = "nothing"
    replies: Literal["each", "once"] = "each"
    missed_and_failure: Literal["both", "failure_only"] = "both"
    invalidation: tuple[Literal["phoned_first", "signed_sealed_paper"], ...] = (
        "phoned_first",
        "signed_sealed_paper",
    )
    invalidation_after_deadline: bool = True
    joint: Literal["first", "each", "split"] = "first"
    composite: Literal["each", "split"] = "each"
    person_credit: Literal["full", "split"] = "full"
    ties: Literal["skip", "dense"] = "skip"
    show_superseded_labels: bool = True


class SchemeFile(_Table, frozen=True, kw_only=True):
    """A marks-*.toml as written."""

    title: str
    document: str
    effect: date
    rules: Rules = Rules()
    group: tuple[Group, ...] = ()
    report: tuple[ReportRow, ...]
    missed: Row
    late: tuple[LateTier, ...] = ()
    demerit: tuple[DemeritRow, ...] = ()
    failure: tuple[FailureRow, ...] = ()
    level: tuple[Level, ...]
    publication: tuple[Publication, ...]
    instruction: tuple[InstructionRow, ...] = ()
    secondment: Row | None = None
    quota: tuple[Quota, ...] = ()
    limit: tuple[Limit, ...] = ()


SELF = "self"
SOLICITED = "solicited"
"""The two kinds of report that every scheme has."""


class MarkingScheme:
    """A scheme, checked and indexed.  Rows are found by code or by the name they are entered under."""

    def __init__(self, file: SchemeFile) -> None:
        """ConfigError 'marks_code_twice', 'marks_unknown_code' or 'marks_no_kind' with `key` and `word`."""
        self.title, self.document = file.title, file.document
        self.effect = file.effect
        self.rules = file.rules
        self.groups = file.group
        self.levels = file.level
        self.publications = file.publication
        self.reports = file.report
        self.demerits = file.demerit
        self.failures = file.failure
        self.instructions = file.instruction
        self.missed = file.missed
        self.late = file.late
        self.secondment = file.secondment
        self.quotas, self.limits = file.quota, file.limit
        self._check()
        self._publications = _by_word(file.publication)
        self._reports = {row.code: row for row in file.report}

    # ---- finding a row -------------------------------------------------------------------------------------

    def report(self, kind: str) -> ReportRow | None:
        return self._reports.get(kind)

    def publication(self, word: str) -> Publication | None:
        """By code or name."""
        return self._publications.get(word)

    def instruction(self, word: str, rank: str = "") -> InstructionRow | None:
        """By code or name of the level; the row for the leader's rank, else the one for any."""
        rows = [row for row in self.instructions if word in (row.code, row.name)]
        exact = [row for row in rows if row.rank == rank]
        return next(iter([*exact, *(row for row in rows if not row.rank)]), None)

    def demerit(self, code: str, on: str, kind: str) -> DemeritRow | None:
        """The first row for this fault on this kind of report."""
        rows = (row for row in self.demerits if row.code == code and row.on == on)
        return next((row for row in rows if not row.kinds or not kind or kind in row.kinds), None)

    def failure(self, kind: str) -> FailureRow | None:
        return next((row for row in self.failures if not kind or kind in row.kinds), None)

    def late_tier(self, days: int) -> LateTier | None:
        return next((tier for tier in self.late if days <= tier.within_days), None)

    def group_of(self, unit: str, kind: UnitKind | None) -> str:
        """The code of the group a unit is ranked in; '' where it is in none."""
        for group in self.groups:
            if unit in group.units:
                return group.code
        return next((group.code for group in self.groups if kind in group.kinds), "")

    # ---- words that facts may use --------------------------------------------------------------------------

    @property
    def demerit_kinds(self) -> frozenset[str]:
        return frozenset(kind for row in self.demerits for kind in row.kinds)

    @property
    def failure_kinds(self) -> frozenset[str]:
        return frozenset(kind for row in self.failures for kind in row.kinds)

    @property
    def sources(self) -> frozenset[str]:
        return frozenset(level.source for level in self.levels if level.source)

    @property
    def legend(self) -> tuple[tuple[str, str], ...]:
        """Labels that need telling, each once, with what they stand for."""
        rows: list[Row] = [*self.instructions, *self.publications, *self.demerits, *self.reports]
        told: dict[str, list[str]] = {}
        for row in rows:
            if row.label and row.meaning and row.meaning not in told.setdefault(row.label, []):
                told[row.label].append(row.meaning)
        return tuple((label, "\u3001".join(meanings)) for label, meanings in told.items())

    # ---- checks --------------------------------------------------------------------------------------------

    def _check(self) -> None:
        _once("group", (group.code for group in self.groups))
        _once("group", (kind for group in self.groups for kind in group.kinds))
        _once("group", (unit for group in self.groups for unit in group.units))
        _once("level", (level.code for level in self.levels))
        _once("report", (row.code for row in self.reports))
        _once("publication", (w for row in self.publications for w in {row.code, row.name}))
        words = ((row, word) for row in self.instructions for word in {row.code, row.name})
        _once("instruction", (f"{word} {row.rank}".strip() for row, word in words))
        kinds, levels = [row.code for row in self.reports], [level.code for level in self.levels]
        for kind in (SELF, SOLICITED):
            if kind not in kinds:
                raise ConfigError("marks_no_kind", key="report", word=kind)
        for place, row in enumerate(self.publications):
            _known(f"publication[{place}].level", row.level, levels)
        for place, demerit in enumerate(self.demerits):
            _known(f"demerit[{place}].on", demerit.on, kinds)
        self._check_periods()

    def _check_periods(self) -> None:
        groups = [group.code for group in self.groups]
        for name, rows in (("quota", self.quotas), ("limit", self.limits)):
            for place, row in enumerate(rows):
                for group in row.groups:
                    _known(f"{name}[{place}].groups", group, groups)
                for code in row.counts:
                    _known(f"{name}[{place}].counts", code, self._countable())
        _once("quota", (row.code for row in (*self.quotas, *self.limits)))

    def _countable(self) -> list[str]:
        """The codes that marks of this scheme bear."""
        return [
            *(row.code for row in (*self.reports, self.missed, *self.failures)),
            *(f"adoption.{row.code}" for row in self.publications),
            *(f"instruction.{row.code}" for row in self.instructions),
            *(f"demerit.{row.code}" for row in self.demerits),
            *([self.secondment.code] if self.secondment else []),
        ]


def scheme_on(schemes: Sequence[MarkingScheme], day: date) -> MarkingScheme:
    """The scheme in force on a day: the latest in effect, or the earliest there is for days before all.

    `schemes` come in order of effect, and there is at least one.
    """
    return next((scheme for scheme in reversed(schemes) if scheme.effect <= day), schemes[0])


R = TypeVar("R", bound=Row)


def _by_word(rows: Iterable[R]) -> dict[str, R]:
    return {word: row for row in rows for word in (row.code, row.name)}


def _once(key: str, words: Iterable[str]) -> None:
    seen: set[str] = set()
    for word in words:
        if word in seen:
            raise ConfigError("marks_code_twice", key=key, word=word)
        seen.add(word)


def _known(key: str, word: str, known: Sequence[str]) -> None:
    if word not in known:
        raise ConfigError("marks_unknown_code", key=key, word=word, choices=" ".join(known))
