"""Count the requests a running job sends to S3, price them, and stop at a budget.

A store with a meter answers like the store it wraps.
"""
