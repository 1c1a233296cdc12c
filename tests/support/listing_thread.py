"""The synthetic listing server in a thread, with any keys, and trouble when a test wants it."""

import asyncio
import threading
from collections.abc import Callable, Iterable
from typing import Self

from s3nav.aws.credentials.provider_chain import Login
from s3nav.aws.http.signing import Keys
from s3nav.aws.object_store import S3ObjectStore
from s3nav.settings import Settings
from tests.benchmarks.listing_server import Answering, Listing

KEYS = Keys(access_key="AKIATEST", secret_key="secret-of-the-test")
Trouble = Callable[[str], tuple[int, str] | None]
"""A request to the status and error code of its refusal; None to answer it."""


def no_trouble(_: str) -> None:
    """Everything is answered."""


class ListingThread:
    """Serves while it is open."""

    def __init__(self, keys: Iterable[str] = (), *, latency_s: float = 0.0) -> None:
        self.trouble: Trouble = no_trouble
        self.requests: list[str] = []
        self.connections: list[asyncio.Transport] = []
        self._loop = asyncio.new_event_loop()
        server = self

        class Troubled(Answering):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                super().connection_made(transport)
                server.connections.append(self.transport)

            def data_received(self, data: bytes) -> None:
                text = data.decode()
                server.requests.append(text)
                refusal = server.trouble(text)
                if refusal is None:
                    super().data_received(data)
                    return
                status, code = refusal
                body = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>"
                head = f"HTTP/1.1 {status} No\r\nContent-Length: {len(body)}\r\n\r\n"
                self.transport.write((head + body).encode())

        self._protocol = Troubled
        self._protocol.latency_s = latency_s
        self.serve(keys)
        self._thread = threading.Thread(target=self._run)
        self.url = ""

    def serve(self, keys: Iterable[str]) -> None:
        """From now on these."""
        self._protocol.listing = Listing(iter(keys))

    def hang(self, *, after: int, seconds: float) -> None:
        """Respond to the next `after` requests at once, and to all later ones after `seconds`."""
        last = len(self.requests) + after

        def trouble(_: str) -> None:
            self._protocol.latency_s = seconds if len(self.requests) > last else 0.0

        self.trouble = trouble

    def store(
        self,
        list_workers: int,
        *,
        keys: Keys = KEYS,
        find: Callable[[], Login] | None = None,
        read_timeout_s: float = 8.0,
    ) -> S3ObjectStore:
        """A store of this server with that many list workers."""
        settings = Settings(
            endpoint_url=self.url,
            list_processes=list_workers,
            connect_timeout_s=10.0,
            read_timeout_s=read_timeout_s,
        )
        return S3ObjectStore(settings, login_with(keys), find)

    def __enter__(self) -> Self:
        server = self._loop.run_until_complete(
            self._loop.create_server(self._protocol, "127.0.0.1", 0)
        )
        self._server = server
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._server.close()
        for connection in self.connections:
            connection.abort()
        self._loop.run_until_complete(asyncio.sleep(0.01))  # they close in a turn of their own
        self._loop.close()

    def _run(self) -> None:
        self._loop.run_forever()


def login_with(keys: Keys) -> Login:
    """A login that has these keys and nothing else."""

    def no_session() -> object:
        raise AssertionError("botocore is not needed")

    return Login(
        open_session=no_session,  # type: ignore[arg-type]
        credentials=keys,
        source="test",
        profile="",
        region="us-east-1",
        is_plain=True,
    )
