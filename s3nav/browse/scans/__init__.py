"""Count places and keep the counts: run, resume, store, search and compare scans.

A scan is complete when its stored spans cover the place, whatever the listing reported.
"""
