"""The scan: every key of every target is read and judged, and whatever could not be read is said."""

from bot.scan.branches import BranchError, Branching
from bot.scan.gateways import AccountDirectory, KeyMemory, KeyReader, ScanRecord
from bot.scan.memory import Forgetful
from bot.scan.scanner import Scanner
from bot.scan.scans import ScanRunningError, Scans
from bot.scan.sharing import Sharing

__all__ = [
    "AccountDirectory",
    "BranchError",
    "Branching",
    "Forgetful",
    "KeyMemory",
    "KeyReader",
    "ScanRecord",
    "ScanRunningError",
    "Scanner",
    "Scans",
    "Sharing",
]
