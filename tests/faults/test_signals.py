"""Ctrl-C once and twice, SIGTERM, and a terminal that goes away, on the headless program."""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.kills import objects
from tests.support.faulty_s3 import Fault, FaultyS3, Plan, no_fault
from tests.support.headless import DEADLINE_S, final_files, finish, start

GETS_BEFORE = 40
WAITS_FOR_EVER = {"S3NAV_READ_TIMEOUT_S": "3000"}


@pytest.fixture
def server() -> Iterator[FaultyS3]:
    with FaultyS3(plan=_silent_after(GETS_BEFORE)) as server:
        server.put_all(objects(seed=3))
        yield server


@contextlib.contextmanager
def _under_way(server: FaultyS3, home: Path) -> Iterator[subprocess.Popen[str]]:
    """A download that waits for answers which never come."""
    process = start(server, home, extra=WAITS_FOR_EVER)
    try:
        server.wait_for(lambda: len(server.gets()) >= GETS_BEFORE or process.poll() is not None)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _go_on(server: FaultyS3, home: Path) -> None:
    """The same command again fetches only what is missing, and all is right."""
    server.plan = no_fault
    before = final_files(home)
    since = len(server.gets())
    code, _, err = finish(start(server, home))

    assert code == 0, err
    assert final_files(home) == {key: versions[-1] for key, versions in server.versions.items()}
    assert not before.keys() & {one.key for one in server.gets()[since:]}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_saves_the_work_and_says_how_to_go_on(
    server: FaultyS3, tmp_path: Path, number: signal.Signals
) -> None:
    with _under_way(server, tmp_path) as process:
        process.send_signal(number)
        code, _, err = finish(process)

    assert code == 130, err
    assert "resume with: s3nav --headless" in err
    assert "Traceback" not in err
    assert _state(server, tmp_path) == "paused"
    _go_on(server, tmp_path)


def test_ctrl_c_twice_leaves_at_once_and_loses_nothing(server: FaultyS3, tmp_path: Path) -> None:
    with _under_way(server, tmp_path) as process:
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert any("stopping" in line for line in process.stderr)
        # Until it is a second request: those of the same moment are one.
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
        code, _, err = finish(process)

    assert code == 130
    assert "Traceback" not in err
    _go_on(server, tmp_path)


def test_a_terminal_that_goes_away_ends_the_program_in_good_order(
    server: FaultyS3, tmp_path: Path
) -> None:
    """Its output leads nowhere and SIGHUP comes, as when the window is closed."""
    with _under_way(server, tmp_path) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stderr.close()
        process.stdout = process.stderr = None
        process.send_signal(signal.SIGHUP)
        code = process.wait(DEADLINE_S)

    assert code == 130
    assert _state(server, tmp_path) == "paused"
    _go_on(server, tmp_path)


def test_a_pseudo_terminal_that_is_closed_ends_the_program(
    server: FaultyS3, tmp_path: Path
) -> None:
    controller, terminal = os.openpty()
    child = start(server, tmp_path, terminal=terminal, extra=WAITS_FOR_EVER)
    os.close(terminal)
    try:
        server.wait_for(lambda: len(server.gets()) >= GETS_BEFORE or child.poll() is not None)
        os.close(controller)
        code = child.wait(DEADLINE_S)
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()

    assert code == 130
    _go_on(server, tmp_path)


def _silent_after(count: int) -> Plan:
    """Respond to this number of GETs, then to no more."""
    seen = 0

    def plan(verb: str, _key: str, _range: str) -> Fault:
        nonlocal seen
        seen += verb == "GET"
        return Fault.SILENCE if verb == "GET" and seen > count else Fault.NONE

    return plan


def _state(server: FaultyS3, home: Path) -> str:
    code, out, err = finish(start(server, home, "jobs", "list", "--output", "json"))
    assert code == 0, err
    (job,) = json.loads(out)
    return str(job["state"])
