"""通报: drafts, and a named person's approval of one exact file (promise P7)."""

from __future__ import annotations

from typing import Any

import flask

from mailbot.console import forms
from mailbot.console.context import WORD, desk, download, logged_in, person, reviewer, say, to
from mailbot.errors import ConfigError
from mailbot.workflow import final, report, showing


@logged_in
def bulletins() -> Any:
    months = showing.months(desk())
    return flask.render_template(
        "bulletins.html", rows=desk().store.bulletins(), months=months, last=months[min(1, len(months) - 1)]
    )


@reviewer
def draft_bulletin() -> Any:
    written = forms.text("month")
    month = next((one for one in showing.months(desk()) if str(one) == written), None)
    if month is None:
        raise ConfigError("bad_month", month=written)
    report.draft_month(desk(), month, by=person().name, force=bool(forms.optional("force")))
    say("drafted")
    return to("bulletins")


@reviewer
def approve_bulletin(bulletin_id: int) -> Any:
    bulletin = report.bulletin(desk(), bulletin_id)
    if flask.request.method == "GET":
        recipients, without = report.recipients_of(desk(), bulletin)
        return flask.render_template(
            "approve.html", bulletin=bulletin, recipients=recipients, without=without
        )
    if "checked" not in flask.request.form:
        say("not_checked", error=True)
        return to("approve_bulletin", bulletin_id=bulletin_id)
    count = report.approve(desk(), bulletin_id, sha256=forms.text("sha256"), by=person().name)
    say("approved", count=count)
    return to("bulletins")


@reviewer
def replace_bulletin(bulletin_id: int) -> Any:
    """The draft as a person has put it right in Word: from now on that is the file to approve."""
    uploaded = flask.request.files.get("file")
    if uploaded is None or not uploaded.filename:
        say("no_file", error=True)
        return to("bulletins")
    found = report.bulletin(desk(), bulletin_id)
    final.replace(desk(), found, uploaded.read(), uploaded.filename, by=person().name)
    say("replaced")
    return to("bulletins")


@logged_in
def bulletin_file(bulletin_id: int) -> Any:
    bulletin = report.bulletin(desk(), bulletin_id)
    return download(desk().store.bulletin_file(bulletin.sha256), bulletin.file_name, WORD)


ROUTES = (
    ("/bulletins", "bulletins", bulletins, ("GET",)),
    ("/bulletins/draft", "draft_bulletin", draft_bulletin, ("POST",)),
    ("/bulletins/<id:bulletin_id>/approve", "approve_bulletin", approve_bulletin, ("GET", "POST")),
    ("/bulletins/<id:bulletin_id>/replace", "replace_bulletin", replace_bulletin, ("POST",)),
    ("/bulletins/<id:bulletin_id>/file", "bulletin_file", bulletin_file, ("GET",)),
)
