"""`mailbot doctor` and `mailbot health`: each check on a line of its own, with what to do where it fails."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing

import click

from mailbot import config as configuration
from mailbot.app import App
from mailbot.cli.home import Exit, office_home, read_config
from mailbot.cli.shape import Command, width
from mailbot.cli.words import checked, label, say, sentence
from mailbot.clock import Clock
from mailbot.config import Config
from mailbot.errors import ConfigError, MailbotError
from mailbot.policy import Resources, load_policy
from mailbot.store import Store
from mailbot.workflow.office import backup, upkeep
from mailbot.workflow.office.health import measure
from mailbot.workflow.office.upkeep import Check, CheckState, failed

_NAME_WIDTH = 22


@click.command("doctor", cls=Command)
@click.option("--send-test", is_flag=True)
@click.option("--offline", is_flag=True)
def doctor(send_test: bool, offline: bool) -> int:
    """What is still wrong with this office home."""
    click.echo(say("doctor_head", home=office_home()))
    counts = dict.fromkeys(CheckState, 0)
    for check in _checks(send_test=send_test, offline=offline):
        counts[check.state] += 1
        _show(check)
    wrong, unchecked = counts[CheckState.FAILED], counts[CheckState.UNCHECKED]
    if wrong:
        click.echo(say("doctor_failed", failed=wrong))
        return Exit.NEEDS_A_PERSON
    click.echo(say("doctor_some_unchecked", unchecked=unchecked) if unchecked else say("doctor_all_good"))
    return Exit.DONE


@click.command("health", cls=Command)
@click.option("--json", "as_json", is_flag=True)
def health(as_json: bool) -> int:
    """How the office is doing, for a person or a monitor."""
    config = read_config(complete=False)
    with closing(Store.open(config.var, check=False)) as store:
        checks = list(measure(store, config, Clock().now()))
    good = all(check.state is not CheckState.FAILED for check in checks)
    if as_json:
        click.echo(
            json.dumps({"ok": good, "checks": [_record(check) for check in checks]}, ensure_ascii=False)
        )
    else:
        for check in checks:
            _show(check)
    return Exit.DONE if good else Exit.NEEDS_A_PERSON


def _record(check: Check) -> dict[str, object]:
    code, details = "", dict(check.details)
    if check.problem:
        code, details = check.problem.code, check.problem.details
    return {"name": check.name, "state": check.state, "code": code, "details": details}


def _show(check: Check) -> None:
    name = label("checks", check.name)
    padding = " " * max(1, _NAME_WIDTH - width(name))
    text = sentence(check.problem) if check.problem else checked(check.name, check.details)
    click.echo(f"  [{label('check_states', check.state)}] {name}{padding}{text}".rstrip())


def _checks(*, send_test: bool, offline: bool) -> Iterator[Check]:
    """All of them, each as it is done: reaching a mail host takes a while."""
    yield from upkeep.machine(Clock())
    yield upkeep.secrets(os.environ)
    home = office_home()
    try:
        config = configuration.load(home / "config.toml", os.environ, complete=False)
    except ConfigError as error:
        yield upkeep.failed("config", error)
        return
    missing = configuration.shortcomings(config)
    yield from (upkeep.failed("config", error) for error in missing)
    if not missing:
        yield upkeep.Check(name="config")
    yield from upkeep.storage(config)
    yield backup.doctor(config)
    app, check = _app(config)
    yield check
    if app is None:
        return
    yield upkeep.templates(app.policy)
    yield from _console(app)
    if offline or missing:
        code = "doctor_offline" if offline else "doctor_incomplete"
        yield from (upkeep.unchecked(name, code) for name in ("mailbox", "smtp", "round_trip", "clock"))
        return
    yield from _mail(app, send_test=send_test)


def _app(config: Config) -> tuple[App | None, Check]:
    """The home with its policy read; what is wrong with that otherwise."""
    try:
        policy = load_policy(Resources(config.home))
    except ConfigError as error:
        return None, failed("policy", error)
    seen = {"units": str(len(policy.roster.units))}
    return App(config, policy, Clock()), Check(name="policy", details=seen)


def _console(app: App) -> Iterator[Check]:
    """Whether it can listen, and whether anybody may log in."""
    users: list[tuple[str, str]] = []
    if any(app.config.var.glob("*.sqlite")):
        try:
            with closing(Store.open(app.config.var)) as store:
                users = store.users()
        except MailbotError:
            return  # what is wrong with the database was told above
    yield from upkeep.console(app.config, users)


def _mail(app: App, *, send_test: bool) -> Iterator[Check]:
    """Way in, way out and, where asked for, there and back."""
    mailbox, smtp = app.config.mailbox, app.config.smtp
    local = ("folder",)
    yield from upkeep.way(
        "mailbox",
        lambda: upkeep.look_into(app.mailbox()),
        stages=local if mailbox.kind == "folder" else upkeep.STAGES,
        plain=mailbox.tls == "none",
    )
    out = upkeep.STAGES[:-1] if smtp.login else upkeep.STAGES[:-2]
    yield from upkeep.way(
        "smtp",
        lambda: upkeep.knock(app.mailer()),
        stages=local if smtp.kind == "folder" else out,
        plain=smtp.tls == "none",
    )
    if not send_test:
        yield from (upkeep.unchecked(name, "doctor_no_send_test") for name in ("round_trip", "clock"))
        return
    letter = upkeep.letter_to_ourselves(app.config, say("test_subject"), say("test_text"), app.clock)
    yield from upkeep.round_trip(app.mailbox(), app.mailer(), letter, app.clock)
