"""What the design promises, counted or compared within one run. `make bench` prints it and fails under a bar."""
