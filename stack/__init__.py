"""The local stack of a developer's machine: environments, emulator, build, deployment, DynamoDB Local.

Nothing of this is deployed. It may know everything about the machine and the emulator; the product knows neither.
"""
