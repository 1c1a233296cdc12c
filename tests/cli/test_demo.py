"""Where the demo's data and settings lie, and what starts it over."""

from pathlib import Path

import pytest

from s3nav.persistence import Directories
from tests.support.command_line import Shell


def test_the_demo_has_a_directory_of_its_own_beside_the_users_data(
    shell: Shell, tmp_path: Path
) -> None:
    shell.environment["S3NAV_DATA_DIR"] = str(tmp_path)

    shell.headless("--demo", "ls")

    assert shell.demo_directories == [tmp_path / "demo"]


def test_a_data_directory_that_was_typed_is_the_demos(shell: Shell, tmp_path: Path) -> None:
    shell.environment["S3NAV_DATA_DIR"] = str(tmp_path)

    shell.headless("--demo", "ls", "--data-dir", str(tmp_path / "own"))

    assert shell.demo_directories == [tmp_path / "own"]


def test_the_demo_reads_its_own_settings_file_and_not_the_users(
    shell: Shell, tmp_path: Path
) -> None:
    users = Directories.of_user().config_file
    users.parent.mkdir(parents=True)
    users.write_text(f'retry_attempts = 7\ndata_dir = "{tmp_path}"\n')
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "config.toml").write_text('theme = "nord"\n')

    shell.headless("--demo", "ls")

    (settings,) = shell.settings
    assert (settings.theme, settings.retry_attempts) == ("nord", 5)


def test_config_create_writes_the_demos_settings_file(shell: Shell, tmp_path: Path) -> None:
    shell.environment["S3NAV_DATA_DIR"] = str(tmp_path)

    ended = shell.headless("--demo", "config", "create")

    assert ended.exit_code == 0, ended.stderr
    assert (tmp_path / "demo" / "config.toml").exists()
    assert (tmp_path / "demo").stat().st_mode & 0o777 == 0o700
    assert not Directories.of_user().config_file.exists()


def test_a_reset_is_made_before_the_demo_starts(shell: Shell, tmp_path: Path) -> None:
    shell.environment["S3NAV_DATA_DIR"] = str(tmp_path)

    shell.headless("--demo-reset", "ls")

    assert shell.reset_demos == shell.demo_directories == [tmp_path / "demo"]


def test_without_a_reset_nothing_is_removed(shell: Shell) -> None:
    shell.headless("--demo", "ls")

    assert shell.reset_demos == []


@pytest.mark.parametrize("reset", ["--demo-reset", "--demo --demo-reset"])
def test_a_directory_that_was_typed_is_not_reset(shell: Shell, tmp_path: Path, reset: str) -> None:
    ended = shell.headless(*reset.split(), "ls", "--data-dir", str(tmp_path))

    assert ended.exit_code == 2
    assert "--data-dir" in ended.stderr
    assert (shell.reset_demos, shell.demos) == ([], [])


def test_scans_of_the_demo_are_found_again_at_another_port(
    two_buckets: Shell, tmp_path: Path
) -> None:
    kept = {"data_dir": str(tmp_path)}
    two_buckets.demo_flags = {**kept, "endpoint_url": "http://127.0.0.1:1"}
    two_buckets.headless("--demo", "scan", "s3://dev/")

    two_buckets.demo_flags = {**kept, "endpoint_url": "http://127.0.0.1:2"}
    listed = two_buckets.headless("--demo", "--output", "json", "scan", "list")

    assert '"s3://dev"' in listed.stdout


def test_the_line_to_type_again_resets_nothing(shell: Shell) -> None:
    ended = shell.run("--demo-reset", "serve", terminal=True)

    assert "--demo serve" in ended.stderr
    assert "--demo-reset" not in ended.stderr
