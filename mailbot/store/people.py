"""People: the correspondents of the units, and the users of the console with their logins."""

from __future__ import annotations

from datetime import date, datetime

from mailbot.errors import NotFound
from mailbot.model import Correspondent
from mailbot.store import rows
from mailbot.store.database import Part


class People(Part):
    """Tables correspondent, user and login_attempt."""

    # ---- correspondents

    def correspondent(self, address: str, on: date) -> Correspondent | None:
        """Whose address this is on that day, of the confirmed ones.

        Where several of a unit share it, the unit alone is certain and name and phone stay empty; an address
        of several units is nobody's.
        """
        found = self._db.rows(
            """SELECT * FROM correspondent WHERE address = :address AND confirmed = 1
                 AND (valid_from IS NULL OR valid_from <= :on) AND (valid_until IS NULL OR valid_until >= :on)
               ORDER BY id""",
            {"address": address, "on": on.isoformat()},
        )
        known = [rows.to_correspondent(row) for row in found]
        if len({person.unit for person in known}) != 1:
            return None
        if len(known) == 1:
            return known[0]
        return Correspondent(address=known[0].address, unit=known[0].unit)

    def correspondents(
        self, *, unit: str | None = None, confirmed: bool | None = None
    ) -> list[Correspondent]:
        """By unit and address, whenever they are valid."""
        found = self._db.rows(
            """SELECT * FROM correspondent
               WHERE (:unit IS NULL OR unit = :unit) AND (:confirmed IS NULL OR confirmed = :confirmed)
               ORDER BY unit, address, id""",
            {"unit": unit, "confirmed": confirmed},
        )
        return [rows.to_correspondent(row) for row in found]

    def save_correspondent(self, correspondent: Correspondent) -> bool:
        """Add one; False where address, unit and name are there already."""
        return bool(
            self._db.run(
                """INSERT INTO correspondent (address, unit, name, phone, valid_from, valid_until, confirmed)
                   VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING""",
                (
                    correspondent.address,
                    correspondent.unit,
                    correspondent.name,
                    correspondent.phone,
                    _day(correspondent.valid_from),
                    _day(correspondent.valid_until),
                    int(correspondent.confirmed),
                ),
            )
        )

    def complete_correspondent(self, correspondent: Correspondent) -> bool:
        """Fill in what a proposed one of this address and unit lacks: name or phone.  False where none lacks
        what this one has."""
        return bool(
            self._db.run(
                """UPDATE OR IGNORE correspondent
                   SET name = :name, phone = coalesce(nullif(:phone, ''), phone)
                   WHERE address = :address AND unit = :unit AND confirmed = 0 AND :name <> ''
                     AND (name = '' OR (name = :name AND phone = '' AND :phone <> ''))""",
                {
                    "address": correspondent.address,
                    "unit": correspondent.unit,
                    "name": correspondent.name,
                    "phone": correspondent.phone,
                },
            )
        )

    def confirm_correspondent(self, address: str, unit: str) -> None:
        """From now on it supplies fields; NotFound 'no_correspondent'."""
        touched = self._db.run(
            "UPDATE correspondent SET confirmed = 1 WHERE address = ? AND unit = ?", (address, unit)
        )
        if not touched:
            raise NotFound("no_correspondent", address=address, unit=unit)

    def end_correspondent(self, correspondent: Correspondent, last: date | None) -> bool:
        """Their last day, or None for no end; False where that is so already."""
        return bool(
            self._db.run(
                """UPDATE correspondent SET valid_until = :last
                   WHERE address = :address AND unit = :unit AND name = :name AND valid_until IS NOT :last""",
                {
                    "address": correspondent.address,
                    "unit": correspondent.unit,
                    "name": correspondent.name,
                    "last": _day(last),
                },
            )
        )

    # ---- users of the console

    def save_user(self, name: str, role: str, secret: str, now: datetime) -> None:
        """Add a user, or give one a new role and secret; a disabled one is enabled again."""
        self._db.run(
            """INSERT INTO user (name, role, secret, created_at) VALUES (?, ?, ?, ?)
               ON CONFLICT (name) DO UPDATE
               SET role = excluded.role, secret = excluded.secret, disabled = 0""",
            (name, role, secret, rows.stamp(now)),
        )

    def user(self, name: str) -> tuple[str, str] | None:
        """Role and secret of an enabled user."""
        row = self._db.row("SELECT role, secret FROM user WHERE name = ? AND disabled = 0", (name,))
        return None if row is None else (row["role"], row["secret"])

    def users(self) -> list[tuple[str, str]]:
        """Name and role of the enabled ones."""
        return [
            (row["name"], row["role"])
            for row in self._db.rows("SELECT name, role FROM user WHERE disabled = 0 ORDER BY name")
        ]

    def disable_user(self, name: str) -> None:
        """NotFound 'no_user'."""
        if not self._db.run("UPDATE user SET disabled = 1 WHERE name = ?", (name,)):
            raise NotFound("no_user", name=name)

    def note_login(self, name: str, ok: bool, now: datetime) -> None:
        self._db.run(
            "INSERT INTO login_attempt (name, at, ok) VALUES (?, ?, ?)", (name, rows.stamp(now), int(ok))
        )

    def failed_logins(self, name: str, since: datetime) -> int:
        """Failures at or after `since` that no success has followed."""
        row = self._db.row(
            """SELECT count(*) FROM login_attempt WHERE name = :name AND at >= :since AND ok = 0
                 AND rowid > coalesce(
                   (SELECT max(rowid) FROM login_attempt WHERE name = :name AND ok = 1), 0)""",
            {"name": name, "since": rows.stamp(since)},
        )
        assert row is not None
        return int(row[0])


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
