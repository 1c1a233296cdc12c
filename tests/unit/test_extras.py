import importlib.util
import sys
import tomllib
from pathlib import Path

import pytest

from s3nav.extras import MODULES, Installation, require
from s3nav.model.errors import UsageError

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
REQUIREMENTS = (
    "boto3>=1.40",
    'uvicorn>=0.32; extra == "api"',
    "fastapi>=0.115; extra == 'api'",
    "uvicorn>=0.32; extra == 'all'",
)


@pytest.mark.parametrize("extra", MODULES)
def test_every_extra_is_one_of_the_package_and_its_modules_are_real(extra: str) -> None:
    assert PROJECT["optional-dependencies"][extra]
    assert all(importlib.util.find_spec(module) for module in MODULES[extra])


def test_an_installed_extra_is_no_problem() -> None:
    require("demo", "the demo")


def test_a_missing_module_is_named_with_what_needs_it_and_what_else_helps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "watchdog", None)

    with pytest.raises(UsageError) as caught:
        require("scrape", "the engine aws-list-all", instead="use the native engine")

    assert str(caught.value) == "the engine aws-list-all needs watchdog, which is not installed"
    assert caught.value.remedy.endswith("`, or use the native engine")
    assert "watchdog" in caught.value.remedy or "--with scrape" in caught.value.remedy


def test_an_environment_of_setup_sh_is_extended_by_setup_sh() -> None:
    copy = Installation(python="/src/.venv/bin/python", setup_script=Path("/my src/setup.sh"))

    assert copy.command_for("parquet") == "'/my src/setup.sh' --with parquet"


def test_a_wheel_is_extended_by_the_requirements_of_the_extra() -> None:
    copy = Installation(python="/env/bin/python", requirements=REQUIREMENTS)

    assert copy.command_for("api") == (
        "/env/bin/python -m pip install 'uvicorn>=0.32' 'fastapi>=0.115'"
    )


def test_an_environment_without_pip_is_extended_by_uv() -> None:
    copy = Installation(python="/env/bin/python", requirements=REQUIREMENTS, has_pip=False)

    assert copy.command_for("api") == (
        "uv pip install --python /env/bin/python 'uvicorn>=0.32' 'fastapi>=0.115'"
    )


def test_an_environment_of_pipx_is_extended_by_pipx() -> None:
    copy = Installation(python="/env/bin/python", requirements=REQUIREMENTS, is_pipx=True)

    assert copy.command_for("api") == "pipx inject s3nav 'uvicorn>=0.32' 'fastapi>=0.115'"


def test_the_python_of_the_system_has_to_be_forced() -> None:
    copy = Installation(python="/usr/bin/python3", is_externally_managed=True)

    assert copy.command_for("mongo") == (
        "/usr/bin/python3 -m pip install --break-system-packages pymongo"
    )


def test_this_copy_knows_what_its_extras_require() -> None:
    assert any(each.startswith("pymongo") for each in Installation.of_this_process().requirements)
