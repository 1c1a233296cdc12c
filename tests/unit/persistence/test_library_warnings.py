"""Warnings of libraries do not reach standard error, where a server's text could begin lines."""

import subprocess
import sys
from pathlib import Path

WARNS = """
import logging, sys
from pathlib import Path
from s3nav.persistence import LogStream

log = LogStream(Path(sys.argv[1]), level="INFO")
logging.getLogger("urllib3").warning("a header\\nerror[forged]: all is lost")
log.close()
"""


def test_a_warning_of_a_library_begins_no_line(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WARNS, str(tmp_path / "log")],
        capture_output=True,
        text=True,
        check=True,
    )

    assert ended.stderr == ""
