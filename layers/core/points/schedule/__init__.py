"""What comes by the clock: runs that send work to queues."""
