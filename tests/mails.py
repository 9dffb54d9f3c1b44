"""How tests read a mail: with the default limits, at a fixed time."""

from __future__ import annotations

from datetime import datetime

from mailbot.clock import SHANGHAI
from mailbot.intake import message
from mailbot.model import IncomingMail
from mailbot.policy import MailLimits

ARRIVED = datetime(2019, 4, 12, 9, 31, tzinfo=SHANGHAI)


def read(raw: bytes, **limits: int) -> IncomingMail:
    return message.read(raw, arrived_at=ARRIVED, limits=MailLimits(**limits))
