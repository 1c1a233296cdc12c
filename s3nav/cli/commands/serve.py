"""``serve``: the REST API of scrapes."""

import click

from s3nav.cli.lazy_commands import HeadlessCommand
from s3nav.cli.program import CommandLine
from s3nav.model.errors import UsageError


@click.command("serve", cls=HeadlessCommand)
@click.option("--host", default="127.0.0.1", help="beyond this machine it needs S3NAV_API_TOKEN")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, help="0: any that is free")
@click.pass_obj
def serve(line: CommandLine, *, host: str, port: int) -> None:
    """Serve scrapes to other programs: /api/scrapes, /api/resources, /api/stats.

    The OpenAPI document is at /openapi.json. Ctrl-C ends it; scrapes that run are stopped, and
    what they found stays.
    """
    if not line.headless:
        raise UsageError("`serve` has no screen", remedy=f"`{line.as_headless()}`")
    line.program.serve(line.session, host, port, _Ready(line))


class _Ready:
    """Says where it is served, when it is."""

    def __init__(self, line: CommandLine) -> None:
        self._line = line

    def __call__(self, url: str) -> None:
        """On standard output, for the script that waits for it."""
        self._line.output.line(url)
        self._line.output.flush()
        self._line.narration.say("serving; Ctrl-C ends it")
