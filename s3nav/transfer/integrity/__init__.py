"""Verify bytes by the cheapest checksum or ETag of S3 that is sufficient.

Checksums run while bytes arrive; a file is read again only when nothing else is enough.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.transfer.integrity.checksums import (
        CRCS,
        ETAG_IS_MD5_WITH,
        MD5,
        MULTIPART_ETAG,
        NO_CHECKSUM,
        NONE,
        SPARE,
        CrcLoading,
        Running,
        combined_digest,
        expected_checksum,
        part_algorithm,
        part_digest,
        plain_md5,
        quickly_verified,
    )
    from s3nav.transfer.integrity.verification import (
        Pieces,
        Subject,
        Verifier,
        file_reader,
        has_all,
        intact_parts,
    )
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "checksums": (
                "CRCS",
                "CrcLoading",
                "ETAG_IS_MD5_WITH",
                "MD5",
                "MULTIPART_ETAG",
                "NONE",
                "NO_CHECKSUM",
                "Running",
                "SPARE",
                "combined_digest",
                "part_algorithm",
                "part_digest",
                "plain_md5",
                "expected_checksum",
                "quickly_verified",
            ),
            "verification": (
                "Pieces",
                "Subject",
                "Verifier",
                "file_reader",
                "has_all",
                "intact_parts",
            ),
        },
    )

__all__ = [
    "CRCS",
    "ETAG_IS_MD5_WITH",
    "MD5",
    "MULTIPART_ETAG",
    "NONE",
    "NO_CHECKSUM",
    "SPARE",
    "CrcLoading",
    "Pieces",
    "Running",
    "Subject",
    "Verifier",
    "combined_digest",
    "expected_checksum",
    "file_reader",
    "has_all",
    "intact_parts",
    "part_algorithm",
    "part_digest",
    "plain_md5",
    "quickly_verified",
]
