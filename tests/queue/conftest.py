from tests.queue.office import office
from tests.scan.audits import aws, impatient

__all__ = ["aws", "impatient", "office"]
