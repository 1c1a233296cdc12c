"""The command line: the front end for scripts."""
