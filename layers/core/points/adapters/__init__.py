"""What implements the application's ports: stores, clock, backoff. Only :mod:`points.bootstrap` knows them."""
