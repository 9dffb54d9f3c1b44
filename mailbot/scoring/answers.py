"""How each unit stands to each 约稿 it was asked for (annex 1, 三(一)2 and its last paragraph)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mailbot.facts import Fact, Invalidation, LateRuling, Moment, Reply, Ruling, Solicitation
from mailbot.marking import MarkingScheme, scheme_on
from mailbot.scoring.items import in_order


class AnswerState(StrEnum):
    """按时, 迟报, 未报, 无效, or not due yet."""

    ON_TIME = "on_time"
    LATE = "late"
    MISSED = "missed"
    VOID = "void"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One unit and one 约稿.  `asks` are the facts by which it was asked, earliest first."""

    solicitation: str
    unit: str
    asks: tuple[Solicitation, ...]
    deadline: Moment
    state: AnswerState
    replies: tuple[Reply, ...] = ()
    void_by: str = ""
    ruling: Ruling | None = None

    def late(self, reply: Reply) -> bool:
        """A reply at the deadline is in time; one given to the day is taken as of its beginning."""
        return reply.at.starts > self.deadline.ends


def answers(facts: Iterable[Fact], schemes: Sequence[MarkingScheme], as_of: Moment) -> tuple[Answer, ...]:
    """All units that were asked or replied, per 约稿.  Facts after `as_of` are not known yet.

    A reply to a 约稿 that is on record nowhere answers nothing: there is no deadline to hold it to.
    """
    known = [fact for fact in facts if fact.at.starts <= as_of.ends]
    asked = _Asked(known, schemes)
    return tuple(
        asked.answer(solicitation, unit, asks, as_of)
        for solicitation, asks in sorted(asked.asks.items())
        for unit in asked.concerned(solicitation, asks)
    )


class _Asked:
    """The facts about 约稿, each under what it is asked for by."""

    def __init__(self, facts: Iterable[Fact], schemes: Sequence[MarkingScheme]) -> None:
        self._schemes = schemes
        self.asks: defaultdict[str, list[Solicitation]] = defaultdict(list)
        self._replies: defaultdict[tuple[str, str], list[Reply]] = defaultdict(list)
        self._requests: defaultdict[tuple[str, str], list[Invalidation]] = defaultdict(list)
        self._rulings: dict[tuple[str, str], LateRuling] = {}
        self._repliers: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for fact in in_order(facts):
            self._take(fact)

    def _take(self, fact: Fact) -> None:
        match fact:
            case Solicitation():
                self.asks[fact.solicitation].append(fact)
            case Reply():
                # Who signs with another unit has answered too; who is credited, the scheme says.
                for unit in dict.fromkeys((fact.unit, *fact.co_units)):
                    self._replies[fact.solicitation, unit].append(fact)
                self._repliers[fact.solicitation][fact.unit] = None
            case Invalidation():
                self._requests[fact.solicitation, fact.unit].append(fact)
            case LateRuling():
                self._rulings[fact.solicitation, fact.unit] = fact

    def concerned(self, solicitation: str, asks: Sequence[Solicitation]) -> Iterable[str]:
        """Units asked, then those that replied unasked."""
        return dict.fromkeys([*(unit for ask in asks for unit in ask.units), *self._repliers[solicitation]])

    def answer(self, solicitation: str, unit: str, asks: Sequence[Solicitation], as_of: Moment) -> Answer:
        mine = [ask for ask in asks if unit in ask.units]
        deadlines = sorted((ask.deadline for ask in mine or asks), key=lambda moment: moment.ends)
        rules = scheme_on(self._schemes, deadlines[-1].day).rules
        ruling = self._rulings.get((solicitation, unit))
        deadline = deadlines[-1 if rules.asked_again == "latest" else 0]
        replies = self._replies.get((solicitation, unit), [])
        void_by = self._void_by(solicitation, unit, deadline)
        return Answer(
            solicitation=solicitation,
            unit=unit,
            asks=tuple(mine),
            deadline=deadline,
            state=_state(void_by, replies, deadline, as_of),
            replies=tuple(replies),
            void_by=void_by,
            ruling=ruling.ruling if ruling else None,
        )

    def _void_by(self, solicitation: str, unit: str, deadline: Moment) -> str:
        """The request that makes the 约稿 void for the unit; '' where none meets the scheme's demands."""
        rules = scheme_on(self._schemes, deadline.day).rules
        for request in self._requests.get((solicitation, unit), ()):
            done: Mapping[str, bool] = {
                "phoned_first": request.phoned_first,
                "signed_sealed_paper": request.signed_sealed_paper,
            }
            soon_enough = rules.invalidation_after_deadline or request.at.starts <= deadline.ends
            if soon_enough and all(done[step] for step in rules.invalidation):
                return request.id
        return ""


def _state(void_by: str, replies: Sequence[Reply], deadline: Moment, as_of: Moment) -> AnswerState:
    if void_by:
        return AnswerState.VOID
    if replies:
        in_time = any(reply.at.starts <= deadline.ends for reply in replies)
        return AnswerState.ON_TIME if in_time else AnswerState.LATE
    return AnswerState.MISSED if deadline.ends <= as_of.ends else AnswerState.OPEN
