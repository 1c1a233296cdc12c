"""The commands that write to S3: `put` and `cp`."""
