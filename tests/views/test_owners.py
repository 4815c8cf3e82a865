"""Whose the open keys are, in a digest's thread and counted in its preview."""

from dataclasses import replace

from bot.models.owned import KeysLeft, OwnedKeys, Ownership
from bot.models.owners import Owner
from bot.views.digest import digest
from bot.views.owners import digest_owners
from bot.views.preview import preview
from tests.views.samples import ORDINARY, digest_of, open_keys

MARA = "U0MARA"
ALL_SNOOZED = Ownership((OwnedKeys(MARA, 3, ("a", "b"), (KeysLeft(MARA, 0, ()),)),))


def test_where_every_owner_has_snoozed_their_keys_a_sentence_says_so() -> None:
    """Slack refuses an empty list, and “0 keys have no owner” would be no word of theirs."""
    made = digest_of(ORDINARY)
    made = replace(made, content=replace(made.content, ownership=ALL_SNOOZED))
    told = digest_owners(made, [Owner(MARA, MARA)], ("owner",))
    assert told.text == "Nobody is mentioned: the owners that are known have snoozed their keys."
    assert told.text in str(told.blocks)
    assert MARA not in str(told.blocks)


def test_a_preview_counts_the_message_that_tells_whose_the_keys_are() -> None:
    made = digest_of(ORDINARY)
    content = replace(made.content, rest=(open_keys(ORDINARY, 2),), rest_is_file=False)
    for ownership, count in ((Ownership(), "1 message more"), (Ownership(ownerless=1), "2 messages more")):
        made = replace(made, content=replace(content, ownership=ownership))
        assert f"{count} would be in its thread." in str(preview(digest(made, {}), made).blocks)
