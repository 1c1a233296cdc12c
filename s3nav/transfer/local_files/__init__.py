"""Write to the local disk: names, directories, temporary files, fsync, rename and decompression.

A file gets its final name only when its bytes are verified and stored.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.transfer.local_files.decompressed_files import unpack
    from s3nav.transfer.local_files.decompression import codec_of, without_suffix
    from s3nav.transfer.local_files.disk_errors import DISK_FULL, TARGET_LOST
    from s3nav.transfer.local_files.local_names import MARK, Namer, NamingRules, segment
    from s3nav.transfer.local_files.target_directory import Target
    from s3nav.transfer.local_files.temporary_file import TemporaryFile
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "decompressed_files": ("unpack",),
            "decompression": ("codec_of", "without_suffix"),
            "disk_errors": ("DISK_FULL", "TARGET_LOST"),
            "target_directory": ("Target",),
            "local_names": ("MARK", "Namer", "NamingRules", "segment"),
            "temporary_file": ("TemporaryFile",),
        },
    )

__all__ = [
    "DISK_FULL",
    "MARK",
    "TARGET_LOST",
    "Namer",
    "NamingRules",
    "Target",
    "TemporaryFile",
    "codec_of",
    "segment",
    "unpack",
    "without_suffix",
]
