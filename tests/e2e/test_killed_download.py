import os
from pathlib import Path

import pytest

from tests.e2e.killed_download import MIB, Endpoint, Sizes, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.mark.rgw
def test_a_killed_download_resumes_and_every_byte_is_right(tmp_path: Path) -> None:
    url = os.environ.get("S3NAV_TEST_RGW")
    if url is None:
        pytest.skip("S3NAV_TEST_RGW names no gateway; .ci/run starts one")

    seen = run(Endpoint(url=url), Sizes(objects=400, large=2, large_bytes=40 * MIB), tmp_path)

    assert (seen["exit"], seen["wrong"]) == (0, []), seen["stderr"]
    assert (seen["resume_exit"], seen["resume_wrong"]) == (0, []), seen["resume_stderr"]
    assert seen["finished_files_fetched_again"] == 0
