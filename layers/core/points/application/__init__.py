"""Use cases: load, decide, commit. One file each; the outside world only through :mod:`points.application.ports`."""
