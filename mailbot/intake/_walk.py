"""The parts of a search for the best reading: a walk over pieces, its steps, what is known of the sender."""

from __future__ import annotations

from dataclasses import dataclass

PEOPLE = frozenset({"person", "liaison", "reviewer", "signer"})
CONTACTS = frozenset({"contact", "short_number"})


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the sender: it may decide between two readings, and never adds a field."""

    names: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()


NOBODY = Known()


@dataclass(slots=True)
class Step:
    """Pieces first to end (exclusive) taken as `what`, and the step before.

    what: t title, u unit, c number, l label, j nothing, role (a label behind a person), or a person's part.
    """

    what: str
    first: int
    end: int
    value: object
    before: Step | None


@dataclass(slots=True)
class State:
    """A walk so far."""

    score: float = 0.0
    title: int = 0
    """0 none yet, 1 running, 2 done."""
    unit: bool = False
    person: bool = False
    expect: tuple[str, ...] = ()
    """Fields that the last label announced and that have not come yet."""
    firm: bool = False
    """Whether punctuation proves that label."""
    last: str = ""
    """Kind of the last field: t u c l, p person, r reviewer or signer."""
    gap: int = 2
    """Since the last field: 0 nothing, 1 light separators, 2 others."""
    trail: Step | None = None

    def key(self) -> tuple[object, ...]:
        """Walks with one key go on alike: only the best of them is kept."""
        return (self.title, self.unit, self.person, self.expect, self.firm, self.last, self.gap)

    @property
    def ended(self) -> int:
        """The title's state once something else follows."""
        return 2 if self.title == 1 else self.title

    def passing(self, gap: int) -> State:
        """After a separator."""
        return State(
            self.score, self.ended, self.unit, self.person, self.expect, self.firm, self.last,
            max(self.gap, gap), self.trail,
        )  # fmt: skip

    def aside(self, worth: float, step: Step) -> State:
        """After a step that is no field."""
        return State(
            self.score + worth,
            self.ended,
            self.unit,
            self.person,
            self.expect,
            self.firm,
            self.last,
            self.gap,
            step,
        )

    def in_title(self, worth: float, first: int, end: int) -> State:
        """After another stretch of a running title."""
        step = Step("t", first, end, None, self.trail)
        return State(self.score + worth, 1, self.unit, self.person, self.expect, self.firm, "t", 0, step)

    def field(self, worth: float, met: Met, last: str, step: Step) -> State:
        """After a field other than a title."""
        unit = self.unit or step.what == "u"
        person = self.person or step.what == "person"
        score = self.score + worth + met.worth
        return State(score, self.ended, unit, person, met.expect, met.firm, last, 0, step)

    def meet(self, fields: frozenset[str]) -> Met:
        """How a field of these kinds answers what the last label announced."""
        if not self.expect:
            return _UNANNOUNCED
        for place, announced in enumerate(self.expect):
            if announced in fields or (announced in CONTACTS and fields & CONTACTS):
                rest = self.expect[place + 1 :]
                return Met((2.5 if self.firm else 1.2) - 0.3 * place, rest, bool(rest) and self.firm)
        return Met(-1.0 if self.firm else -6.0, (), False)


@dataclass(frozen=True, slots=True)
class Met:
    """Worth of having been announced (or of not being what was), and what is still announced."""

    worth: float
    expect: tuple[str, ...]
    firm: bool


_UNANNOUNCED = Met(0.0, (), False)


@dataclass(slots=True)
class Walk:
    """A finished walk: its steps in order."""

    score: float
    steps: list[Step]
