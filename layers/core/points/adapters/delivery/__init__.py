"""What sends reminders: mail, text messages, the queues they come by, and the languages they are written in.

boto3, Babel and Powertools' idempotency are imported here and nowhere else: no request has to wait for them.
"""
