"""`mailbot run`: worker and console.  In a module of its own: no other command loads both."""

from __future__ import annotations

import logging
import logging.handlers
import threading
from pathlib import Path

import click

from mailbot import worker
from mailbot.app import App
from mailbot.cli.home import Exit, open_app
from mailbot.cli.shape import Command
from mailbot.cli.words import say
from mailbot.console import web

LOG_BYTES = 10 * 1024 * 1024
LOG_FILES = 30


@click.command("run", cls=Command)
@click.option("--no-console", is_flag=True)
def run(no_console: bool) -> int:
    """Worker and console until told to stop."""
    app = open_app(complete=True)
    stop = threading.Event()
    app.clock = worker.StoppableClock(stop)
    worker.stop_on_signals(stop)
    with app.lock():
        _log_to(app.config.var / "log")
        server = None if no_console or not app.config.console.enabled else _console(app)
        click.echo(say("run_started", home=app.config.home))
        try:
            worker.Worker(app, stop).run()
        finally:
            if server is not None:
                server.close()
    click.echo(say("run_stopped"))
    return Exit.DONE


def _console(app: App) -> web.Server:
    server = web.serve(app)
    threading.Thread(target=server.run, name="console", daemon=True).start()
    click.echo(say("console_at", host=app.config.console.host, port=app.config.console.port))
    return server


def _log_to(folder: Path) -> None:
    """One line an event, ids and no names, kept long enough for the law's six months at any usual rate."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handler = logging.handlers.RotatingFileHandler(
        folder / "mailbot.log", maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
