"""Write to S3 through boto3 and s3transfer: uploads, copies, multipart parts and their progress.

Imported with the first write, because both libraries take a third of a second to load.
"""
