"""`mailbot facts add`: one command for each kind of fact."""

from __future__ import annotations

import click

from mailbot.cli.facts import tell_entered
from mailbot.cli.home import Exit
from mailbot.cli.people import at_the_keyboard
from mailbot.cli.shape import Command, Group
from mailbot.cli.told import this_desk
from mailbot.workflow.marks import credit
from mailbot.workflow.office import written

_KINDS = click.Choice(["low_quality", "poor", "similar", "plagiarised"])


@click.group("add", cls=Group)
def add() -> None:
    """One fact, entered by a named person."""


@add.command("adoption", cls=Command)
@click.argument("numbers", nargs=-1, required=True)
@click.option("--publication", required=True)
@click.option("--date", "day", required=True)
@click.option("--issue", default="")
@click.option("--note", default="")
@click.option("--by", default=None)
def add_adoption(
    *, numbers: tuple[str, ...], publication: str, day: str, issue: str, note: str, by: str | None
) -> int:
    """采用 of an item; of several, as one merged piece."""
    desk, who = this_desk(), credit.Who(by=by or at_the_keyboard(), note=note)
    when = written.day(day)
    if len(numbers) > 1:
        entries = credit.merge(desk, numbers, publication, day=when, who=who, issue=issue)
    else:
        entries = (credit.adopt(desk, numbers[0], publication, day=when, who=who, issue=issue),)
    tell_entered(desk, entries)
    return Exit.DONE


@add.command("instruction", cls=Command)
@click.argument("number")
@click.option("--level", required=True)
@click.option("--date", "day", required=True)
@click.option("--leader", default="")
@click.option("--rank", default="")
@click.option("--text", default="")
@click.option("--answer-by", default=None)
@click.option("--by", default=None)
def add_instruction(
    *,
    number: str,
    level: str,
    day: str,
    leader: str,
    rank: str,
    text: str,
    answer_by: str | None,
    by: str | None,
) -> int:
    """批示 on an item, and when 批示反馈 is due."""
    desk = this_desk()
    entry = credit.instruct(
        desk,
        number,
        level,
        day=written.day(day),
        who=credit.Who(by=by or at_the_keyboard(), note=text),
        leader=leader,
        rank=rank,
        answer_by=written.day(answer_by) if answer_by else None,
    )
    tell_entered(desk, (entry,))
    return Exit.DONE


@add.command("secondment", cls=Command)
@click.argument("unit")
@click.argument("persons", nargs=-1, required=True)
@click.option("--month", required=True)
@click.option("--note", default="")
@click.option("--by", default=None)
def add_secondment(*, unit: str, persons: tuple[str, ...], month: str, note: str, by: str | None) -> int:
    """以干代训 of persons in a month."""
    desk, who = this_desk(), credit.Who(by=by or at_the_keyboard(), note=note)
    names = [name for person in persons for name in written.persons(person)]
    tell_entered(desk, (credit.second(desk, unit, written.month(month), names, who=who),))
    return Exit.DONE


@add.command("fault", cls=Command)
@click.argument("fault", type=_KINDS)
@click.argument("numbers", nargs=-1, required=True)
@click.option("--date", "day", required=True)
@click.option("--kind", default="")
@click.option("--exempt", multiple=True)
@click.option("--note", default="")
@click.option("--by", default=None)
def add_fault(
    *,
    fault: str,
    numbers: tuple[str, ...],
    day: str,
    kind: str,
    exempt: tuple[str, ...],
    note: str,
    by: str | None,
) -> int:
    """A fault of items, found by a person."""
    desk, who = this_desk(), credit.Who(by=by or at_the_keyboard(), note=note)
    when = written.day(day)
    tell_entered(desk, (credit.demerit(desk, fault, numbers, day=when, who=who, kind=kind, exempt=exempt),))
    return Exit.DONE


@add.command("failure", cls=Command)
@click.argument("unit")
@click.option("--kind", required=True)
@click.option("--date", "day", required=True)
@click.option("--solicitation", default="")
@click.option("--note", default="")
@click.option("--by", default=None)
def add_failure(*, unit: str, kind: str, day: str, solicitation: str, note: str, by: str | None) -> int:
    """重大信息 late, missing or false."""
    desk, who = this_desk(), credit.Who(by=by or at_the_keyboard(), note=note)
    when = written.day(day)
    entry = credit.major_failure(desk, unit, kind, day=when, who=who, solicitation=solicitation)
    tell_entered(desk, (entry,))
    return Exit.DONE


@add.command("adjustment", cls=Command)
@click.argument("unit")
@click.option("--points", required=True)
@click.option("--date", "day", required=True)
@click.option("--reason", required=True)
@click.option("--by", default=None)
def add_adjustment(*, unit: str, points: str, day: str, reason: str, by: str | None) -> int:
    """Points that a person gives or takes, with the reason."""
    desk, who = this_desk(), credit.Who(by=by or at_the_keyboard(), note=reason)
    tell_entered(desk, (credit.adjust(desk, unit, points, day=written.day(day), who=who),))
    return Exit.DONE
