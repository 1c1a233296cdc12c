"""Nothing waits without a deadline: the awaited thread or process may have ended, or may hang."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "s3nav"
MARK = "# returns at once:"
"""Behind a call of a library that takes no deadline and needs none; then comes why."""
WAITING_METHODS = {"wait", "join", "result", "exception", "acquire", "communicate"}
"""Without an argument they wait for ever, whatever they belong to."""
QUEUE_METHODS = {"get": 2, "put": 3}
"""Of a queue, with the place of their timeout from 1."""
FUNCTIONS = {
    "subprocess.run": 99,
    "subprocess.check_output": 99,
    "subprocess.check_call": 99,
    "subprocess.call": 99,
    "select.select": 4,
    "as_completed": 2,
    "futures.as_completed": 2,
    "futures.wait": 2,
    "socket.create_connection": 2,
    "urllib.request.urlopen": 3,
}


def test_no_wait_is_without_a_deadline() -> None:
    found = [
        f"{file.relative_to(PACKAGE)}:{line}"
        for file in sorted(PACKAGE.rglob("*.py"))
        for line in endless(file.read_text(encoding="utf-8"))
    ]

    assert found == [], "wait in slices, with a deadline: see s3nav/model/waits.py"


@pytest.mark.parametrize(
    "source",
    [
        "event.wait()",
        "thread.join()",
        "self._thread.join()",
        "future.result()",
        "future.exception()",
        "lock.acquire()",
        "child.communicate()",
        "child.communicate(text)",
        "selector.select()",
        "select.select([a], [], [])",
        "self._queue.get()",
        "queue.get(True)",
        "queue.put(item)",
        "subprocess.run(command, check=True)",
        "futures.wait({one})",
        "for one in as_completed(running): pass",
        "event.wait(timeout=None)",
    ],
)
def test_an_endless_wait_is_found(source: str) -> None:
    assert list(endless(source)) == [1]


@pytest.mark.parametrize(
    "source",
    [
        "event.wait(1)",
        "thread.join(timeout_s)",
        "', '.join(words)",
        "future.result(0)",
        "future.result()  # returns at once: it is done",
        "lock.acquire(timeout=1)",
        "child.communicate(timeout=3)",
        "table.get(key)",
        "current_job_id.get()",
        "queue.get(timeout=1)",
        "queue.put(item, timeout=1)",
        "queue.get_nowait()",
        "select.select([a], [], [], 1)",
        "subprocess.run(command, timeout=3)",
        "futures.wait({one}, 1)",
    ],
)
def test_a_wait_with_an_end_is_not(source: str) -> None:
    assert list(endless(source)) == []


def endless(source: str) -> Iterator[int]:
    """The lines on which something waits for ever."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _is_endless(node) and MARK not in lines[node.lineno - 1]:
            yield node.lineno


def _is_endless(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    if name in FUNCTIONS:
        return not _has_deadline(call, FUNCTIONS[name])
    if not isinstance(call.func, ast.Attribute):
        return False
    method, owner = call.func.attr, ast.unparse(call.func.value)
    if method in QUEUE_METHODS and "queue" in owner.lower():
        return not _has_deadline(call, QUEUE_METHODS[method])
    if method == "select" and "selector" in owner.lower():
        return not _has_deadline(call, 1)
    place = 2 if method == "communicate" else 1
    return method in WAITING_METHODS and not _has_deadline(call, place)


def _has_deadline(call: ast.Call, place: int) -> bool:
    named = [k.value for k in call.keywords if k.arg in {"timeout", "timeout_s", "deadline_s"}]
    given = named or call.args[place - 1 : place]
    return bool(given) and not (isinstance(given[0], ast.Constant) and given[0].value is None)
