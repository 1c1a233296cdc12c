"""Count the requests that a running job sends to S3, price them, and stop at a budget."""
