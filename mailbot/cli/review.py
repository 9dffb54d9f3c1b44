"""`mailbot review ...`: letters that wait for a person, and items that were held."""

from __future__ import annotations

import sys
from contextlib import closing

import click

from mailbot.cli.home import Exit, open_app
from mailbot.cli.people import at_the_keyboard
from mailbot.cli.shape import Command, Group, table, wrong_use
from mailbot.cli.words import label, say
from mailbot.errors import ConfigError
from mailbot.model import LetterState, LetterText, Submission
from mailbot.workflow.desk import Desk
from mailbot.workflow.mail import choosing, settling
from mailbot.workflow.mail import correct as correcting
from mailbot.workflow.mail import review as verbs
from mailbot.workflow.office import restored
from mailbot.workflow.office.restored import Restored
from mailbot.workflow.solicitations import answered, replies


@click.group(cls=Group)
def review() -> None:
    """What waits for a person of the section."""


def _desk() -> Desk:
    return open_app(complete=False).desk()


@review.command("list", cls=Command)
def review_list() -> int:
    """Letters, items and replies to 约稿 that wait; exit code 1 where any do."""
    desk = _desk()
    letters, items = verbs.waiting(desk), verbs.held_items(desk)
    click.echo(say("review_letters", count=len(letters)))
    rows = [
        (str(x.id), f"{x.created_at:%m-%d %H:%M}", label("letter_states", x.state), x.recipient, x.subject)
        for x in letters
    ]
    click.echo("\n".join(table(rows, indent=2)), nl=bool(rows))
    _tell_restored(restored.standing(desk), is_open=restored.is_open(desk))
    click.echo(say("review_items", count=len(items)))
    held = [
        (i.number, f"{i.arrived_at:%m-%d %H:%M}", _unit(i), i.fields.title.value if i.fields.title else "")
        for i in items
    ]
    click.echo("\n".join(table(held, indent=2)), nl=bool(held))
    doubtful, late = replies.doubts(desk), answered.late_undecided(desk)
    for name, waiting in (("review_doubts", doubtful), ("review_late", late)):
        if waiting:
            click.echo(say(name, count=len(waiting)))
    waits = letters or items or doubtful or late or restored.is_open(desk)
    return Exit.NEEDS_A_PERSON if waits else Exit.DONE


def _tell_restored(standing: Restored | None, *, is_open: bool) -> None:
    """Which of the letters wait because of a restore, and whether it was looked through."""
    if standing is None:
        return
    taken, at = f"{standing.taken_at:%Y-%m-%d %H:%M}", f"{standing.at:%Y-%m-%d %H:%M}"
    numbers = " ".join(str(letter.id) for letter in standing.letters) or say("nobody")
    sentence = "review_restored_open" if is_open else "review_restored"
    click.echo(say(sentence, taken=taken, at=at, count=len(standing.letters), numbers=numbers))


def _unit(item: object) -> str:
    assert isinstance(item, Submission)
    return item.fields.unit.value if item.fields.unit else item.fields.unit_as_written or ""


@review.command("show", cls=Command)
@click.argument("letter", type=int)
def review_show(letter: int) -> int:
    """One letter, the mail it answers and what was found about it."""
    desk = _desk()
    case = verbs.case(desk, letter)
    found = verbs.findings(desk, case.verdict) if case.verdict else ()
    shown = case.letter
    click.echo(say("review_show", id=shown.id, state=label("letter_states", shown.state), to=shown.recipient))
    click.echo(say("review_subject", subject=shown.subject) + "\n\n" + shown.body)
    if case.mail:
        click.echo(say("review_mail", sender=case.mail.sender, subject=case.mail.subject, id=case.mail.id))
    click.echo("\n".join(f"  - {sentence}" for sentence in found), nl=bool(found))
    return Exit.DONE


@review.command("edit", cls=Command)
@click.argument("letter", type=int)
@click.option("--subject", default=None)
@click.option("--by", default=None)
def review_edit(letter: int, subject: str | None, by: str | None) -> int:
    """Reword a held letter: in the editor, or the new text from standard input."""
    desk = _desk()
    now = desk.store.letter(letter)
    body = click.edit(now.body) if sys.stdin.isatty() else sys.stdin.read()
    text = LetterText(subject=subject or now.subject, body=body or now.body)
    verbs.edit(desk, letter, text, by=by or at_the_keyboard(), version=now.version)
    click.echo(say("review_edited", id=letter))
    return Exit.DONE


@review.command("release", cls=Command)
@click.argument("letters", type=int, nargs=-1)
@click.option("--restored", "all_restored", is_flag=True)
@click.option("--by", default=None)
def review_release(letters: tuple[int, ...], all_restored: bool, by: str | None) -> int:
    """Let held letters go; letters in doubt or refused are sent once more."""
    desk, who = _desk(), by or at_the_keyboard()
    _either(letters, all_restored)
    if all_restored:
        click.echo(say("review_restored_released", count=settling.release_all(desk, by=who)))
        return Exit.DONE
    for letter in letters:
        again = desk.store.letter(letter).state in (LetterState.UNCERTAIN, LetterState.FAILED)
        (verbs.send_again if again else verbs.release)(desk, letter, by=who)
        click.echo(say("review_released", id=letter))
    return Exit.DONE


@review.command("withdraw", cls=Command)
@click.argument("letters", type=int, nargs=-1)
@click.option("--restored", "all_restored", is_flag=True)
@click.option("--by", default=None)
def review_withdraw(letters: tuple[int, ...], all_restored: bool, by: str | None) -> int:
    """Letters that are not to be sent."""
    desk = _desk()
    _either(letters, all_restored)
    if all_restored:
        count = settling.withdraw_all(desk, by=by or at_the_keyboard())
        click.echo(say("review_restored_withdrawn", count=count))
        return Exit.DONE
    for letter in letters:
        verbs.withdraw(desk, letter, by=by or at_the_keyboard())
        click.echo(say("review_withdrawn", id=letter))
    return Exit.DONE


def _either(letters: tuple[int, ...], all_restored: bool) -> None:
    """Numbers, or all that a restore holds: one of the two."""
    if bool(letters) == all_restored:
        raise wrong_use("review_which", click.get_current_context())


@review.command("settle", cls=Command)
@click.option("--by", default=None)
def review_settle(by: str | None) -> int:
    """After a restore: the office may go on."""
    desk = _desk()
    sent = settling.settle(desk, by=by or at_the_keyboard())
    left = restored.standing(desk)
    click.echo(say("review_settled", sent=sent, left=len(left.letters) if left else 0))
    return Exit.DONE


@review.command("accept", cls=Command)
@click.argument("number")
@click.option("--unit", default=None)
@click.option("--file", "file", default="")
@click.option("--by", default=None)
def review_accept(number: str, unit: str | None, file: str, by: str | None) -> int:
    """A held item is a submission after all."""
    app = open_app(complete=False)
    desk = app.desk()
    item = desk.store.submission(number)
    with closing(app.reader()) as reader:
        choice = choosing.choose(desk, item, file, reader)
    verbs.accept(desk, number, by=by or at_the_keyboard(), unit=unit, choice=choice)
    click.echo(say("review_accepted", number=number))
    if choice is not None:
        click.echo(say("review_accepted_file", name=choice.document.name))
    return Exit.DONE


@review.command("decline", cls=Command)
@click.argument("number")
@click.option("--reason", required=True)
@click.option("--quiet", is_flag=True)
@click.option("--by", default=None)
def review_decline(number: str, reason: str, quiet: bool, by: str | None) -> int:
    """A held item is no submission."""
    who = by or at_the_keyboard()
    told = verbs.decline(_desk(), number, by=who, reason=reason, tell=False if quiet else None)
    click.echo(say("review_declined_told" if told else "review_declined", number=number))
    return Exit.DONE


@review.command("correct", cls=Command)
@click.argument("number")
@click.option("--title", default=None)
@click.option("--unit", default=None)
@click.option("--submitter", "submitters", multiple=True)
@click.option("--contact", "contacts", multiple=True)
@click.option("--tell", is_flag=True)
@click.option("--by", default=None)
def review_correct(
    *,
    number: str,
    title: str | None,
    unit: str | None,
    submitters: tuple[str, ...],
    contacts: tuple[str, ...],
    tell: bool,
    by: str | None,
) -> int:
    """Put right what is registered of an item."""
    if not (title or unit or submitters or contacts):
        raise ConfigError("correct_nothing", command_path="mailbot review correct")
    changed = correcting.correct(
        _desk(),
        number,
        by=by or at_the_keyboard(),
        title=title,
        unit=unit,
        submitters=submitters,
        contacts=contacts,
        tell=tell,
    )
    fields = "、".join(label("fields", name) for name in changed)
    click.echo(say("review_corrected_told" if tell else "review_corrected", number=number, fields=fields))
    return Exit.DONE
