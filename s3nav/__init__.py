"""Navigate, price and download S3 from the terminal."""

__version__ = "0.1.0"
