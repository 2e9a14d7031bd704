"""The routes, one module per function (administration has two): authorise, one use case, render."""
