"""A session whose queue is real: uploads and copies go to a MemoryStore, through a journal."""

from pathlib import Path

from s3nav.settings import Settings
from s3nav.transfer import EngineTuning, Transfers, UploadAccess
from tests.support.fake_session import FakeSession, furnished_store
from tests.support.memory_sender import MemorySender


class UploadSession(FakeSession):
    """Close it when done; `allow_write` is as in the settings."""

    def __init__(self, root: Path, *, allow_write: bool = True) -> None:
        settings = Settings(profile="analytics", region="eu-west-1", allow_write=allow_write)
        super().__init__(furnished_store(), settings)
        self.sender = MemorySender(self.memory)
        self.real = Transfers(
            store=self.memory,
            journal_file=root / "journal.sqlite3",
            publish=self.stream.publish,
            tuning=EngineTuning(),
            upload_access=lambda: UploadAccess(
                store=self.memory,
                open_writer=lambda: self.sender,
                allow_write=self.settings.allow_write,
                workers=2,
            ),
        )

    def transfers(self) -> Transfers:
        return self.real

    def close(self) -> None:
        self.real.close()
