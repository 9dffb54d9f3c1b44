"""催报 and closing: what is due by the ladder and the deadline, asked of the database (promise P6).

Nothing is done before the mail that arrived until then has been read: a unit that answered in time while
mailbot was switched off is not reminded, and not counted as missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailbot.model import (
    Ask,
    Correspondent,
    LetterKind,
    LetterText,
    Reminder,
    Solicitation,
    SolicitationState,
)
from mailbot.render import letters
from mailbot.scoring import AnswerState
from mailbot.workflow.desk import WORKER, Desk, collected_until, solicitation_ref
from mailbot.workflow.letterbox import post
from mailbot.workflow.office import people
from mailbot.workflow.solicitations import answered
from mailbot.workflow.solicitations.replies import stop_reminders


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One unit that is to be reminded now, and where it can be reached."""

    solicitation: Solicitation
    ask: Ask
    unit: str
    step: int
    recipients: tuple[Correspondent, ...]

    @property
    def at(self) -> datetime:
        """When it fell due."""
        return step_at(self.ask, self.step)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderFacts:
    """What the letter of a reminder says.  `hours` is what is left, rounded up."""

    code: str
    title: str
    unit: str
    deadline: datetime
    hours: int
    office: str
    phones: tuple[str, ...]


def step_at(ask: Ask, step: int) -> datetime:
    return ask.deadline - timedelta(hours=step)


def steps(ask: Ask) -> list[tuple[int, datetime]]:
    """The reminders that lie between the asking and the deadline, earliest first."""
    return [(step, step_at(ask, step)) for step in ask.ladder if step_at(ask, step) > ask.asked_at]


# ---- reminders ---------------------------------------------------------------------------------------------


def reminders_due(desk: Desk) -> list[Due]:
    """Whom the ladder would remind now: units that have not answered; of several steps missed, the last."""
    by_unit = _by_unit(desk)
    return [
        due
        for one in desk.store.solicitations(state=SolicitationState.OPEN)
        for due in _due(desk, one, by_unit)
    ]


def _by_unit(desk: Desk) -> Mapping[str, tuple[Correspondent, ...]]:
    found: dict[str, dict[str, Correspondent]] = {}
    for correspondent in people.recipients(desk)[0]:
        found.setdefault(correspondent.unit, {}).setdefault(correspondent.address, correspondent)
    return {unit: tuple(by_address.values()) for unit, by_address in found.items()}


def _due(desk: Desk, one: Solicitation, by_unit: Mapping[str, tuple[Correspondent, ...]]) -> list[Due]:
    now = desk.clock.now()
    passed = {ask.round: [s for s, at in steps(ask) if at <= now < ask.deadline] for ask in one.asks}
    if not any(passed.values()):
        return []
    done = {(r.round, r.unit): r.step for r in desk.store.reminders(one.code)}
    due = []
    for cell in answered.matrix(desk, one.code).cells:
        ask = one.last_ask(cell.unit)
        if ask is None or not passed[ask.round] or not _silent(cell):
            continue
        step = passed[ask.round][-1]
        if done.get((ask.round, cell.unit), step + 1) > step:
            reached = by_unit.get(cell.unit, ())
            due.append(Due(solicitation=one, ask=ask, unit=cell.unit, step=step, recipients=reached))
    return due


def _silent(cell: answered.Cell) -> bool:
    """It has not answered, nor shown by paper that it need not; what is held waits for the section."""
    complete = cell.invalidation is not None and cell.invalidation.complete
    return cell.state is AnswerState.OPEN and not cell.held and not complete


def remind_due(desk: Desk, *, read: datetime | None) -> list[Due]:
    """Remind whom the ladder says, and put it on record.  `read`: until when all mail has been read; what
    fell due later waits."""
    if read is None:
        return []
    reminded = []
    for due in reminders_due(desk):
        if due.at <= read:
            with desk.store.transaction():
                if _remind(desk, due):
                    reminded.append(due)
    return reminded


def _remind(desk: Desk, due: Due) -> bool:
    code, unit = due.solicitation.code, due.unit
    reminder = Reminder(
        code=code,
        round=due.ask.round,
        unit=unit,
        step=due.step,
        at=desk.clock.now(),
        recipients=tuple(person.address for person in due.recipients),
    )
    if not desk.store.add_reminder(reminder):
        return False
    text = reminder_text(desk, due.solicitation, due.ask, unit)
    for person in due.recipients:
        about = f"{solicitation_ref(code)}:{due.ask.round}:{unit}:{due.step}"
        letter_id = post(desk, LetterKind.REMINDER, person.address, text, about=about, occasion=due.at)
        if letter_id is not None:
            desk.store.bind_solicitation_letter(letter_id, code, due.ask.round, unit)
    details = {"unit": unit, "step": str(due.step), "letters": str(len(due.recipients))}
    desk.log("reminded", solicitation_ref(code), details)
    return True


def reminder_text(
    desk: Desk, one: Solicitation, ask: Ask, unit: str, *, at: datetime | None = None
) -> LetterText:
    """As it reads at that time; now, where none is given."""
    left = ask.deadline - (at or desk.clock.now())
    facts = ReminderFacts(
        code=one.code,
        title=one.title,
        unit=unit,
        deadline=ask.deadline,
        hours=max(1, -(-int(left.total_seconds()) // 3600)),
        office=desk.config.office.name,
        phones=desk.config.office.phones,
    )
    return letters.compose(LetterKind.REMINDER, facts, desk.policy.wording)


# ---- closing -----------------------------------------------------------------------------------------------


def over(one: Solicitation, now: datetime) -> bool:
    """Whether its last deadline is over: the minute of the deadline itself is still in time."""
    return max(ask.deadline for ask in one.asks) + timedelta(minutes=1) <= now


def close_due(desk: Desk, *, read: datetime | None) -> list[str]:
    """Close what has run out; codes.  Never early, and not before the mail until then has been read."""
    if read is None:
        return []
    closed = []
    for one in desk.store.solicitations(state=SolicitationState.OPEN):
        if over(one, min(read, desk.clock.now())):
            with desk.store.transaction():
                if close_one(desk, one, who=WORKER):
                    closed.append(one.code)
    return closed


def close_one(desk: Desk, one: Solicitation, *, who: str) -> bool:
    """Inside the transaction; False where somebody else did it.  The event says who had not answered."""
    was = SolicitationState.OPEN
    if not desk.store.set_solicitation_state(one.code, SolicitationState.CLOSED, was=was):
        return False
    stop_reminders(desk, one.code)
    found = answered.matrix(desk, one.code)
    missed = [cell.unit for cell in found.cells if cell.state is AnswerState.MISSED]
    counts = found.counts
    desk.log(
        "solicitation_closed",
        solicitation_ref(one.code),
        {
            "due": str(counts.due),
            "on_time": str(counts.on_time),
            "void": str(counts.void),
            "missed": " ".join(missed),
        },
        who=who,
    )
    return True


def keep(desk: Desk) -> None:
    """What the timetable asks of 约稿: reminders and closing, each once, whatever was switched off."""
    if not desk.store.has_solicitations():
        return
    read = collected_until(desk)
    remind_due(desk, read=read)
    close_due(desk, read=read)
