"""`audit show`, `audit verify` and `audit export`."""

import hashlib
import json
import subprocess
from dataclasses import asdict, replace
from datetime import UTC, datetime

import pytest

from bot.models.anchor import Anchor
from bot.models.trail import GENESIS_HASH, Act, ChainedEntry, Entry
from bot.store.engine import Database
from bot.store.schema import upgrade
from bot.store.tables import audit_entries, audit_head
from bot.store.trail import Trail
from bot.terminal import main
from bot.views.digest import digest
from tests.store.digest_stage import kept
from tests.store.samples import digest_of
from tests.terminal.shell import Shell
from tests.views.reading import lines as lines_of


def told(shell: Shell, entries: int) -> list[str]:
    database = Database(shell.database_url)
    upgrade(database)
    trail = Trail(database)
    for number in range(entries):
        trail.record(Entry(datetime.now(UTC), "U0SOMEBODY", Act.REFUSED, f"subject-{number} ü", {"why": "„ä“"}))
    hashes = [entry.hash for entry in trail.newest(entries)]
    database.close()
    return hashes


def lines(done: subprocess.CompletedProcess[str]) -> tuple[int, str, str]:
    return done.returncode, done.stdout, done.stderr


def test_a_trail_that_holds_is_0_with_its_length_and_head(shell: Shell) -> None:
    newest, *_ = told(shell, 3)
    assert lines(shell.run("audit", "verify")) == (0, f"The audit trail holds: 3 entries, head {newest}.\n", "")


def test_the_newest_entries_are_shown_with_the_newest_last(shell: Shell) -> None:
    told(shell, 4)
    status, out, err = lines(shell.run("audit", "show", "--limit", "2"))
    assert (status, err) == (0, "")
    assert "subject-1" not in out
    assert out.index("subject-2") < out.index("subject-3")
    assert "U0SOMEBODY" in out
    assert "REFUSED" in out


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
def test_a_limit_that_is_no_number_is_2(shell: Shell, limit: str) -> None:
    told(shell, 1)
    done = shell.run("audit", "show", f"--limit={limit}")
    assert done.returncode == 2
    assert "is not a number of entries: write 1 or more" in done.stderr


def test_a_trail_that_was_tampered_with_is_1_and_names_the_entry(shell: Shell) -> None:
    told(shell, 3)
    shell.change("UPDATE audit_entries SET actor = 'U0INNOCENT' WHERE sequence = 2")
    status, out, err = lines(shell.run("audit", "verify"))
    assert (status, err) == (1, "")
    assert out.startswith("Entry 2 (REFUSED, ")
    assert out.endswith(") was changed after it was written.\n")


# Export


def test_the_hash_of_each_exported_line_can_be_computed_as_the_readme_says(shell: Shell) -> None:
    """With nothing of the bot's: the fields in their order but for the hash, as JSON without blanks, SHA-256."""
    newest, *_ = told(shell, 3)
    status, out, err = lines(shell.run("audit", "export"))
    assert (status, err) == (0, "")
    before = "0" * 64
    for number, line in enumerate(out.splitlines(), 1):
        *fields, (name, found) = json.loads(line).items()
        assert [each for each, _ in fields] == ["sequence", "at", "actor", "act", "subject", "details", "previous_hash"]
        assert name == "hash"
        values = [value for _, value in fields]
        assert (values[0], values[-1]) == (number, before)
        before = hashlib.sha256(json.dumps(values, separators=(",", ":")).encode()).hexdigest()
        assert found == before
    assert (number, before) == (3, newest)


# Anchors


def posted(shell: Shell, entries: int = 3) -> tuple[Anchor, str]:
    """Write so many entries and a digest; return its anchor, and how Slack shows it."""
    told(shell, entries)
    database = Database(shell.database_url)
    made = kept(database, digest_of("a"), by="schedule")
    database.close()
    assert made.content.anchor is not None
    return made.content.anchor, lines_of(digest(made, {}))[-1].replace("`", "")


def rewrite(shell: Shell, first: int) -> None:
    """Change an entry, and give it and all that follow, and the head, hashes that fit."""
    database = Database(shell.database_url)
    chain: list[ChainedEntry] = []
    for each in Trail(database).entries():
        before = chain[-1].hash if chain else GENESIS_HASH
        actor = "U0INNOCENT" if each.sequence == first else each.actor
        draft = replace(each, actor=actor, previous_hash=before)
        chain.append(replace(draft, hash=draft.expected_hash()))
    with database.write() as connection:
        connection.execute(audit_entries.delete())
        connection.execute(audit_entries.insert(), list(map(asdict, chain)))
        connection.execute(audit_head.update().values(hash=chain[-1].hash))
    database.close()


def test_an_anchor_that_holds_is_0_and_says_what_that_means(shell: Shell) -> None:
    anchor, shown = posted(shell)
    told(shell, 2)
    for given in (str(anchor), shown, shown.rpartition(" ")[2]):
        status, out, err = lines(shell.run("audit", "verify", "--anchor", given))
        assert (status, err) == (0, "")
        assert out.splitlines()[0].startswith("The audit trail holds: 6 entries, head ")
        assert out.splitlines()[1:] == [
            "Entry 4 has the hash of its anchor: nothing up to it was changed since that was taken."
        ]


def test_a_record_that_was_rewritten_whole_passes_without_its_anchor_and_not_with_it(shell: Shell) -> None:
    (early, _), (late, shown) = posted(shell), posted(shell)
    rewrite(shell, first=6)
    assert shell.run("audit", "verify").returncode == 0
    assert shell.run("audit", "verify", "--anchor", str(early)).returncode == 0
    status, out, err = lines(shell.run("audit", "verify", "--anchor", shown, "--anchor", str(early)))
    assert (status, err) == (1, "")
    assert out == (
        f"Entry {late.sequence} does not have the hash of its anchor: one or more of the entries 5 to 8 were rewritten "
        "after the anchor was taken, or it was taken of another database.\n"
    )


def test_an_anchor_past_the_end_says_that_entries_were_cut_off(shell: Shell) -> None:
    anchor, _ = posted(shell)
    shell.change(
        "DELETE FROM audit_entries WHERE sequence > 2",
        "UPDATE audit_head SET sequence = 2, hash = (SELECT hash FROM audit_entries WHERE sequence = 2)",
    )
    assert shell.run("audit", "verify").returncode == 0
    status, out, err = lines(shell.run("audit", "verify", "--anchor", str(anchor)))
    assert (status, err) == (1, "")
    assert out.startswith(
        "Entry 4 of an anchor is not there, the chain ends at entry 2: it and all after entry 2 were cut off after"
    )


def test_a_broken_chain_and_an_anchor_that_does_not_hold_are_both_told(shell: Shell) -> None:
    anchor, _ = posted(shell)
    shell.change("UPDATE audit_entries SET actor = 'U0INNOCENT' WHERE sequence = 2")
    wrong = replace(anchor, hash="f" * 64)
    status, out, _ = lines(shell.run("audit", "verify", "--anchor", str(wrong)))
    assert status == 1
    of_the_chain, of_the_anchor = out.splitlines()
    assert of_the_chain.startswith("Entry 2 (REFUSED, ")
    assert of_the_anchor.startswith("Entry 4 does not have the hash of its anchor: ")


HASH = "9f" * 32


@pytest.mark.parametrize(
    "text",
    [
        f"1234:{HASH}",
        f"1,234:{HASH}",
        f"1234 : {HASH.upper()}",
        f"`1234:{HASH}`",
        f"  1234:{HASH}\n",
        f"Record, entry and hash: `1234:{HASH}`",
        f"entry 1,234, hash {HASH}",
        f"entry 1234, hash: {HASH}.",
        f"“Record: entry 1,234, hash {HASH}”",
    ],
)
def test_an_anchor_is_read_however_it_is_copied(text: str) -> None:
    assert Anchor.parse(text) == Anchor(1234, HASH)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is not an entry and its hash"),
        ("1234", "it is not an entry and its hash"),
        (HASH, "it is not an entry and its hash"),
        (f"0:{HASH}", "it is not an entry and its hash"),
        (f"-1:{HASH}", "it is not an entry and its hash"),
        (f"1,23:{HASH}", "it is not an entry and its hash"),
        (f"{'9' * 19}:{HASH}", "it is not an entry and its hash"),
        (f"١٢:{HASH}", "it is not an entry and its hash"),
        (f"1234:{'g' * 64}", "it is not an entry and its hash"),
        (f"1234:{HASH} 1235:{HASH}", "it is not an entry and its hash"),
        ("1234:9f86d081…", "it is not an entry and its hash"),
        (f"1234:{HASH[:-1]}", "its hash has 63 characters of 64"),
        (f"1234:{HASH}0", "its hash has 65 characters of 64"),
    ],
)
def test_an_anchor_that_cannot_be_one_is_2_with_the_form(
    capsys: pytest.CaptureFixture[str], text: str, why: str
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["audit", "verify", f"--anchor={text}"], {})
    assert left.value.code == 2
    told = capsys.readouterr().err
    assert f" is no anchor, {why}; write 1234:hash with all 64 characters of the hash, as the digest shows it" in told


@pytest.mark.parametrize("action", ["show", "export"])
def test_an_anchor_without_verify_is_2(shell: Shell, action: str) -> None:
    anchor, _ = posted(shell)
    assert lines(shell.run("audit", action, "--anchor", str(anchor))) == (
        2, "", f"--anchor goes with audit verify, not with audit {action}.\n",
    )  # fmt: skip
