import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from s3nav.aws import Identity
from s3nav.model.errors import CredentialsError
from tests.support.command_line import Shell


def test_an_unknown_key_is_named_with_the_nearest(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('regoin = "x"\n')

    ended = shell.headless("--config", "c.toml", "config", "show")

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert ended.stderr == (
        "error[bad-setting]: unknown setting `regoin` in c.toml\n  hint: did you mean `region`?\n"
    )


def test_a_named_settings_file_must_exist(shell: Shell) -> None:
    ended = shell.headless("config", "show", "--config", "absent.toml")

    assert ended.exit_code == 2
    assert "cannot read settings `absent.toml`" in ended.stderr


def test_each_value_is_shown_with_its_source_and_secrets_are_not(
    shell: Shell, tmp_path: Path
) -> None:
    (tmp_path / "c.yaml").write_text("region: eu-west-1\nbuckets: [a, b]\n")
    shell.environment["S3NAV_SECRET_KEY"] = "wJalrXUtnFEMI"

    ended = shell.headless(
        "config", "show", "--config", "c.yaml", "--theme", "t", "--output", "json"
    )

    shown = {each["name"]: (each["value"], each["source"]) for each in json.loads(ended.stdout)}
    assert shown["region"] == ("eu-west-1", "c.yaml")
    assert shown["buckets"] == ("a,b", "c.yaml")
    assert shown["secret_key"] == ("…", "environment S3NAV_SECRET_KEY")
    assert shown["theme"] == ("t", "flag")
    assert shown["read_timeout_s"] == (20.0, "default")
    assert shown["anonymous"] == (False, "default")
    assert "wJalrXUtnFEMI" not in ended.stdout + ended.stderr


def test_as_a_table(shell: Shell) -> None:
    lines = shell.headless("config", "show").stdout.splitlines()

    assert [line.split() for line in lines[:3]] == [
        ["SETTING", "VALUE", "SOURCE"],
        ["profile", "–", "default"],
        ["use_aws_cli_creds", "false", "default"],
    ]
    assert (
        len({line.index(word) for line, word in zip(lines, ("VALUE", "–", "false"), strict=False)})
        == 1
    )


@pytest.mark.parametrize(
    "arguments",
    [["config", "create"], ["--create-config"]],
)
def test_a_settings_file_is_created_where_it_will_be_read(
    shell: Shell, home: Path, arguments: list[str]
) -> None:
    ended = shell.headless(*arguments)

    (file,) = home.rglob("config.toml")
    assert (ended.exit_code, ended.stderr) == (0, f"wrote {file}\n")
    assert tomllib.loads(file.read_text())["download_dir"] == "data"
    assert shell.headless("config", "show").exit_code == 0


def test_an_existing_file_is_kept_unless_forced(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("# mine\n")

    ended = shell.headless("config", "create", "c.toml")

    assert ended.exit_code == 2
    assert ended.stderr == (
        "error[already-exists]: `c.toml` exists\n"
        "  hint: `s3nav --headless config create --force c.toml` replaces it\n"
    )
    assert (tmp_path / "c.toml").read_text() == "# mine\n"
    assert shell.headless("config", "create", "c.toml", "--force").exit_code == 0
    assert (tmp_path / "c.toml").read_text() != "# mine\n"


def test_a_file_that_cannot_be_written_is_a_local_disk_error(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "dir").write_text("a file")

    ended = shell.headless("config", "create", "dir/c.toml")

    assert ended.exit_code == 8
    assert ended.stderr.startswith("error[local-disk]: cannot write `dir/c.toml`")


@pytest.mark.parametrize("name", ["c.toml", "c.yaml", "c.json"])
def test_what_is_created_can_be_read_again(shell: Shell, name: str) -> None:
    shell.headless("config", "create", name)

    ended = shell.headless("--config", name, "config", "show", "--output", "json")

    assert ended.exit_code == 0
    shown = {each["name"]: each for each in json.loads(ended.stdout)}
    assert shown["retry_attempts"] == {"name": "retry_attempts", "value": 5, "source": name}


def test_a_refused_profile_says_what_to_do(shell: Shell) -> None:
    shell.identity = CredentialsError("the key is unknown", remedy="make a new one")

    ended = shell.headless("profiles", "test")

    assert (ended.exit_code, ended.stdout) == (3, "")
    assert ended.stderr == "error[credentials]: the key is unknown\n  hint: make a new one\n"


def test_an_unknown_profile_is_not_found(shell: Shell) -> None:
    ended = shell.headless("profiles", "test", "nonsense-of-a-name")

    assert ended.exit_code == 5
    assert ended.stderr.startswith("error[no-such-profile]: no profile `nonsense-of-a-name`")


def test_an_accepted_profile_says_who_it_is(shell: Shell) -> None:
    shell.identity = Identity(
        arn="arn:aws:iam::111122223333:user/u",
        account="111122223333",
        source="environment",
        expires_at=None,
        buckets_listable=True,
    )

    ended = shell.headless("profiles", "test", "--output", "json")

    assert json.loads(ended.stdout) == {
        "arn": "arn:aws:iam::111122223333:user/u",
        "account": "111122223333",
        "source": "environment",
        "expires_at": None,
        "buckets_listable": True,
    }


def test_profiles_are_listed(shell: Shell) -> None:
    ended = shell.headless("profiles", "list", "--output", "csv")

    assert ended.exit_code == 0
    assert ended.stdout.splitlines()[0] == "name,source,kind,region,problem"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "date_format = 3",
            'one of month_first, year_first, day_first; order of dates (by default "month_first")',
        ),
        (
            'max_file_size_mb = "many"',
            "skip larger objects (MB = 10^6 bytes)",
        ),
    ],
)
def test_a_bad_value_in_a_file_is_reported_with_file_key_and_values(
    shell: Shell, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "c.toml").write_text(text)

    ended = shell.headless("--config", "c.toml", "ls")

    assert ended.exit_code == 2
    name = text.partition(" ")[0]
    assert ended.stderr.splitlines()[-1] == f"  hint: correct `{name}` in `c.toml`: {said}"


def test_the_hint_about_an_unknown_setting_works_with_the_same_file(
    shell: Shell, tmp_path: Path
) -> None:
    (tmp_path / "c.toml").write_text("zzzzzz = 1")

    ended = shell.headless("--config", "c.toml", "config", "show")
    (hint,) = re.findall(r"`s3nav ([^`]+)`", ended.stderr)
    followed = shell.run(*shlex.split(hint))

    assert followed.exit_code == 0
    assert "size_format" in (tmp_path / "all.toml").read_text()


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("bandwidth", ("download", "s3://dev")),
        ("transfer_to", ("estimate", "--objects", "1", "--bytes", "1GB")),
        ("free_tier_used", ("estimate", "--objects", "1", "--bytes", "1GB")),
    ],
)
def test_an_error_about_a_value_that_was_not_typed_says_where_it_stands(
    two_buckets: Shell, tmp_path: Path, setting: str, words: tuple[str, ...]
) -> None:
    (tmp_path / "c.toml").write_text(f'{setting} = "many"')

    ended = two_buckets.headless("--config", "c.toml", *words)

    assert ended.exit_code == 2
    assert f"  setting: `{setting}` of c.toml\n" in ended.stderr
