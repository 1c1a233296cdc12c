"""Turn values into the words and numbers that every front end shows."""
