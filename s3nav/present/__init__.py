"""Turn values into the words and numbers every face shows."""
