"""The embedded AWS behind ``--demo``: a moto server in a child process, seeded with buckets."""

from s3nav.demo.directory import reset
from s3nav.demo.server import DemoServer, running_demo

__all__ = ["DemoServer", "reset", "running_demo"]
