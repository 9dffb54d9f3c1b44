"""Tables for the section to take out, as .xlsx or .csv: contacts masked, in full only for who may decide.

A table comes as the answer to a form, never to a link, since taking it out is put on record.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import flask

from mailbot.console.context import desk, download, logged_in, person, say, say_error, status_of
from mailbot.errors import MailbotError
from mailbot.model import Month
from mailbot.workflow.bulletins import export
from mailbot.workflow.bulletins.export import Span, Table
from mailbot.workflow.mail import showing

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"


@logged_in
def exports() -> Any:
    """The form; POST answers with the file, or with the form again and what is wrong."""
    if flask.request.method == "GET":
        return _form()
    phones = "phones" in flask.request.form
    if phones and not person().may_review:
        flask.abort(403)
    table = next((one for one in Table if one == flask.request.form.get("table")), None)
    span = _span()
    if table is None or span is None:
        say("export_choose", error=True)
        return _form(), 400
    as_csv = flask.request.form.get("form") == "csv"
    try:
        made = export.export(desk(), table, span, by=person().name, as_csv=as_csv, phones=phones)
    except MailbotError as error:
        say_error(error)
        return _form(), status_of(error)
    return download(made.content, made.file_name, CSV if as_csv else XLSX)


def _form() -> str:
    values, months = flask.request.values, showing.months(desk())
    return flask.render_template(
        "exports.html",
        tables=list(Table),
        table=values.get("table", Table.SUBMISSIONS),
        span=values.get("span", "month"),
        months=months,
        month=values.get("month", str(months[min(1, len(months) - 1)])),
        years=sorted({month.year for month in months}, reverse=True),
        year=values.get("year", str(months[0].year)),
        first=values.get("first", ""),
        last=values.get("last", ""),
        form=values.get("form", "xlsx"),
        phones="phones" in values,
    )


def _span() -> Span | None:
    """As marked on the form; None where what is written beside it is none."""
    form = flask.request.form
    kind = form.get("span")
    try:
        if kind == "all":
            return Span()
        if kind == "month":
            return Span.of_month(Month.parse(form.get("month", "")))
        if kind == "year":
            return Span.of_year(date(int(form.get("year", "")), 1, 1).year)
        return _days(form.get("first", ""), form.get("last", "")) if kind == "days" else None
    except (ValueError, OverflowError):
        return None


def _days(first: str, last: str) -> Span | None:
    """One bound is enough."""
    if not (first or last):
        return None
    return Span(
        first=date.fromisoformat(first) if first else None, last=date.fromisoformat(last) if last else None
    )


ROUTES = (("/exports", "exports", exports, ("GET", "POST")),)
