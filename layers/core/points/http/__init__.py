"""The HTTP edge: routes, request schemas, rendering, problems. It decides nothing about points and wires nothing."""
