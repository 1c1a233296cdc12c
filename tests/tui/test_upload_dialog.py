"""Uploads and copies from the cockpit: refused, planned, agreed to, followed in the queue."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from s3nav.model.errors import AccessDeniedError
from s3nav.model.events import JobState
from s3nav.model.ports.stores import WriteWatch
from s3nav.transfer import JobRecord
from s3nav.tui.app import Cockpit
from s3nav.tui.modals.upload import UploadModal
from s3nav.tui.modals.upload_draft import local_paths
from tests.support.fake_session import FakeCounting
from tests.support.upload_session import UploadSession
from tests.tui.steps import app_of, enter_roads, notices, table_text, until, until_shown

SIZE = (120, 36)
ROADS = "road-imagery-prod"


@pytest.fixture
def uploading(tmp_path: Path) -> Iterator[UploadSession]:
    session = UploadSession(tmp_path)
    yield session
    session.close()


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "local"
    (directory / "survey/deep").mkdir(parents=True)
    (directory / "survey/a.txt").write_bytes(b"12345")
    (directory / "survey/deep/b.txt").write_bytes(b"678")
    (directory / "surface.md").write_bytes(b"s")
    (directory / ".hidden").write_bytes(b"h")
    monkeypatch.chdir(directory)
    return directory


def app_for(session: UploadSession) -> Cockpit:
    return Cockpit(session, FakeCounting())


def modal(pilot: Pilot[int]) -> UploadModal:
    screen = pilot.app.screen
    assert isinstance(screen, UploadModal), table_text(pilot)
    return screen


def said(pilot: Pilot[int]) -> str:
    """Everything the modal says, in one line."""
    if not isinstance(pilot.app.screen, UploadModal):
        return ""
    texts = [str(one.content) for one in pilot.app.screen.query(Static) if one.display]
    return " ".join(" ".join(texts).split())


async def type_text(pilot: Pilot[int], text: str) -> None:
    pilot.app.screen.query_one("Input:focus", Input).insert_text_at_cursor(text)
    await pilot.pause()


async def until_said(pilot: Pilot[int], text: str) -> None:
    await until(pilot, lambda: text in said(pilot))


async def until_closed(pilot: Pilot[int]) -> None:
    await until(pilot, lambda: not isinstance(pilot.app.screen, UploadModal))


async def ask_to_upload(pilot: Pilot[int], path: str) -> None:
    """Have it planned."""
    await pilot.press("u")
    await type_text(pilot, path)
    await pilot.press("enter")


async def agree(pilot: Pilot[int], word: str) -> None:
    """Type the word that sends it."""
    await type_text(pilot, word)
    await pilot.press("enter")
    await until_closed(pilot)


async def until_state(session: UploadSession, pilot: Pilot[int], state: JobState) -> JobRecord:
    def is_so() -> bool:
        return [job.state for job in session.real.jobs()] == [state]

    await until(pilot, is_so)
    return session.real.jobs()[0]


async def until_stopped(session: UploadSession, pilot: Pilot[int]) -> None:
    """Wait until the one job is over or paused, and its threads have ended."""
    (job,) = session.real.jobs()
    await until(pilot, lambda: session.real.wait(job.job_id, 0))


def content(session: UploadSession, key: str, bucket: str = ROADS) -> bytes | None:
    return session.memory.content(bucket, key)


@pytest.mark.parametrize("key", ["u", "c"])
async def test_a_session_that_only_reads_says_why_it_does_not_write(
    tmp_path: Path, key: str
) -> None:
    session = UploadSession(tmp_path, allow_write=False)
    async with app_for(session).run_test(size=SIZE, notifications=True) as pilot:
        await enter_roads(pilot)
        await pilot.press("j", key)
        await pilot.pause()

        assert not isinstance(pilot.app.screen, UploadModal)
        messages = notices(pilot)
    session.close()
    assert messages == ["writing is off: start s3nav with --allow-write, or set allow_write = true"]


async def test_a_copy_of_nothing_says_what_to_do(uploading: UploadSession) -> None:
    async with app_for(uploading).run_test(size=SIZE, notifications=True) as pilot:
        await enter_roads(pilot)
        await pilot.press("g", "c")
        await pilot.pause()

        assert notices(pilot) == [
            "../ is the parent directory: go to a name, or mark names with space"
        ]


async def test_a_path_that_is_not_there_is_explained_and_can_be_corrected(
    uploading: UploadSession, local: Path
) -> None:
    async with app_for(uploading).run_test(size=SIZE) as pilot:
        await enter_roads(pilot)
        await ask_to_upload(pilot, "none")
        await until_said(pilot, "no file or directory `none`")

        assert uploading.real.jobs() == []
        await pilot.press("backspace", "backspace", "backspace", "backspace")
        await type_text(pilot, "surface.md")
        await pilot.press("enter")
        await until_said(pilot, "send 1 file, 1 B")


async def test_a_directory_is_uploaded_after_the_plan_was_agreed_to(
    uploading: UploadSession, local: Path
) -> None:
    async with app_for(uploading).run_test(size=SIZE) as pilot:
        await enter_roads(pilot)
        await ask_to_upload(pilot, "survey/")
        await until_said(pilot, "type upload and enter")

        assert "send 2 files, 8 B" in said(pilot)
        assert "PUT 2" in said(pilot)
        assert "cost $0.0000" in said(pilot) or "cost <$0.0001" in said(pilot)
        assert f"/survey/a.txt to s3://{ROADS}/survey/a.txt" in said(pilot)
        assert content(uploading, "survey/a.txt") is None
        assert uploading.real.jobs() == []

        await agree(pilot, "upload")
        job = await until_state(uploading, pilot, JobState.DONE)
        await pilot.press("3")
        await until_shown(pilot, "survey →")
        await pilot.press("enter")
        await until_shown(pilot, "survey/deep/b.txt")

    assert content(uploading, "survey/a.txt") == b"12345"
    assert content(uploading, "survey/deep/b.txt") == b"678"
    assert job.words[0] == "put"


async def test_another_word_sends_nothing_and_escape_leaves_nothing(
    uploading: UploadSession, local: Path
) -> None:
    async with app_for(uploading).run_test(size=SIZE) as pilot:
        await enter_roads(pilot)
        await ask_to_upload(pilot, "survey/.")
        await until_said(pilot, "type upload and enter")
        assert f"s3://{ROADS}/a.txt" in said(pilot)
        await type_text(pilot, "yes")
        await pilot.press("enter")
        await until_said(pilot, "not sent: type upload and enter, or esc to close")
        await pilot.press("escape")
        await until_closed(pilot)
        await until(pilot, lambda: all(worker.is_finished for worker in pilot.app.workers))

    assert uploading.real.jobs() == []
    assert uploading.sender.requests == []


async def test_other_bytes_are_refused_then_replaced_when_the_bucket_is_typed(
    uploading: UploadSession, local: Path
) -> None:
    uploading.memory.put(ROADS, "surface.md", b"old")
    async with app_for(uploading).run_test(size=SIZE) as pilot:
        await enter_roads(pilot)
        await ask_to_upload(pilot, "surface.md")
        await until_said(pilot, "nothing to send: esc closes")
        assert "refuse 1: other bytes are there; ctrl+o replaces" in said(pilot)
        assert "type upload" not in said(pilot)

        await pilot.press("ctrl+o")
        await until_said(pilot, f"type {ROADS} and enter to replace 1")
        await type_text(pilot, "upload")
        await pilot.press("enter")
        await until_said(pilot, "not sent")
        assert content(uploading, "surface.md") == b"old"
        modal(pilot).query_one("#word", Input).value = ""
        await agree(pilot, ROADS)
        await until_state(uploading, pilot, JobState.DONE)

    assert content(uploading, "surface.md") == b"s"


async def test_tab_completes_a_local_path_as_a_shell_does(
    uploading: UploadSession, local: Path
) -> None:
    async with app_for(uploading).run_test(size=SIZE) as pilot:
        await enter_roads(pilot)
        await pilot.press("u")
        line = pilot.app.screen.query_one(Input)
        await type_text(pilot, "su")
        await pilot.press("tab")
        await until(pilot, lambda: line.value == "sur")
        await until_said(pilot, "surface.md survey/")
        await type_text(pilot, "v")
        await pilot.press("tab")
        await until(pilot, lambda: line.value == "survey/")
        await type_text(pilot, "x")
        await pilot.press("tab")
        await until_said(pilot, "nothing starts with that")


def test_completions_are_sorted_show_hidden_files_when_asked_and_know_home(
    local: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(local))

    assert local_paths("") == ["surface.md", "survey/"]
    assert local_paths(".") == [".hidden"]
    assert local_paths("~/survey/") == ["~/survey/a.txt", "~/survey/deep/"]
    assert local_paths(f"{local}/surf") == [f"{local}/surface.md"]
    assert local_paths("none/") == []
    assert local_paths("a\0b/") == []


async def test_marked_objects_and_prefixes_are_copied_below_their_names(
    uploading: UploadSession,
) -> None:
    async with app_for(uploading).run_test(size=SIZE) as pilot:
        await enter_roads(pilot)
        await pilot.press("slash", *"coryell", "enter")
        await until(pilot, lambda: "logs/" not in table_text(pilot))
        await pilot.press("g", "j", "space", "escape")
        await until_shown(pilot, "manifest.csv")
        await pilot.press("slash", *"manifest", "enter", "g", "j", "space", "escape", "c")
        await until_said(pilot, f"s3://{ROADS}/manifest.csv")
        assert f"s3://{ROADS}/coryell/" in said(pilot)
        await type_text(pilot, "backups-eu/roads/")
        await pilot.press("enter")
        await until_said(pilot, "type copy and enter")
        assert "send 43 objects" in said(pilot)
        assert "transfer" in said(pilot)
        await agree(pilot, "copy")
        job = await until_state(uploading, pilot, JobState.DONE)

    assert job.total_files == 43
    assert content(uploading, "roads/manifest.csv", "backups-eu") == b"content of manifest.csv"
    assert content(uploading, "roads/coryell/readme.md", "backups-eu") is not None


async def test_one_prefix_keeps_its_name_and_a_place_that_overlaps_is_refused(
    uploading: UploadSession,
) -> None:
    async with app_for(uploading).run_test(size=SIZE) as pilot:
        await enter_roads(pilot)
        await until_shown(pilot, "coryell/")
        await pilot.press("slash", *"coryell", "enter", "g", "j", "c")
        await until_said(pilot, f"s3://{ROADS}/coryell/")
        await type_text(pilot, f"{ROADS}/")
        await pilot.press("enter")
        await until_said(pilot, "overlap")
        await type_text(pilot, "old/")
        await pilot.press("enter")
        await until_said(pilot, "type copy and enter")
        assert f"s3://{ROADS}/old/coryell/img/" in said(pilot)
        modal(pilot).query_one(Input).focus()
        modal(pilot).query_one(Input).value = "elsewhere"
        await pilot.press("enter")
        await until_said(pilot, "`elsewhere` is not in S3")

    assert uploading.sender.requests == []


async def test_a_job_that_sends_is_paused_resumed_and_cancelled_in_the_queue(
    uploading: UploadSession, local: Path
) -> None:
    free = threading.Event()

    def hold(_verb: str, _key: str, watch: WriteWatch) -> None:
        while not free.wait(0.01) and not watch.is_stopped:
            pass

    uploading.sender.before = hold
    async with app_for(uploading).run_test(size=SIZE) as pilot:
        await enter_roads(pilot)
        await ask_to_upload(pilot, "survey")
        await until_said(pilot, "type upload")
        await agree(pilot, "upload")
        await until_state(uploading, pilot, JobState.RUNNING)
        await pilot.press("3")
        await until_shown(pilot, "survey →")
        await pilot.press("space")
        await until_state(uploading, pilot, JobState.PAUSED)
        await until_shown(pilot, "‖")
        await pilot.press("space")
        await until_state(uploading, pilot, JobState.RUNNING)
        await until_shown(pilot, "▶")
        await pilot.press("x")
        await until_state(uploading, pilot, JobState.CANCELLED)
        free.set()
        await until_shown(pilot, "○")
        await pilot.press("r")
        await until_state(uploading, pilot, JobState.DONE)
        await until_shown(pilot, "✔")
        await pilot.press("C")
        await until_shown(pilot, "the queue is empty")

    assert content(uploading, "survey/a.txt") == b"12345"


async def test_files_that_fail_are_shown_and_retried(uploading: UploadSession, local: Path) -> None:
    def deny(_verb: str, key: str, _watch: WriteWatch) -> None:
        if key.endswith("a.txt"):
            raise AccessDeniedError("may not write")

    uploading.sender.before = deny
    async with app_for(uploading).run_test(size=(160, 36)) as pilot:
        await enter_roads(pilot)
        await ask_to_upload(pilot, "survey")
        await until_said(pilot, "type upload")
        await agree(pilot, "upload")
        await until_state(uploading, pilot, JobState.FAILED)
        await pilot.press("3", "enter")
        await until_shown(pilot, "may not write")
        await pilot.press("escape")
        await until_shown(pilot, "✘")  # keys act on the job as it is shown
        uploading.sender.before = lambda _verb, _key, _watch: None
        await pilot.press("r")
        await until_state(uploading, pilot, JobState.DONE)

    assert content(uploading, "survey/a.txt") == b"12345"


async def test_the_same_upload_resumes_its_unfinished_job(
    uploading: UploadSession, local: Path
) -> None:
    async with app_for(uploading).run_test(size=SIZE) as pilot:
        await enter_roads(pilot)
        uploading.sender.before = _paused_by(uploading)
        words = ""
        for _ in range(2):
            await ask_to_upload(pilot, "survey")
            await until_said(pilot, "type upload")
            words = said(pilot)
            await agree(pilot, "upload")
            await until_stopped(uploading, pilot)
            uploading.sender.before = lambda _verb, _key, _watch: None

        assert "resume 2 files, begun on" in words
        assert "what was added since it began is not in it" in words
        await until(pilot, lambda: app_of(pilot).bridge.running == 0)

    assert [job.state for job in uploading.real.jobs()] == [JobState.DONE]


def _paused_by(session: UploadSession) -> Callable[[str, str, WriteWatch], None]:
    def pause(_verb: str, _key: str, _watch: WriteWatch) -> None:
        (job,) = session.real.jobs()
        session.real.pause(job.job_id)

    return pause
