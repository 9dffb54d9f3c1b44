"""`mailbot explain` and `mailbot rescore`, and `mailbot marks` of an office: whence each mark comes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from mailbot.cli.facts_file import Scenario
from mailbot.cli.home import Exit
from mailbot.cli.shape import Command, number_shown, table
from mailbot.cli.told import account, item_name, this_desk, told
from mailbot.cli.words import say
from mailbot.model import Month
from mailbot.scoring import Mark, Period, Standings
from mailbot.workflow.desk import Desk
from mailbot.workflow.marks import naming, standings
from mailbot.workflow.marks.standings import Reckoning
from mailbot.workflow.office import written

# ---- mailbot marks -----------------------------------------------------------------------------------------


def of_office(month: str | None) -> tuple[Standings, Scenario]:
    """The year's standings of an office, up to `month` where that is given."""
    desk = this_desk()
    reckoning = standings.reckon(desk)
    wanted = written.month(month) if month else None
    chosen = wanted.year if wanted else reckoning.as_of.day.year
    period = Period(year=chosen, last=wanted.month if wanted else 12)
    found = standings.standings(desk, period, reckoning)
    scenario = Scenario(
        year=chosen,
        as_of=reckoning.as_of,
        units=tuple(row.unit for row in found.rows),
        facts=reckoning.facts,
        doubts=(),
    )
    return found, scenario


def explain_office(unit: str | None, month: str | None) -> list[str]:
    """Each mark of a unit, of a month, or of both, with whence it comes."""
    desk = this_desk()
    reckoning = standings.reckon(desk)
    name = naming.unit(desk, unit) if unit else None
    wanted = written.month(month) if month else None
    return list(
        account(
            desk,
            [m for m in reckoning.marks if name in (None, m.unit) and wanted in (None, m.month)],
        )
    )


# ---- mailbot explain ---------------------------------------------------------------------------------------


@click.command("explain", cls=Command)
@click.argument("subject")
@click.option("--year", type=int, default=None)
def explain(subject: str, year: int | None) -> int:
    """Every fact and mark of an item, or of a unit's year."""
    desk = this_desk()
    reckoning = standings.reckon(desk)
    if desk.policy.roster.resolve(subject):
        chosen = year or reckoning.as_of.day.year
        lines = _unit_year(desk, reckoning, naming.unit(desk, subject), chosen)
    else:
        lines = _item(desk, reckoning, naming.item(desk, subject).number)
    click.echo("\n".join(lines))
    return Exit.DONE


def _unit_year(desk: Desk, reckoning: Reckoning, unit: str, year: int) -> Iterator[str]:
    marks = [mark for mark in reckoning.marks if mark.unit == unit and mark.month.year == year]
    found = standings.standings(desk, Period(year=year), reckoning)
    row = next((row for row in found.rows if row.unit == unit), None)
    yield say("explain_unit", unit=unit, year=year)
    if row is not None:
        yield say("explain_rank", rank=row.rank, group_rank=row.group_rank, total=number_shown(row.total))
        if row.disqualified:
            yield say("explain_disqualified")
    yield from account(desk, marks)
    issued = [str(month) for month in sorted(reckoning.issued) if month.year == year]
    if issued:
        yield say("explain_issued", months="、".join(issued))


def _item(desk: Desk, reckoning: Reckoning, number: str) -> Iterator[str]:
    item = desk.store.submission(number)
    yield item_name(item)
    yield say("explain_item", at=f"{item.arrived_at:%Y-%m-%d %H:%M}", mail=item.mail_id, sender=item.sender)
    entries = desk.store.facts(item=number)
    yield from table((told(desk, entry) for entry in entries), indent=2) if entries else ()
    yield from account(desk, [mark for mark in reckoning.marks if mark.item == number])


# ---- mailbot rescore ---------------------------------------------------------------------------------------


@click.command("rescore", cls=Command)
@click.option("--check", is_flag=True)
def rescore(check: bool) -> int:
    """Every mark derived again from all facts, beside what was issued; exit code 1 where the years differ."""
    desk = this_desk()
    reckoning, afresh = standings.reckon(desk), standings.reckon(desk, frozen=False)
    rows = [_month_line(month, reckoning, afresh) for month in _months(reckoning.marks, afresh.marks)]
    heads = [say(f"rescore_{name}") for name in ("month", "standing", "afresh", "issued")]
    click.echo("\n".join(table([heads, *rows])) if rows else say("marks_none"))
    found = standings.differences(desk)
    for one in found:
        standing, again = number_shown(one.standing), number_shown(one.afresh)
        click.echo(say("rescore_differs", unit=one.unit, year=one.year, standing=standing, afresh=again))
    if not found:
        click.echo(say("rescore_same", marks=len(reckoning.marks), facts=len(reckoning.facts)))
    return Exit.NEEDS_A_PERSON if found and check else Exit.DONE


def _months(*marks: Iterable[Mark]) -> list[Month]:
    return sorted({mark.month for found in marks for mark in found})


def _month_line(month: Month, reckoning: Reckoning, afresh: Reckoning) -> list[str]:
    standing, again = (sum(m.points for m in r.of_month(month)) for r in (reckoning, afresh))
    issued = say("rescore_is_issued") if month in reckoning.issued else ""
    return [str(month), f"{standing:f}", f"{again:f}", issued]
