import subprocess
import sys
import threading

import pytest
from awscrt import checksums

from s3nav.transfer.integrity.checksums import CRCS, CrcLoading

CONTENT = memoryview(bytes(range(256)) * 400)
AWSCRT = {
    "CRC64NVME": (checksums.crc64nvme, checksums.combine_crc64nvme),
    "CRC32C": (checksums.crc32c, checksums.combine_crc32c),
    "CRC32": (checksums.crc32, checksums.combine_crc32),
}


@pytest.mark.parametrize("name", AWSCRT)
def test_each_crc_is_the_librarys(name: str) -> None:
    update, combine = AWSCRT[name]
    whole = update(bytes(CONTENT), 0)
    first, second = CRCS[name].update(CONTENT[:1000], 0), CRCS[name].update(CONTENT[1000:], 0)

    assert CRCS[name].update(CONTENT, 0) == whole
    assert CRCS[name].update(CONTENT[1000:], first) == whole
    assert CRCS[name].combine(first, second, len(CONTENT) - 1000) == whole
    assert combine(first, second, len(CONTENT) - 1000) == whole


def test_the_crc_of_the_standard_check_string_is_the_published_one() -> None:
    check = memoryview(b"123456789")

    assert CRCS["CRC64NVME"].update(check, 0) == 0xAE8B14860A799888
    assert CRCS["CRC32C"].update(check, 0) == 0xE3069283
    assert CRCS["CRC32"].update(check, 0) == 0xCBF43926


def test_what_is_no_bytes_is_refused_by_an_exception() -> None:
    with pytest.raises(TypeError):
        CRCS["CRC64NVME"].update(5, 0)  # type: ignore[arg-type]  # that is the point


PROBE = """
import sys
from s3nav.transfer.integrity import CRCS, CrcLoading, proof_of, quickly_verified
before = "awscrt" in sys.modules
{use}
print(before, "awscrt" in sys.modules)
"""


@pytest.mark.parametrize(
    "use",
    [
        "CRCS['CRC64NVME'].update(memoryview(b'x'), 0)",
        "loading = CrcLoading(); loading.begin(); loading.close()",
    ],
)
def test_the_common_runtime_starts_with_the_first_checksum_or_when_told(use: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROBE.format(use=use)], capture_output=True, check=True, text=True
    )

    assert ended.stdout.split() == ["False", "True"]


def test_a_runtime_is_loaded_once_and_its_thread_joined() -> None:
    loading = CrcLoading()
    before = threading.active_count()

    loading.begin()
    loading.begin()
    loading.close()
    loading.close()

    assert threading.active_count() == before


def test_what_was_never_begun_is_closed_at_once() -> None:
    CrcLoading().close()
