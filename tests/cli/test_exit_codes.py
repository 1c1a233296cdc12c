"""Which front end opens, and how every kind of end becomes an exit code."""

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from s3nav.model.errors import CredentialsError
from s3nav.model.places import S3Uri
from s3nav.session import Session
from tests.support.command_line import Shell
from tests.support.memory_store import MemoryStore

INTERRUPTED_TWICE = """
import io, itertools, os, signal
from s3nav.cli.main import run
from tests.support.command_line import Shell

class InterruptsAgain(io.StringIO):
    def write(self, text):
        os.kill(os.getpid(), signal.SIGINT)
        print("still here", flush=True)

shell = Shell(during=lambda session: os.kill(os.getpid(), signal.SIGTERM))
streams = io.StringIO(), InterruptsAgain(), io.StringIO()
run(["--headless", "ls"], shell.program(*streams), clock=itertools.count(0, 60).__next__)
print("still here", flush=True)
"""

INTERRUPTED_AT_THE_START = """
import os, signal, sys

class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == "s3nav.cli.program":
            os.kill(os.getpid(), int(sys.argv.pop()))
        return None

sys.meta_path.insert(0, Interrupts())
from s3nav.__main__ import start
start()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_while_modules_load_is_no_traceback(number: signal.Signals) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_AT_THE_START, "--version", str(int(number))],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


READS_ODD_BYTES = """
import atexit, sys
from s3nav.__main__ import main
atexit.register(lambda: print(ascii(sys.stdin.readline())))
main()
"""


def test_an_answer_that_is_not_utf_8_is_read() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", READS_ODD_BYTES, "--version"],
        input=b"y\xff\n",
        env={**os.environ, "PYTHONIOENCODING": "utf-8:strict"},
        capture_output=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"'y\\ufffd\\n'" in ended.stdout


ENDS_AS_PYTHON_DOES = """
import atexit, threading
from s3nav.__main__ import start

def work():
    threading.main_thread().join()
    print("the thread has ended")

atexit.register(print, "the exit function has run")
threading.Thread(target=work).start()
start()
"""


def test_at_the_end_threads_are_waited_for_and_exit_functions_run() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", ENDS_AS_PYTHON_DOES, "--version"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[1:] == ["the thread has ended", "the exit function has run"]


def test_without_a_terminal_the_remedy_is_the_same_command_headless(shell: Shell) -> None:
    ended = shell.run("ls", "s3://b/my dir/", "--secret-key", "SECRETSECRET", "--limit", "3")

    assert ended.exit_code == 2
    assert ended.stdout == ""
    assert ended.stderr == (
        "error[not-a-terminal]: the cockpit needs a terminal as standard input and output\n"
        "  hint: `s3nav --headless ls 's3://b/my dir/' --secret-key … --limit 3`"
        " runs it without\n"
    )
    assert shell.cockpits == []


@pytest.mark.parametrize(
    ("arguments", "headless"),
    [([], "s3nav --headless buckets"), (["s3://b/p"], "s3nav --headless ls s3://b/p")],
)
def test_the_bare_program_without_a_terminal_says_what_to_run(
    shell: Shell, arguments: list[str], headless: str
) -> None:
    ended = shell.run(*arguments)

    assert ended.exit_code == 2
    assert f"hint: `{headless}`" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "place", "pane"),
    [
        ([], None, None),
        (["s3://b/p/"], S3Uri("b", "p/"), "buckets"),
        (["s3://b/p/", "--region", "eu-west-1"], S3Uri("b", "p/"), "buckets"),
        (["ls", "s3://b/p"], S3Uri("b", "p"), "buckets"),
        (["buckets"], None, "buckets"),
        (["profiles", "list"], None, "profiles"),
        (["download", "s3://b/p", "s3://c"], None, "transfers"),
        (["jobs", "list"], None, "transfers"),
    ],
)
def test_on_a_terminal_commands_open_the_cockpit_at_their_place(
    shell: Shell, arguments: list[str], place: S3Uri | None, pane: str | None
) -> None:
    ended = shell.run(*arguments, terminal=True)

    assert ended.exit_code == 0
    assert shell.cockpits == [(place, pane)]


def test_settings_need_no_face(shell: Shell) -> None:
    ended = shell.run("config", "show", terminal=True)

    assert ended.exit_code == 0
    assert ended.stdout.startswith("SETTING")
    assert shell.cockpits == []


def test_a_place_is_not_a_headless_command(shell: Shell) -> None:
    ended = shell.headless("s3://b/p")

    assert ended.exit_code == 2
    assert "hint: `s3nav --headless ls s3://b/p`" in ended.stderr


def test_a_misspelt_command_is_guessed(shell: Shell) -> None:
    ended = shell.headless("bukets")

    assert (ended.exit_code, ended.stderr) == (
        2,
        "error[usage]: no command `bukets`\n  hint: did you mean `buckets`?\n",
    )


def test_an_unknown_option_is_a_usage_error_in_the_common_form(shell: Shell) -> None:
    ended = shell.headless("buckets", "--nonsense")

    assert ended.exit_code == 2
    assert ended.stderr == (
        "error[usage]: no such option '--nonsense'\n"
        "  hint: `s3nav buckets --help` shows the usage\n"
    )


def test_a_malformed_place_is_a_usage_error(shell: Shell) -> None:
    ended = shell.headless("ls", "s3:///nothing")

    assert ended.exit_code == 2
    assert ended.stderr.startswith("error[usage]: `s3:///nothing` names no bucket\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--headless", "--region", "here", "--profile", "p", "ls"],
        ["--headless", "ls", "--region", "here", "-p", "p"],
        ["--region", "there", "ls", "--headless", "--region", "here", "--profile", "p"],
    ],
)
def test_global_options_stand_before_and_after_the_command_and_the_later_wins(
    shell: Shell, arguments: list[str]
) -> None:
    ended = shell.run(*arguments)

    assert ended.exit_code == 0
    (settings,) = shell.settings
    assert (settings.region, settings.profile) == ("here", "p")


def test_every_global_option_reaches_its_setting(shell: Shell) -> None:
    shell.headless(
        *["ls", "-a", "--access-key", "A", "--secret-key", "B", "--session-token", "C"],
        *["--anonymous", "--endpoint-url", "http://e", "--path-style", "--no-verify-ssl"],
        *["--ca-bundle", "/ca", "--log-level", "debug", "--theme", "t"],
    )

    (settings,) = shell.settings
    assert settings.use_aws_cli_creds
    assert (settings.access_key, settings.secret_key, settings.session_token) == ("A", "B", "C")
    assert settings.anonymous
    assert settings.endpoint_url == "http://e"
    assert settings.path_style
    assert not settings.verify_ssl
    assert settings.ca_bundle == "/ca"
    assert settings.log_level == "DEBUG"
    assert settings.theme == "t"


def test_what_was_not_typed_is_left_to_file_and_environment(shell: Shell) -> None:
    shell.environment["S3NAV_REGION"] = "from-environment"

    shell.headless("ls")

    assert shell.settings[0].region == "from-environment"


def test_a_typed_secret_is_warned_about(shell: Shell) -> None:
    ended = shell.headless("ls", "--access-key", "A", "--secret-key", "B")

    assert ended.stderr.startswith("warning: other users can read --secret-key in `ps`;")


def test_the_log_has_the_command_and_no_secret(shell: Shell, home: Path) -> None:
    shell.environment["AWS_SESSION_TOKEN"] = "FwoGZXIvYXdzEXAMPLE"
    shell.open_store_error = CredentialsError("`FwoGZXIvYXdzEXAMPLE` and wJalrXUtnFEMI refused")

    shell.headless("ls", "--secret-key", "wJalrXUtnFEMI", "--data-dir", str(home))

    text = (home / "logs" / "s3nav.jsonl").read_text()
    started, refused = [json.loads(line) for line in text.splitlines()]
    assert started["command"] == f"s3nav --headless ls --secret-key … --data-dir {home}"
    assert (refused["level"], refused["error"]) == ("ERROR", "credentials")
    assert refused["message"] == "`…` and … refused"


def test_what_is_typed_goes_before_what_the_demo_brings(shell: Shell) -> None:
    shell.demo_flags = {"endpoint_url": "http://demo", "region": "us-east-1"}

    shell.headless("--demo", "ls", "--region", "eu-west-1")

    assert (shell.settings[0].endpoint_url, shell.settings[0].region) == (
        "http://demo",
        "eu-west-1",
    )


def test_the_demo_lasts_as_long_as_the_command(shell: Shell) -> None:
    shell.demo_flags = {"endpoint_url": "http://demo"}

    ended = shell.headless("--demo", "ls")

    assert ended.exit_code == 0
    assert shell.settings[0].endpoint_url == "http://demo"
    assert shell.demos == ["started", "ended"]


def test_a_bug_is_reported_with_the_log_and_exit_code_1(shell: Shell, home: Path) -> None:
    shell.during = _raise_bug

    ended = shell.headless("ls", "--data-dir", str(home))

    log = home / "logs" / "s3nav.jsonl"
    assert ended.exit_code == 1
    assert ended.stderr == (
        f"error[bug]: ZeroDivisionError: oh\n  log: {log}\n"
        "  hint: this is a bug in s3nav; the log has the traceback, and --verbose prints it\n"
    )
    last = json.loads(log.read_text().splitlines()[-1])
    assert "Traceback" in last["error"]


def _raise_forged(_session: Session) -> None:
    raise ValueError("a\nerror[forged]: b")


def test_no_name_forges_a_line_on_stderr(shell: Shell) -> None:
    forged = "a\nerror[forged]: b"

    created = shell.headless("--config", f"{forged}.toml", "config", "create")
    refused = shell.headless("--verbose", "ls", f"s3://{forged}", f"--{forged}")
    shell.during = _raise_forged
    broken = shell.headless("--verbose", "ls", f"s3://{forged}")

    assert created.exit_code == 0
    assert created.stderr == "wrote a\\x0aerror[forged]: b.toml\n"
    assert (refused.exit_code, broken.exit_code) == (2, 1)
    lines = (created.stderr + refused.stderr + broken.stderr).splitlines()
    assert [line for line in lines if line.startswith("error[forged]")] == []


def test_verbose_shows_where_a_bug_is(shell: Shell) -> None:
    shell.during = _raise_bug

    ended = shell.headless("--verbose", "ls")

    assert "Traceback" in ended.stderr


def test_a_first_interruption_ends_in_good_order_with_130(shell: Shell) -> None:
    shell.during = lambda session: os.kill(os.getpid(), signal.SIGINT)
    handler = signal.getsignal(signal.SIGINT)

    ended = shell.headless("ls")

    assert (ended.exit_code, ended.stderr) == (130, "interrupted\n")
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_second_interruption_leaves_at_once(home: Path) -> None:
    ended = _shell(f"{sys.executable} -c '{INTERRUPTED_TWICE}'", home)

    assert (ended.returncode, ended.stdout) == (130, "")


def test_nothing_is_written_when_a_command_line_makes_no_sense(shell: Shell, home: Path) -> None:
    shell.headless("buckets", "--nonsense")
    shell.headless("ls", "--log-level", "LOUD")

    assert not home.exists()


def test_a_reader_that_has_gone_ends_the_command_quietly(shell: Shell) -> None:
    shell.store.put("b", "k")
    stderr = io.StringIO()

    code = _run_with_stdout(shell, _BrokenPipe(), stderr)

    assert (code, stderr.getvalue()) == (0, "")


def test_a_closed_standard_output_does_not_stop_the_work(shell: Shell) -> None:
    shell.store.put("b", "k")
    stderr = io.StringIO()

    code = _run_with_stdout(shell, None, stderr)

    assert (code, stderr.getvalue()) == (0, "")
    assert shell.store.count("buckets") == 1


def test_real_processes_survive_closed_and_broken_pipes(home: Path) -> None:
    ended = _shell(f"{sys.executable} -m s3nav config show >&-", home)
    assert (ended.returncode, ended.stderr) == (0, "")

    ended = _shell(f"{sys.executable} -m s3nav config show 2>&-", home)
    assert ended.returncode == 0

    ended = _shell(f"set -o pipefail; {sys.executable} -m s3nav --output csv config show | :", home)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_credentials_in_an_error_message_are_not_shown_twice(shell: Shell) -> None:
    shell.open_store_error = CredentialsError("bad \x1b[31mkey")

    assert "\x1b" not in shell.headless("ls").stderr


class _BrokenPipe(io.TextIOBase):
    def write(self, _text: str) -> int:
        raise BrokenPipeError

    def isatty(self) -> bool:
        return False


def _run_with_stdout(shell: Shell, stdout: io.TextIOBase | None, stderr: io.StringIO) -> int:
    from s3nav.cli.main import run

    return run(["--headless", "ls"], shell.program(stdout, stderr, io.StringIO()))


def _raise_bug(_session: Session) -> None:
    raise ZeroDivisionError("oh")


def _shell(command: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "HOME": str(home)},
    )


def test_an_empty_account_is_no_error(shell: Shell) -> None:
    shell.store = MemoryStore()

    ended = shell.headless("buckets")

    assert (ended.exit_code, ended.stdout) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_behind_standard_output_is_a_local_disk_error(home: Path) -> None:
    ended = _shell(f"{sys.executable} -m s3nav config show > /dev/full", home)

    assert ended.returncode == 8
    assert ended.stderr.startswith("error[local-disk]: cannot write standard output: No space")


def test_a_locale_without_unicode_stops_nothing(home: Path) -> None:
    ended = _shell(f"LC_ALL=C PYTHONUTF8=0 {sys.executable} -m s3nav config show", home)

    assert ended.returncode == 0
    assert "\\u2013" in ended.stdout
