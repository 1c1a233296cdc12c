"""A session whose queue is real: uploads and copies go to a MemoryStore, through a journal."""

from pathlib import Path

from s3nav.settings import Settings
from s3nav.transfer import Downloads, EngineTuning, Uploads
from tests.support.fake_session import FakeSession, furnished_store
from tests.support.memory_sender import MemorySender


class UploadSession(FakeSession):
    """Close it when done; `allow_write` is as in the settings."""

    def __init__(self, root: Path, *, allow_write: bool = True) -> None:
        settings = Settings(profile="analytics", region="eu-west-1", allow_write=allow_write)
        super().__init__(furnished_store(), settings)
        self.sender = MemorySender(self.memory)
        self._journal = root / "journal.sqlite3"
        self.real = Downloads(
            store=self.memory,
            journal_file=self._journal,
            publish=self.stream.publish,
            tuning=EngineTuning(),
        )
        self._sending: Uploads | None = None

    def transfers(self) -> Downloads:
        return self.real

    def sending(self) -> Uploads:
        if self._sending is None:
            self._sending = Uploads(
                store=self.memory,
                open_writer=lambda: self.sender,
                journal_file=self._journal,
                publish=self.stream.publish,
                allow_write=self.settings.allow_write,
                workers=2,
            )
        return self._sending

    def close(self) -> None:
        if self._sending is not None:
            self._sending.close()
        self.real.close()
