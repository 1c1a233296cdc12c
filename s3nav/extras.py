"""Optional packages: what each extra needs, and the command that installs it for this copy.

A checkout has `setup.sh`, every other copy the installer of its environment. That installer is
given the requirements of the extra and never `s3nav[…]`, for which pip would look for s3nav itself
in an index.
"""

import importlib.util
import json
import shlex
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

import msgspec

from s3nav.model.errors import UsageError

MODULES: Mapping[str, tuple[str, ...]] = {
    "api": ("fastapi", "uvicorn"),
    "demo": ("moto", "flask", "werkzeug"),
    "mongo": ("pymongo",),
    "parquet": ("pyarrow",),
    "scrape": ("watchdog",),
}
"""Maps an extra to the modules that it installs."""


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """How the running copy of s3nav was installed."""

    python: str
    """Path of the interpreter."""
    requirements: tuple[str, ...] = ()
    """From the package metadata: `pyarrow>=18; extra == 'parquet'`."""
    setup_script: Path | None = None
    """`setup.sh`, when it made this environment."""
    has_pip: bool = True
    is_pipx: bool = False
    is_externally_managed: bool = False
    """The system's own Python, where pip installs nothing unless forced (PEP 668)."""

    @classmethod
    def of_this_process(cls) -> Self:
        """Look at the interpreter, its environment and the package's metadata."""
        checkout, requirements = _checkout_and_requirements()
        script = checkout / "setup.sh"
        is_environment = sys.prefix != sys.base_prefix
        made_by_script = script.is_file() and Path(sys.prefix) == checkout / ".venv"
        marker = Path(sysconfig.get_path("stdlib")) / "EXTERNALLY-MANAGED"
        return cls(
            python=sys.executable,
            requirements=requirements,
            setup_script=script if made_by_script else None,
            has_pip=importlib.util.find_spec("pip") is not None,
            is_pipx=(Path(sys.prefix) / "pipx_metadata.json").is_file(),
            is_externally_managed=not is_environment and marker.is_file(),
        )

    def command_for(self, extra: str) -> str:
        """A shell command that installs `extra`, from any working directory."""
        if self.setup_script is not None:
            return f"{shlex.quote(str(self.setup_script))} --with {extra}"
        needed = " ".join(shlex.quote(each) for each in self._requirements_of(extra))
        if self.is_pipx:
            return f"pipx inject s3nav {needed}"
        python = shlex.quote(self.python)
        if not self.has_pip:
            return f"uv pip install --python {python} {needed}"
        force = "--break-system-packages " if self.is_externally_managed else ""
        return f"{python} -m pip install {force}{needed}"

    def _requirements_of(self, extra: str) -> Sequence[str]:
        found = []
        for requirement in self.requirements:
            wanted, _, marker = requirement.partition(";")
            if marker.replace('"', "'").split() == ["extra", "==", f"'{extra}'"]:
                found.append(wanted.strip())
        return found or MODULES[extra]


def require(extra: str, what: str, *, instead: str = "") -> None:
    """Raise UsageError when a module of `extra` is missing, naming the command that installs it.

    `what` needs the extra; `instead` is what else the user can do, after "or".
    """
    missing = [name for name in MODULES[extra] if importlib.util.find_spec(name) is None]
    if not missing:
        return
    verb = "is" if len(missing) == 1 else "are"
    command = Installation.of_this_process().command_for(extra)
    raise UsageError(
        f"{what} needs {' and '.join(missing)}, which {verb} not installed",
        remedy=f"`{command}`" + (f", or {instead}" if instead else ""),
        slug="extra-missing",
    )


def _checkout_and_requirements() -> tuple[Path, tuple[str, ...]]:
    """The directory of an editable install, else the one above the package; and requirements."""
    # 20 ms to import, and only a missing extra needs it.
    import importlib.metadata  # noqa: PLC0415

    beside_package = Path(__file__).parents[1]
    try:
        distribution = importlib.metadata.distribution("s3nav")
    except importlib.metadata.PackageNotFoundError:
        return beside_package, ()
    requirements = tuple(distribution.requires or ())
    direct_url = json.loads(distribution.read_text("direct_url.json") or "{}")
    if direct_url.get("dir_info", {}).get("editable"):
        return Path(unquote(urlsplit(direct_url["url"]).path)), requirements
    return beside_package, requirements
