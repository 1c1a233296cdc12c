"""A command line that cannot be run gets help, the nearest command and plain words."""

import json
from pathlib import Path

import pytest

from s3nav.cli.foreign_verbs import FOREIGN_VERBS
from s3nav.cli.main import COMMANDS
from tests.support.command_line import Shell

GROUPS = ("scrape", "scan", "jobs", "pricing", "profiles", "config")


@pytest.mark.parametrize("words", [(), *((name,) for name in GROUPS)], ids=" ".join)
def test_without_a_command_the_help_goes_to_stderr_as_lines(
    shell: Shell, words: tuple[str, ...]
) -> None:
    ended = shell.headless(*words)

    assert (ended.exit_code, ended.stdout) == (2, "")
    lines = ended.stderr.splitlines()
    assert lines[0] == " ".join(["Usage: s3nav", *words, "[OPTIONS]", *_arguments(words)])
    assert "Commands:" in lines
    assert "\\x" not in ended.stderr
    assert max(map(len, lines)) <= 80


def _arguments(words: tuple[str, ...]) -> list[str]:
    return ["COMMAND", "[ARGS]..."] if words else ["[COMMAND]", "[ARGS]..."]


@pytest.mark.parametrize("name", GROUPS)
def test_with_options_alone_the_help_is_shown_too(shell: Shell, name: str) -> None:
    ended = shell.headless(name, "--region", "eu-west-1")

    assert ended.exit_code == 2
    assert ended.stderr.startswith(f"Usage: s3nav {name} [OPTIONS]")


def test_requested_help_goes_to_stdout(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    ended = shell.headless("scrape", "--help")

    assert (ended.exit_code, ended.stderr) == (0, "")
    assert capsys.readouterr().out.startswith("Usage: s3nav scrape [OPTIONS]")


def test_help_of_counting_names_the_place_its_options_and_the_commands(shell: Shell) -> None:
    ended = shell.headless("scan")

    assert ended.exit_code == 2
    assert ended.stderr.startswith(
        "Usage: s3nav scan [OPTIONS] COMMAND [ARGS]...\n       s3nav scan [OPTIONS] PLACE\n"
    )
    assert {"compare", "--fresh"} <= set(ended.stderr.split())


@pytest.mark.parametrize("words", [("scan", "s3://b"), ("s3://b",)])
def test_help_of_a_place_shows_what_is_typed(
    shell: Shell, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    shell.headless(*words, "--help")

    path = " ".join(["s3nav", *words[:-1]])
    assert capsys.readouterr().out.startswith(f"Usage: {path} [OPTIONS] PLACE\n")


def test_counting_without_a_place_asks_for_one(shell: Shell) -> None:
    ended = shell.headless("scan", "--fresh")

    assert (ended.exit_code, ended.stderr) == (
        2,
        "error[usage]: no place to count was named\n  hint: name one: s3://bucket/prefix\n",
    )


def test_choices_that_click_lists_on_lines_are_one_line(shell: Shell) -> None:
    ended = shell.headless("scrape", "engine")

    assert ended.stderr == (
        "error[usage]: missing argument '{install|show}'. Choose from: install, show\n"
        "  hint: `s3nav scrape engine --help` shows the usage\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ls", "--limit", "many"), "`--limit` must be a whole number, not `many`"),
        (("ls", "--limit", "0"), "`--limit` must be at least 1, not `0`"),
        (
            ("pricing", "search", "x", "--limit", "9000"),
            "`--limit` must be at least 1 and at most 2000, not `9000`",
        ),
        (
            ("ls", "--output", "yaml"),
            "`--output` must be one of table, json, jsonl, csv, not `yaml`",
        ),
        (("buckets", "-s", "pb"), "`--size-format` must be one of auto, binary, bytes, kb, mb"),
        (("download", "s3://b", "--parallel", "many"), "`--parallel` must be a whole number, not"),
        (("download", "s3://b", "--parallel", "0"), "`--parallel` must be a whole number of at le"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_value_that_does_not_fit_an_option_is_explained_in_plain_words(
    shell: Shell, words: tuple[str, ...], said: str
) -> None:
    ended = shell.headless(*words)

    assert ended.exit_code == 2
    assert said in ended.stderr.splitlines()[0]


def test_a_value_that_does_not_fit_a_variable_is_reported_with_its_name(shell: Shell) -> None:
    shell.environment["S3NAV_PARALLEL_DOWNLOADS"] = "many"

    ended = shell.headless("ls")

    assert ended.stderr.splitlines()[0] == (
        "error[bad-setting]: `S3NAV_PARALLEL_DOWNLOADS` must be a whole number, not `many`"
    )


@pytest.mark.parametrize(
    ("verb", "ours"),
    [
        ("du", "`s3nav --headless scan s3://bucket/prefix/`"),
        ("cat", "s3nav cannot print an object yet; `s3nav --headless download s3://bucket/key`"),
        ("sync", "`s3nav --headless download s3://bucket/prefix/`"),
        ("presign", "s3nav cannot presign yet; "),
        ("rm", "s3nav cannot delete yet; "),
        ("stat", "`s3nav --headless ls s3://bucket/key`"),
        ("mb", "s3nav cannot make or remove buckets yet; "),
        ("rb", "s3nav cannot make or remove buckets yet; "),
        ("mv", "s3nav cannot move yet, because it cannot delete; "),
        ("get", "`s3nav --headless download s3://bucket/prefix/`"),
    ],
)
def test_a_verb_of_another_tool_points_to_ours(shell: Shell, verb: str, ours: str) -> None:
    ended = shell.headless(verb, "s3://bucket/key")

    first, hint = ended.stderr.splitlines()
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert first == f"error[usage]: no command `{verb}`"
    assert hint.startswith(f"  hint: {ours}")


def test_no_verb_of_another_tool_hides_one_of_ours() -> None:
    assert FOREIGN_VERBS.keys().isdisjoint(COMMANDS)


def test_the_help_of_a_place_is_that_of_the_command_that_takes_it(shell: Shell) -> None:
    cockpit = shell.run("s3://b/p", "--nonsense", terminal=True)
    count = shell.headless("scan", "s3://b/p", "--nonsense")

    assert "hint: `s3nav --help` shows the usage" in cockpit.stderr
    assert "hint: `s3nav scan --help` shows the usage" in count.stderr


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('"many"', "`size_bytes` must be a whole number, not text"),
        ("tru", "it is not JSON (byte"),
        ("null", "`size_bytes` must be a whole number, not nothing"),
    ],
)
def test_a_plan_that_does_not_fit_is_explained_in_plain_words(
    two_buckets: Shell, tmp_path: Path, value: str, said: str
) -> None:
    plan = tmp_path / "plan.jsonl"
    two_buckets.headless("download", "s3://prod", "--dry-run", "--write-plan", str(plan))
    plan.write_text(plan.read_text().replace("1000000", value))

    ended = two_buckets.headless("download", "--plan", str(plan))

    assert ended.exit_code == 2
    assert said in ended.stderr
    assert "Expected" not in ended.stderr


def test_a_settings_file_that_does_not_fit_is_named_in_plain_words(
    shell: Shell, tmp_path: Path
) -> None:
    (tmp_path / "c.yaml").write_text("parallel_downloads: many\n")

    ended = shell.headless("--config", "c.yaml", "ls")

    assert ended.stderr.splitlines()[0] == (
        "error[bad-setting]: c.yaml: `parallel_downloads` must be a whole number, not `many`"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("ls", "s3://b", "--min-size", "1KB"),
            "`find` has it, as have `download` and `estimate`: `s3nav find --help` shows the usage",
        ),
        (
            ("pricing", "status", "--facets"),
            "`pricing search` has it: `s3nav pricing search --help` shows the usage",
        ),
        (("ls", "--no-such"), "`s3nav ls --help` shows the usage"),
    ],
)
def test_an_option_of_other_commands_has_their_help_as_hint(
    shell: Shell, words: tuple[str, ...], said: str
) -> None:
    ended = shell.headless(*words)

    assert ended.exit_code == 2
    assert ended.stderr.splitlines()[1:] == [f"  hint: {said}"]


NUL, NOT_UTF8 = "a\0b", "a\udcffb"


@pytest.mark.parametrize(
    "words",
    [
        ("config", "show", "--data-dir", NUL),
        ("--config", NUL, "config", "show"),
        ("ls", f"s3://{NUL}"),
        ("profiles", "test", NUL),
    ],
)
def test_a_nul_character_in_an_argument_is_refused(shell: Shell, words: tuple[str, ...]) -> None:
    ended = shell.headless(*words)

    assert (ended.exit_code, ended.stderr) == (2, "error[usage]: an argument has a NUL character\n")


@pytest.mark.parametrize(
    "words",
    [
        ("jobs", "show", NOT_UTF8),
        ("scan", "show", NOT_UTF8),
        ("scrape", "show", NOT_UTF8),
        ("scan", f"s3://{NOT_UTF8}"),
        ("download", "s3://dev", "--include-regex", NOT_UTF8),
    ],
)
def test_an_argument_that_must_be_utf8_and_is_not_is_named(
    two_buckets: Shell, words: tuple[str, ...]
) -> None:
    two_buckets.store.put("a\udcffb", "key", b"1")

    ended = two_buckets.headless(*words)

    assert ended.exit_code == 2
    headline, hint = ended.stderr.splitlines()[-2:]
    assert headline.startswith("error[usage]: `")
    assert headline.endswith("a\\udcffb` is not UTF-8")
    assert hint == "  hint: type it in UTF-8"


@pytest.mark.parametrize(
    ("value", "why"),
    [(NUL, "has a NUL character"), (NOT_UTF8, "is not UTF-8")],
    ids=["nul", "not-utf8"],
)
@pytest.mark.parametrize("name", ["profile", "region", "parallel_downloads", "verify", "buckets"])
def test_a_setting_no_program_could_use_is_refused_wherever_it_stands(
    shell: Shell, tmp_path: Path, name: str, value: str, why: str
) -> None:
    variable = f"S3NAV_{name.upper()}"
    written = [value] if name == "buckets" else value
    (tmp_path / "c.json").write_text(json.dumps({name: written}))

    in_file = shell.headless("--config", "c.json", "config", "show")
    shell.environment[variable] = value
    in_environment = shell.headless("config", "show")

    assert (in_file.exit_code, in_environment.exit_code) == (2, 2)
    assert in_file.stderr.startswith(f"error[bad-setting]: c.json: `{name}` {why}\n")
    assert in_environment.stderr.startswith(f"error[bad-setting]: `{variable}` {why}\n")


@pytest.mark.parametrize(
    "words",
    [("config", "create"), ("download", "s3://dev", "--download-dir"), ("scrape", "import")],
)
def test_a_name_too_long_for_a_file_is_refused_in_a_line_that_can_be_read(
    two_buckets: Shell, words: tuple[str, ...]
) -> None:
    ended = two_buckets.headless(*words, "x" * 100_000)

    assert ended.exit_code == 2
    (said,) = ended.stderr.splitlines()
    assert said.startswith("error[usage]: the name of a file is too long: `")
    assert len(said) < 2100


def test_the_name_of_a_directory_need_not_be_utf8(shell: Shell) -> None:
    ended = shell.headless("--data-dir", NOT_UTF8, "jobs", "list")

    assert ended.exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ls",), "no bucket to list"),
        (("jobs", "list"), "no job is kept"),
        (("scan", "list"), "no scan is kept"),
        (("scan", "list", "s3://dev"), "no scan of s3://dev is kept"),
        (("scrape", "list"), "no scrape is kept"),
        (("scrape", "search", "web"), "nothing matches"),
        (("scrape", "query"), "nothing matches"),
        (("scrape", "logs"), "nothing went wrong"),
        (("scrape", "stats", "--by", "day"), "no scrape in 30 days"),
        (("scrape", "stats", "--by", "service"), "no document is kept"),
    ],
)
def test_a_table_without_rows_is_a_line_that_says_so(
    shell: Shell, words: tuple[str, ...], said: str
) -> None:
    table = shell.headless(*words)
    values = shell.headless(*words, "--output", "json")
    cells = shell.headless(*words, "--output", "csv")

    assert (table.exit_code, table.stdout, table.stderr) == (0, "", f"{said}\n")
    assert json.loads(values.stdout) == []
    assert len(cells.stdout.splitlines()) == 1


@pytest.mark.parametrize("words", [("--secret-key=-1x",), ("--secret-key", "-1x")])
def test_a_secret_may_begin_with_a_hyphen(shell: Shell, words: tuple[str, ...]) -> None:
    ended = shell.headless("scan", "list", "--access-key", "key", *words)

    assert ended.exit_code == 0, ended.stderr
