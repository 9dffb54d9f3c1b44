"""约稿 as facts: what scoring is told of them (annex 1, 三(一)2 and its last paragraph).

A 约稿 that several superiors asked for on one topic is one to scoring: its facts bear the topic's code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailbot import facts
from mailbot.facts import Fact, LateRuling, Moment, Reply
from mailbot.model import Invalidation, Solicitation, SolicitationState, SubmissionState
from mailbot.store.replies import Replies
from mailbot.store.solicitations import Solicitations


class SolicitationFacts(Solicitations, Replies):
    """What the tables of both come to, as dated facts."""

    def solicitation_facts(self, year: int) -> tuple[Fact, ...]:
        """All that bears on the 约稿 asked or due in `year`: asked, replied, ruled on, void.

        Those asked in December and due in January belong to both years.  Faults are entered as facts of their
        own.  What was cancelled is no fact.
        """
        topics: dict[str, list[Solicitation]] = {}
        for one in self.solicitations():
            topics.setdefault(one.topic, []).append(one)
        return tuple(
            fact
            for topic, asked in topics.items()
            if any(year in (a.asked_at.year, a.deadline.year) for one in asked for a in one.asks)
            for fact in self._of_topic(topic, asked)
        )

    def topic_facts(self, topic: str) -> tuple[Fact, ...]:
        """The same of one topic, whenever it was asked."""
        return tuple(self._of_topic(topic, self.solicitations(topic=topic)))

    def _of_topic(self, topic: str, asked: Sequence[Solicitation]) -> Iterator[Fact]:
        for one in asked:
            if one.state is SolicitationState.CANCELLED:
                continue
            yield from _asks(one, topic)
            yield from self._replies(one, topic)
            yield from self._rulings(one, topic)
            for request in self.invalidations(one.code):
                yield _request(request, topic)

    def _replies(self, one: Solicitation, topic: str) -> Iterator[Fact]:
        """Accepted items only: what is held or returned has not answered yet."""
        for answer in self.answering(one.code):
            fields = answer.item.fields
            if answer.item.state is SubmissionState.ACCEPTED and fields.unit is not None:
                yield Reply(
                    id=f"reply:{answer.item.number}",
                    at=Moment.of(answer.item.arrived_at),
                    solicitation=topic,
                    unit=fields.unit.value,
                    item=answer.item.number,
                    co_units=fields.co_units,
                    submitters=fields.submitters.value if fields.submitters else (),
                )

    def _rulings(self, one: Solicitation, topic: str) -> Iterator[Fact]:
        for entry in self.rulings(one.code):
            yield LateRuling(
                id=f"ruling:{entry.id}",
                at=Moment.of(entry.at),
                by=entry.by,
                solicitation=topic,
                unit=entry.unit,
                ruling=entry.ruling,
            )


def _asks(one: Solicitation, topic: str) -> Iterator[Fact]:
    for ask in one.asks:
        yield facts.Solicitation(
            id=f"solicit:{one.code}:{ask.round}",
            at=Moment.of(ask.asked_at),
            by=ask.by,
            solicitation=topic,
            units=ask.units,
            deadline=Moment.of(ask.deadline),
            source=ask.source,
            topic=one.title,
        )


def _request(one: Invalidation, topic: str) -> Fact:
    """Dated by the step that came last: without the paper there is only the call."""
    at = Moment(one.paper_on) if one.paper_on is not None else Moment.of(one.phoned_at)
    return facts.Invalidation(
        id=f"void:{one.code}:{one.unit}",
        at=at,
        by=one.paper_by or one.noted_by,
        solicitation=topic,
        unit=one.unit,
        phoned_first=one.paper_on is None or one.phoned_at.date() <= one.paper_on,
        signed_sealed_paper=one.complete,
    )
