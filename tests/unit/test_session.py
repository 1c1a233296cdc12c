import threading
from pathlib import Path

import pytest

from s3nav import tui
from s3nav.__main__ import program
from s3nav.aws import Identity
from s3nav.model.errors import CredentialsError
from s3nav.model.objects import ListRequest
from s3nav.persistence import Directories
from s3nav.present.cockpit_opening import Opening
from s3nav.session import Session
from s3nav.settings import GIVEN_KEYS, Loaded, Settings
from tests.support.memory_store import MemoryStore


class Opened:
    """What the session opened, and with which settings."""

    def __init__(self) -> None:
        self.settings: list[Settings] = []
        self.asked = threading.Event()
        self.answer = threading.Event()
        self.answer.set()

    def store(self, settings: Settings, _: Directories) -> MemoryStore:
        if settings.profile == "broken":
            raise CredentialsError("no keys")
        self.settings.append(settings)
        store = MemoryStore()
        store.make_bucket("bkt")
        return store

    def identity(self, settings: Settings, _: Directories) -> Identity:
        self.asked.set()
        assert self.answer.wait(50)
        return Identity(
            arn=f"arn:{settings.profile}",
            account="1",
            source="fake",
            expires_at=None,
            buckets_listable=True,
        )


@pytest.fixture
def opened() -> Opened:
    return Opened()


@pytest.fixture
def session(tmp_path: Path, opened: Opened) -> Session:
    settings = Settings(data_dir=str(tmp_path), access_key="A", secret_key="S")
    return Session(
        Loaded(settings=settings, sources={}),
        {},
        open_store=opened.store,
        check_identity=opened.identity,
    )


@pytest.mark.parametrize("counts_all", [False, True])
def test_requests_of_no_job_are_counted_only_where_they_are_shown(
    session: Session, counts_all: bool
) -> None:
    session.counts_all_requests = counts_all

    session.store().list_page(ListRequest(bucket="bkt", prefix=""))

    assert [usage.lists for usage in session.meter.all().values()] == [1] * counts_all


def test_the_cockpit_counts_all_requests(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[bool] = []

    def run(session: Session, _opening: Opening) -> int:
        counted.append(session.counts_all_requests)
        return 0

    monkeypatch.setattr(tui, "run", run)
    program().open_cockpit(session, Opening())

    assert counted == [True]


def test_a_broken_profile_is_reported_and_another_one_works(session: Session) -> None:
    session.use_profile("broken")
    with pytest.raises(CredentialsError):
        session.store()

    session.use_profile("good")

    assert session.store() is session.store()


def test_another_profile_never_takes_the_given_keys_along(session: Session, opened: Opened) -> None:
    session.use_profile("good")
    session.store()

    assert (opened.settings[0].profile, opened.settings[0].access_key) == ("good", None)


def test_the_given_keys_can_be_taken_up_again(session: Session, opened: Opened) -> None:
    session.use_profile("good")
    session.use_profile(GIVEN_KEYS)
    session.store()

    assert (opened.settings[0].profile, opened.settings[0].access_key) == (None, "A")


def test_buckets_are_reachable_while_s3_is_asked_who_we_are(
    session: Session, opened: Opened
) -> None:
    opened.answer.clear()
    asking = threading.Thread(target=session.identity)
    asking.start()
    assert opened.asked.wait(50)

    session.store()

    opened.answer.set()
    asking.join(50)
    assert len(opened.settings) == 1


def test_an_answer_about_the_profile_before_is_forgotten(session: Session, opened: Opened) -> None:
    opened.answer.clear()
    asking = threading.Thread(target=session.identity)
    asking.start()
    assert opened.asked.wait(50)

    session.use_profile("other")
    opened.answer.set()
    asking.join(50)

    assert session.identity().arn == "arn:other"


def test_closing_twice_is_fine(session: Session) -> None:
    session.store()
    session.transfers()

    session.close()
    session.close()
