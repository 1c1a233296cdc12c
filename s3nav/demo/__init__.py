"""The embedded AWS behind ``--demo``: a moto server in a child process, seeded with buckets."""

from s3nav.demo.server import DemoServer

__all__ = ["DemoServer"]
