"""Accounts of the console; for the administrator."""

from __future__ import annotations

from mailbot.console.context import Route

ROUTES: tuple[Route, ...] = ()
