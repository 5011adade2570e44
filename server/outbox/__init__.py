"""The outbox pattern: rows that are written with the change they report, and sent to other systems afterwards.

Webhooks and LTI grade passback use it. Their tables, and what a message contains, are in their own apps.

rows          the columns that every outbox table has
sender        one try at a row: claim it, send it, record the try, then decide what happens next
retries       how long to wait before the next try
http_client   one request to one checked address
addresses     which addresses we connect to
"""
