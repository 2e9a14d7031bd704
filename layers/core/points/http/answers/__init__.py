"""The shape of every answer, for the OpenAPI document and the tests that hold our rendering to it.

Nothing here runs in Lambda: answers are rendered by :mod:`points.http.rendering` as plain dictionaries.
"""
