"""Navigate, price and download S3 from the terminal."""

import logging

__version__ = "0.1.0"

# A library's convention: without a log of its own, nothing of ours reaches standard error.
logging.getLogger(__name__).addHandler(logging.NullHandler())
