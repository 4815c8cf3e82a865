"""The samples, a module a group."""
