"""Entering a fact: a form for each kind, the words of the 考评办法 of its day, items to choose from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import flask

from mailbot.console import forms
from mailbot.console.context import (
    Route,
    console,
    desk,
    is_sealed,
    person,
    reviewer,
    say,
    say_error,
    to,
    words,
)
from mailbot.errors import MailbotError
from mailbot.facts import Adoption, Demerit, Fact, Failure, Instruction, ManualAdjustment, Secondment
from mailbot.marking import SELF, SOLICITED, MarkingScheme
from mailbot.model import LetterState, Month, Submission, SubmissionState
from mailbot.store import Entry
from mailbot.store.facts import KINDS, items_of
from mailbot.workflow.mail import showing
from mailbot.workflow.marks import fact_rows, feedback, naming
from mailbot.workflow.marks.credit import Who
from mailbot.workflow.marks.fact_rows import FactFields
from mailbot.workflow.office import written

OF_ITEMS = ("adoption", "instruction", "demerit")
"""Kinds that name items."""
FAULT_AND_KIND = ":"
CHOOSE = "choose"
"""The button that lists the items of another month or unit: nothing is entered, all that was typed stays."""
ALSO = "also"
"""Names, in the address of a fact's page, what was entered by the same form."""
MOST_ITEMS = 400
"""To choose from; a unit chosen makes the list shorter."""
Field = Mapping[str, str]
FIELDS = (
    *("number", "publication", "issue", "day", "level", "leader", "rank", "answer_by", "month", "unit"),
    *("persons", "fault", "exempt", "solicitation", "points", "note", "together"),
)


@reviewer
def add_fact(kind: str) -> Any:
    """POST enters it, and shows the form again with what was typed where it does not fit."""
    if kind not in KINDS:
        flask.abort(404)
    if flask.request.method == "GET":
        return _form(kind, flask.request.args.to_dict())
    typed = {name: forms.optional(name) for name in FIELDS}
    typed["number"] = " ".join([*flask.request.form.getlist("item"), typed["number"]]).strip()
    if forms.optional("then") == CHOOSE:
        return _form(kind, typed)
    try:
        entries = _enter(kind, typed)
    except MailbotError as error:
        say_error(error)
        return _form(kind, typed), 409
    _say_entered(entries)
    also = ",".join(entry.fact.id for entry in entries[1:])
    return to("fact", fact_id=entries[0].fact.id, **{ALSO: also} if also and not typed["together"] else {})


def _enter(kind: str, typed: Field) -> Sequence[Entry]:
    """Several items adopted are a fact each, unless they became one piece; a fault of several is one."""
    who = Who(by=person().name, note=typed["note"])
    fault, _, fault_kind = typed["fault"].partition(FAULT_AND_KIND)
    if kind == "demerit":
        if fault not in fact_rows.KINDS:
            fault = ""
        fields = FactFields({**typed, "fault": fault_kind, "kind": fault}, _columns())
        return fact_rows.enter(desk(), fields.need("kind"), fields, who)
    fields = FactFields(typed, _columns())
    if kind in OF_ITEMS and not typed["together"]:
        return fact_rows.enter_each(desk(), kind, fields, who)
    return fact_rows.enter(desk(), kind, fields, who)


def _columns() -> Mapping[str, str]:
    return words().table("facts_columns")


def _say_entered(entries: Sequence[Entry]) -> None:
    """Also where the letters are that tell the submitters."""
    say("facts_entered", count=len(entries))
    letters = [letter for entry in entries if (letter := feedback.letter_of(desk(), entry))]
    held = sum(letter.state is LetterState.HELD for letter in letters)
    if held:
        say("feedback_held", count=held)
    if len(letters) > held:
        say("feedback_ready", count=len(letters) - held)


# ---- the form ----------------------------------------------------------------------------------------------


def _form(kind: str, typed: Field) -> str:
    """`typed` are fields as a person filled them in, or as a link on another page proposes them."""
    today = desk().clock.now().date()
    filled = {**dict.fromkeys(FIELDS, ""), "day": str(today), **{k: v for k, v in typed.items() if v}}
    try:
        day = written.day(filled["day"])
    except MailbotError:
        day = today
    months = showing.months(desk())
    chosen = {naming.tidied(one): one for one in written.several(filled["number"])}
    return flask.render_template(
        "fact_add.html",
        kind=kind,
        kinds=[(code, words().message(f"fact_kinds.{code}")) for code in KINDS],
        typed=filled,
        today=today,
        months=months,
        units=[unit.name for unit in console().app.policy.roster.units],
        scheme=naming.scheme(desk(), day),
        schemes=desk().policy.schemes,
        faults=faults(naming.scheme(desk(), day)),
        solicitations=desk().store.solicitations() if kind == "failure" else (),
        **(_items(months, chosen) if kind in OF_ITEMS else {}),
    )


def _items(months: Sequence[Month], chosen: Mapping[str, str]) -> dict[str, object]:
    """The accepted items of a month and unit, for ticking; those chosen already (as typed) stand first."""
    wanted, unit = flask.request.values.get("of_month"), flask.request.values.get("of_unit", "")
    month = next((m for m in months if str(m) == wanted), months[0])
    state = SubmissionState.ACCEPTED
    rows = desk().store.submissions(month=month, state=state, unit=unit or None, limit=MOST_ITEMS + 1)
    first = [item for number in chosen if (item := _known(number)) is not None]
    others = [item for item in rows[:MOST_ITEMS] if item.number not in chosen]
    shown = [item for item in (*first, *others) if not is_sealed(item.mail_id)]
    known = {item.number for item in first}
    return {
        "of_month": month,
        "of_unit": unit,
        "items": shown,
        "more": len(rows) > MOST_ITEMS,
        "chosen": known,
        "other_numbers": "\u3001".join(typed for number, typed in chosen.items() if number not in known),
        "adopted": adopted(),
    }


def adopted() -> Mapping[str, Sequence[str]]:
    """By item, the names of what adopted it as far as that is entered."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for entry in desk().store.facts(kinds=("adoption",), withdrawn=False):
        if isinstance(entry.fact, Adoption):
            row = naming.scheme(desk(), entry.fact.at.day).publication(entry.fact.publication)
            found[entry.fact.item].append(row.name if row else entry.fact.publication)
    return found


def _known(number: str) -> Submission | None:
    try:
        return naming.item(desk(), number)
    except MailbotError:
        return None


def faults(scheme: MarkingScheme, on: str = "") -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Faults to choose from, by kind of report (`on` for one alone): value, label with kind, points.

    Rows that say the same of a kind of report once more, for entries that mix the kinds up, are left out.
    """
    found = []
    for report in scheme.reports:
        if on and report.code != on:
            continue
        seen: set[tuple[str, object]] = set()
        options = []
        for row in scheme.demerits:
            if row.on != report.code or (row.label, row.points) in seen:
                continue
            seen.add((row.label, row.points))
            for kind in row.kinds or ("",):
                value = FAULT_AND_KIND.join((row.code, kind)) if kind else row.code
                name = kind or words().message(f"fault_kinds.{row.code}")
                options.append((value, name, f"{row.points:f}"))
        found.append((report.name, options))
    return [one for one in found if one[1]]


def faults_of(number: str) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Those that this item can have; none without a 考评办法."""
    if not desk().policy.schemes:
        return []
    scheme = naming.scheme(desk(), desk().clock.now().date())
    return faults(scheme, SOLICITED if desk().store.solicitation_answered(number) else SELF)


def again(entry: Entry) -> Field:
    """What of a fact the next one of the kind is likely to share: the same issue has more than one item."""
    shared = {"day": str(entry.fact.at), **_shared(entry.fact)}
    for number in items_of(entry.fact)[:1]:
        shared["of_month"] = str(Month.of(desk().store.submission(number).arrived_at))
    return shared


def _shared(fact: Fact) -> Field:
    match fact:
        case Adoption():
            return {"publication": fact.publication, "issue": fact.issue}
        case Instruction():
            return {"level": fact.level, "leader": fact.leader}
        case Demerit() | Failure() | ManualAdjustment():
            return {}
        case Secondment():
            return {"month": str(fact.month)}
    return {}


ROUTES: tuple[Route, ...] = (("/facts/add/<kind>", "add_fact", add_fact, ("GET", "POST")),)
