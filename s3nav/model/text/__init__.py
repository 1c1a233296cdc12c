"""Text in messages and from users: commands in hints, errors in plain words, typed quantities."""
