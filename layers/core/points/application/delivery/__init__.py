"""Reminders on their way to a person: by mail and by text message."""
