"""What requests must look like: one module per function, so that none pays for the others' models.

Strict throughout: no text is taken for a number, no fraction for an integer, and what is not known is refused.
"""
