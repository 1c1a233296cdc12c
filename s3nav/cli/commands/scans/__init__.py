"""The commands below `scan`."""
