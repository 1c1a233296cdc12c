"""``profiles``: list credential profiles, and test whether AWS accepts them."""

from typing import ClassVar

import click

from s3nav.cli.lazy_commands import CommandRow, Commands, HeadlessCommand, LazyGroup
from s3nav.cli.program import CommandLine
from s3nav.model.errors import NotFoundError
from s3nav.model.text.plain_messages import nearest
from s3nav.present.tables import IDENTITY_COLUMNS, PROFILE_COLUMNS, identity_row, profile_row


class _Commands(LazyGroup):
    """The commands below ``profiles``."""

    table: ClassVar[Commands] = {
        "list": CommandRow(
            module=f"{__name__}:list_profiles",
            help="list profiles and their sources",
            pane="profiles",
        ),
        "test": CommandRow(
            module=f"{__name__}:test_profile",
            help="ask AWS whose a profile's credentials are",
            pane="profiles",
            is_action=True,
        ),
    }


profiles = _Commands("profiles", help="List and test credential profiles.")


@click.command("list", cls=HeadlessCommand)
@click.pass_obj
def list_profiles(line: CommandLine) -> None:
    """List every usable profile; sends no request."""
    line.output.rows(PROFILE_COLUMNS, (profile_row(fact) for fact in line.session.profiles()))


@click.command("test", cls=HeadlessCommand)
@click.argument("name", required=False)
@click.pass_obj
def test_profile(line: CommandLine, name: str | None) -> None:
    """Ask AWS whose credentials a profile has; without NAME, the profile in use."""
    if name is not None:
        known = [fact.name for fact in line.session.profiles()]
        if name not in known:
            raise NotFoundError(
                f"no profile `{name}`",
                remedy=nearest(name, known) or "`s3nav --headless profiles list` lists them",
                slug="no-such-profile",
            )
        line.session.use_profile(name)
    line.output.row(IDENTITY_COLUMNS, identity_row(line.session.identity()))
