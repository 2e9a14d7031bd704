"""The routes, one module per function: authorise, one use case, render."""
