"""The facts of one 报送信息 together: who reported it, as what, and what became of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mailbot.facts import Adoption, Demerit, Fact, Instruction, Reply, Report


@dataclass(slots=True, kw_only=True)
class Item:
    """Gathered while reading the facts, then only read.  Facts stand in order of time."""

    name: str
    reports: list[Report | Reply] = field(default_factory=list)
    demerits: list[Demerit] = field(default_factory=list)
    adoptions: list[Adoption] = field(default_factory=list)
    instructions: list[Instruction] = field(default_factory=list)

    @property
    def unit(self) -> str:
        """The unit that reported it first."""
        return self.reports[0].unit

    @property
    def units(self) -> tuple[str, ...]:
        """All units in whose name it came, the first one first."""
        named = [unit for report in self.reports for unit in (report.unit, *report.co_units)]
        return tuple(dict.fromkeys(named))

    @property
    def submitters(self) -> tuple[str, ...]:
        """Of the first report that names any."""
        return next((report.submitters for report in self.reports if report.submitters), ())


def in_order(facts: Iterable[Fact]) -> list[Fact]:
    """Earliest first; facts of one moment as they were entered."""
    return sorted(facts, key=lambda fact: fact.at.starts)


def items_of(facts: Iterable[Fact]) -> Mapping[str, Item]:
    """Every item that anybody reported.  Facts about an item that nobody reported credit nobody."""
    found: defaultdict[str, Item] = defaultdict(lambda: Item(name=""))
    for fact in in_order(facts):
        match fact:
            case Report() | Reply():
                found[fact.item].reports.append(fact)
            case Adoption():
                found[fact.item].adoptions.append(fact)
            case Instruction():
                found[fact.item].instructions.append(fact)
            case Demerit():
                for name in dict.fromkeys(fact.items):
                    found[name].demerits.append(fact)
    for name, item in found.items():
        item.name = name
    return {name: item for name, item in found.items() if item.reports}
