"""``serve``: the REST API of scrapes."""

import click

from s3nav.cli.lazy_commands import HeadlessCommand
from s3nav.cli.program import CommandLine
from s3nav.model.errors import UsageError


@click.command("serve", cls=HeadlessCommand)
@click.option(
    "--host",
    default="127.0.0.1",
    help="address to listen on; others than loopback need S3NAV_API_TOKEN",
)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, help="0: any free port")
@click.pass_obj
def serve(line: CommandLine, *, host: str, port: int) -> None:
    """Serve scrapes to other programs: /api/scrapes, /api/resources, /api/stats.

    The OpenAPI document is at /openapi.json. Ctrl-C ends it and stops running scrapes; what they
    found is kept.
    """
    if not line.headless:
        raise UsageError("`serve` has no screen", remedy=f"`{line.as_headless()}`")
    line.program.serve(line.session, host, port, _Ready(line))


class _Ready:
    """Prints the URL once the server is ready."""

    def __init__(self, line: CommandLine) -> None:
        self._line = line

    def __call__(self, url: str) -> None:
        """Print it to standard output, for scripts that wait for it."""
        self._line.output.line(url)
        self._line.output.flush()
        self._line.narration.say("serving; Ctrl-C ends it")
