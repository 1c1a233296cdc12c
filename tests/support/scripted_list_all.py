"""A virtual environment whose ``aws_list_all`` is a script of the test's: a real child, no AWS."""

import subprocess
import sys
from pathlib import Path

PRELUDE = """
import json, os, sys, time
from pathlib import Path
arguments = sys.argv[1:]
def values(name):
    return [arguments[at + 1] for at, word in enumerate(arguments) if word == name]
directory = Path(values("--directory")[0])
region = values("--region")[0]
services = values("--service")
def name(service, operation):
    return directory / f"{service}_{operation}_{region}_None.json"
def listing(service, operation, response):
    return json.dumps({"service": service, "region": region, "profile": None,
                       "operation": operation, "response": response})
def write(service, operation, response, pieces=1):
    text = listing(service, operation, response)
    size = len(text) // pieces + 1
    with name(service, operation).open("w") as file:
        for start in range(0, len(text), size):
            file.write(text[start:start + size])
            file.flush()
    print("+++", service, region, operation, None, "x")
print("Building set of queries to execute...")
print("...done. Executing queries...")
"""


def make_environment(directory: Path, script: str) -> Path:
    """An environment that runs `script` in place of aws-list-all."""
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(directory)], check=True, timeout=300
    )
    (packages,) = directory.glob("lib/python*/site-packages")
    package = packages / "aws_list_all"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(PRELUDE + script)
    return directory
