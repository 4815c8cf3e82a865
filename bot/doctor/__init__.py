"""The doctor: everything that the bot needs, looked at without changing any of it."""
