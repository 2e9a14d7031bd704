"""Does what is stored follow from the entries? What ``make audit`` proves, account by account and program by program.

Everything is computed again from the entries and compared with what is stored; nothing stored is trusted. A finding
names the account or program, the entry or item where there is one, a code and what was found against what was expected.
"""
