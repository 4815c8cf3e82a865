"""A fake AWS that answers after a fixed latency, as far as audits of KMS keys ask it: the bot's, and other tools'.

It keeps the real quotas, denies and throttles as it is told, and counts what it was asked. It is a process of its own
with nothing but asyncio in it, so that it is not what is measured: `load` says how many calls it answers without
latency, and every report says what share of a core it took.
"""
