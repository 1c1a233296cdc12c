"""Write to the local disk: names, directories, temporary files, fsync, rename and decompression.

A file gets its final name only when its bytes are verified and stored.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.transfer.local_files.decompressed_files import Suffixes, skip_unpacked, unpack
    from s3nav.transfer.local_files.decompression import codec_of
    from s3nav.transfer.local_files.local_files import DISK_FULL, TARGET_LOST, Target
    from s3nav.transfer.local_files.local_names import Namer, NamingRules, segment
    from s3nav.transfer.local_files.temporary_file import TemporaryFile
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "decompressed_files": ("Suffixes", "skip_unpacked", "unpack"),
            "decompression": ("codec_of",),
            "local_files": ("DISK_FULL", "TARGET_LOST", "Target"),
            "local_names": ("Namer", "NamingRules", "segment"),
            "temporary_file": ("TemporaryFile",),
        },
    )

__all__ = [
    "DISK_FULL",
    "TARGET_LOST",
    "Namer",
    "NamingRules",
    "Suffixes",
    "Target",
    "TemporaryFile",
    "codec_of",
    "segment",
    "skip_unpacked",
    "unpack",
]
