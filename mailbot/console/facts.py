"""What people enter beside the mails (采用, 批示, 以干代训, faults), and its withdrawal."""

from __future__ import annotations

from mailbot.console.context import Route

ROUTES: tuple[Route, ...] = ()
