"""Users of the console: their passwords as scrypt records, and the decisions about them.

A record is 'scrypt$N$r$p$salt$key', salt and key in hex (RFC 7914; N, r, p as OWASP's password storage sheet
recommends for 2023), so that the cost can be raised later without locking anybody out.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from mailbot.errors import ConfigError, NotFound, StateError
from mailbot.workflow.desk import WORKER, Desk

ADMIN = "admin"
ROLES = ("view", "review", ADMIN)
MAX_NAME = 40
MIN_PASSWORD = 10
MAX_PASSWORD = 200
_N, _R, _P = 2**15, 8, 3
_MEMORY = 128 * 1024 * 1024


def record(password: str) -> str:
    """The record kept for a password."""
    salt = secrets.token_bytes(16)
    return f"scrypt${_N}${_R}${_P}${salt.hex()}${_key(password, salt, _N, _R, _P).hex()}"


def matches(password: str, kept: str) -> bool:
    """Whether `password` is the one the record was made of; compared in constant time."""
    scheme, n, r, p, salt, key = kept.split("$")
    if scheme != "scrypt" or len(password) > MAX_PASSWORD:
        return False
    derived = _key(password, bytes.fromhex(salt), int(n), int(r), int(p))
    return hmac.compare_digest(derived, bytes.fromhex(key))


def add(desk: Desk, name: str, role: str, password: str, *, by: str) -> None:
    """A new user, or one that was disabled.  StateError 'user_exists'; ConfigError for name, role, password.

    What they decide stands under this name in the record, so it may not be mailbot's own.
    """
    name = name.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable() or name.casefold() == WORKER:
        raise ConfigError("user_bad_name")
    if role not in ROLES:
        raise ConfigError("user_bad_role", role=role)
    kept = _checked(name, password)
    with desk.store.transaction():
        if desk.store.user(name) is not None:
            raise StateError("user_exists", name=name)
        desk.store.save_user(name, role, kept, desk.clock.now())
        desk.log("user_added", f"user:{name}", {"role": role}, who=by)


def change_password(desk: Desk, name: str, password: str, *, by: str) -> None:
    """NotFound 'user_unknown', ConfigError 'password_weak'."""
    kept = _checked(name, password)
    with desk.store.transaction():
        known = desk.store.user(name)
        if known is None:
            raise NotFound("user_unknown", name=name)
        desk.store.save_user(name, known[0], kept, desk.clock.now())
        desk.log("user_password_changed", f"user:{name}", {"role": known[0]}, who=by)


def change_role(desk: Desk, name: str, role: str, *, by: str) -> None:
    """What they may do from their next click on.  One that is theirs already changes nothing.

    NotFound 'user_unknown'; ConfigError 'user_bad_role'; StateError 'user_last_admin'.
    """
    if role not in ROLES:
        raise ConfigError("user_bad_role", role=role)
    with desk.store.transaction():
        known = desk.store.user(name)
        if known is None:
            raise NotFound("user_unknown", name=name)
        before, kept = known
        if before == role:
            return
        _keep_an_admin(desk, name, before)
        desk.store.save_user(name, role, kept, desk.clock.now())
        desk.log("user_role_changed", f"user:{name}", {"role": role, "role_before": before}, who=by)


def disable(desk: Desk, name: str, *, by: str) -> None:
    """They can no longer log in; what they decided stays under their name.

    NotFound 'user_unknown'; StateError 'user_last_admin'.
    """
    with desk.store.transaction():
        known = desk.store.user(name)
        if known is None:
            raise NotFound("user_unknown", name=name)
        _keep_an_admin(desk, name, known[0])
        desk.store.disable_user(name)
        desk.log("user_disabled", f"user:{name}", who=by)


def _keep_an_admin(desk: Desk, name: str, role: str) -> None:
    """The last administrator stays one: nobody at the console could make another."""
    if role == ADMIN and not any(r == ADMIN and other != name for other, r in desk.store.users()):
        raise StateError("user_last_admin", name=name)


def _checked(name: str, password: str) -> str:
    """The record of a password that will do; ConfigError 'password_weak'.

    It takes a quarter of a second: so it is made before the transaction, which reads what it rests on.
    """
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD or len(set(password)) < 5 or name in password:
        raise ConfigError("password_weak", minimum=MIN_PASSWORD)
    return record(password)


def _key(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=_MEMORY, dklen=32)
