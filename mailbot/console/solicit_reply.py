"""Replies to a 约稿: which one an item answers, and the faults that a person finds in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import flask

from mailbot.console import forms
from mailbot.console.context import Route, desk, is_sealed, person, reviewer, say, say_error, status_of, to
from mailbot.errors import ConfigError, MailbotError
from mailbot.facts import Demerit
from mailbot.marking import SOLICITED
from mailbot.model import Solicitation, SolicitationState, Submission, SubmissionState
from mailbot.store import Entry
from mailbot.workflow.marks import naming
from mailbot.workflow.office import written
from mailbot.workflow.solicitations import answered, replies, solicit
from mailbot.workflow.solicitations.answered import Likely

Typed = Mapping[str, str]
OTHERS = 40
"""约稿 to choose from besides those that were proposed."""
FAULTS = ("poor", "similar", "plagiarised")
"""Of replies, in the notice's order (annex 1, 三(一)2③-⑤)."""


# ---- what an item answers ----------------------------------------------------------------------------------


@reviewer
def match_item(number: str) -> Any:
    """GET shows the item and the 约稿 it may answer; POST takes a person's word, '' being none of them."""
    item = desk().store.submission(number)
    if flask.request.method == "GET":
        return _choices(item)
    code = forms.text("code")
    if not code:
        say("no_match_chosen", error=True)
        return to("match_item", number=number)
    try:
        replies.settle(desk(), number, None if code == "none" else code, by=person().name)
    except MailbotError as error:
        say_error(error)
        return _choices(item), status_of(error)
    if code == "none":
        say("matched_none", number=number)
        return to("solicitations")
    say("matched", number=number, code=code)
    return to("solicitation", code=code)


def _choices(item: Submission) -> str:
    store = desk().store
    reply = store.solicitation_reply(item.number)
    candidates = store.solicitations_among(reply.candidates if reply else ())
    proposed = {one.code for one in candidates}
    others = [
        one
        for one in reversed(store.solicitations())
        if one.state is not SolicitationState.CANCELLED and one.code not in proposed
    ]
    return flask.render_template(
        "solicit_match.html",
        item=item,
        reply=reply,
        candidates=[one for one in candidates if one.state is not SolicitationState.CANCELLED],
        others=others[:OTHERS],
        unit=item.fields.unit.value if item.fields.unit and not is_sealed(item.mail_id) else "",
    )


# ---- faults ------------------------------------------------------------------------------------------------


@reviewer
def fault_solicitation(code: str) -> Any:
    """GET shows the replies to choose from; POST enters what a person found as a fact."""
    if flask.request.method == "GET":
        chosen = set(written.several(flask.request.args.get("items", "")))
        return _replies(code, flask.request.args.to_dict(), chosen, set())
    let_off = flask.request.form.getlist("exempt")
    others = written.several(forms.optional("number"))
    numbers = tuple(dict.fromkeys([*flask.request.form.getlist("item"), *let_off, *others]))
    kind, note = forms.optional("kind"), forms.optional("note")
    try:
        if kind not in FAULTS:
            raise ConfigError("solicitation_no_fault")
        done = solicit.fault(desk(), code, kind, numbers, by=person().name, note=note, exempt=let_off)
    except MailbotError as error:
        say_error(error)
        return _replies(code, flask.request.form.to_dict(), set(numbers), set(let_off)), status_of(error)
    say("fault_found", fact=done.fact.id)
    return to("solicitation", code=code)


def _replies(code: str, typed: Typed, chosen: set[str], let_off: set[str]) -> str:
    one = desk().store.solicitation(code)
    items = [a.item for a in desk().store.answering(code) if a.item.state is SubmissionState.ACCEPTED]
    items.sort(key=lambda item: item.number not in chosen)
    numbers = {item.number for item in items}
    return flask.render_template(
        "solicit_fault.html",
        one=one,
        items=items,
        typed={"kind": "", "note": "", **typed},
        chosen=chosen,
        let_off=let_off,
        other_numbers=" ".join(sorted(chosen - numbers)),
        alike=likely_in([one]),
        faults=faults_of(numbers),
        points=_points(),
    )


def _points() -> dict[str, str]:
    """What each fault costs by the scheme of today; '' where it says nothing."""
    if not desk().policy.schemes:
        return dict.fromkeys(FAULTS, "")
    scheme = naming.scheme(desk(), desk().clock.now().date())
    rows = {code: scheme.demerit(code, SOLICITED, "") for code in FAULTS}
    return {code: f"{row.points:f}" if row else "" for code, row in rows.items()}


def likely_in(found: Iterable[Solicitation]) -> list[tuple[Solicitation, Likely]]:
    """Likenesses between replies that a person should look at, the closest first; each two items once."""
    pairs: dict[frozenset[str], tuple[Solicitation, Likely]] = {}
    for one in found:
        for likely in answered.likely_faults(desk(), one.code):
            pairs.setdefault(frozenset((likely.number, likely.other)), (one, likely))
    return sorted(pairs.values(), key=lambda pair: _percent(pair[1].share), reverse=True)


def _percent(share: str) -> int:
    digits = share.rstrip("%")
    return int(digits) if digits.isdigit() else 0


def faults_of(numbers: set[str]) -> list[tuple[Entry, Demerit]]:
    """Faults that persons found in these items."""
    entries = desk().store.facts(kinds=("demerit",), withdrawn=False)
    return [
        (entry, entry.fact)
        for entry in entries
        if isinstance(entry.fact, Demerit) and numbers.intersection(entry.fact.items)
    ]


ROUTES: tuple[Route, ...] = (
    ("/solicitations/match/<number>", "match_item", match_item, ("GET", "POST")),
    ("/solicitations/<code>/fault", "fault_solicitation", fault_solicitation, ("GET", "POST")),
)
