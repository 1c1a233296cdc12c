"""The demo's child process: a moto server on a loopback port.

It writes one line of JSON to standard output: the settings of the server, or a problem. It ends
when its standard input closes, a pipe that the program holds until it ends for any reason. It also
ends when its parent changes, because a process forked from the program can keep the pipe open.

Nothing heavy is imported before that watch starts, because moto takes seconds to load.
"""

import argparse
import os
import select
import sys
import threading
from datetime import date

PARENT_CHECK_S = 0.5


def main(arguments: list[str]) -> None:
    """Watch the parent, create the data, report the address and serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--empty", action="store_true")
    parser.add_argument("--began-on", type=date.fromisoformat)
    parser.add_argument("--today", type=date.fromisoformat)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args(arguments)
    threading.Thread(
        target=_end_with_parent, args=(options.parent,), name="demo-lifeline", daemon=True
    ).start()
    # Output of libraries must not mix with the one line that the parent reads.
    ready = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    from s3nav.demo.ec2_catalogue import load_ec2  # noqa: PLC0415  # see the head of this file

    load_ec2()
    from s3nav.demo.moto_serving import Days, serve  # noqa: PLC0415  # loads the rest of EC2

    days = None if options.empty else Days(began_on=options.began_on, today=options.today)
    serve(ready, days, options.port)


def _end_with_parent(parent: int) -> None:
    stdin = sys.stdin.fileno()
    while os.getppid() == parent:
        readable, _, _ = select.select([stdin], [], [], PARENT_CHECK_S)
        if readable and not os.read(stdin, 1024):
            break
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
