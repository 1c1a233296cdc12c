"""Multipart uploads that were begun and may not have ended: S3 keeps, and bills, their parts."""

import logging
from collections.abc import Callable

import msgspec

from s3nav.model.errors import AccessDeniedError
from s3nav.model.places import S3Uri
from s3nav.persistence import Database, Writer

logger = logging.getLogger(__name__)

_BEGIN = "INSERT OR REPLACE INTO uploads (job, upload_id, bucket, key) VALUES (?, ?, ?, ?)"
_END = "DELETE FROM uploads WHERE job = ? AND upload_id = ?"
_ANY = "SELECT 1 FROM uploads LIMIT 1"
_OF_JOB = "SELECT * FROM uploads WHERE job = ? ORDER BY bucket, key"


class BegunUpload(msgspec.Struct, frozen=True, kw_only=True):
    """One that was begun by a job."""

    place: S3Uri
    upload_id: str


class BegunUploads:
    """The uploads of the jobs in a journal; every write is durable when it returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, job: int, begun: BegunUpload) -> None:
        """S3 has given it an id; no part has been sent."""
        row = (job, begun.upload_id, begun.place.bucket, begun.place.key)
        self._database.write(lambda writer: _run(writer, _BEGIN, row))

    def end(self, job: int, upload_id: str) -> None:
        """It is complete, or its parts are gone."""
        self._database.write(lambda writer: _run(writer, _END, (job, upload_id)))

    def has_any(self) -> bool:
        """True when something may be left of any job."""
        return self._database.reader().one(_ANY) is not None

    def of(self, job: int) -> list[BegunUpload]:
        """Those that have not ended, as far as is known."""
        return [
            BegunUpload(place=S3Uri(row["bucket"], row["key"]), upload_id=row["upload_id"])
            for row in self._database.reader().rows(_OF_JOB, (job,))
        ]


class JobUploads:
    """Those of one job; called by all threads of its run."""

    def __init__(
        self, job: int, uploads: BegunUploads, abort: Callable[[S3Uri, str], None]
    ) -> None:
        self._job = job
        self._uploads = uploads
        self._abort = abort
        self._left = {one.place: one.upload_id for one in uploads.of(job)}

    def left_at(self, place: S3Uri) -> str:
        """The upload that an earlier run began there and did not end; empty when none."""
        return self._left.get(place, "")

    def begin(self, place: S3Uri, upload_id: str) -> None:
        """See BegunUploads."""
        self._uploads.begin(self._job, BegunUpload(place=place, upload_id=upload_id))

    def end(self, upload_id: str) -> None:
        """See BegunUploads."""
        self._uploads.end(self._job, upload_id)

    def abort_left(self) -> int:
        """Remove the parts that a killed run left at S3; returns how many uploads.

        An upload that S3 refuses to remove stays in the journal. Raises S3NavError.
        """
        count = 0
        for begun in self._uploads.of(self._job):
            try:
                self._abort(begun.place, begun.upload_id)
            except AccessDeniedError as error:
                logger.warning("parts of an upload stay: %s", error.message)
            else:
                self.end(begun.upload_id)
                count += 1
        return count


def _run(writer: Writer, sql: str, row: tuple[int | str, ...]) -> None:
    writer.execute(sql, row)
