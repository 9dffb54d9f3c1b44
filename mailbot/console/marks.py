"""得分: standings of a month or a year, and each mark with its clause, fact and person."""

from __future__ import annotations

from mailbot.console.context import Route

ROUTES: tuple[Route, ...] = ()
