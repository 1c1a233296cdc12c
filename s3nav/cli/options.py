"""The options every command takes, before it or behind it, and the settings they stand for."""

from functools import cache
from pathlib import Path

import click
import msgspec
from click.core import ParameterSource

from s3nav.cli.output import FORMATS, as_format
from s3nav.cli.program import DEMO_RESET, CommandLine
from s3nav.settings import fields


class SettingFlag(msgspec.Struct, frozen=True, kw_only=True):
    """An option that sets one setting; its help is the setting's own."""

    setting: str
    names: tuple[str, ...]
    means: bool | str | None = None
    """What the bare flag stands for; None when the option takes a value."""
    help: str = ""
    """In place of the setting's own, when the flag says the opposite."""
    value: str = "TEXT"
    """What a value is called in the help; a closed list of choices is shown itself."""
    many: bool = False
    """May be repeated; the values are collected."""


GLOBAL_FLAGS = (
    SettingFlag(setting="profile", names=("-p", "--profile"), value="NAME"),
    SettingFlag(
        setting="use_aws_cli_creds",
        names=("-a", "--use_aws_cli_creds", "--use-aws-cli-creds"),
        means=True,
    ),
    SettingFlag(setting="access_key", names=("--access-key",)),
    SettingFlag(setting="secret_key", names=("--secret-key",)),
    SettingFlag(setting="session_token", names=("--session-token",)),
    SettingFlag(setting="anonymous", names=("--anonymous", "--no-sign-request"), means=True),
    SettingFlag(setting="region", names=("--region",)),
    SettingFlag(setting="endpoint_url", names=("--endpoint-url",), value="URL"),
    SettingFlag(setting="path_style", names=("--path-style",), means=True),
    SettingFlag(
        setting="verify_ssl",
        names=("--no-verify-ssl",),
        means=False,
        help="do not check the certificate of the endpoint",
    ),
    SettingFlag(setting="ca_bundle", names=("--ca-bundle",), value="FILE"),
    SettingFlag(setting="allow_write", names=("--allow-write",), means=True),
    SettingFlag(setting="data_dir", names=("--data-dir",), value="DIR"),
    SettingFlag(setting="log_level", names=("--log-level",)),
    SettingFlag(setting="log_file", names=("--log-file",), value="FILE"),
    SettingFlag(setting="theme", names=("--theme",), value="NAME"),
)

SIZE_FLAG = SettingFlag(setting="size_format", names=("-s", "--size_format", "--size-format"))
"""Of every command that prints sizes."""

_FACTS = {fact.name: fact for fact in fields()}


def setting_option(flag: SettingFlag) -> click.Option:
    """The click option of a flag; what was typed goes into the command line's flags."""

    def keep(context: click.Context, parameter: click.Parameter, value: object) -> None:
        if _was_typed(context, parameter):
            typed = flag.means if flag.means is not None else value
            # `--log-level debug` is what people type; the choice itself is in capitals.
            if flag.setting == "log_level":
                typed = str(typed).upper()
            _line(context).flags[flag.setting] = typed
            _line(context).typed_as[flag.setting] = flag.names[-1]

    fact = _FACTS[flag.setting]
    choices = f"[{'|'.join(fact.choices)}]" if fact.choices else flag.value
    return click.Option(
        [*flag.names, "typed_" + flag.names[-1].lstrip("-").replace("-", "_")],
        help=flag.help or fact.help,
        metavar=None if flag.means is not None else choices,
        is_flag=flag.means is not None,
        multiple=flag.many,
        expose_value=False,
        callback=keep,
    )


def run_options() -> list[click.Option]:
    """Options about this run alone."""
    return [
        _switch("headless", "run the command without the cockpit"),
        _switch("demo", "use the embedded demo S3: no account, no network"),
        click.Option(
            [DEMO_RESET, "typed_demo_reset"],
            help="use the demo, without what it kept from earlier runs",
            is_flag=True,
            expose_value=False,
            callback=_reset_demo,
        ),
        _switch("verbose", "log to standard error as well, with tracebacks"),
        click.Option(
            ["--config", "typed_config"],
            help="settings file to read: .toml, .yaml or .json",
            type=click.Path(path_type=Path),
            expose_value=False,
            callback=_keep_config,
        ),
        click.Option(
            ["--output", "typed_output"],
            help="how results are written",
            type=click.Choice(FORMATS),
            expose_value=False,
            callback=_keep_output,
        ),
        click.Option(
            ["--csv-safe", "typed_csv_safe"],
            help="CSV: a `'` before cells a spreadsheet would run: = + - @ tab CR",
            is_flag=True,
            expose_value=False,
            callback=_keep_csv_safe,
        ),
    ]


@cache
def global_options() -> tuple[click.Option, ...]:
    """All options that may stand before the command and behind it; the later one wins."""
    return (*run_options(), *(setting_option(flag) for flag in GLOBAL_FLAGS))


def _switch(name: str, help_text: str) -> click.Option:
    def keep(context: click.Context, parameter: click.Parameter, value: object) -> None:
        if _was_typed(context, parameter):
            setattr(_line(context), name, bool(value))

    return click.Option(
        [f"--{name}", f"typed_{name}"],
        help=help_text,
        is_flag=True,
        expose_value=False,
        callback=keep,
    )


def _reset_demo(context: click.Context, parameter: click.Parameter, value: object) -> None:
    if _was_typed(context, parameter) and value:
        _line(context).demo = _line(context).demo_reset = True


def _keep_config(context: click.Context, parameter: click.Parameter, value: Path | None) -> None:
    if _was_typed(context, parameter):
        _line(context).config = value


def _keep_csv_safe(context: click.Context, _option: click.Parameter, value: object) -> None:
    if value:
        _line(context).output.is_csv_safe = True


def _keep_output(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None and _was_typed(context, parameter):
        _line(context).output.format = as_format(value)


def _was_typed(context: click.Context, parameter: click.Parameter) -> bool:
    source = context.get_parameter_source(parameter.name or "")
    return source is ParameterSource.COMMANDLINE


def _line(context: click.Context) -> CommandLine:
    line = context.find_object(CommandLine)
    if line is None:
        raise LookupError("commands run with a CommandLine")
    return line
