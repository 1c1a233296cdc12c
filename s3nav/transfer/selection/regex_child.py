"""The program that matches a user's regular expressions, in a process of its own.

Python's `re` cannot be interrupted, and some expressions need more steps than a lifetime has. So
they run where the system ends them: after `argv[1]` seconds of processor time for a page of keys.
The first line of standard input is the expression, each other line the keys of a page, as JSON.
Each answer is a line with ``1`` for a key in which it is found and ``0`` for another.
"""

import json
import re
import signal
import sys


def main() -> None:
    """Answer until standard input is closed."""
    limit_s = float(sys.argv[1])
    pattern = re.compile(json.loads(sys.stdin.readline()))
    for line in sys.stdin:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_VIRTUAL, limit_s)
        found = ("1" if pattern.search(key) else "0" for key in json.loads(line))
        sys.stdout.write("".join(found) + "\n")
        sys.stdout.flush()
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)


if __name__ == "__main__":
    main()
