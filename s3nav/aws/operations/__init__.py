"""Call the read operations of every AWS service for scrapes, page by page.

`operation_rules` is the table of what is called and with which parameters.
"""
