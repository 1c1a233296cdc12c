"""Verify bytes: checksums S3 computes, ETags, and which of them is the cheapest sufficient one.

Checksums run while bytes arrive; a file is read again only when nothing else is enough.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.transfer.integrity.checksums import (
        CRCS,
        MD5,
        NO_PROOF,
        NONE,
        SPARE,
        CrcLoading,
        Running,
        combined_digest,
        part_algorithm,
        part_digest,
        plain_md5,
        proof_of,
        quickly_verified,
    )
    from s3nav.transfer.integrity.verification import Pieces, Subject, Verifier, file_reader
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "checksums": (
                "CRCS",
                "CrcLoading",
                "MD5",
                "NONE",
                "NO_PROOF",
                "Running",
                "SPARE",
                "combined_digest",
                "part_algorithm",
                "part_digest",
                "plain_md5",
                "proof_of",
                "quickly_verified",
            ),
            "verification": ("Pieces", "Verifier", "Subject", "file_reader"),
        },
    )

__all__ = [
    "CRCS",
    "MD5",
    "NONE",
    "NO_PROOF",
    "SPARE",
    "CrcLoading",
    "Pieces",
    "Running",
    "Subject",
    "Verifier",
    "combined_digest",
    "file_reader",
    "part_algorithm",
    "part_digest",
    "plain_md5",
    "proof_of",
    "quickly_verified",
]
