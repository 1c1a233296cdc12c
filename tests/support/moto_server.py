"""A moto server for tests: the demo's own child process, empty or seeded.

It checks signatures (SigV4, by botocore's signer), so a client that signs wrongly fails here.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from s3nav.demo import DemoServer


@contextmanager
def moto_server(*, seeded: bool = False, deadline_s: float = 180.0) -> Iterator[DemoServer]:
    """Run one on a free loopback port; `settings_flags` of it lead a session there."""
    with DemoServer.start(deadline_s=deadline_s, seeded=seeded) as server:
        yield server
