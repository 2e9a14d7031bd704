"""From the domain to JSON: plain dictionaries, one function per thing the API shows.

No response model is validated on the way out: what is rendered here is ours, and contract tests compare it with the
OpenAPI document.
"""
