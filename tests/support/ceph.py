"""A real S3 server for tests: a Ceph RADOS gateway on loopback, from Debian's own packages.

``python -m tests.support.ceph up`` prints the endpoint; ``down`` ends it. Tests look for it in the
environment variable S3NAV_TEST_RGW (``http://127.0.0.1:PORT``, keys test / testtest, path style).

The packages (about 66 MB) are unpacked without root below ``$XDG_CACHE_HOME/s3nav-tests/ceph``.
One monitor, one OSD that keeps its objects in memory, one gateway. It checks signatures, knows
StartAfter, If-Match and versions; it stores no checksums and ignores partNumber, which moto knows.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

ACCESS_KEY = "test"
SECRET_KEY = "testtest"
ENVIRONMENT_NAME = "S3NAV_TEST_RGW"

PACKAGES = ("radosgw", "ceph-osd", "ceph-mon")
FETCH_DEADLINE_S = 300.0
START_DEADLINE_S = 90.0
STOP_DEADLINE_S = 10.0

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "s3nav-tests"
CONFIGURATION = Path(__file__).with_name("ceph.conf.template")

ENTITIES = {
    "mon.": (("mon", "allow *"),),
    "client.admin": (("mon", "allow *"), ("osd", "allow *"), ("mgr", "allow *")),
    "client.rgw.a": (("mon", "allow rw"), ("osd", "allow rwx")),
    "osd.0": (("mon", "allow profile osd"), ("osd", "allow *"), ("mgr", "allow profile osd")),
}
"""Who is who inside the cluster, and what each may do."""


class CephError(Exception):
    """Ceph could not be fetched or started; the message says at which step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Ceph's programs, unpacked below one directory."""

    home: Path

    @property
    def root(self) -> Path:
        return self.home / "root"

    @property
    def libraries(self) -> Path:
        """The directory of its shared libraries, named after the machine's architecture."""
        return next(self.root.glob("usr/lib/*-linux-gnu"))

    def environment(self) -> dict[str, str]:
        paths = (self.libraries, self.libraries / "ceph", *self.root.glob("lib/*-linux-gnu"))
        return {**os.environ, "LD_LIBRARY_PATH": ":".join(map(str, paths))}

    def command(self, program: str, *arguments: str | Path) -> list[str]:
        return [str(self.root / "usr/bin" / program), *map(str, arguments)]

    def fetch(self) -> None:
        """Download and unpack what this machine lacks; nothing when that was done before."""
        if self.root.exists():
            return
        for needed in ("apt-get", "dpkg-deb", "curl"):
            if shutil.which(needed) is None:
                raise CephError(f"`{needed}` is needed to fetch Ceph from Debian's packages")
        packages = self.home / "debs"
        packages.mkdir(parents=True, exist_ok=True)
        self._download(packages)
        unpacking = self.home / f"unpacking-{os.getpid()}"
        for package in sorted(packages.glob("*.deb")):
            _run(["dpkg-deb", "-x", str(package), str(unpacking)], FETCH_DEADLINE_S)
        unpacking.rename(self.root)

    def _download(self, packages: Path) -> None:
        archives = self.home / "archives"
        (archives / "partial").mkdir(parents=True, exist_ok=True)
        options = ["-o", f"Dir::Cache::archives={archives}/", "--no-install-recommends", "-y"]
        listed = _run(["apt-get", *options, "install", "--print-uris", *PACKAGES], FETCH_DEADLINE_S)
        uris = [line.split("'")[1] for line in listed.splitlines() if line.startswith("'")]
        if not uris:
            raise CephError(f"apt-get knows no packages {', '.join(PACKAGES)}")
        fetch = ["curl", "-sSf", "--retry", "2", "--parallel", "--parallel-max", "6"]
        _run([*fetch, "--remote-name-all", *uris], FETCH_DEADLINE_S, directory=packages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """One running cluster, remembered in its directory so that another process can end it."""

    endpoint_url: str
    pids: Sequence[int]
    """In the order they were started."""


def start(installation: Installation, directory: Path) -> Gateway:
    """Start a cluster with its files in `directory`, which must not hold a running one."""
    if _running(directory):
        raise CephError(f"`{directory}` holds a running gateway; end it first")
    shutil.rmtree(directory, ignore_errors=True)
    (directory / "mon").mkdir(parents=True)
    (directory / "osd").mkdir()
    monitor_port, gateway_port = _free_ports(2)
    endpoint_url = f"http://127.0.0.1:{gateway_port}"
    _prepare(installation, directory, monitor_port, gateway_port)
    pids: list[int] = []
    try:
        for program, name in (("ceph-mon", "a"), ("ceph-osd", "0"), ("radosgw", "client.rgw.a")):
            flag = "-n" if program == "radosgw" else "-i"
            pids.append(_spawn(installation, directory, program, flag, name, "-f"))
        _wait_until_it_answers(endpoint_url, pids, directory)
        user = ("--uid=test", "--display-name=test")
        keys = (f"--access-key={ACCESS_KEY}", f"--secret-key={SECRET_KEY}")
        _ceph(installation, directory, "radosgw-admin", "user", "create", *user, *keys)
    except BaseException:
        _end(pids)
        raise
    gateway = Gateway(endpoint_url=endpoint_url, pids=pids)
    (directory / "gateway.json").write_text(
        json.dumps({"endpoint_url": endpoint_url, "pids": pids}), encoding="utf-8"
    )
    return gateway


def stop(directory: Path) -> None:
    """End the cluster started in `directory`, and only that; fine when there is none."""
    _end(_running(directory))
    shutil.rmtree(directory, ignore_errors=True)


def _running(directory: Path) -> list[int]:
    """The living processes of the cluster in `directory`."""
    try:
        remembered = json.loads((directory / "gateway.json").read_bytes())
    except FileNotFoundError:
        return []
    # Another process may have the pid by now; the command lines of ours name their directory.
    return [pid for pid in remembered["pids"] if _is_ours(pid, directory)]


def _prepare(
    installation: Installation, directory: Path, monitor_port: int, gateway_port: int
) -> None:
    """Write the configuration and make the stores of monitor and OSD, without asking a cluster."""
    cluster_id, osd_id = str(uuid.uuid4()), str(uuid.uuid4())
    configuration = Template(CONFIGURATION.read_text(encoding="utf-8")).substitute(
        cluster=cluster_id,
        run=directory,
        libraries=installation.libraries,
        monitor=f"v2:127.0.0.1:{monitor_port}",
        gateway=f"127.0.0.1:{gateway_port}",
    )
    (directory / "ceph.conf").write_text(configuration, encoding="utf-8")
    monmap, osdmap, keyring = (directory / name for name in ("monmap", "osdmap", "keyring"))
    address = f"[v2:127.0.0.1:{monitor_port}]"
    for name, capabilities in ENTITIES.items():
        granted = [word for part in capabilities for word in ("--cap", *part)]
        new = () if keyring.exists() else ("--create-keyring",)
        _ceph(
            installation,
            directory,
            "ceph-authtool",
            *new,
            keyring,
            "--gen-key",
            "-n",
            name,
            *granted,
        )
    # The OSD stands in the first map: `ceph osd new` would need Debian's own Python.
    for program, *arguments in (
        ("monmaptool", "--create", "--fsid", cluster_id, "--addv", "a", address, monmap),
        ("osdmaptool", "--createsimple", "1", osdmap),
        (
            "ceph-mon",
            "--mkfs",
            "-i",
            "a",
            "--monmap",
            monmap,
            "--osdmap",
            osdmap,
            "--keyring",
            keyring,
        ),
        ("ceph-osd", "--mkfs", "-i", "0", "--osd-uuid", osd_id, "--no-mon-config"),
    ):
        _ceph(installation, directory, str(program), *arguments)


def _ceph(installation: Installation, directory: Path, program: str, *arguments: str | Path) -> str:
    configured = installation.command(program, *arguments, "-c", directory / "ceph.conf")
    return _run(configured, START_DEADLINE_S, environment=installation.environment())


def _spawn(installation: Installation, directory: Path, program: str, *arguments: str) -> int:
    command = installation.command(program, *arguments, "-c", directory / "ceph.conf")
    with (directory / f"{program}.out").open("wb") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=installation.environment(),
            start_new_session=True,
        ).pid


def _wait_until_it_answers(endpoint_url: str, pids: Sequence[int], directory: Path) -> None:
    deadline = time.monotonic() + START_DEADLINE_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(endpoint_url, timeout=5):
                return
        except urllib.error.HTTPError as error:
            error.close()
        except OSError:
            time.sleep(0.1)
        if not all(_is_ours(pid, directory) for pid in pids):
            break
    words = "\n".join(_last_words(directory))
    raise CephError(f"the gateway did not answer within {START_DEADLINE_S:g} s:\n{words}")


def _last_words(directory: Path) -> Iterator[str]:
    for file in sorted((*directory.glob("*.out"), *directory.glob("*.log"))):
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        yield from (f"{file.name}: {line}" for line in lines[-5:])


def _end(pids: Sequence[int]) -> None:
    """End them at once: all they know is in memory, and their directory goes with them."""
    for pid in pids:
        if _is_alive(pid):
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + STOP_DEADLINE_S
    while any(map(_is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.02)


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _is_ours(pid: int, directory: Path) -> bool:
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return os.fsencode(directory) in arguments


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(listening.getsockname()[1]) for listening in sockets]
    for listening in sockets:
        listening.close()
    return ports


def _run(
    command: Sequence[str],
    deadline_s: float,
    *,
    directory: Path | None = None,
    environment: dict[str, str] | None = None,
) -> str:
    try:
        done = subprocess.run(
            command,
            cwd=directory,
            env=environment,
            capture_output=True,
            text=True,
            timeout=deadline_s,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise CephError(f"`{' '.join(command[:4])} …` failed: {error.stderr.strip()}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CephError(f"`{command[0]}` failed: {error}") from error
    return done.stdout


def main(arguments: Sequence[str]) -> int:
    """Fetch, start or end the one gateway of this user."""
    directory = CACHE / "rgw-run"
    installation = Installation(home=CACHE / "ceph")
    try:
        match arguments:
            case ["fetch"]:
                installation.fetch()
            case ["up"]:
                installation.fetch()
                sys.stdout.write(start(installation, directory).endpoint_url + "\n")
            case ["down"]:
                stop(directory)
            case _:
                sys.stderr.write("usage: python -m tests.support.ceph fetch|up|down\n")
                return 2
    except CephError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
