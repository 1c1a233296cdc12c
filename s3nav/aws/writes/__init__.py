"""Write to S3 through boto3 and s3transfer: uploads, copies, multipart parts and their progress.

Imported at the first write, because the two libraries take a third of a second to load.
"""
