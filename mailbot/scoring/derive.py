"""Facts and schemes -> marks: always from all facts, so that nothing else bears on them (promise P10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mailbot.facts import Fact, Moment
from mailbot.marking import MarkingScheme
from mailbot.model import Month
from mailbot.scoring.answers import Answer, answers
from mailbot.scoring.composites import among_units, first_authors, shares_of
from mailbot.scoring.issued import IssuedTable, with_corrections
from mailbot.scoring.items import items_of
from mailbot.scoring.ladder import climb
from mailbot.scoring.mark import Mark
from mailbot.scoring.quotas import quota_marks
from mailbot.scoring.reports import settle
from mailbot.scoring.standing import Assessed
from mailbot.scoring.units import adjustments, failures, missed, secondments

_NONE: Mapping[Month, IssuedTable] = {}


def marks(
    facts: Iterable[Fact],
    schemes: Sequence[MarkingScheme],
    *,
    as_of: Moment,
    units: Sequence[Assessed] = (),
    issued: Mapping[Month, IssuedTable] = _NONE,
) -> tuple[Mark, ...]:
    """All marks that the facts known at `as_of` make, of whatever year, in order of month and unit.

    `schemes` come in order of effect; `units` are needed for quotas alone.  Months in `issued` stay as they
    went out; what later facts change in them is booked as corrections.  ConfigError 'marks_no_row' where a
    scheme has no row for what a fact names.
    """
    known = [fact for fact in facts if fact.at.starts <= as_of.ends]
    asked = answers(known, schemes, as_of)
    found = (*_of_items(known, asked, schemes), *_of_units(known, asked, schemes, as_of))
    derived = (*found, *quota_marks(found, units, schemes, as_of))
    moments = {fact.id: fact.at for fact in known}
    return tuple(sorted(with_corrections(derived, issued, moments), key=_order))


def _of_items(
    facts: Sequence[Fact], asked: Sequence[Answer], schemes: Sequence[MarkingScheme]
) -> Iterator[Mark]:
    items = items_of(facts)
    answered = {(answer.solicitation, answer.unit): answer for answer in asked}
    shares = shares_of(items.values(), schemes)
    spared = first_authors(items, schemes)
    for name, item in items.items():
        settled = settle(item, answered, schemes, spared.get(name, frozenset()))
        for mark in (*settled.marks, *climb(item, settled, schemes, shares)):
            yield from among_units(mark, item, schemes)


def _of_units(
    facts: Sequence[Fact], asked: Sequence[Answer], schemes: Sequence[MarkingScheme], as_of: Moment
) -> Iterator[Mark]:
    yield from missed(asked, facts, schemes, as_of)
    yield from failures(facts, schemes)
    yield from secondments(facts, schemes)
    yield from adjustments(facts)


def _order(mark: Mark) -> tuple[Month, str, int, str, str, str]:
    return mark.month, mark.unit, mark.at.starts, mark.item, mark.code, mark.label
