"""A broken file of ``~/.aws`` is named with the line and what is wrong with it, and no secret."""

from pathlib import Path

import pytest

from s3nav.aws.credentials.profile_list import list_profiles
from s3nav.aws.credentials.provider_chain import find_login
from s3nav.model.errors import CredentialsError
from s3nav.persistence import Directories
from s3nav.settings import Settings

BROKEN = [
    (b"[default]\n[profile test]\nregion = b\n[profile test]\n", "line 4", "[profile test]"),
    (b"[default]\nregion = a\nregion = b\n", "line 3", "`region`"),
    (b"region = a\n[default]\n", "line 1", "before the first section"),
    (b"[default]\naws_secret_access_key s3cret\n", "line 2", "neither"),
    (b"\xef\xbb\xbf[default]\r\nregion = a\r\n", "byte order mark", "UTF-8"),
    ("\ufeff[default]\n".encode("utf-16-le"), "byte order mark", "UTF-8"),
    (b"[default]\nregion = \xe9\n", "not UTF-8", ""),
    (b"[default]\ns3 =\n  s3cret\n", "indented", "name = value"),
]


@pytest.mark.parametrize("file", ["config", "credentials"])
@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        Settings(profile="a"),
        Settings(anonymous=True),
        Settings(access_key="A", secret_key="S"),
    ],
    ids=["default", "profile", "anonymous", "keys"],
)
def test_a_broken_file_is_named_with_its_line(
    settings: Settings,
    broken: tuple[bytes, str, str],
    file: str,
    directories: Directories,
    aws_home: Path,
) -> None:
    content, where, what = broken
    (aws_home / file).write_bytes(content)

    with pytest.raises(CredentialsError) as caught:
        find_login(settings, directories)

    assert str(aws_home / file).partition("/.aws")[2] in caught.value.message
    assert where in caught.value.message
    assert what in caught.value.message
    assert "s3cret" not in str(caught.value)
    assert caught.value.reference == "bad-credentials-file"


@pytest.mark.parametrize(("content", "where", "what"), BROKEN)
def test_a_broken_file_is_listed_with_what_is_wrong(
    content: bytes, where: str, what: str, directories: Directories, aws_home: Path
) -> None:
    (aws_home / "config").write_bytes(content)

    problems = [fact.problem for fact in list_profiles(Settings(), directories, {})]

    assert any(where in problem and what in problem for problem in problems)


def test_the_line_of_a_broken_own_store_is_named(directories: Directories) -> None:
    directories.credentials_file.write_text('{"aws_profiles":\n  {"a": s3cret}}')
    directories.credentials_file.chmod(0o600)

    with pytest.raises(CredentialsError, match="line 2") as caught:
        find_login(Settings(profile="a"), directories)

    assert "s3cret" not in str(caught.value)
