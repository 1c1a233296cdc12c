"""Small objects: one thread asks for several before it reads the first answer."""

from collections.abc import Callable

from s3nav.model.errors import S3NavError
from s3nav.model.objects import GetRequest
from s3nav.model.ports import AskedBody, AsksAhead
from s3nav.transfer.fetch import Fetcher, Stopped
from s3nav.transfer.items import Item
from s3nav.transfer.landing import Target
from s3nav.transfer.schedule import JobRun, Work
from s3nav.transfer.sealer import Sealer, Written


class SmallFiles:
    """One worker's hands for a batch of small objects.

    Each has its own connection: the answers come while the worker is busy with the others, so a
    far endpoint is not waited for object by object, and few threads compete for the GIL.
    """

    def __init__(self, store: AsksAhead, sealer: Sealer, fetcher: Fetcher) -> None:
        self._store = store
        self._sealer = sealer
        self._fetcher = fetcher

    def fetch(
        self,
        works: list[Work],
        target: Target,
        arrived: Callable[[int], None],
        face: Callable[[Work, S3NavError], None],
    ) -> int:
        """Fetch and write all, errors going to `face` one by one; returns how many were fetched.

        `arrived` counts bytes of finished objects and raises Stopped.
        """
        run = works[0].run
        asked: list[tuple[Work, AskedBody]] = []
        written: list[Written] = []
        try:
            for work in works:
                try:
                    asked.append((work, self._store.ask(_request(run, work.item, arrived))))
                except S3NavError as error:
                    face(work, error)
            for work, one in asked:
                try:
                    written.append(self._land(run, work.item, one, target, arrived))
                except S3NavError as error:
                    face(work, error)
        except Stopped:
            pass  # what is written already is kept
        finally:
            for _, one in asked:
                one.close()
            self._sealer.submit(written)
        return len(written)

    def _land(
        self,
        run: JobRun,
        item: Item,
        asked: AskedBody,
        target: Target,
        arrived: Callable[[int], None],
    ) -> Written:
        arrived(0)
        content, verified_by = self._fetcher.small(
            asked,
            item,
            verify=run.row.verify,
            requester_pays=run.row.requester_pays,
            arrived=arrived,
        )
        target.write_whole(item, content)
        run_bytes = len(content)
        written = Written(run=run, item=item, verified_by=verified_by)
        arrived(run_bytes)
        return written


def _request(run: JobRun, item: Item, arrived: Callable[[int], None]) -> GetRequest:
    return GetRequest(
        bucket=item.bucket,
        key=item.key,
        if_match=item.etag,
        version_id=item.version_id,
        requester_pays=run.row.requester_pays,
        waiting=lambda: arrived(0),
    )
