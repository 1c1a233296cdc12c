import subprocess
import sys
from pathlib import Path

import pytest
from awscrt import checksums

from s3nav.transfer.integrity import crc

CONTENT = memoryview(bytes(range(256)) * 400)
AWSCRT = {
    "CRC64NVME": (checksums.crc64nvme, checksums.combine_crc64nvme),
    "CRC32C": (checksums.crc32c, checksums.combine_crc32c),
    "CRC32": (checksums.crc32, checksums.combine_crc32),
}


@pytest.mark.parametrize("found", [crc.CRCS, crc._imported(), crc._uninitialised()])
@pytest.mark.parametrize("name", AWSCRT)
def test_every_way_to_the_library_gives_its_values(
    found: dict[str, crc.Crc] | None, name: str
) -> None:
    if found is None:
        pytest.skip("this build of awscrt hides its functions")
    update, combine = AWSCRT[name]
    whole = update(bytes(CONTENT), 0)
    first, second = found[name].update(CONTENT[:1000], 0), found[name].update(CONTENT[1000:], 0)

    assert found[name].update(CONTENT, 0) == whole
    assert found[name].update(CONTENT[1000:], first) == whole
    assert found[name].combine(first, second, len(CONTENT) - 1000) == whole
    assert combine(first, second, len(CONTENT) - 1000) == whole


def test_the_crc_of_the_standard_check_string_is_the_published_one() -> None:
    check = memoryview(b"123456789")

    assert crc.CRCS["CRC64NVME"].update(check, 0) == 0xAE8B14860A799888
    assert crc.CRCS["CRC32C"].update(check, 0) == 0xE3069283
    assert crc.CRCS["CRC32"].update(check, 0) == 0xCBF43926


def test_what_is_no_bytes_is_refused_by_an_exception() -> None:
    with pytest.raises(TypeError):
        crc.CRCS["CRC64NVME"].update(5, 0)  # type: ignore[arg-type]  # that is the point


def test_a_library_that_hides_its_functions_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    assert crc._crcs()["CRC32"].update(memoryview(b"123456789"), 0) == 0xCBF43926


@pytest.mark.parametrize("text", ["", "__version__ = '0.39.0'", "__version__ = '1.0.0.dev0'"])
def test_a_version_nobody_tried_is_imported(tmp_path: Path, text: str) -> None:
    (tmp_path / "awscrt").mkdir()
    assert not crc._is_known(tmp_path)
    (tmp_path / "awscrt" / "__init__.py").write_text(text)
    assert not crc._is_known(tmp_path)


@pytest.mark.skipif(crc._uninitialised() is None, reason="awscrt hides its functions")
def test_checksums_do_not_start_the_common_runtime() -> None:
    probe = (
        "import sys; from s3nav.transfer.integrity.crc import CRCS; "
        "CRCS['CRC64NVME'].update(memoryview(b'x'), 0); print('_awscrt' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", probe], capture_output=True, check=True)

    assert ended.stdout.split() == [b"False"]
