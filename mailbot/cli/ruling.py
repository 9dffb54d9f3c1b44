"""`mailbot solicit match|late|invalidate|fault`: what answers a 约稿 and how it counts, as a person says."""

from __future__ import annotations

import click

from mailbot.cli.home import Exit, open_app
from mailbot.cli.people import at_the_keyboard
from mailbot.cli.shape import Command
from mailbot.cli.solicit import coded, moment
from mailbot.cli.words import label, messages, say
from mailbot.errors import ConfigError
from mailbot.facts import Ruling
from mailbot.workflow.desk import Desk
from mailbot.workflow.solicitations import replies
from mailbot.workflow.solicitations import solicit as verbs


def _desk() -> Desk:
    return open_app(complete=False).desk()


@click.command("match", cls=Command)
@click.argument("number")
@click.option("--to", "code", default="")
@click.option("--none", "nothing", is_flag=True)
@click.option("--by", default=None)
def match(*, number: str, code: str, nothing: bool, by: str | None) -> int:
    """Which 约稿 an item answers, or that it answers none."""
    if bool(code) == nothing:
        raise ConfigError("solicit_to_or_none", command_path="mailbot solicit match")
    replies.settle(_desk(), number, code or None, by=by or at_the_keyboard())
    click.echo(say("solicit_matched" if code else "solicit_matched_none", number=number, code=code))
    return Exit.DONE


@click.command("late", cls=Command)
@click.argument("code")
@click.argument("unit")
@click.option("--as", "ruling", required=True)
@click.option("--by", required=True)
@click.option("--reason", default="")
def late(*, code: str, unit: str, ruling: str, by: str, reason: str) -> int:
    """How a late reply is taken."""
    word = coded(Ruling, "rulings", ruling, "--as")
    verbs.late(_desk(), code, unit, word, by=by, reason=reason)
    click.echo(say("solicit_ruling", code=code, unit=unit, ruling=label("rulings", word)))
    return Exit.DONE


@click.command("invalidate", cls=Command)
@click.argument("code")
@click.argument("unit")
@click.option("--phone", "caller", default="")
@click.option("--at", "at", default=None)
@click.option("--paper", "paper_on", default=None)
@click.option("--signer", default="")
@click.option("--sealed", is_flag=True)
@click.option("--withdraw", is_flag=True)
@click.option("--reason", default="")
@click.option("--by", required=True)
def invalidate(
    *,
    code: str,
    unit: str,
    caller: str,
    at: str | None,
    paper_on: str | None,
    signer: str,
    sealed: bool,
    withdraw: bool,
    reason: str,
    by: str,
) -> int:
    """无效约稿: the telephone call first, then the paper; or taken back."""
    if sum((bool(caller), paper_on is not None, withdraw)) != 1:
        raise ConfigError("solicit_one_step", command_path="mailbot solicit invalidate")
    desk = _desk()
    if withdraw:
        verbs.withdraw_invalidation(desk, code, unit, by=by, reason=reason)
        click.echo(say("solicit_void_withdrawn", code=code, unit=unit))
    elif caller:
        when = moment(at, "--at") if at else desk.clock.now()
        verbs.phone(desk, code, unit, caller=caller, at=when, by=by)
        click.echo(say("solicit_phoned", code=code, unit=unit))
    else:
        on = moment(paper_on or "", "--paper").date()
        done = verbs.paper(desk, code, unit, on=on, signer=signer, sealed=sealed, by=by)
        click.echo(say("solicit_paper" if done.complete else "solicit_paper_wanting", code=code, unit=unit))
    return Exit.DONE


@click.command("fault", cls=Command)
@click.argument("code")
@click.argument("kind")
@click.argument("numbers", nargs=-1, required=True)
@click.option("--exempt", multiple=True)
@click.option("--note", default="")
@click.option("--by", required=True)
def fault(
    *, code: str, kind: str, numbers: tuple[str, ...], exempt: tuple[str, ...], note: str, by: str
) -> int:
    """A fault of replies, confirmed by a person."""
    named = {word: fault for fault, word in messages()["solicit_faults"].items()}
    entry = verbs.fault(_desk(), code, named.get(kind, kind), numbers, by=by, note=note, exempt=exempt)
    click.echo(say("solicit_fault", fact=entry.fact.id, kind=kind))
    return Exit.DONE
