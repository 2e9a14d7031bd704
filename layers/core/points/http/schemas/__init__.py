"""What requests must look like: one module per module of routes. A model is built when it is first used.

Strict throughout: no text is taken for a number, no fraction for an integer, and what is not known is refused.
"""
