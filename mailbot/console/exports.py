"""Tables for the section to take out, as .xlsx or .csv."""

from __future__ import annotations

from mailbot.console.context import Route

ROUTES: tuple[Route, ...] = ()
