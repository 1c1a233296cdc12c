"""Every command line that a hint names can be typed, and leads to the same S3 and journal."""

import ast
import io
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeGuard

import click
import pytest

from s3nav.cli import foreign_verbs
from s3nav.cli.main import COMMANDS, s3nav
from s3nav.cli.program import CommandLine, Program
from s3nav.model.errors import CredentialsError, UnavailableError
from tests.support.command_line import Shell
from tests.support.memory_store import failing

SOURCE = Path(__file__).parents[2] / "s3nav"
STANDS_FOR = {
    "place": "s3://bucket/my dir/",
    "str(place)": "s3://bucket/my dir/",
    "str(record.place)": "s3://bucket/my dir/",
    "str(after.place)": "s3://bucket/my dir/",
    "SCHEME + args[0]": "s3://bucket",
    "job_id": "JOB",
    "record.job_id": "JOB",
    "*known.options": "--anonymous",
    "*options": "--anonymous",
    "self._job_id": "JOB",
    "record.scan_id": "SCAN",
    "record.scrape_id": "SCRAPE",
    "str(root)": "my dir",
    "*more": "--overwrite",
    "*words": "config create --force",
    "*in_s3": "s3://bucket/key",
    "*files": "FILE",
    "*objects": "s3://bucket/key",
    "target": "s3://bucket/",
    "name": "a name",
    "first": "find",
    "bucket": "bucket",
    "place.bucket": "bucket",
    "search.bucket": "bucket",
}
"""What stands in a hint's source, and something that it may be."""
ELSEWHERE = {"present/headless_line.py", "model/text/plain_messages.py"}
"""Whose calls build lines from words that are tested where they come from."""
NAMED = re.compile(r"`(s3nav [^`]+)`|(s3nav --headless .+)$")
SHORT = re.compile(rf"`((?:{'|'.join(COMMANDS)}) [^`]+)`")
OPTION = re.compile(r"`(--[a-z][a-z_-]+)")


def hints() -> Iterator[tuple[str, str]]:
    """Where, and the command line; what it takes from variables is replaced."""
    for source in sources():
        for node in source.calls:
            yield f"{source.where}:{node.lineno}", _called(node, source.where)
        for line, text in source.texts:
            for typed, bare in NAMED.findall(text):
                if "COMMAND" not in (typed or bare):
                    yield f"{source.where}:{line}", typed or bare


@dataclass(frozen=True)
class Source:
    """What a module says to people."""

    where: str
    calls: list[ast.Call]
    """Calls that build a command line."""
    texts: list[tuple[int, str]]
    """Strings but docstrings, by line, with something in place of what is put into them."""


@cache
def sources() -> list[Source]:
    """All modules of the program; each worker of the tests reads them once."""
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        where = path.relative_to(SOURCE).as_posix()
        nodes = list(_spoken(ast.parse(path.read_text())))
        calls = [node for node in nodes if _is_command(node) and where not in ELSEWHERE]
        said = [(node.lineno, text) for node in nodes if (text := _text(node))]
        found.append(Source(where, calls, said))
    return found


def _spoken(node: ast.AST) -> Iterator[ast.Call | ast.Constant | ast.JoinedStr]:
    """Calls and strings, without docstrings and without the parts of strings."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        if isinstance(child, ast.Call | ast.Constant | ast.JoinedStr):
            yield child
        within = _spoken(child)
        if isinstance(child, ast.JoinedStr):
            within = (node for node in within if isinstance(node, ast.Call))
        yield from within


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.sub(r"\{(\w+)\}", lambda m: STANDS_FOR.get(m[1], m[0]), node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_part(part) for part in node.values)
    return ""


def _part(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    assert isinstance(part, ast.FormattedValue)
    return STANDS_FOR.get(ast.unparse(part.value), "‹»")


def _is_command(node: ast.AST) -> TypeGuard[ast.Call]:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"command", "_download"}
        and not any(
            isinstance(arg, ast.Starred) and ast.unparse(arg) == "*more" for arg in node.args
        )
    )


def _called(node: ast.Call, where: str) -> str:
    words = ["s3nav", "--headless"]
    if ast.unparse(node.func) == "_download":
        words.append("download")
    for arg in node.args:
        said = ast.unparse(arg)
        if isinstance(arg, ast.Constant):
            words.append(str(arg.value))
        elif where == "cli/foreign_verbs.py":
            words.append(getattr(foreign_verbs, said))
        elif said in STANDS_FOR:
            words += STANDS_FOR[said].split() if said == "*words" else [STANDS_FOR[said]]
        elif said == "root":
            words += ["--download-dir", "my dir"]
        else:
            raise AssertionError(f"{where}: what may `{said}` be? Add it to STANDS_FOR")
    return shlex.join(words)


def typed(line: str) -> click.Context:
    """Parse a command line as if it had been typed, to the command it leads to."""
    _, *words = shlex.split(line)
    context = s3nav.make_context("s3nav", words, obj=CommandLine(_program(), words))
    while isinstance(context.command, click.Group):
        rest = [*context._protected_args, *context.args]
        assert rest, f"`{line}` names no command"
        name, command, rest = context.command.resolve_command(context, rest)
        assert command is not None
        context = command.make_context(name, rest, parent=context)
    return context


HINTS = sorted(set(hints()))


def test_there_are_hints() -> None:
    assert len(HINTS) > 60


@pytest.mark.parametrize(("where", "line"), HINTS, ids=[where for where, _ in HINTS])
def test_a_command_line_in_a_hint_can_be_typed(where: str, line: str) -> None:
    assert "‹»" not in line, f"{where}: add what it stands for"
    if "--help" in line:
        return
    typed(line)


def short_hints() -> list[tuple[str, str]]:
    """Commands in backquotes without the program's name, as `jobs show`."""
    found = {
        (source.where, line)
        for source in sources()
        for _, text in source.texts
        for line in SHORT.findall(text)
    }
    return sorted(found)


@pytest.mark.parametrize(("where", "line"), short_hints())
def test_a_command_in_backquotes_is_one(where: str, line: str) -> None:
    context = s3nav.make_context("s3nav", ["--region", "x"], obj=CommandLine(_program(), ()))
    command: click.Command = s3nav
    words = shlex.split(line)
    while isinstance(command, click.Group) and words and not words[0].startswith("s3://"):
        found = command.get_command(context, words.pop(0))
        assert found is not None, f"{where}: `{line}`"
        command = found
    known = {name for param in command.get_params(context) for name in param.opts}
    assert {word for word in words if word.startswith("--")} <= known


def _program() -> Program:
    return Shell().program(None, None, None)  # type: ignore[arg-type]


def all_options() -> set[str]:
    context = s3nav.make_context("s3nav", ["--region", "x"], obj=CommandLine(_program(), ()))
    groups: list[click.Command] = [s3nav]
    known: set[str] = set()
    while groups:
        command = groups.pop()
        known |= {name for param in command.get_params(context) for name in param.opts}
        known |= {name for param in command.get_params(context) for name in param.secondary_opts}
        if isinstance(command, click.Group):
            below = [command.get_command(context, name) for name in command.list_commands(context)]
            groups += [each for each in below if each is not None]
            at_place = getattr(command, "at_place", None)
            groups += [at_place] if at_place is not None else []
    return known


def test_options_in_backquotes_exist() -> None:
    known = all_options()

    named = {
        (source.where, option)
        for source in sources()
        for _, text in source.texts
        for option in OPTION.findall(text)
    }

    assert named
    assert {(where, option) for where, option in named if option not in known} == set()


# The connection of a run goes with every command line it names


@pytest.mark.parametrize(
    ("typed_options", "said"),
    [
        (["--demo"], "--demo"),
        (["-p", "prod"], "--profile prod"),
        (["--endpoint-url", "http://127.0.0.1:9"], "--endpoint-url http://127.0.0.1:9"),
        (["--data-dir", "my data"], "--data-dir 'my data'"),
        (["--no-verify-ssl", "--no-sign-request"], "--anonymous --no-verify-ssl"),
        (["--access-key", "AKIA", "--secret-key", "hush", "--region", "r"], "--region r"),
    ],
)
def test_a_hint_has_the_connection_that_was_typed_and_no_secret(
    shell: Shell, typed_options: list[str], said: str
) -> None:
    ended = shell.headless(*typed_options, "jobs", "show", "unknown")

    assert ended.exit_code == 5
    assert f"hint: `s3nav --headless {said} jobs list` lists them" in ended.stderr


def test_a_hint_names_the_settings_file_that_was_typed(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("")

    ended = shell.headless("jobs", "show", "unknown", "--config", "c.toml")

    assert "`s3nav --headless --config c.toml jobs list`" in ended.stderr


def test_the_same_command_again_is_named_as_it_was_typed(two_buckets: Shell) -> None:
    two_buckets.store.before = failing(UnavailableError("no answer"), "get")

    ended = two_buckets.headless("download", "s3://dev/a.txt", "s3://prod", "--demo")

    hint = ended.stderr.splitlines()[-1]
    assert "`s3nav --headless download s3://dev/a.txt s3://prod --demo` resumes it" in hint
    assert hint.count("--demo") <= 2


@pytest.mark.parametrize(
    ("typed_words", "said"),
    [
        (["--profile", "x"], "s3nav --headless --profile x buckets"),
        (["--profile", "x", "s3://b/p"], "s3nav --headless --profile x ls s3://b/p"),
        (["s3://b/p", "--demo"], "s3nav --headless ls s3://b/p --demo"),
    ],
)
def test_without_a_terminal_the_command_that_is_named_can_be_typed(
    shell: Shell, typed_words: list[str], said: str
) -> None:
    ended = shell.run(*typed_words)

    assert f"hint: `{said}` runs it without" in ended.stderr
    typed(said)


def test_a_job_of_the_demo_is_printed_with_demo_and_not_with_its_endpoint(
    two_buckets: Shell,
) -> None:
    two_buckets.demo_flags = {"endpoint_url": "http://127.0.0.1:9", "region": "us-east-1"}
    two_buckets.headless("--demo", "download", "s3://prod", "--download-dir", "out")
    listed = two_buckets.headless("--demo", "jobs", "list", "--output", "json")
    (job,) = json.loads(listed.stdout)

    printed = two_buckets.headless("--demo", "jobs", "command", job["job"])

    assert printed.stdout.startswith("s3nav --headless --demo download s3://prod")
    assert "127.0.0.1" not in printed.stdout


def test_settings_that_exist_are_replaced_by_the_command_that_is_named(
    shell: Shell, tmp_path: Path
) -> None:
    (tmp_path / "c.toml").write_text("# mine\n")

    ended = shell.run("--create-config", "--config", "c.toml")

    hint = re.findall(r"`(s3nav [^`]+)`", ended.stderr)[0]
    assert shell.run(*shlex.split(hint)[1:]).exit_code == 0
    assert (tmp_path / "c.toml").read_text() != "# mine\n"


def test_hints_kept_in_the_journal_get_the_connection_of_the_run_that_reads_them(
    two_buckets: Shell,
) -> None:
    remedy = "`s3nav --headless profiles list` shows what there is"
    two_buckets.store.before = failing(CredentialsError("no keys", remedy=remedy), "get")
    two_buckets.headless("download", "s3://prod", "--download-dir", "out")

    listed = two_buckets.headless("--endpoint-url", "http://127.0.0.1:9", "jobs", "list")

    said = "`s3nav --headless --endpoint-url http://127.0.0.1:9 profiles list` shows"
    assert f"no keys; {said}" in listed.stdout


def test_a_hint_fetches_prices_to_where_they_were_fetched(shell: Shell) -> None:
    dirs = ("--cache-dir", "my cache", "--output-dir", "out")
    line = CommandLine(_program(), ("pricing", "services", *dirs))
    line.flags.update(pricing_cache_dir="my cache", pricing_output_dir="out", region="r")

    hint = line.hint("`s3nav --headless pricing download` fetches it again")

    said = "pricing download --output-dir out --cache-dir 'my cache'"
    assert hint == f"`s3nav --headless --region r {said}` fetches it again"
    assert line.hint(hint) == hint


def test_news_name_commands_with_the_connection(shell: Shell) -> None:
    line = CommandLine(shell.program(None, stream := io.StringIO(), io.StringIO()), ["buckets"])
    line.flags["profile"] = "prod"

    line.narration.say("`s3nav --headless ls` lists them")

    assert stream.getvalue() == "`s3nav --headless --profile prod ls` lists them\n"
