"""From a wish to a verified change: somebody asks, somebody else approves, the key is re-read, changed, read back."""
