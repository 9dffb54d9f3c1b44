"""What a person says of a 约稿 and of its units: late, void, over, taken back.

A form that could not be carried out is shown again with what was typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

import flask

from mailbot.clock import SHANGHAI
from mailbot.console import forms
from mailbot.console.context import Route, desk, person, reviewer, say, say_error, status_of, to, words
from mailbot.console.solicit_reply import faults_of, likely_in
from mailbot.errors import ConfigError, MailbotError, NotFound
from mailbot.facts import Ruling
from mailbot.scoring import AnswerState
from mailbot.workflow.office import written
from mailbot.workflow.solicitations import answered, solicit
from mailbot.workflow.solicitations.answered import Cell

Typed = Mapping[str, str]
FIELDS = ("ruling", "reason", "caller", "day", "time", "on", "signer", "sealed")


# ---- one unit ----------------------------------------------------------------------------------------------


def unit_page(code: str, unit: str, typed: Typed) -> str:
    """All that is on record of one unit, with the forms that it can need."""
    found = answered.matrix(desk(), code)
    cell = next((one for one in found.cells if one.unit == unit), None)
    if cell is None:
        raise NotFound("solicitation_not_asked", solicitation=code, unit=unit)
    now = desk().clock.now()
    return flask.render_template(
        "solicit_unit.html",
        one=found.solicitation,
        cell=cell,
        asked=unit in found.solicitation.units,
        in_vain=_in_vain(cell),
        likely=[pair for pair in likely_in([found.solicitation]) if pair[1].number in _numbers(cell)],
        faults=faults_of(_numbers(cell)),
        typed={**dict.fromkeys(FIELDS, ""), **typed},
        now=now,
        today=now.date(),
    )


def _in_vain(cell: Cell) -> bool:
    """Call and paper are there, and by the 考评办法 they do not make it void: they came too late."""
    return cell.invalidation is not None and cell.invalidation.complete and cell.state is not AnswerState.VOID


def _numbers(cell: Cell) -> set[str]:
    return {item.number for item in (*cell.items, *cell.waiting)}


def _again(code: str, unit: str, error: MailbotError) -> Any:
    """The page with what was typed, and why it could not be done."""
    say_error(error)
    return unit_page(code, unit, flask.request.form.to_dict()), status_of(error)


@reviewer
def rule_late(code: str, unit: str) -> Any:
    ruling = next((one for one in Ruling if one == forms.optional("ruling")), None)
    if ruling is None:
        say("no_ruling", error=True)
        return to("solicitation_unit", code=code, unit=unit)
    try:
        solicit.late(desk(), code, unit, ruling, by=person().name, reason=forms.optional("reason"))
    except MailbotError as error:
        return _again(code, unit, error)
    say("late_ruled", unit=unit, ruling=words().message(f"rulings.{ruling}"))
    return to("solicitation_unit", code=code, unit=unit)


@reviewer
def note_call(code: str, unit: str) -> Any:
    """无效约稿, the first step: who telephoned, and when."""
    try:
        at = _moment(forms.optional("day"), forms.optional("time"))
        if at > desk().clock.now():
            raise ConfigError("in_the_future", day=f"{at:%Y-%m-%d %H:%M}")
        solicit.phone(desk(), code, unit, caller=forms.optional("caller"), at=at, by=person().name)
    except MailbotError as error:
        return _again(code, unit, error)
    say("call_noted", unit=unit)
    return to("solicitation_unit", code=code, unit=unit)


@reviewer
def note_paper(code: str, unit: str) -> Any:
    """The second step: the paper, who signed it, and whether it bears the seal."""
    try:
        done = solicit.paper(
            desk(),
            code,
            unit,
            on=written.day(forms.optional("on")),
            signer=forms.optional("signer"),
            sealed="sealed" in flask.request.form,
            by=person().name,
        )
    except MailbotError as error:
        return _again(code, unit, error)
    say("paper_noted" if done.complete else "paper_wanting", unit=unit, error=not done.complete)
    return to("solicitation_unit", code=code, unit=unit)


@reviewer
def withdraw_invalidation(code: str, unit: str) -> Any:
    try:
        solicit.withdraw_invalidation(desk(), code, unit, by=person().name, reason=forms.optional("reason"))
    except MailbotError as error:
        return _again(code, unit, error)
    say("invalidation_withdrawn", unit=unit)
    return to("solicitation_unit", code=code, unit=unit)


def _moment(day: str, at: str) -> datetime:
    try:
        return datetime.combine(written.day(day), time.fromisoformat(at), tzinfo=SHANGHAI)
    except ValueError:
        raise ConfigError("bad_day", day=f"{day} {at}") from None


# ---- over, taken back --------------------------------------------------------------------------------------


@reviewer
def close_solicitation(code: str) -> Any:
    try:
        solicit.close(desk(), code, by=person().name)
    except MailbotError as error:
        say_error(error)
        return to("solicitation", code=code)
    say("solicitation_closed", code=code)
    return to("solicitation", code=code)


@reviewer
def cancel_solicitation(code: str) -> Any:
    reason = forms.text("reason")
    if not reason:
        say("no_cancel_reason", error=True)
        return to("solicitation", code=code)
    gone = solicit.cancel(desk(), code, by=person().name, reason=reason)
    say("solicitation_cancelled" if gone else "solicitation_cancelled_unsent", code=code, count=gone)
    return to("solicitation", code=code)


ROUTES: tuple[Route, ...] = (
    ("/solicitations/<code>/close", "close_solicitation", close_solicitation, ("POST",)),
    ("/solicitations/<code>/cancel", "cancel_solicitation", cancel_solicitation, ("POST",)),
    ("/solicitations/<code>/<unit>/late", "rule_late", rule_late, ("POST",)),
    ("/solicitations/<code>/<unit>/call", "note_call", note_call, ("POST",)),
    ("/solicitations/<code>/<unit>/paper", "note_paper", note_paper, ("POST",)),
    ("/solicitations/<code>/<unit>/withdraw", "withdraw_invalidation", withdraw_invalidation, ("POST",)),
)
