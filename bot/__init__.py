"""Keeps an organisation's AWS KMS keys rotating: audits, tells, asks, acts, verifies, keeps the record."""
