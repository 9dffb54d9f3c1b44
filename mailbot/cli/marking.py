"""`mailbot marks`: what facts are worth by the 考评办法, for programs (--json) and for a person."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import msgspec

from mailbot import scoring
from mailbot.cli import facts_file, words
from mailbot.cli.facts_file import Scenario
from mailbot.cli.home import Exit, stated_home
from mailbot.cli.shape import Command, number_shown, table
from mailbot.errors import ConfigError
from mailbot.facts import Moment
from mailbot.marking import MarkingScheme, scheme_on
from mailbot.model import Month
from mailbot.policy import Resources, load_schemes, load_struct
from mailbot.roster import RosterFile, UnitKind
from mailbot.scoring import Mark, Standing, Standings, without_reports


@click.command("marks", cls=Command)
@click.option("--facts", type=click.Path(path_type=Path), default=None)
@click.option("--json", "as_json", is_flag=True)
@click.option("--unit", default=None)
@click.option("--month", default=None)
def marks(facts: Path | None, as_json: bool, unit: str | None, month: str | None) -> int:
    """Marks of one year: from a file of facts, of which nothing is kept, or of the office."""
    if facts is None:
        return _office(unit, month, as_json=as_json)
    schemes = load_schemes(Resources(stated_home()))
    scenario = _scenario(facts, schemes)
    for doubt in scenario.doubts:
        click.echo(words.sentence(ConfigError(doubt.code, file=facts, **doubt.details)), err=True)
    standings = _standings(scenario, schemes)
    if as_json:
        sys.stdout.buffer.write(_encoded(_fields(standings, scenario)) + b"\n")
    elif unit is None and month is None:
        click.echo("\n".join(_told(standings, scenario)))
    else:
        click.echo("\n".join(_explained(_chosen(standings, scenario, unit, month))))
    return Exit.DONE


def _office(unit: str | None, month: str | None, *, as_json: bool) -> int:
    from mailbot.cli import accounts  # noqa: PLC0415  (an office: a file of facts needs no store)

    if not as_json and (unit is not None or month is not None):
        click.echo("\n".join(accounts.explain_office(unit, month)))
        return Exit.DONE
    standings, scenario = accounts.of_office(month)
    if as_json:
        sys.stdout.buffer.write(_encoded(_fields(standings, scenario)) + b"\n")
    else:
        click.echo("\n".join(_told(standings, scenario)))
    return Exit.DONE


def _scenario(file: Path, schemes: Sequence[MarkingScheme]) -> Scenario:
    """Errors name the file too."""
    try:
        return facts_file.read(file.read_bytes(), schemes)
    except OSError as error:
        raise ConfigError("file_unreadable", file=file, cause=error.strerror) from None
    except ConfigError as error:
        raise ConfigError(error.code, file=file, **error.details) from None


def _standings(scenario: Scenario, schemes: Sequence[MarkingScheme]) -> Standings:
    scheme = scheme_on(schemes, date(scenario.year, 12, 31))
    kinds = _kinds()
    units = [
        scoring.Assessed(name=name, group=scheme.group_of(name, kinds.get(name))) for name in scenario.units
    ]
    found = scoring.marks(scenario.facts, schemes, as_of=scenario.as_of, units=units)
    period = scoring.Period(year=scenario.year)
    return scoring.standings(found, units, period, ties=scheme.rules.ties)


def _kinds() -> dict[str, UnitKind]:
    """By name, for the units of the roster."""
    roster = load_struct(Resources(stated_home()), "data/policy/roster.toml", RosterFile)
    return {entry.name: entry.kind for entry in roster.unit}


def _silent(scenario: Scenario) -> tuple[str, ...]:
    first = Moment(date(scenario.year, 1, 1))
    return without_reports(scenario.facts, scenario.units, first, scenario.as_of)


# ---- for programs ------------------------------------------------------------------------------------------


def _encoded(values: dict[str, Any]) -> bytes:
    """Decimals become JSON numbers as they are: 7.4, never 7.3999."""
    return msgspec.json.Encoder(decimal_format="number").encode(values)


def _fields(standings: Standings, scenario: Scenario) -> dict[str, Any]:
    """The stable form for programs (docs/commands.md)."""
    return {
        "months": _by_month(standings),
        "cumulative": _running(standings, scenario),
        "total": {unit: number_shown(row.total) for unit, row in _rows(standings, scenario)},
        "labels": {
            unit: {str(one.month): list(one.labels) for one in row.months if one.labels}
            for unit, row in _rows(standings, scenario)
        },
        "ranking": [{"rank": r.rank, "unit": r.unit, "marks": number_shown(r.total)} for r in standings.rows],
        "disqualified": [unit for unit, row in _rows(standings, scenario) if row.disqualified],
        "selection_order": list(standings.selection_order),
        "typical_cases": [[one.solicitation, one.unit, one.label] for one in standings.typical],
        "zero_report_units": list(_silent(scenario)),
    }


def _rows(standings: Standings, scenario: Scenario) -> Iterator[tuple[str, Standing]]:
    """Units as the file lists them."""
    found = {row.unit: row for row in standings.rows}
    return ((unit, found[unit]) for unit in scenario.units)


def _months(standings: Standings) -> list[Month]:
    """The months that have marks."""
    return sorted({one.month for row in standings.rows for one in row.months if one.counts})


def _by_month(standings: Standings) -> dict[str, dict[str, Decimal]]:
    return {
        str(month): {
            row.unit: number_shown(one.points)
            for row in standings.rows
            for one in row.months
            if one.month == month and one.counts
        }
        for month in _months(standings)
    }


def _running(standings: Standings, scenario: Scenario) -> dict[str, dict[str, Decimal]]:
    """得分累积 at the end of every month until the moment of counting, also of those without marks."""
    year = [Month(scenario.year, number) for number in range(1, 13)]
    return {
        str(month): {row.unit: number_shown(row.cumulative(month)) for row in standings.rows}
        for month in year
        if month <= scenario.as_of.month
    }


# ---- for a person ------------------------------------------------------------------------------------------


def _told(standings: Standings, scenario: Scenario) -> Iterator[str]:
    yield words.say("marks_head", year=scenario.year, as_of=scenario.as_of)
    yield ""
    months = _months(standings)
    heads = [words.say("marks_rank"), words.say("marks_group_rank"), words.say("marks_unit")]
    heads += [words.say("marks_month", month=month.month) for month in months]
    heads.append(words.say("marks_total"))
    yield from table([heads, *(_line(row, months) for row in standings.rows)])
    yield ""
    nobody = words.say("nobody")
    yield words.say("marks_disqualified", units="、".join(standings.disqualified) or nobody)
    yield words.say("marks_silent", units="、".join(_silent(scenario)) or nobody)
    cases = (
        words.say("marks_case", solicitation=one.solicitation, unit=one.unit, label=one.label)
        for one in standings.typical
    )
    yield words.say("marks_typical", cases="；".join(cases) or nobody)


def _line(row: Standing, months: Iterable[Month]) -> list[str]:
    found = {one.month: one.points for one in row.months if one.counts}
    cells = (_cell(found[month]) if month in found else "" for month in months)
    group_rank = str(row.group_rank) if row.group else ""
    return [str(row.rank), group_rank, row.unit, *cells, _cell(row.total)]


def _cell(points: Decimal) -> str:
    """The decimal points of a column stand below each other."""
    return f"{number_shown(points)!s:>5}"


def _chosen(standings: Standings, scenario: Scenario, unit: str | None, month: str | None) -> list[Mark]:
    """The marks of a unit, of a month, or of both.  ConfigError 'marks_no_unit' or 'bad_month'."""
    if unit is not None and unit not in scenario.units:
        raise ConfigError("marks_no_unit", unit=unit)
    try:
        wanted = None if month is None else Month.parse(month)
    except ValueError:
        raise ConfigError("bad_month", month=month) from None
    return [
        mark
        for mark in standings.marks
        if unit in (None, mark.unit) and (wanted is None or mark.month == wanted)
    ]


def _explained(found: Sequence[Mark]) -> Iterator[str]:
    """Each mark with its clause, label, item and fact; those that do not count are shown as such."""
    if not found:
        yield words.say("marks_none")
        return
    heads = [words.say(f"marks_column_{name}") for name in _COLUMNS]
    yield from table([heads, *(_account(mark) for mark in found)])


_COLUMNS = ("month", "unit", "date", "points", "label", "clause", "about", "state", "fact")


def _account(mark: Mark) -> list[str]:
    about = "　".join(part for part in (mark.item, mark.solicitation, mark.person) if part)
    state = words.label("mark_states", mark.state)
    return [
        str(mark.month),
        mark.unit,
        str(mark.at),
        _cell(mark.points),
        mark.label or mark.name,
        mark.clause,
        about,
        words.say("marks_instead", state=state, fact=mark.instead) if mark.instead else state,
        mark.fact,
    ]
