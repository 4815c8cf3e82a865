from tests.queue.office import office
from tests.scan.audits import aws, impatient
from tests.store.conftest import make_postgresql

__all__ = ["aws", "impatient", "make_postgresql", "office"]
