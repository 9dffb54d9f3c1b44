"""Who has answered a 约稿: 按时, 迟报, 未报, 无效, unit by unit, with the trail that shows it.

The states are those that marks are derived from (scoring/answers.py): the table never contradicts the marks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from mailbot.facts import Demerit, Moment
from mailbot.model import (
    Invalidation,
    LedgerMail,
    Letter,
    Month,
    Reason,
    Reminder,
    Solicitation,
    SolicitationState,
    Submission,
    SubmissionState,
)
from mailbot.render.figures import SolicitationFigures, Solicited
from mailbot.scoring import Answer, AnswerState, answers
from mailbot.store.replies import RulingEntry
from mailbot.workflow.desk import Desk
from mailbot.workflow.letterbox import phrase
from mailbot.workflow.marks import standings

T = TypeVar("T")

LOOKED_BACK = timedelta(days=366)
"""How far back late replies are still asked about: marks are those of a calendar year."""
_WAITING = (SubmissionState.HELD, SubmissionState.RETURNED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One unit's part of a 约稿, with all that is on record about it."""

    unit: str
    state: AnswerState
    deadline: datetime
    items: tuple[Submission, ...] = ()
    """What it sent and was registered, newest first."""
    waiting: tuple[Submission, ...] = ()
    """What it sent and is held or was returned."""
    ruling: RulingEntry | None = None
    invalidation: Invalidation | None = None
    letters: tuple[Letter, ...] = ()
    """The 约稿 itself, and its reminders as they went."""
    reminders: tuple[Reminder, ...] = ()
    mails: tuple[LedgerMail, ...] = ()
    """非我单位职责, questions: mails that speak of it and are no items."""

    @property
    def answered_at(self) -> datetime | None:
        """When it first answered: later versions and items do not make it late."""
        return min((item.arrived_at for item in self.items), default=None)

    @property
    def held(self) -> bool:
        """It has sent something that the section has yet to decide on."""
        return any(item.state is SubmissionState.HELD for item in self.waiting)

    @property
    def undecided(self) -> bool:
        """A late reply on which nobody has given a word."""
        return self.state is AnswerState.LATE and self.ruling is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """A 约稿 and how each unit stands to it, as they were asked; units that replied unasked last."""

    solicitation: Solicitation
    cells: tuple[Cell, ...]
    counts: Solicited


@dataclass(frozen=True, slots=True, kw_only=True)
class Likely:
    """A fault that the texts suggest: a person says whether it is one."""

    number: str
    other: str
    other_unit: str
    share: str


def matrix(desk: Desk, code: str) -> Matrix:
    """NotFound 'no_solicitation'."""
    one = desk.store.solicitation(code)
    found = {answer.unit: answer for answer in _answers(desk, one.topic)}
    trail = _Trail(desk, one)
    units = dict.fromkeys([*one.units, *(unit for unit in trail.repliers if unit in found)])
    cells = tuple(trail.cell(unit, found.get(unit)) for unit in units)
    mine = [found[unit] for unit in one.units if unit in found]
    return Matrix(solicitation=one, cells=cells, counts=counted(desk, mine))


def _answers(desk: Desk, topic: str) -> tuple[Answer, ...]:
    """As scoring sees them now; none where it was cancelled."""
    now = Moment.of(desk.clock.now())
    return answers(desk.store.topic_facts(topic), desk.policy.schemes, now)


class _Trail:
    """What is on record of a 约稿, by unit."""

    def __init__(self, desk: Desk, one: Solicitation) -> None:
        store = desk.store
        self._one = one
        self._items: defaultdict[str, list[Submission]] = defaultdict(list)
        for answering in store.answering(one.code):
            item = answering.item
            parties = (item.fields.unit.value,) if item.fields.unit else ()
            for unit in (*parties, *(u for u in item.fields.co_units if u in one.units)):
                self._items[unit].append(item)
        self._letters = _by_unit(store.solicitation_letters(one.code))
        self._mails = _by_unit(store.solicitation_mails(one.code))
        self._reminders = _by_unit((r.unit, r) for r in store.reminders(one.code))
        self._rulings = {entry.unit: entry for entry in store.rulings(one.code)}
        self._invalid = {request.unit: request for request in store.invalidations(one.code)}

    @property
    def repliers(self) -> Iterable[str]:
        return self._items

    def cell(self, unit: str, answer: Answer | None) -> Cell:
        items = self._items.get(unit, [])
        ask = self._one.last_ask(unit) or self._one.asks[-1]
        return Cell(
            unit=unit,
            state=answer.state if answer else AnswerState.OPEN,
            deadline=ask.deadline,
            items=tuple(i for i in reversed(items) if i.state is SubmissionState.ACCEPTED),
            waiting=tuple(i for i in reversed(items) if i.state in _WAITING),
            ruling=self._rulings.get(unit),
            invalidation=self._invalid.get(unit),
            letters=tuple(self._letters.get(unit, ())),
            reminders=tuple(self._reminders.get(unit, ())),
            mails=tuple(self._mails.get(unit, ())),
        )


def _by_unit(pairs: Iterable[tuple[str, T]]) -> Mapping[str, list[T]]:
    found: defaultdict[str, list[T]] = defaultdict(list)
    for unit, thing in pairs:
        found[unit].append(thing)
    return found


# ---- in figures --------------------------------------------------------------------------------------------


def counted(desk: Desk, found: Iterable[Answer]) -> Solicited:
    """How many units were asked, and how they answered."""
    return standings.counted([answer for answer in found if answer.asks], desk.policy.schemes)


def figures(desk: Desk, month: Month) -> tuple[SolicitationFigures, ...]:
    """The 约稿 whose deadline fell in the month, those on one topic together, in the order of their codes."""
    return tuple(_figures(desk, asked, found) for asked, found in _due_in(desk, month))


def unit_counts(desk: Desk, month: Month) -> Mapping[str, Solicited]:
    """The same by unit; units that were not asked are not named."""
    mine: defaultdict[str, list[Answer]] = defaultdict(list)
    for _, found in _due_in(desk, month):
        for answer in found:
            mine[answer.unit].append(answer)
    return {unit: counted(desk, found) for unit, found in mine.items()}


def _due_in(desk: Desk, month: Month) -> list[tuple[list[Solicitation], list[Answer]]]:
    topics: defaultdict[str, list[Solicitation]] = defaultdict(list)
    for one in desk.store.solicitations():
        if one.state is not SolicitationState.CANCELLED:
            topics[one.topic].append(one)
    due = []
    for topic, asked in topics.items():
        if any(Month.of(ask.deadline) == month for one in asked for ask in one.asks):
            found = [a for a in _answers(desk, topic) if a.asks and a.deadline.month == month]
            due += [(asked, found)] if found else []
    return due


def _figures(desk: Desk, asked: Sequence[Solicitation], found: Sequence[Answer]) -> SolicitationFigures:
    sources = dict.fromkeys(ask.source for one in asked for ask in one.asks)
    replies = {reply.item for answer in found for reply in answer.replies}
    return SolicitationFigures(
        topic=asked[0].title,
        source=desk.policy.wording.words["comma"].join(phrase(desk, f"source.{one}") for one in sources),
        deadline=max(answer.deadline.day for answer in found),
        counts=counted(desk, found),
        poor=len(replies & _faulty(desk)),
    )


def _faulty(desk: Desk) -> set[str]:
    """Items with a fault that a person found."""
    entries = desk.store.facts(kinds=("demerit",), withdrawn=False)
    found = [entry.fact for entry in entries if isinstance(entry.fact, Demerit)]
    return {item for fact in found for item in fact.items if item not in fact.exempt}


# ---- what waits for a person -------------------------------------------------------------------------------


def late_undecided(desk: Desk) -> list[tuple[Solicitation, Cell]]:
    """Late replies of the last year on which nobody has given a word, by code."""
    since = desk.clock.now() - LOOKED_BACK
    closed = desk.store.solicitations(state=SolicitationState.CLOSED)
    return [
        (one, cell)
        for one in closed
        if max(ask.deadline for ask in one.asks) >= since
        for cell in matrix(desk, one.code).cells
        if cell.undecided
    ]


def likely_faults(desk: Desk, code: str) -> tuple[Likely, ...]:
    """Replies that were found like another unit's text when they came; on whom it falls, a person says."""
    alike = (Reason.SAME_TEXT_OTHER_UNIT, Reason.WEAK_LIKENESS)
    faulty = _faulty(desk)
    found = []
    for answering in desk.store.answering(code):
        verdict = desk.store.verdict(answering.item.mail_id)
        for finding in verdict.findings if verdict else ():
            if finding.reason in alike and answering.item.number not in faulty:
                details = finding.details
                found.append(
                    Likely(
                        number=answering.item.number,
                        other=details["number"],
                        other_unit=details["unit"],
                        share=details["share"],
                    )
                )
    return tuple(found)


def open_tasks(desk: Desk, month: Month) -> tuple[str, ...]:
    """What the section should settle about 约稿 before the month's 通报 is issued, in words."""
    tasks = []
    doubtful = len(desk.store.doubtful_replies())
    if doubtful:
        tasks.append(phrase(desk, "task.solicited_doubt", count=doubtful))
    for one in desk.store.solicitations():
        if one.state is SolicitationState.CANCELLED or all(
            Month.of(ask.deadline) != month for ask in one.asks
        ):
            continue
        for cell in matrix(desk, one.code).cells:
            if cell.undecided:
                tasks.append(phrase(desk, "task.solicited_late", code=one.code, unit=cell.unit))
            if cell.invalidation is not None and not cell.invalidation.complete:
                tasks.append(phrase(desk, "task.solicited_paper", code=one.code, unit=cell.unit))
        likely = len(likely_faults(desk, one.code))
        if likely:
            tasks.append(phrase(desk, "task.solicited_alike", code=one.code, count=likely))
    return tuple(tasks)
