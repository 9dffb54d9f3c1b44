"""The register of 信息员: a file brought in, one added, confirmed or ended.  Each is one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from mailbot.errors import ConfigError, NotFound, StateError
from mailbot.model import Correspondent
from mailbot.workflow.desk import Desk
from mailbot.workflow.office import register


@dataclass(frozen=True, slots=True)
class BroughtIn:
    """Counts of an import: entries that are new (or now confirmed), and those known before."""

    new: int
    known: int


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The register as it stands today."""

    confirmed: tuple[Correspondent, ...]
    proposed: tuple[Correspondent, ...]
    """Put to the section by their own mails: they supply nothing and get no 通报 until confirmed."""
    without: tuple[str, ...]
    """Units that nobody stands for."""


def register_of(desk: Desk) -> People:
    """Who stands for which unit, in the roster's order; those whose time is over are left out.

    An entry without a name says nothing beside one of the same address and unit with a name.
    """
    today = desk.clock.now().date()
    order = {unit.name: place for place, unit in enumerate(desk.policy.roster.units)}
    valid = [c for c in desk.store.correspondents() if c.valid_until is None or c.valid_until >= today]
    named = {(c.address, c.unit, known) for c in valid if c.name for known in {c.confirmed, False}}
    telling = [c for c in valid if c.name or (c.address, c.unit, c.confirmed) not in named]
    telling.sort(key=lambda c: (order.get(c.unit, len(order)), c.address, c.name))
    confirmed = tuple(c for c in telling if c.confirmed)
    return People(
        confirmed=confirmed,
        proposed=tuple(c for c in telling if not c.confirmed),
        without=tuple(unit for unit in order if unit not in {c.unit for c in confirmed}),
    )


def recipients(desk: Desk) -> tuple[list[Correspondent], list[str]]:
    """Every currently valid, confirmed correspondent of a roster unit, each address once; and the units that
    have none."""
    today = desk.clock.now().date()
    valid = [c for c in desk.store.correspondents(confirmed=True) if _valid(c, today)]
    order = {unit.name: place for place, unit in enumerate(desk.policy.roster.units)}
    once: dict[str, Correspondent] = {}
    # One who is named goes before an entry of the same address without a name.
    for one in sorted(valid, key=lambda c: (order.get(c.unit, -1), c.address, not c.name)):
        if one.unit in order:
            once.setdefault(one.address, one)
    reached = {one.unit for one in valid}
    return list(once.values()), [unit for unit in order if unit not in reached]


def _valid(one: Correspondent, today: date) -> bool:
    return (one.valid_from is None or one.valid_from <= today) and (
        one.valid_until is None or one.valid_until >= today
    )


def bring_in(desk: Desk, content: bytes, name: str, *, columns: Mapping[str, str], by: str) -> BroughtIn:
    """All of a register file, or nothing: ConfigError 'register_*' naming row and column."""
    read = register.read(content, name, units=desk.policy.roster.resolve, columns=columns)
    new = 0
    with desk.store.transaction():
        units = {c.address: c.unit for c in _standing(desk)}
        for row, correspondent in zip(read.rows, read.correspondents, strict=True):
            held = units.get(correspondent.address, correspondent.unit)
            if held != correspondent.unit:
                raise ConfigError("register_other_unit", file=name, row=row, unit=held)
            new += _take(desk, correspondent)
        if new:
            desk.log("correspondents_imported", f"register:{name}", {"new": str(new)}, who=by)
    return BroughtIn(new=new, known=len(read.correspondents) - new)


def confirm(desk: Desk, address: str, unit: str | None, *, by: str) -> Correspondent:
    """A proposed correspondent counts from now on.

    NotFound 'correspondent_unknown'; ConfigError 'correspondent_which_unit' where the address was proposed
    for several units and none is named.
    """
    address = address.strip().lower()
    with desk.store.transaction():
        proposed = [c for c in desk.store.correspondents(unit=unit, confirmed=False) if c.address == address]
        if not proposed:
            raise NotFound("correspondent_unknown", address=address)
        units = sorted({c.unit for c in proposed})
        if len(units) > 1:
            raise ConfigError("correspondent_which_unit", address=address, units="、".join(units))
        desk.store.confirm_correspondent(address, units[0])
        desk.log("correspondent_confirmed", f"correspondent:{address}", {"unit": units[0]}, who=by)
    return replace(proposed[0], confirmed=True)


def add(desk: Desk, *, address: str, unit: str, name: str, phone: str, by: str) -> Correspondent:
    """One correspondent, entered by a person: as add_from(), at once."""
    return add_from(desk, None, address=address, unit=unit, name=name, phone=phone, by=by)


def add_from(
    desk: Desk, valid_from: date | None, *, address: str, unit: str, name: str, phone: str, by: str
) -> Correspondent:
    """One correspondent, entered by a person, who stands for the unit from a day on where one is given.

    ConfigError 'correspondent_bad_address', '_bad_unit', '_bad_name', '_bad_phone'; StateError
    'correspondent_known' where they are on the register already, 'correspondent_other_unit' where the address
    stands for another unit.
    """
    new = register.checked(address, unit, name, phone, units=desk.policy.roster.resolve)
    new = replace(new, valid_from=valid_from)
    with desk.store.transaction():
        for other in register_of(desk).confirmed:
            if other.address == new.address and other.unit != new.unit:
                raise StateError("correspondent_other_unit", address=new.address, unit=other.unit)
        if not _take(desk, new) and not desk.store.end_correspondent(new, None):
            raise StateError("correspondent_known", address=new.address, unit=new.unit)
        desk.log("correspondent_added", f"correspondent:{new.address}", {"unit": new.unit}, who=by)
    return new


def end(desk: Desk, address: str, unit: str, name: str, *, by: str) -> None:
    """They no longer stand for the unit, or never did: yesterday was their last day.  NotFound."""
    yesterday = desk.clock.now().date() - timedelta(days=1)
    with desk.store.transaction():
        known = [c for c in desk.store.correspondents(unit=unit) if c.address == address]
        if all(c.name != name for c in known):
            raise NotFound("no_correspondent", address=address, unit=unit)
        for one in known:
            if one.name in ("", name):
                desk.store.end_correspondent(one, yesterday)
        desk.log("correspondent_ended", f"correspondent:{address}", {"unit": unit, "name": name}, who=by)


def leave(
    desk: Desk, address: str, *, by: str, unit: str | None = None, last: date | None = None
) -> tuple[Correspondent, ...]:
    """Nobody at this address stands for the unit (or for any) after `last`, yesterday where none is given.

    Those it was; NotFound 'no_correspondent' where there was nobody.
    """
    address = address.strip().lower()
    day = last or desk.clock.now().date() - timedelta(days=1)
    with desk.store.transaction():
        found = tuple(c for c in _standing(desk) if c.address == address and unit in (None, c.unit))
        if not found:
            raise NotFound("no_correspondent", address=address, unit=unit or "")
        for one in found:
            desk.store.end_correspondent(one, day)
            details = {"unit": one.unit, "name": one.name, "last": str(day)}
            desk.log("correspondent_ended", f"correspondent:{address}", details, who=by)
    return found


def move(desk: Desk, address: str, unit: str, *, by: str, first: date | None = None) -> Correspondent:
    """From `first` on, today where none is given, the address stands for another unit; its mail until then
    stays the old one's (notice 三(三): changes are reported).

    NotFound 'no_correspondent'; ConfigError 'correspondent_bad_unit'; StateError 'correspondent_known'.
    """
    day = first or desk.clock.now().date()
    with desk.store.transaction():
        before = leave(desk, address, by=by, last=day - timedelta(days=1))
        new = register.checked(
            before[0].address, unit, before[0].name, before[0].phone, units=desk.policy.roster.resolve
        )
        if any(one.unit == new.unit for one in before):
            raise StateError("correspondent_known", address=new.address, unit=new.unit)
        new = replace(new, valid_from=day)
        if not _take(desk, new):
            desk.store.end_correspondent(new, None)
        details = {"unit": new.unit, "from": before[0].unit, "first": str(day)}
        desk.log("correspondent_moved", f"correspondent:{new.address}", details, who=by)
    return new


def _standing(desk: Desk) -> list[Correspondent]:
    """Confirmed ones whose time is not over."""
    today = desk.clock.now().date()
    known = desk.store.correspondents(confirmed=True)
    return [c for c in known if c.valid_until is None or c.valid_until >= today]


def _take(desk: Desk, correspondent: Correspondent) -> bool:
    """Whether it was news: not there yet, or only proposed."""
    if desk.store.save_correspondent(correspondent):
        return True
    proposed = desk.store.correspondents(unit=correspondent.unit, confirmed=False)
    if all(c.address != correspondent.address for c in proposed):
        return False
    desk.store.confirm_correspondent(correspondent.address, correspondent.unit)
    return True
