"""Protocols that packages require of each other: stores, page readers, inventories."""
