"""The ledger in DynamoDB: keys, stored forms, the ordered transaction writer and the stores built on them.

Stored names are short, because every kilobyte of an account or entry costs two write units on every movement; only
:mod:`points.adapters.dynamodb.models` knows them.
"""
