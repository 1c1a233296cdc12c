"""The frozen vocabulary of s3nav: facts, errors, events and ports. No I/O, no third party."""
