"""约稿: opened on a person's word, watched, and what persons rule on replies."""

from __future__ import annotations

from mailbot.console.context import Route

ROUTES: tuple[Route, ...] = ()
