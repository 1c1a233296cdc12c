"""Face 1: the scripted command line."""
