"""The frozen vocabulary of s3nav: facts, errors, events and ports. No I/O, no third party."""

import logging

# A library's convention: without a log of its own, nothing of ours reaches standard error. Not in
# the package above, whose import no handler of signals precedes: it must be short.
logging.getLogger("s3nav").addHandler(logging.NullHandler())
