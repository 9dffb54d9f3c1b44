"""A new 约稿, or one asked again: the form, what it would send to whom, and a person's word to send it.

What was typed is held here until it is sent: the browser brings back only the checksum of what was seen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

import flask

from mailbot.clock import SHANGHAI
from mailbot.console import forms
from mailbot.console.context import Route, console, desk, person, reviewer, say, say_error, status_of, to
from mailbot.console.held import Held
from mailbot.errors import ConfigError, MailbotError
from mailbot.model import LetterFile, Solicitation, SolicitationState, Superior
from mailbot.roster import UnitKind
from mailbot.workflow.letterbox import one_line
from mailbot.workflow.office import people, written
from mailbot.workflow.solicitations import answered, asking, solicit

GROUPS: Mapping[str, tuple[UnitKind, ...]] = {
    "towns": (UnitKind.TOWN, UnitKind.ZONE),
    "departments": (UnitKind.DEPARTMENT,),
}
"""The two groups of the notice's annex 2."""
TOPICS = 30
"""Earlier ones to choose from as being on the same topic."""
LONGEST_NAME = 100
LONGEST_STEP = 720
FIELDS = ("title", "text", "source", "day", "time", "ladder", "again", "same_topic_as")
_HOURS = re.compile(r"[\s,;\uff0c\uff1b\u3001]+")
_PATH = re.compile(r"[\\/]")
_BYTES = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The form as a person filled it in."""

    fields: Mapping[str, str]
    units: frozenset[str] = frozenset()
    """Ticked one by one."""
    groups: frozenset[str] = frozenset()
    file: LetterFile | None = None


def _drafts() -> Held[Typed]:
    return console().held["solicitation"]


def _held() -> Typed | None:
    return _drafts().of(person().name)


# ---- the form ----------------------------------------------------------------------------------------------


@reviewer
def new_solicitation() -> Any:
    """Empty; as it was left; or filled in from one that is asked again."""
    held, again = _held(), flask.request.args.get("again", "")
    if again and (held is None or held.fields["again"] != again):
        return _form(_of_earlier(desk().store.solicitation(again)))
    return _form(held or _empty(), kept=held is not None)


def _empty() -> Typed:
    ladder = "\u3001".join(map(str, desk().config.solicit.ladder))
    return Typed(fields={**dict.fromkeys(FIELDS, ""), "time": "17:00", "ladder": ladder})


def _of_earlier(one: Solicitation) -> Typed:
    """Its last asking, for the units that are still silent."""
    last = one.asks[-1]
    ladder = "\u3001".join(map(str, last.ladder))
    told = {"title": one.title, "text": last.text, "source": str(last.source), "again": one.code}
    silent = [cell.unit for cell in answered.matrix(desk(), one.code).cells if not asking.has_answered(cell)]
    return Typed(
        fields={**_empty().fields, **told, "ladder": ladder},
        units=frozenset(silent),
        file=desk().store.ask_file(one.code, last.round),
    )


def _form(typed: Typed, *, kept: bool = False) -> str:
    again = typed.fields["again"]
    before = desk().store.solicitation(again) if again else None
    today = desk().clock.now().date()
    groups = {
        name: [u.name for u in console().app.policy.roster.units if u.kind in kinds and u.on_roster(today)]
        for name, kinds in GROUPS.items()
    }
    return flask.render_template(
        "solicit_new.html",
        typed=typed.fields,
        ticked=typed.units,
        ticked_groups=typed.groups,
        file=typed.file,
        kept=kept,
        before=before,
        today=today,
        groups=groups,
        without=people.register_of(desk()).without,
        sources=list(Superior),
        topics=_topics(),
        largest=asking.LARGEST_FILE >> 20,
        longest_title=asking.LONGEST_TITLE,
        longest_text=asking.LONGEST_TEXT,
    )


def _topics() -> Sequence[Solicitation]:
    found = [o for o in desk().store.solicitations() if o.state is not SolicitationState.CANCELLED]
    return found[: -TOPICS - 1 : -1]


# ---- looking at it -----------------------------------------------------------------------------------------


@reviewer
def preview_solicitation() -> Any:
    """POST takes in what was typed; GET shows what would go.  What does not fit leads back to the form."""
    if flask.request.method == "POST":
        typed = _typed()
        _drafts().keep(person().name, typed)
        return to("preview_solicitation" if _fits(typed) else "new_solicitation")
    held = _held()
    if held is None:
        say("solicitation_gone", error=True)
        return _form(_empty())
    try:
        seen = asking.preview(desk(), _draft(held))
    except MailbotError as error:
        say_error(error)
        return _form(held, kept=True), status_of(error)
    return flask.render_template("solicit_preview.html", seen=seen, again=held.fields["again"])


def _fits(typed: Typed) -> bool:
    """Whether it could be sent like this; says why not."""
    try:
        asking.preview(desk(), _draft(typed))
    except MailbotError as error:
        say_error(error)
        return False
    return True


def _typed() -> Typed:
    fields = {name: forms.optional(name) for name in FIELDS}
    return Typed(
        fields=fields,
        units=frozenset(flask.request.form.getlist("unit")),
        groups=frozenset(flask.request.form.getlist("group")) & {"all", *GROUPS},
        file=_uploaded() or (_kept_file(fields["again"]) if forms.optional("keep_file") else None),
    )


def _uploaded() -> LetterFile | None:
    uploaded = flask.request.files.get("file")
    if uploaded is None or not uploaded.filename:
        return None
    name = one_line(_PATH.split(uploaded.filename)[-1])[-LONGEST_NAME:]
    return LetterFile(name=name, content=uploaded.read(), content_type=_BYTES)


def _kept_file(again: str) -> LetterFile | None:
    """The file that was chosen before, or that went with the last asking."""
    held = _held()
    if held is not None and held.file is not None and held.fields["again"] == again:
        return held.file
    return _of_earlier(desk().store.solicitation(again)).file if again else None


def _draft(typed: Typed) -> asking.Draft:
    """ConfigError for what cannot be read as it is typed."""
    told = typed.fields
    if told["source"] not in list(Superior):
        raise ConfigError("solicitation_no_source")
    if typed.file is not None and not typed.file.content:
        raise ConfigError("solicitation_file_empty", file=typed.file.name)
    kinds = [kind for name in sorted(typed.groups & set(GROUPS)) for kind in GROUPS[name]]
    everyone = "all" in typed.groups
    units = asking.units_of(desk(), kinds=kinds, names=sorted(typed.units), everyone=everyone)
    if not units:
        # Those still silent are ticked already where it is asked again: who unticks all wants none.
        raise ConfigError("solicitation_no_units")
    return asking.Draft(
        source=Superior(told["source"]),
        deadline=_deadline(told["day"], told["time"]),
        title=told["title"],
        text=told["text"],
        units=units,
        file=typed.file,
        again=told["again"],
        same_topic_as="" if told["again"] else told["same_topic_as"],
        ladder=_ladder(told["ladder"]),
    )


def _deadline(day: str, at: str) -> datetime:
    try:
        return datetime.combine(written.day(day), time.fromisoformat(at), tzinfo=SHANGHAI)
    except (MailbotError, ValueError):
        raise ConfigError("solicitation_no_deadline") from None


def _ladder(text: str) -> tuple[int, ...]:
    """'48、24、2', or nothing for no reminders."""
    parts = [part for part in _HOURS.split(text) if part]
    if not all(part.isascii() and part.isdigit() and 1 <= int(part[:6]) <= LONGEST_STEP for part in parts):
        raise ConfigError("solicitation_bad_ladder", limit=LONGEST_STEP)
    return tuple(int(part) for part in parts)


# ---- sending it --------------------------------------------------------------------------------------------


@reviewer
def open_solicitation() -> Any:
    """Exactly what was seen; where it would be something else by now, it is shown again."""
    held = _held()
    if held is None:
        say("solicitation_gone", error=True)
        return to("new_solicitation")
    if "checked" not in flask.request.form:
        say("solicitation_not_checked", error=True)
        return to("preview_solicitation")
    try:
        opened = solicit.open_(desk(), _draft(held), by=person().name, sha256=forms.text("sha256") or "-")
    except MailbotError as error:
        say_error(error)
        return to("preview_solicitation")
    _drafts().let_go(person().name)
    say("solicitation_opened", code=opened.code, count=len(opened.letters))
    return to("solicitation", code=opened.code)


@reviewer
def discard_solicitation() -> Any:
    _drafts().let_go(person().name)
    say("solicitation_discarded")
    return to("solicitations")


ROUTES: tuple[Route, ...] = (
    ("/solicitations/new", "new_solicitation", new_solicitation, ("GET",)),
    ("/solicitations/preview", "preview_solicitation", preview_solicitation, ("GET", "POST")),
    ("/solicitations/open", "open_solicitation", open_solicitation, ("POST",)),
    ("/solicitations/discard", "discard_solicitation", discard_solicitation, ("POST",)),
)
