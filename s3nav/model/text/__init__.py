"""Text in and out: command lines in hints, plain messages, and quantities a user typed."""
