"""The protocols that packages ask of each other: stores, page readers, inventories."""
