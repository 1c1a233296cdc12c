"""The commands below `scrape`."""
