"""`mailbot user` and `mailbot correspondents`: who may use the console, and which address is whose."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

import click

from mailbot.cli.home import Exit, open_app
from mailbot.cli.shape import Command, Group, table
from mailbot.cli.words import label, messages, say
from mailbot.errors import ConfigError
from mailbot.model import Correspondent
from mailbot.workflow.desk import Desk
from mailbot.workflow.office import people, users, written

_ROLES = click.Choice(["view", "review", "admin"])


def at_the_keyboard() -> str:
    """Who events name for what is done on the command line without --by."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "cli"


# ---- users -------------------------------------------------------------------------------------------------


@click.group(cls=Group)
def user() -> None:
    """Users of the console."""


@user.command("add", cls=Command)
@click.argument("name")
@click.option("--role", type=_ROLES, default="review")
@click.option("--password-stdin", is_flag=True)
def user_add(name: str, role: str, password_stdin: bool) -> int:
    """A new user."""
    desk = open_app(complete=False).desk()
    users.add(desk, name, role, _new_password(from_stdin=password_stdin), by=at_the_keyboard())
    click.echo(say("user_added", name=name, role=label("roles", role)))
    return Exit.DONE


@user.command("password", cls=Command)
@click.argument("name")
@click.option("--password-stdin", is_flag=True)
def user_password(name: str, password_stdin: bool) -> int:
    """A new password for a user."""
    desk = open_app(complete=False).desk()
    users.change_password(desk, name, _new_password(from_stdin=password_stdin), by=at_the_keyboard())
    click.echo(say("user_password_changed", name=name))
    return Exit.DONE


@user.command("role", cls=Command)
@click.argument("name")
@click.argument("role", type=_ROLES)
def user_role(name: str, role: str) -> int:
    """What a user may do."""
    users.change_role(open_app(complete=False).desk(), name, role, by=at_the_keyboard())
    click.echo(say("user_role_changed", name=name, role=label("roles", role)))
    return Exit.DONE


@user.command("list", cls=Command)
def user_list() -> int:
    """All users who may log in."""
    rows = [(name, label("roles", role)) for name, role in open_app(complete=False).desk().store.users()]
    click.echo("\n".join(table(rows)) if rows else say("user_none"))
    return Exit.DONE


@user.command("disable", cls=Command)
@click.argument("name")
def user_disable(name: str) -> int:
    """A user who may no longer log in."""
    users.disable(open_app(complete=False).desk(), name, by=at_the_keyboard())
    click.echo(say("user_disabled", name=name))
    return Exit.DONE


def _new_password(*, from_stdin: bool) -> str:
    """Typed twice and not shown; or one line of standard input, for scripts and where nobody can type."""
    if from_stdin or not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first, second = (getpass.getpass(say(name)) for name in ("password_ask", "password_again"))
    if first != second:
        raise ConfigError("password_mismatch")
    return first


# ---- correspondents ----------------------------------------------------------------------------------------


@click.group(cls=Group)
def correspondents() -> None:
    """The register of 信息员."""


@correspondents.command("list", cls=Command)
@click.option("--unit")
@click.option("--unconfirmed", is_flag=True)
@click.option("--without", is_flag=True)
def correspondents_list(unit: str | None, unconfirmed: bool, without: bool) -> int:
    """Known correspondents, or those that wait for a person's word; or the units that have none."""
    desk = open_app(complete=False).desk()
    if without:
        rows = _units_without(desk)
    else:
        found = desk.store.correspondents(unit=unit, confirmed=False if unconfirmed else None)
        state = {True: say("confirmed"), False: say("unconfirmed")}
        rows = [(c.unit, c.name, c.address, c.phone, state[c.confirmed], _validity(c)) for c in found]
    click.echo("\n".join(table(rows)) if rows else say("correspondents_none"))
    return Exit.DONE


def _units_without(desk: Desk) -> list[tuple[str, ...]]:
    """Each with those who answer for it: 主要 and 分管负责同志 of the roster."""
    named = {unit.name: (unit.principal or "", unit.deputy or "") for unit in desk.policy.roster.units}
    return [(unit, *named[unit]) for unit in people.register_of(desk).without]


def _validity(one: Correspondent) -> str:
    if one.valid_from is None and one.valid_until is None:
        return ""
    return say("correspondent_valid", first=one.valid_from or "", last=one.valid_until or "")


@correspondents.command("add", cls=Command)
@click.argument("address")
@click.option("--unit", required=True)
@click.option("--name", default="")
@click.option("--phone", default="")
@click.option("--from", "first", default=None)
@click.option("--by", default=None)
def correspondents_add(
    *, address: str, unit: str, name: str, phone: str, first: str | None, by: str | None
) -> int:
    """One correspondent, entered by a person."""
    added = people.add_from(
        open_app(complete=False).desk(),
        written.day(first) if first else None,
        address=address,
        unit=unit,
        name=name,
        phone=phone,
        by=by or at_the_keyboard(),
    )
    click.echo(say("correspondent_added", address=added.address, unit=added.unit))
    return Exit.DONE


@correspondents.command("end", cls=Command)
@click.argument("address")
@click.option("--unit", default=None)
@click.option("--last", default=None)
@click.option("--by", default=None)
def correspondents_end(address: str, unit: str | None, last: str | None, by: str | None) -> int:
    """An address that stands for nobody any more."""
    desk = open_app(complete=False).desk()
    day = written.day(last) if last else None
    ended = people.leave(desk, address, unit=unit, last=day, by=by or at_the_keyboard())
    units = "、".join(dict.fromkeys(one.unit for one in ended))
    click.echo(say("correspondent_ended", address=ended[0].address, units=units))
    return Exit.DONE


@correspondents.command("move", cls=Command)
@click.argument("address")
@click.option("--to", "unit", required=True)
@click.option("--from", "first", default=None)
@click.option("--by", default=None)
def correspondents_move(address: str, unit: str, first: str | None, by: str | None) -> int:
    """An address that stands for another unit from a day on."""
    desk = open_app(complete=False).desk()
    day = written.day(first) if first else None
    moved = people.move(desk, address, unit, first=day, by=by or at_the_keyboard())
    click.echo(say("correspondent_moved", address=moved.address, unit=moved.unit, day=moved.valid_from))
    return Exit.DONE


@correspondents.command("import", cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
def correspondents_import(file: Path) -> int:
    """A file of correspondents: all of it, or nothing where anything is wrong."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigError("file_unreadable", file=file, cause=error.strerror) from None
    desk = open_app(complete=False).desk()
    done = people.bring_in(
        desk, content, file.name, columns=messages()["register_columns"], by=at_the_keyboard()
    )
    click.echo(say("correspondents_imported", new=done.new, known=done.known))
    return Exit.DONE


@correspondents.command("confirm", cls=Command)
@click.argument("address")
@click.option("--unit")
@click.option("--by", default=None)
def correspondents_confirm(address: str, unit: str | None, by: str | None) -> int:
    """A proposed correspondent, confirmed by a person."""
    confirmed = people.confirm(open_app(complete=False).desk(), address, unit, by=by or at_the_keyboard())
    click.echo(say("correspondent_confirmed", address=confirmed.address, unit=confirmed.unit))
    return Exit.DONE
