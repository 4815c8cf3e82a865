"""What keeps the sandbox from starting."""


class CannotStartError(Exception):
    """A sentence for whoever started it, with the remedy."""
