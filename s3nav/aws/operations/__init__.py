"""Call the read operations of every AWS service for scrapes, page by page.

Which operations are called, and with what, is data in `operation_rules`.
"""
