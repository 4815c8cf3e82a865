"""The queue that workers take accounts from: Procrastinate, on the PostgreSQL of DATABASE_URL.

Nothing else knows it, and nothing imports this where scans are not shared out among workers.
https://procrastinate.readthedocs.io/
"""
