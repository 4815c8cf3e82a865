"""Markdown tables."""

from collections.abc import Iterable, Sequence

from tests.benchmarks.measuring import Measurement

HEADS = (
    "", "seconds", "start-up", "CPU", "keys a second", "calls a key", "peak memory", "busiest quota", "throttled",
    "non-compliant", "unread", "CPU of the fake AWS",
)  # fmt: skip

WHOLE_PERCENT = 0.095


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay out a table whose first column is text and whose others are numbers."""
    lines = [" | ".join(heads), " | ".join(("---", *("---:" for _ in heads[1:]))), *(" | ".join(row) for row in rows)]
    return "".join(f"| {line} |\n" for line in lines)


def runs(measured: Iterable[Measurement]) -> str:
    """Lay out ways beside each other. An extrapolated row says which part was run."""
    return table(HEADS, (_row(each) for each in measured))


def times(ratio: float) -> str:
    return f"{ratio:.0f}×" if ratio >= 10 else f"{ratio:.2f}×"


def _row(run: Measurement) -> tuple[str, ...]:
    about = "≈ " if run.part > 1 else ""
    keys = run.keys or 1
    return (
        run.name if run.part == 1 else f"{run.name} (1/{run.part} run, the rest extrapolated)",
        f"{about}{run.wall:,.1f}",
        f"{run.wall - run.audit:.1f}",
        f"{about}{run.cpu:,.1f} s",
        f"{run.keys / run.audit:,.0f}",
        f"{run.calls / keys:.2f}",
        f"{run.peak_memory:.0f} MiB",
        _busiest(run),
        f"{about}{run.counts.throttled.total() * run.part:,}",
        f"{about}{run.outcome.non_compliant:,}",
        "not told" if run.outcome.unread is None else f"{run.outcome.unread:,}",
        f"{run.counts.cpu / run.audit * run.part:.0%} of a core",
    )


def _busiest(run: Measurement) -> str:
    if not run.counts.busiest:
        return "none"
    operation, share = max(run.counts.busiest.items(), key=lambda each: each[1])
    return f"{share:.0%} of {operation}" if share >= WHOLE_PERCENT else f"{share:.1%} of {operation}"
