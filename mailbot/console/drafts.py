"""Drafting 通报 of every kind, each on a page of its own where there is more to say than a month or a year.

A form that could not be carried out is shown again as it was filled in, with what is wrong above it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import flask

from mailbot.console import facts_add, forms
from mailbot.console.bulletins import naming, page
from mailbot.console.context import desk, person, reckoned, reviewer, say, say_error, status_of, to
from mailbot.errors import ConfigError, MailbotError
from mailbot.model import Bulletin, BulletinKind, BulletinState, Month, Passage, Submission
from mailbot.workflow.bulletins import amend, annual, final, gazette, instant, issues, report
from mailbot.workflow.mail import showing

FIRST_YEAR, LAST_YEAR = 1990, 2200
FIRST_DAYS = timedelta(days=5)


def _forced() -> bool:
    return "force" in flask.request.form


def _carried_out(draft: Callable[[], Bulletin], again: Callable[[bool], str], told: str = "drafted") -> Any:
    """To the page of what was drafted; else the form again, told whether a text finished in Word is there."""
    try:
        made = draft()
    except MailbotError as error:
        say_error(error)
        return again(error.code == "bulletin_uploaded"), status_of(error)
    say(told)
    return to("bulletin", bulletin_id=made.id)


# ---- a month, a year


@reviewer
def draft_bulletin() -> Any:
    written = forms.text("month")
    month = next((one for one in showing.months(desk()) if str(one) == written), None)
    if month is None:
        raise ConfigError("bad_month", month=written)
    by = person().name
    return _of_period(
        BulletinKind.MONTHLY, month, lambda: report.draft_month(desk(), month, by=by, force=_forced())
    )


@reviewer
def draft_annual() -> Any:
    year, by = _year(), person().name
    return _of_period(BulletinKind.ANNUAL, year, lambda: annual.draft(desk(), year, by=by, force=_forced()))


def _year() -> int:
    """400 for a number that a person means no year by."""
    year = forms.number("year")
    if not FIRST_YEAR <= year <= LAST_YEAR:
        flask.abort(400)
    return year


def _of_period(kind: BulletinKind, period: object, draft: Callable[[], Bulletin]) -> Any:
    """Where it cannot be drafted because of what is there already, that one's page says why."""
    there = desk().store.bulletin(kind, str(period))
    if there is not None:
        return _carried_out(draft, lambda _: page(there))
    made = draft()
    say("drafted")
    return to("bulletin", bulletin_id=made.id)


# ---- 即时通报


@reviewer
def draft_instant() -> Any:
    """What is proposed, one button each; or a 约稿 first, then fault and units."""
    if flask.request.method == "GET":
        return _instant()
    form = flask.request.form
    code, kind = forms.text("solicitation"), forms.text("kind")
    units = form.getlist("unit")

    def draft() -> Bulletin:
        return instant.draft(
            desk(), code, units, kind, by=person().name, detail=forms.optional("detail"), force=_forced()
        )

    return _carried_out(draft, lambda uploaded: _instant(uploaded=uploaded))


def _instant(*, uploaded: bool = False) -> str:
    values = flask.request.values
    every = desk().store.solicitations()
    chosen = next((one for one in every if one.code == values.get("solicitation", "")), None)
    return flask.render_template(
        "bulletin_instant.html",
        proposals=instant.proposals(desk(), reckoned()),
        solicitations=list(reversed(every)),
        chosen=chosen,
        asked=_asked(chosen.topic) if chosen else [],
        faults=instant.faults(desk()),
        units=values.getlist("unit"),
        kind=values.get("kind", ""),
        detail=values.get("detail", ""),
        longest=instant.DETAIL,
        uploaded=uploaded,
    )


def _asked(topic: str) -> list[str]:
    """Every unit that a 约稿 on the matter was sent to, once, in the official sequence."""
    asked = {unit for one in desk().store.solicitations(topic=topic) for unit in one.units}
    return [unit.name for unit in desk().policy.roster.units if unit.name in asked]


# ---- 更正


@reviewer
def correct_bulletin(bulletin_id: int) -> Any:
    """Of an issued month: what has changed since, and why.  The reason is kept, drafted or not."""
    found = report.bulletin(desk(), bulletin_id)
    if found.kind is not BulletinKind.MONTHLY:
        flask.abort(404)
    month = issues.month_of(found)
    if flask.request.method == "GET":
        return _correction(found, month)

    def draft() -> Bulletin:
        period = amend.next_period(desk(), month)
        reason, by = {Passage.OVERVIEW: flask.request.form["reason"]}, person().name
        final.note_all(desk(), BulletinKind.CORRECTION, period, reason, seen=forms.optional("seen"), by=by)
        return amend.draft(desk(), month, by=by, force=_forced())

    return _carried_out(draft, lambda uploaded: _correction(found, month, uploaded=uploaded))


def _correction(found: Bulletin, month: Month, *, uploaded: bool = False) -> str:
    period = amend.next_period(desk(), month)
    notes = desk().store.bulletin_notes(BulletinKind.CORRECTION, period)
    kept = notes.get(Passage.OVERVIEW, "")
    issued = found.state is BulletinState.APPROVED
    return flask.render_template(
        "bulletin_correct.html",
        bulletin=found,
        issued=issued,
        changes=amend.changes(desk(), month) if issued else (),
        points=lambda value: f"{value.normalize():f}",
        reason=flask.request.form.get("reason", kept),
        kept=kept,
        seen=final.seen_by(notes),
        drafted=desk().store.bulletin(BulletinKind.CORRECTION, period),
        uploaded=uploaded,
        **naming(),
    )


# ---- 《普刊》


@reviewer
def draft_gazette() -> Any:
    """Choose items, number them, and have them merged; `issue` names one whose choice is changed."""
    if flask.request.method == "GET":
        return _gazette()
    year, number = _year(), forms.number("number")
    period = gazette.period(year, number)
    there = desk().store.bulletin(BulletinKind.GAZETTE, period)
    if there is not None and period != forms.optional("issue"):
        say("gazette_number_taken", error=True, number=number)
        return _gazette(), 409
    items = _in_sequence(flask.request.form.getlist("item"))

    def draft() -> Bulletin:
        return gazette.draft(
            *(desk(), number, items),
            by=person().name,
            year=year,
            force=_forced(),
            seen=forms.optional("seen"),
        )

    return _carried_out(draft, lambda uploaded: _gazette(uploaded=uploaded), "redrafted")


def _in_sequence(numbers: list[str]) -> list[str]:
    """By the places written beside them; what has none comes after, as listed."""

    def place(number: str) -> int:
        return flask.request.form.get(f"place-{number}", default=10_000, type=int)

    return sorted(numbers, key=place)


def _gazette(*, uploaded: bool = False) -> str:
    values, months = flask.request.values, showing.months(desk())
    there = _issue(values.get("issue", ""))
    month = next((one for one in months if str(one) == values.get("month")), _first_month(months))
    inside = gazette.items_of(desk(), there.period) if there else ()
    year, number = gazette.number_of(there.period) if there else (desk().clock.now().year, 0)
    posted = flask.request.method == "POST"
    chosen = values.getlist("item") if posted else list(inside)
    places = {n: str(at) for at, n in enumerate(inside, 1)}
    rows = _choice(month, there, chosen)
    if posted:
        places = {item.number: values.get(f"place-{item.number}", "") for item in rows}
    return flask.render_template(
        "bulletin_gazette.html",
        rows=rows,
        chosen=chosen,
        places=places,
        months=months,
        month=month,
        there=there,
        year=values.get("year", year),
        number=values.get("number", number or gazette.next_number(desk(), year)),
        largest=gazette.LARGEST,
        adopted=facts_add.adopted(),
        uploaded=uploaded,
    )


def _first_month(months: list[Month]) -> Month:
    """This one; in its first days, when there is little to choose from, the one before."""
    lately = Month.of(desk().clock.now() - FIRST_DAYS)
    return lately if lately in months else months[0]


def _issue(period: str) -> Bulletin | None:
    """The draft whose choice is changed; None for a new issue."""
    found = desk().store.bulletin(BulletinKind.GAZETTE, period) if period else None
    return found if found is not None and found.state is BulletinState.DRAFT else None


def _choice(month: Month, there: Bulletin | None, chosen: list[str]) -> list[Submission]:
    """What was chosen already, wherever it comes from, then the rest of the month."""
    rows = gazette.printable(desk(), month, there.period if there else "")
    in_month = {item.number: item for item in rows}
    first = [in_month.get(number) or _item(number) for number in chosen]
    return [item for item in first if item] + [item for item in rows if item.number not in chosen]


def _item(number: str) -> Submission | None:
    try:
        return desk().store.submission(number)
    except MailbotError:
        return None


ROUTES = (
    ("/bulletins/draft", "draft_bulletin", draft_bulletin, ("POST",)),
    ("/bulletins/annual", "draft_annual", draft_annual, ("POST",)),
    ("/bulletins/instant", "draft_instant", draft_instant, ("GET", "POST")),
    ("/bulletins/gazette", "draft_gazette", draft_gazette, ("GET", "POST")),
    ("/bulletins/<id:bulletin_id>/correct", "correct_bulletin", correct_bulletin, ("GET", "POST")),
)
