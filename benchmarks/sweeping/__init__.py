"""What sweeping costs, day by day: a synthetic population lives through the real decisions and timers, without AWS and
without a table. `make simulate` tells and plots it.

Members are independent of each other, so a sample of them, scaled up, stands for all.
"""
