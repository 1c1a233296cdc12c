from pathlib import Path

import platformdirs
import pytest

from s3nav.store import Directories


@pytest.mark.parametrize("config", [None, "", " ", "/etc/of me", "relative"])
@pytest.mark.parametrize("data", [None, "", "/data/of me/"])
def test_files_lie_where_the_platform_says(
    config: str | None, data: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable, value in (("XDG_CONFIG_HOME", config), ("XDG_DATA_HOME", data)):
        monkeypatch.delenv(variable, raising=False)
        if value is not None:
            monkeypatch.setenv(variable, value)

    found = Directories.of_user()

    assert found.config == Path(platformdirs.user_config_dir("s3nav"))
    assert found.data == Path(platformdirs.user_data_dir("s3nav"))


def test_a_named_data_directory_leaves_the_settings_where_they_are(tmp_path: Path) -> None:
    found = Directories.of_user(str(tmp_path))

    assert found.data == tmp_path
    assert found.config == Path(platformdirs.user_config_dir("s3nav"))
