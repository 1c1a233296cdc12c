"""The commands below `pricing`."""
