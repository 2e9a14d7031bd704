"""What a program is: its parts, its conditions and windows of time, and what may follow it. Uses the ground only."""
