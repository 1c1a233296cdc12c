import json
import tomllib
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from s3nav.model.errors import UsageError
from s3nav.present.settings_file import as_file
from s3nav.settings import SECRET_FIELDS, Loaded, Settings, fields, load_settings


def load(
    file: Path | None = None, environment: dict[str, str] | None = None, **flags: str | float | None
) -> Loaded:
    return load_settings(
        file=file, must_exist=file is not None, environment=environment or {}, flags=flags
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.toml", "x = ["), ("a.json", "{"), ("a.yaml", "a: [1"), ("a.json", "[1]"), ("a.yaml", "x")],
)
def test_a_malformed_file_is_named(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)

    with pytest.raises(UsageError, match=name):
        load(tmp_path / name)


def test_an_unknown_key_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("parallel_download = 3")

    with pytest.raises(UsageError) as caught:
        load(tmp_path / "a.toml")

    assert caught.value.remedy == "did you mean `parallel_downloads`?"
    assert caught.value.reference == "bad-setting"


@pytest.mark.parametrize(
    ("environment", "flags"),
    [
        ({"S3NAV_PARALLEL_DOWNLOADS": "many"}, {}),
        ({"S3NAV_PARALLEL_DOWNLOADS": "0"}, {}),
        ({"S3NAV_VERIFY_SSL": "perhaps"}, {}),
        ({}, {"size_format": "pb"}),
        ({}, {"connect_timeout_s": -1}),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(
    environment: dict[str, str], flags: dict[str, str | float]
) -> None:
    with pytest.raises(UsageError) as caught:
        load(None, environment, **flags)

    assert caught.value.reference == "bad-setting"


def test_a_secret_of_the_wrong_kind_is_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"secret_key": ["hunter2"]}')

    with pytest.raises(UsageError) as caught:
        load(tmp_path / "a.json")

    assert "hunter2" not in str(caught.value)


def test_layers_come_in_order_and_are_named(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("region: from-file\nprofile: from-file\ntheme: from-file\n")

    loaded = load(
        file, {"S3NAV_REGION": "from-env", "S3NAV_PROFILE": "from-env"}, region="typed", theme=None
    )

    settings = loaded.settings
    assert (settings.region, settings.profile, settings.theme) == ("typed", "from-env", "from-file")
    assert loaded.sources["region"] == "flag"
    assert loaded.sources["profile"] == "environment S3NAV_PROFILE"
    assert loaded.sources["theme"] == str(file)
    assert loaded.sources["log_level"] == "default"


def test_lists_have_commas_in_the_environment() -> None:
    loaded = load(environment={"S3NAV_BUCKETS": "a, b,,c"})

    assert loaded.settings.buckets == ("a", "b", "c")


def test_the_keys_of_aws_data_downloader_are_understood(tmp_path: Path) -> None:
    file = tmp_path / "aws_downloader_config.yaml"
    file.write_text(
        'download_dir: "data"\nparallel_downloads: 10\noverwrite_existing: false\n'
        'max_file_size_mb: 1000\nfile_extensions:\n  - ".png"\nbuckets: ["b"]\n'
        'prefixes: ["coryell/"]\nretry_attempts: 3\nverify_checksums: true\n'
    )

    settings = load(file).settings

    assert (settings.parallel_downloads, settings.file_extensions) == (10, (".png",))


def test_created_files_hold_the_defaults_and_no_secret() -> None:
    parsed = [
        tomllib.loads(as_file(".toml")),
        yaml.safe_load(as_file(".yaml")),
        json.loads(as_file(".json")),
    ]

    assert parsed[0] == parsed[1] == parsed[2]
    assert not SECRET_FIELDS & parsed[0].keys()
    for name in SECRET_FIELDS:
        assert name not in as_file(".toml")


def test_every_setting_is_explained() -> None:
    for fact in fields():
        assert fact.help, fact.name


@given(secret=st.text(min_size=4).filter(lambda text: text not in repr(Settings())))
def test_a_repr_never_shows_secrets(secret: str) -> None:
    settings = Settings(access_key=secret, secret_key=secret, session_token=secret)

    assert repr(secret) not in repr(settings)
    assert repr(secret) not in repr(settings.__rich_repr__())
    assert "secret_key='…'" in repr(settings)


@pytest.mark.parametrize(
    "line", ["secret_key: HIDDEN: y", "secret_key: 'HIDDEN", "secret_key: [HIDDEN"]
)
def test_a_yaml_file_that_cannot_be_parsed_is_named_by_line_without_what_it_holds(
    tmp_path: Path, line: str
) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(line)

    with pytest.raises(UsageError, match=r"cannot be parsed: .* at line \d") as caught:
        load_settings(file=file, must_exist=True, environment={}, flags={})

    assert "HIDDEN" not in caught.value.message


@pytest.mark.parametrize(("ending", "content"), [(".json", "[" * 100_000), (".yaml", "[" * 5_000)])
def test_a_file_that_is_nested_without_end_is_refused(
    tmp_path: Path, ending: str, content: str
) -> None:
    file = tmp_path / f"c{ending}"
    file.write_text(content)

    with pytest.raises(UsageError, match="nested too deep"):
        load_settings(file=file, must_exist=True, environment={}, flags={})


@pytest.mark.parametrize("suffix", ["toml", "json", "yaml"])
def test_a_file_with_a_byte_order_mark_is_read(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"settings.{suffix}"
    texts = {"toml": 'region = "eu-west-1"', "json": '{"region": "eu-west-1"}'}
    file.write_text(texts.get(suffix, "region: eu-west-1"), encoding="utf-8-sig")

    loaded = load_settings(file=file, must_exist=True, environment={}, flags={})

    assert loaded.settings.region == "eu-west-1"
