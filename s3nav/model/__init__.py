"""The vocabulary of s3nav: frozen facts, errors, events and ports. It does no I/O."""

import logging

# A library must not log to standard error by itself (Python docs, "Logging HOWTO"). This is not in
# `s3nav/__init__.py`, which is imported before signal handlers are set and must stay short.
logging.getLogger("s3nav").addHandler(logging.NullHandler())
