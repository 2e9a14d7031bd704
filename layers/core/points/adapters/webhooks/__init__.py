"""How events leave: the way to a URL of somebody else, signatures, secrets, and the queue in which deliveries wait."""
