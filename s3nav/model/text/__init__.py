"""Text in messages and from users: command lines in hints, parser errors, typed quantities."""
