"""约稿: opening one, closing it, and a person's word on late replies, invalidation and faults.

Opening a 约稿 approves its letter and the reminder ladder shown with it (promise P7).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from mailbot.errors import ConfigError, StateError
from mailbot.facts import Ruling
from mailbot.model import Invalidation, LetterKind, LetterState, SolicitationState
from mailbot.scoring import AnswerState
from mailbot.store import Entry
from mailbot.workflow.desk import Desk, letter_ref, solicitation_ref
from mailbot.workflow.letterbox import one_line, post
from mailbot.workflow.marks import credit
from mailbot.workflow.marks.credit import Who
from mailbot.workflow.solicitations import answered, remind
from mailbot.workflow.solicitations.answered import figures, open_tasks, unit_counts
from mailbot.workflow.solicitations.asking import Draft, Planned, Preview, preview, unit_named, units_of
from mailbot.workflow.solicitations.replies import settle, stop_reminders

__all__ = [
    "Draft",
    "Planned",
    "Preview",
    "cancel",
    "close",
    "fault",
    "figures",
    "late",
    "open_",
    "open_tasks",
    "paper",
    "phone",
    "preview",
    "settle",
    "unit_counts",
    "units_of",
    "withdraw_invalidation",
]

# ---- opening -----------------------------------------------------------------------------------------------


def open_(desk: Desk, draft: Draft, *, by: str, sha256: str = "") -> Preview:
    """Ask it: the letters are queued, and the ladder runs.  What was asked.

    StateError 'approval_needs_name', 'solicitation_changed' where it is no longer what `sha256` names,
    'solicitation_nobody' where no unit has a correspondent; else as preview().
    """
    if not by.strip():
        raise StateError("approval_needs_name")
    with desk.store.transaction():
        seen = preview(desk, draft)
        if sha256 and sha256 != seen.sha256:
            raise StateError("solicitation_changed", solicitation=seen.code)
        if not seen.letters:
            raise StateError("solicitation_nobody", units=_listed(seen.without))
        if seen.ask.round == 1:
            desk.store.add_solicitation(seen.code, title=seen.title, topic=seen.topic)
        ask = replace(seen.ask, by=one_line(by))
        desk.store.add_ask(seen.code, ask, seen.file)
        for planned in seen.letters:
            _post(desk, seen, planned)
        details = {"round": str(ask.round), "sha256": seen.sha256, "letters": str(len(seen.letters))}
        details |= {"deadline": ask.deadline.isoformat(), "without": _listed(seen.without)}
        desk.log("solicitation_opened", solicitation_ref(seen.code), details, who=ask.by)
    return replace(seen, ask=ask)


def _post(desk: Desk, seen: Preview, planned: Planned) -> None:
    letter_id = post(
        desk,
        LetterKind.SOLICITATION,
        planned.address,
        planned.text,
        about=f"{solicitation_ref(seen.code)}:{seen.ask.round}:{planned.unit}",
        files=(seen.file,) if seen.file else (),
    )
    if letter_id is not None:
        desk.store.bind_solicitation_letter(letter_id, seen.code, seen.ask.round, planned.unit)


def _listed(units: Iterable[str]) -> str:
    return " ".join(units)


# ---- closing -----------------------------------------------------------------------------------------------


def close(desk: Desk, code: str, *, by: str) -> None:
    """A person closes one whose deadline is over; by itself it happens once all mail until then is read.

    StateError 'solicitation_not_due' before its deadline, 'solicitation_not_open'; NotFound.
    """
    with desk.store.transaction():
        one = desk.store.solicitation(code)
        if one.state is not SolicitationState.OPEN:
            raise StateError("solicitation_not_open", solicitation=code, state=one.state)
        if not remind.over(one, desk.clock.now()):
            raise StateError("solicitation_not_due", solicitation=code)
        remind.close_one(desk, one, who=by)


def cancel(desk: Desk, code: str, *, by: str, reason: str) -> int:
    """It should not have been asked: it counts for nobody, what still waits to be sent is not sent.

    How many letters had gone already: those units must be told by a person.  StateError
    'solicitation_cancelled', 'reason_needed'; NotFound.
    """
    if not reason.strip():
        raise StateError("reason_needed")
    with desk.store.transaction():
        one = desk.store.solicitation(code)
        if not desk.store.set_solicitation_state(code, SolicitationState.CANCELLED, was=one.state):
            raise StateError("changed_meanwhile", number=code)
        if one.state is SolicitationState.CANCELLED:
            raise StateError("solicitation_cancelled", solicitation=code)
        for answering in desk.store.answering(code):
            settle(desk, answering.item.number, None, by=by)
        gone = _stop_letters(desk, code)
        desk.log("solicitation_cancelled", solicitation_ref(code), {"reason": one_line(reason)}, who=by)
    return gone


def _stop_letters(desk: Desk, code: str) -> int:
    stop_reminders(desk, code)
    gone = 0
    for _, letter in desk.store.solicitation_letters(code):
        if letter.state in (LetterState.READY, LetterState.HELD):
            desk.store.withdraw_letter(letter.id, version=letter.version)
            desk.log("withdrawn", letter_ref(letter.id), {"cause": "solicitation"})
        elif letter.state is not LetterState.WITHDRAWN:
            gone += 1
    return gone


# ---- a person's word ---------------------------------------------------------------------------------------


def late(desk: Desk, code: str, unit: str, ruling: Ruling, *, by: str, reason: str = "") -> None:
    """How a late reply is taken: as in time, as nothing, as missed (annex 1, 三(一)2; the last word counts).

    ConfigError 'no_such_unit'; StateError 'solicitation_not_late'; NotFound.
    """
    with desk.store.transaction():
        cell = _cell(desk, code, unit)
        if cell.state is not AnswerState.LATE:
            raise StateError("solicitation_not_late", solicitation=code, unit=cell.unit)
        desk.store.add_ruling(code, cell.unit, ruling, reason=one_line(reason), by=by, now=desk.clock.now())
        details = {"unit": cell.unit, "ruling": ruling, "reason": one_line(reason)}
        desk.log("late_ruled", solicitation_ref(code), details, who=by)


def phone(desk: Desk, code: str, unit: str, *, caller: str, at: datetime, by: str) -> Invalidation:
    """The first step of 无效约稿: the unit telephoned that it is none of its duty.

    StateError 'solicitation_not_asked', 'invalidation_known', 'reason_needed' without a caller's name;
    ConfigError 'in_the_future', 'no_such_unit'.
    """
    with desk.store.transaction():
        cell = _cell(desk, code, unit)
        if cell.unit not in desk.store.solicitation(code).units:
            raise StateError("solicitation_not_asked", solicitation=code, unit=cell.unit)
        if cell.invalidation is not None:
            raise StateError("invalidation_known", solicitation=code, unit=cell.unit)
        if not caller.strip():
            raise StateError("reason_needed")
        _past(desk, at.date())
        call = Invalidation(code=code, unit=cell.unit, phoned_at=at, caller=one_line(caller), noted_by=by)
        desk.store.save_invalidation(call)
        details = {"unit": cell.unit, "caller": call.caller, "at": at.isoformat()}
        desk.log("invalidation_phoned", solicitation_ref(code), details, who=by)
    return call


def paper(desk: Desk, code: str, unit: str, *, on: date, signer: str, sealed: bool, by: str) -> Invalidation:
    """The second step: the paper, signed by the 主要负责同志 and sealed.  Only with both is the 约稿 void.

    A paper without the seal, or unsigned, is on record and makes nothing void.  StateError
    'invalidation_phone_first', where no call was noted or the paper is older; ConfigError as phone().
    """
    with desk.store.transaction():
        cell = _cell(desk, code, unit)
        call = cell.invalidation
        if call is None or on < call.phoned_at.date():
            raise StateError("invalidation_phone_first", solicitation=code, unit=cell.unit)
        _past(desk, on)
        whole = replace(call, paper_on=on, signer=one_line(signer), sealed=sealed, paper_by=by)
        desk.store.save_invalidation(whole)
        if whole.complete:
            stop_reminders(desk, code, cell.unit)
        details = {"unit": cell.unit, "on": on.isoformat(), "signer": whole.signer, "sealed": str(sealed)}
        desk.log("invalidation_paper", solicitation_ref(code), details, who=by)
    return whole


def withdraw_invalidation(desk: Desk, code: str, unit: str, *, by: str, reason: str) -> None:
    """It was entered wrongly, or the section does not accept it.  StateError 'reason_needed',
    'invalidation_unknown'."""
    if not reason.strip():
        raise StateError("reason_needed")
    with desk.store.transaction():
        name = unit_named(desk, unit)
        if not desk.store.drop_invalidation(code, name):
            raise StateError("invalidation_unknown", solicitation=code, unit=name)
        details = {"unit": name, "reason": one_line(reason)}
        desk.log("invalidation_withdrawn", solicitation_ref(code), details, who=by)


def fault(
    desk: Desk,
    code: str,
    kind: str,
    numbers: Sequence[str],
    *,
    by: str,
    note: str = "",
    exempt: Sequence[str] = (),
) -> Entry:
    """A fault of replies, found by a person: poor, similar, plagiarised (annex 1, 三(一)2③-⑤).

    Entered as a fact; `credit.withdraw` takes it back.  At least one item must answer this 约稿: StateError
    'solicitation_not_reply'; else as credit.demerit().
    """
    with desk.store.transaction():
        replies = {answering.item.number for answering in desk.store.answering(code)}
        if not replies.intersection(numbers):
            raise StateError("solicitation_not_reply", solicitation=code, numbers=" ".join(numbers))
        today = desk.clock.now().date()
        entry = credit.demerit(desk, kind, numbers, day=today, who=Who(by=by, note=note), exempt=exempt)
        desk.log("solicitation_fault", solicitation_ref(code), {"fact": entry.fact.id, "kind": kind}, who=by)
    return entry


def _cell(desk: Desk, code: str, unit: str) -> answered.Cell:
    name = unit_named(desk, unit)
    for cell in answered.matrix(desk, code).cells:
        if cell.unit == name:
            return cell
    raise StateError("solicitation_not_asked", solicitation=code, unit=name)


def _past(desk: Desk, day: date) -> None:
    if day > desk.clock.now().date():
        raise ConfigError("in_the_future", day=day)
