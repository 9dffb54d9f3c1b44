"""The errors that reach a door.  A fault in a mail is a Finding, never one of these.

Each carries a stable `code` and named details; the Chinese sentence for it stands in
templates/cli/messages.toml, so that the code speaks to programs and the sentence to people.
"""

from __future__ import annotations


class MailbotError(Exception):
    """Root.  `code` names the sentence in messages.toml; `details` fill it."""

    exit_code = 1

    def __init__(self, code: str, **details: object) -> None:
        self.code = code
        self.details = {k: str(v) for k, v in details.items()}
        super().__init__(code, self.details)

    def __str__(self) -> str:
        return self.code + "".join(f" {k}={v}" for k, v in self.details.items())


class ConfigError(MailbotError):
    """config.toml, policy, roster, template or command line is wrong: details name file, key or line."""

    exit_code = 2


class TransportError(MailbotError):
    """The mail host did not do what was asked.  `permanent`: trying again will not help."""

    def __init__(self, code: str, *, permanent: bool = False, **details: object) -> None:
        super().__init__(code, **details)
        self.permanent = permanent


class StateError(MailbotError):
    """Not allowed in the state the thing is in (approving a changed file, releasing a sent letter)."""


class NotFound(MailbotError):  # noqa: N818  (reads better where it is raised)
    """No such thing: details name what was asked for."""


class LockHeld(MailbotError):  # noqa: N818
    """Another worker holds the office home (promise P8): details name pid, host and since when."""

    exit_code = 3


class Uncertain(TransportError):  # noqa: N818
    """The connection broke between the final dot and the host's answer: it may have gone (RFC 1047)."""
