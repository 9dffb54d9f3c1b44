"""What comes from a browser: filters, page numbers, fields of forms.  What does not fit is 400 or unused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, TypeVar

import flask

_APART = re.compile("[、，,；;\\n]")
E = TypeVar("E", bound=StrEnum)
PAGE = 50
_LAST_PAGE = 1_000_000
_LARGEST = 2**31


def page_number() -> int:
    return min(max(1, flask.request.args.get("page", 1, type=int)), _LAST_PAGE)


def start() -> int:
    """The row that the page asked for begins with.  One row more than PAGE tells whether another follows."""
    return (page_number() - 1) * PAGE


def paged(rows: Sequence[Any]) -> dict[str, Any]:
    """What pager.html and a table need of PAGE + 1 rows from start() on."""
    return {"rows": rows[:PAGE], "page": page_number(), "more": len(rows) > PAGE}


def page_url(number: int) -> str:
    """This page with the same filters, at another page."""
    args = {**(flask.request.view_args or {}), **flask.request.args.to_dict()}
    return flask.url_for(flask.request.endpoint or "home", **{**args, "page": number})


def choice(name: str, kind: type[E]) -> E | None:
    """A filter's value as the enum it is, or None."""
    value = flask.request.args.get(name, "")
    return next((one for one in kind if one == value), None)


def text(name: str) -> str:
    """A field that must be there; 400 where it is not."""
    return flask.request.form[name].strip()


def optional(name: str) -> str:
    """A field that may be left out."""
    return flask.request.form.get(name, "").strip()


def names(name: str) -> tuple[str, ...]:
    """A field with several entries, set apart as people do it; () where it is not there."""
    parts = _APART.split(flask.request.form.get(name, ""))
    return tuple(entry for part in parts if (entry := part.strip()))


def number(name: str) -> int:
    """A field that must be there and a whole number that a row can hold; 400 otherwise."""
    value = flask.request.form.get(name, type=int)
    if value is None or not 0 <= value <= _LARGEST:
        flask.abort(400)
    return value
