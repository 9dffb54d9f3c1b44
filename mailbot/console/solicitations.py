"""约稿: all of them with what waits for a person, one with its units, and one unit's part."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import flask

from mailbot.console import forms, solicit_new, solicit_reply, solicit_rule
from mailbot.console.context import Route, desk, download, logged_in
from mailbot.errors import NotFound
from mailbot.model import Event, LetterKind, LetterState, Solicitation, SolicitationState
from mailbot.scoring import AnswerState
from mailbot.workflow.desk import solicitation_ref
from mailbot.workflow.solicitations import answered, remind, replies
from mailbot.workflow.solicitations.answered import Cell, Matrix

SOON = timedelta(days=1)
"""So long before its deadline a 约稿 stands on the first page."""
ASKED_ABOUT = timedelta(days=62)
"""So long after its deadline a likeness that nobody confirmed is still proposed, and a missing paper asked
for: no record says that a person has looked at it and let it be."""
EVENTS = 2000
"""Of one 约稿, at the most: all units, each reminded a few times."""
_BYTES = "application/octet-stream"


def deadline_of(one: Solicitation) -> datetime:
    """The last one."""
    return max(ask.deadline for ask in one.asks)


# ---- all of them -------------------------------------------------------------------------------------------


@logged_in
def solicitations() -> Any:
    """What waits for a person first; then the open ones by deadline, then the others, newest first."""
    found = desk().store.solicitations()
    first = [one for one in found if one.state is SolicitationState.OPEN]
    first.sort(key=deadline_of)
    rest = [one for one in reversed(found) if one.state is not SolicitationState.OPEN]
    shown = [*first, *rest][forms.start() : forms.start() + forms.PAGE + 1]
    return flask.render_template(
        "solicitations.html",
        doubts=replies.doubts(desk()),
        late=answered.late_undecided(desk()),
        alike=solicit_reply.likely_in(_lately(found)),
        halves=_without_paper(_lately(found)),
        now=desk().clock.now(),
        deadline_of=deadline_of,
        **forms.paged([answered.matrix(desk(), one.code) for one in shown]),
    )


def _lately(found: Iterable[Solicitation]) -> list[Solicitation]:
    since = desk().clock.now() - ASKED_ABOUT
    return [o for o in found if o.state is not SolicitationState.CANCELLED and deadline_of(o) >= since]


def _without_paper(found: Iterable[Solicitation]) -> list[tuple[Solicitation, Cell]]:
    """Units that telephoned and whose paper has not come, or lacks something."""
    return [
        (one, cell)
        for one in found
        for cell in answered.matrix(desk(), one.code).cells
        if cell.invalidation is not None and not cell.invalidation.complete
    ]


def _ending() -> list[tuple[Solicitation, datetime, int]]:
    """Those that end within a day, their deadlines, and how many units have not answered; the next first."""
    until = desk().clock.now() + SOON
    found = desk().store.solicitations(state=SolicitationState.OPEN)
    return [
        (one, deadline_of(one), len(_silent(answered.matrix(desk(), one.code))))
        for one in sorted(found, key=deadline_of)
        if deadline_of(one) <= until
    ]


def _silent(found: Matrix) -> list[str]:
    """Units that have sent nothing yet, though they still may."""
    return [c.unit for c in found.cells if c.state is AnswerState.OPEN and not c.waiting]


def waiting() -> dict[str, Any]:
    """What of 约稿 the first page names."""
    if not desk().store.has_solicitations():
        return {"doubtful": [], "late": [], "ending": []}
    return {
        "doubtful": replies.doubts(desk()),
        "late": answered.late_undecided(desk()),
        "ending": _ending(),
    }


# ---- one ---------------------------------------------------------------------------------------------------


@logged_in
def solicitation(code: str) -> Any:
    found = answered.matrix(desk(), code)
    return flask.render_template(
        "solicitation.html",
        one=found.solicitation,
        cells=found.cells,
        counts=found.counts,
        silent=_silent(found),
        missed=[c.unit for c in found.cells if c.state is AnswerState.MISSED],
        gone=_gone(found),
        alike=solicit_reply.likely_in([found.solicitation]),
        deadline=deadline_of(found.solicitation),
        over=remind.over(found.solicitation, desk().clock.now()),
        now=desk().clock.now(),
        same_topic=_same_topic(found.solicitation),
        events=_history(code),
    )


def _history(code: str) -> list[Event]:
    """Newest first; reminders stand beside their units."""
    found = desk().store.events(subject=solicitation_ref(code), limit=EVENTS)
    return [event for event in found if event.verb != "reminded"]


def _gone(found: Matrix) -> list[str]:
    """Units to which the 约稿 itself went, or may have gone: taken back, they must be told."""
    still_here = {LetterState.READY, LetterState.HELD, LetterState.WITHDRAWN}
    return [
        cell.unit
        for cell in found.cells
        if any(x.kind is LetterKind.SOLICITATION and x.state not in still_here for x in cell.letters)
    ]


def _same_topic(one: Solicitation) -> list[Solicitation]:
    """Others on its topic: a unit that misses them is marked down once."""
    return [other for other in desk().store.solicitations(topic=one.topic) if other.code != one.code]


@logged_in
def solicitation_unit(code: str, unit: str) -> Any:
    return solicit_rule.unit_page(code, unit, {})


@logged_in
def solicitation_file(code: str, round_: int) -> Any:
    """What went with an asking."""
    file = desk().store.ask_file(code, round_)
    if file is None:
        raise NotFound("no_solicitation", solicitation=code)
    return download(file.content, file.name, _BYTES)


ROUTES: tuple[Route, ...] = (
    ("/solicitations", "solicitations", solicitations, ("GET",)),
    *solicit_new.ROUTES,
    *solicit_reply.ROUTES,
    ("/solicitations/<code>", "solicitation", solicitation, ("GET",)),
    *solicit_rule.ROUTES,
    ("/solicitations/<code>/rounds/<id:round_>", "solicitation_file", solicitation_file, ("GET",)),
    ("/solicitations/<code>/<unit>", "solicitation_unit", solicitation_unit, ("GET",)),
)
