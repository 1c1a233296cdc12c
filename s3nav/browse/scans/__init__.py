"""Count places and store the counts: run, resume, search and compare scans.

A scan is complete when its stored spans cover the place, whatever the listing reported.
"""
