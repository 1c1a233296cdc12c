"""The settings file that `config init` writes."""

import json
import tomllib

import pytest

from s3nav.present.settings_file import as_file
from s3nav.settings import Settings


@pytest.mark.parametrize("suffix", [".toml", ".json"])
def test_a_settings_file_has_the_defaults_and_no_secret(suffix: str) -> None:
    text = as_file(suffix)
    values = tomllib.loads(text) if suffix == ".toml" else json.loads(text)

    assert values["retry_attempts"] == Settings().retry_attempts
    assert "secret_key" not in text
