"""The register of 信息员: a file brought in, a proposed address confirmed.  Each is one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mailbot.errors import ConfigError, NotFound
from mailbot.model import Correspondent
from mailbot.workflow import register
from mailbot.workflow.desk import Desk


@dataclass(frozen=True, slots=True)
class BroughtIn:
    """Counts of an import: entries that are new (or now confirmed), and those known before."""

    new: int
    known: int


def bring_in(desk: Desk, content: bytes, name: str, *, columns: Mapping[str, str], by: str) -> BroughtIn:
    """All of a register file, or nothing: ConfigError 'register_*' naming row and column."""
    read = register.read(content, name, units=desk.policy.roster.resolve, columns=columns)
    new = 0
    with desk.store.transaction():
        units = {c.address: c.unit for c in desk.store.correspondents(confirmed=True)}
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


def _take(desk: Desk, correspondent: Correspondent) -> bool:
    """Whether it was news: not there yet, or only proposed."""
    if desk.store.save_correspondent(correspondent):
        return True
    proposed = desk.store.correspondents(unit=correspondent.unit, confirmed=False)
    if all(c.address != correspondent.address for c in proposed):
        return False
    desk.store.confirm_correspondent(correspondent.address, correspondent.unit)
    return True
