from tests.scan.audits import aws, house, impatient

__all__ = ["aws", "house", "impatient"]
