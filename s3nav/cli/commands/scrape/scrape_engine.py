"""``scrape engine install|show``: manage aws-list-all, which has its own environment."""

import click

from s3nav.cli.lazy_commands import HeadlessCommand
from s3nav.cli.program import CommandLine
from s3nav.scrape import list_all_program


@click.command("engine", cls=HeadlessCommand)
@click.argument("what", type=click.Choice(["install", "show"]))
@click.pass_obj
def engine(line: CommandLine, *, what: str) -> None:
    """Install aws-list-all for `scrape run --engine aws-list-all`, or show where it is.

    It needs setuptools below 81, so it is installed in a virtual environment of its own, in
    s3nav's data directory, by pip from its configured index.
    """
    program = list_all_program(line.session.settings, line.session.directories)
    if what == "install":
        line.narration.say(f"installing aws-list-all into {program.environment} …")
        program.install()
    engines = {
        "engine": "aws-list-all",
        "environment": str(program.environment),
        "installed": program.is_installed,
    }
    if line.output.is_json:
        line.output.object(engines)
    else:
        state = "installed" if program.is_installed else "not installed"
        line.output.line(f"aws-list-all: {state} in {program.environment}")
