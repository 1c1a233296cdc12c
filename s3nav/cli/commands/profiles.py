"""``profiles``: which credentials there are, and whether S3 accepts them."""

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
            module=f"{__name__}:list_profiles", help="profiles and their sources", pane="profiles"
        ),
        "test": CommandRow(
            module=f"{__name__}:test_profile", help="ask S3 who you are", pane="profiles", does=True
        ),
    }


@click.group("profiles", cls=_Commands)
def profiles() -> None:
    """List and test credential profiles."""


@click.command("list", cls=HeadlessCommand)
@click.pass_obj
def list_profiles(line: CommandLine) -> None:
    """List every profile that could be used; nothing is asked of S3."""
    line.output.rows(PROFILE_COLUMNS, (profile_row(fact) for fact in line.session.profiles()))


@click.command("test", cls=HeadlessCommand)
@click.argument("name", required=False)
@click.pass_obj
def test_profile(line: CommandLine, name: str | None) -> None:
    """Ask S3 who a profile is; the one in use when none is named."""
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
