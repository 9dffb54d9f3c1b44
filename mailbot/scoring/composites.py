"""Sharing: items merged into one adopted piece, and items sent in the name of several units."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from mailbot.facts import Adoption, Demerit
from mailbot.marking import MarkingScheme, scheme_on
from mailbot.scoring.items import Item, in_order
from mailbot.scoring.mark import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One of `parts` equal shares; none where another fact (`instead`) already credits the unit."""

    parts: int = 1
    instead: str = ""

    def of(self, points: Decimal, decimals: int) -> Decimal:
        """Rounded half up to the scheme's decimals where it does not come out even."""
        if self.parts == 1:
            return points
        return (points / self.parts).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def shares_of(items: Iterable[Item], schemes: Sequence[MarkingScheme]) -> Mapping[str, Share]:
    """By id of the adoption: a unit has one part in a merged piece, however many items it gave."""
    merged: defaultdict[str, list[tuple[Adoption, str]]] = defaultdict(list)
    for item in items:
        for adoption in item.adoptions:
            if adoption.composite:
                merged[adoption.composite].append((adoption, item.unit))
    return {fact_id: share for members in merged.values() for fact_id, share in _parts(members, schemes)}


def _parts(
    members: Sequence[tuple[Adoption, str]], schemes: Sequence[MarkingScheme]
) -> Iterator[tuple[str, Share]]:
    units = len({unit for _, unit in members})
    credited: dict[str, str] = {}
    for adoption, unit in sorted(members, key=lambda member: member[0].at.starts):
        split = scheme_on(schemes, adoption.at.day).rules.composite == "split"
        first = credited.setdefault(unit, adoption.id)
        if first != adoption.id:
            yield adoption.id, Share(instead=first)
        elif split:
            yield adoption.id, Share(parts=units)


def among_units(mark: Mark, item: Item, schemes: Sequence[MarkingScheme]) -> Iterator[Mark]:
    """An item's mark for each unit that it is booked to."""
    rules = scheme_on(schemes, mark.at.day).rules
    if rules.joint == "first" or len(item.units) == 1:
        yield mark
        return
    share = Share(parts=len(item.units) if rules.joint == "split" else 1)
    for unit in item.units:
        yield replace(
            mark,
            unit=unit,
            points=share.of(mark.points, rules.decimals),
            tariff=share.of(mark.tariff, rules.decimals),
        )


Spared = Mapping[str, frozenset[str]]
"""Item -> the facts of 雷同 that cost it nothing."""


def first_authors(items: Mapping[str, Item], schemes: Sequence[MarkingScheme]) -> Spared:
    """Spares the earliest of the items that a fact names, where rules.similar is 'later'."""
    spared: defaultdict[str, set[str]] = defaultdict(set)
    for item in items.values():
        for demerit in item.demerits:
            rules = scheme_on(schemes, demerit.at.day).rules
            if rules.similar == "later" and _is_first(item, demerit, items):
                spared[item.name].add(demerit.id)
    return {name: frozenset(found) for name, found in spared.items()}


def _is_first(item: Item, demerit: Demerit, items: Mapping[str, Item]) -> bool:
    others = [items[name] for name in demerit.items if name in items]
    return len(others) > 1 and in_order(one.reports[0] for one in others)[0] is item.reports[0]
