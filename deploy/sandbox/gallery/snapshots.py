"""The visible text of every sample, a file a group, so that a change of words is read as one."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import unified_diff
from pathlib import Path

from deploy.sandbox.gallery.reading import read, spoken
from deploy.sandbox.gallery.sample import Sample


def texts(gallery: Mapping[str, Sequence[Sample]]) -> dict[str, str]:
    """The text of each file, by its name."""
    return {f"{group}.txt": "\n".join(map(_told, samples)) for group, samples in gallery.items()}


def update(gallery: Mapping[str, Sequence[Sample]], folder: Path) -> None:
    """Write the files anew, and drop those of groups that are no more."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = texts(gallery)
    for old in folder.glob("*.txt"):
        if old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


def differences(gallery: Mapping[str, Sequence[Sample]], folder: Path, only: str = "*.txt") -> Iterator[str]:
    """The diff of each file that does not say what the samples show; `only` names the files to look at."""
    wanted = texts(gallery)
    kept = {path.name: path.read_text(encoding="utf-8") for path in folder.glob(only)}
    for name in sorted(wanted.keys() | kept.keys()):
        before, now = kept.get(name, "").splitlines(), wanted.get(name, "").splitlines()
        if before != now:
            yield "\n".join(unified_diff(before, now, f"kept/{name}", f"shown/{name}", lineterm=""))


def _told(sample: Sample) -> str:
    """What is to be seen, and before it what is read aloud, where that is not the same."""
    lines, text = read(sample), spoken(sample)
    aloud = [] if text is None or text.replace("`", "") == "\n".join(lines) else [f"Aloud: {text}", ""]
    told = [f"  {line}".rstrip() for line in "\n".join((*aloud, *lines)).split("\n")]
    return "\n".join([f"=== {sample.name} · {sample.surface}", *told, ""])
