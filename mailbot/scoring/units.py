"""Marks that belong to a unit and not to an item: missed 约稿, 重大信息, 以干代训, a person's adjustment."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from mailbot.facts import Fact, Failure, ManualAdjustment, Moment, Ruling, Secondment, Solicitation
from mailbot.marking import MarkingScheme, Row, scheme_on
from mailbot.model import Month
from mailbot.scoring.answers import Answer, AnswerState
from mailbot.scoring.items import in_order
from mailbot.scoring.mark import NOUGHT, Mark, MarkState
from mailbot.scoring.reports import row_of


def missed(
    answers: Iterable[Answer], facts: Iterable[Fact], schemes: Sequence[MarkingScheme], as_of: Moment
) -> Iterator[Mark]:
    """约稿未报: once per unit and 约稿, in the month of the deadline (or once per ask, by the rule)."""
    failed = {(f.solicitation, f.unit): f.id for f in facts if isinstance(f, Failure) and f.solicitation}
    for answer in answers:
        if not answer.asks:
            continue
        rules = scheme_on(schemes, answer.deadline.day).rules
        covered = failed.get((answer.solicitation, answer.unit), "")
        instead = covered if rules.missed_and_failure == "failure_only" else ""
        if rules.missed_per == "ask":
            for ask in _missed_asks(answer, schemes, as_of):
                yield _missed(answer, ask, ask.deadline, schemes, instead)
        elif _is_missed(answer, schemes):
            yield _missed(answer, answer.asks[-1], answer.deadline, schemes, instead)


def _is_missed(answer: Answer, schemes: Sequence[MarkingScheme]) -> bool:
    if answer.state is AnswerState.LATE:
        rules = scheme_on(schemes, answer.replies[0].at.day).rules
        return (answer.ruling or rules.late_reply) == Ruling.MISSED
    return answer.state is AnswerState.MISSED


def _missed_asks(answer: Answer, schemes: Sequence[MarkingScheme], as_of: Moment) -> Iterator[Solicitation]:
    """The asks that ran out, as far as the answer counts as missed at all."""
    if answer.state is AnswerState.OPEN or _is_missed(answer, schemes):
        yield from (ask for ask in answer.asks if ask.deadline.ends <= as_of.ends)


def _missed(
    answer: Answer, ask: Solicitation, deadline: Moment, schemes: Sequence[MarkingScheme], instead: str
) -> Mark:
    row = scheme_on(schemes, deadline.day).missed
    return _of_unit(ask, row, answer.unit, deadline, solicitation=answer.solicitation, instead=instead)


def failures(facts: Iterable[Fact], schemes: Sequence[MarkingScheme]) -> Iterator[Mark]:
    """重大信息未报: each one, and out of the year's selection where the scheme says so."""
    for fact in facts:
        if isinstance(fact, Failure):
            scheme = scheme_on(schemes, fact.at.day)
            row = scheme.failure(fact.kind)
            found = row_of(row, fact, fact.kind)
            out = row is not None and row.disqualifies
            yield _of_unit(fact, found, fact.unit, fact.at, solicitation=fact.solicitation, disqualifies=out)


def secondments(facts: Iterable[Fact], schemes: Sequence[MarkingScheme]) -> Iterator[Mark]:
    """以干代训: each person once a month, however often entered."""
    seen: dict[tuple[str, Month, str], str] = {}
    for fact in in_order(facts):
        row = scheme_on(schemes, fact.at.day).secondment
        if not isinstance(fact, Secondment) or row is None:
            continue
        for person in dict.fromkeys(map(_name, fact.persons)):
            first = seen.setdefault((fact.unit, fact.month, person), fact.id)
            instead = "" if first == fact.id else first
            yield _of_unit(fact, row, fact.unit, fact.at, person=person, instead=instead)


def adjustments(facts: Iterable[Fact]) -> Iterator[Mark]:
    """What a person gave or took, with the reason as its name."""
    for fact in facts:
        if isinstance(fact, ManualAdjustment):
            row = Row(code="adjustment", name=fact.reason, points=fact.points, clause="")
            yield _of_unit(fact, row, fact.unit, fact.at)


def _name(person: str) -> str:
    """One person is one person, with or without the blank that two-character names are often set with."""
    return "".join(unicodedata.normalize("NFKC", person).split())


def _of_unit(
    fact: Fact,
    row: Row,
    unit: str,
    at: Moment,
    *,
    solicitation: str = "",
    person: str = "",
    instead: str = "",
    disqualifies: bool = False,
) -> Mark:
    points: Decimal = NOUGHT if instead else row.points
    return Mark(
        fact=fact.id,
        at=at,
        unit=unit,
        month=at.month,
        code=row.code,
        name=row.name,
        label=row.label,
        clause=row.clause,
        points=points,
        tariff=row.points,
        state=MarkState.SUPERSEDED if instead else MarkState.COUNTED,
        instead=instead,
        solicitation=solicitation,
        person=person,
        listed=not instead,
        disqualifies=disqualifies,
    )
