"""What an item is worth as things happen to it: report, adoptions, instructions (annex 1, 三(二)).

One rule for all combinations: every event is worth the difference it makes to the item's whole value, in its
own month and within the calendar year.  So a higher adoption after a lower adds the difference, and a lower
one after a higher nothing, whatever the scheme says about adding up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby

from mailbot.facts import Adoption, Instruction
from mailbot.marking import MarkingScheme, Publication, Row, Rules, scheme_on
from mailbot.model import Month
from mailbot.scoring.composites import Share
from mailbot.scoring.items import Item
from mailbot.scoring.mark import NOUGHT, Mark, MarkState, prefixed, state_of
from mailbot.scoring.reports import Settled, row_of

WHOLE = Share()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One adoption or instruction with its row and what that is worth here."""

    fact: Adoption | Instruction
    row: Row
    points: Decimal
    rules: Rules

    @property
    def order(self) -> tuple[int, bool, Decimal, str]:
        """By time; at one time adoptions first, the highest first, so that entry order does not matter."""
        return self.fact.at.starts, isinstance(self.fact, Instruction), -self.points, self.row.code


@dataclass(slots=True)
class _Standing:
    """What counts for an item so far in a year."""

    report: Decimal = NOUGHT
    ladder: list[Step] = field(default_factory=list)
    beside: list[Step] = field(default_factory=list)
    instructions: list[Step] = field(default_factory=list)

    def take(self, step: Step) -> None:
        if isinstance(step.fact, Instruction):
            self.instructions.append(step)
        elif _beside(step):
            self.beside.append(step)
        else:
            self.ladder.append(step)

    def value(self, rules: Rules) -> Decimal:
        adopted = _combined(self.ladder, highest=rules.adoptions == "highest")
        adopted += _combined(self.beside, highest=False)
        instructed = self._instructed(rules)
        added = NOUGHT
        if rules.instruction == "add":
            added = instructed
        elif rules.instruction == "larger":
            adopted = max(adopted, instructed)
        else:
            adopted = instructed or adopted
        if rules.report_and_adoption == "larger" and self.report > 0:
            return max(self.report, adopted) + added
        return self.report + adopted + added

    def _instructed(self, rules: Rules) -> Decimal:
        ordered = sorted(self.instructions, key=lambda step: step.row.code)
        once = rules.same_level_again == "once"
        levels = [
            _combined(list(steps), highest=once)
            for _, steps in groupby(ordered, key=lambda step: step.row.code)
        ]
        return max(levels, default=NOUGHT) if rules.instruction_levels == "highest" else sum(levels, NOUGHT)

    def above(self, step: Step) -> str:
        """The fact that makes a step worth nothing: the highest of its kind so far."""
        if isinstance(step.fact, Instruction):
            same = [one for one in self.instructions if one.row.code == step.row.code]
            rivals = same if len(same) > 1 else [*self.instructions, *self.ladder]
        else:
            rivals = [*self.ladder, *self.instructions]
        others = [one for one in rivals if one is not step]
        return max(others, key=lambda one: one.points).fact.id if others else ""


def climb(
    item: Item,
    settled: Settled,
    schemes: Sequence[MarkingScheme],
    shares: Mapping[str, Share],
) -> Iterator[Mark]:
    """The marks of an item's adoptions and instructions.  ConfigError 'marks_no_row'."""
    steps = sorted(_steps(item, schemes, shares), key=lambda step: step.order)
    for year, within in groupby(steps, key=lambda step: step.fact.at.month.year):
        standing = _Standing()
        if settled.counted and settled.counted.month.year == year:
            standing.report = settled.points
        yield from _walk(item, standing, list(within), shares)


def _walk(
    item: Item, standing: _Standing, steps: Sequence[Step], shares: Mapping[str, Share]
) -> Iterator[Mark]:
    first = next((step.fact.at.month for step in steps if isinstance(step.fact, Adoption)), None)
    for step in steps:
        share = shares.get(step.fact.id, WHOLE)
        if share.instead:
            yield _mark(item, step, NOUGHT, step.fact.at.month, share.instead)
            continue
        before = standing.value(step.rules)
        standing.take(step)
        points = standing.value(step.rules) - before
        rises = isinstance(step.fact, Adoption) and step.rules.higher_adoption_month == "first"
        month = first if rises and first else step.fact.at.month
        yield _mark(item, step, points, month, "" if points else standing.above(step))


def _mark(item: Item, step: Step, points: Decimal, month: Month, instead: str) -> Mark:
    state = state_of(points, step.points)
    adopted = isinstance(step.fact, Adoption)
    return Mark(
        fact=step.fact.id,
        at=step.fact.at,
        unit=item.unit,
        month=month,
        code=prefixed("adoption" if adopted else "instruction", step.row),
        name=step.row.name,
        label=step.row.label,
        clause=step.row.clause,
        points=points,
        tariff=step.row.points,
        state=state,
        instead=instead,
        item=item.name,
        listed=state is not MarkState.SUPERSEDED or (adopted and step.rules.show_superseded_labels),
    )


def _steps(item: Item, schemes: Sequence[MarkingScheme], shares: Mapping[str, Share]) -> Iterator[Step]:
    facts: list[Adoption | Instruction] = [*item.adoptions, *item.instructions]
    for fact in facts:
        scheme = scheme_on(schemes, fact.at.day)
        row = _row(fact, scheme)
        points = shares.get(fact.id, WHOLE).of(row.points, scheme.rules.decimals)
        yield Step(fact=fact, row=row, points=points, rules=scheme.rules)


def _row(fact: Adoption | Instruction, scheme: MarkingScheme) -> Row:
    if isinstance(fact, Adoption):
        return row_of(scheme.publication(fact.publication), fact, fact.publication)
    return row_of(scheme.instruction(fact.level, fact.rank), fact, fact.level)


def _beside(step: Step) -> bool:
    forwarded = isinstance(step.row, Publication) and step.row.form == "forward"
    return forwarded and not step.rules.forwarding_in_ladder


def _combined(steps: Sequence[Step], *, highest: bool) -> Decimal:
    points = [step.points for step in steps]
    return max(points, default=NOUGHT) if highest else sum(points, NOUGHT)
