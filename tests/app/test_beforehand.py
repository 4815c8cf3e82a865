"""What a form tells before anybody asks: the price, what is left alone, and the code that would undo the change."""

from bot.models.requests import RequestState
from deploy.sandbox.slack.things import Json, Message, View
from tests.app.house import CONFIGURATION, House, eventually, house, shown
from tests.app.test_several import open_form

__all__ = ["house"]

KEY = "payments/card-vault"
OF_A_STACK = {"aws:cloudformation:stack-name": "vault-prod", "aws:cloudformation:logical-id": "CardVault"}
TERRAFORM = "enable_key_rotation     = true\nrotation_period_in_days = 365"
CLOUDFORMATION = "EnableKeyRotation: true\nRotationPeriodInDays: 365"


def preformatted(shown_in: View | Message) -> list[str]:
    """The lines that are there to be copied."""
    parts: list[Json] = [
        part for block in shown_in.blocks if block["type"] == "rich_text" for part in block["elements"]
    ]
    return [part["elements"][0]["text"] for part in parts if part["type"] == "rich_text_preformatted"]


def form_for(house: House, name: str) -> View:
    house.press_enable(house.mara, name)
    return house.mara.modal


def test_the_form_tells_the_price_its_source_and_what_rotation_leaves_alone(house: House) -> None:
    house.key(KEY)
    with house.running():
        form = form_for(house, KEY)
    text = form.visible_text
    assert "Price now: enabling adds nothing. The key costs $1 a month if it was never rotated." in text
    assert "Price at most: $3 a month." in text
    assert "nothing is encrypted anew" in text
    assert "Older key material stays usable" in text
    assert "https://aws.amazon.com/kms/pricing/" in str(form.blocks)
    assert preformatted(form) == []


def test_a_key_of_terraforms_comes_with_the_lines_to_write_there(house: House) -> None:
    house.key(KEY, tags={"managed-by": "terraform"})
    with house.running():
        form = form_for(house, KEY)
    assert "Managed by Terraform. The next run from there may undo the change" in form.visible_text
    assert preformatted(form) == [TERRAFORM]


def test_a_key_of_a_stack_comes_with_its_name_in_the_template(house: House) -> None:
    house.key(KEY, tags=OF_A_STACK)
    house.configure(CONFIGURATION + "\n[policy]\nenable_with_period_days = 180\n")
    with house.running():
        form = form_for(house, KEY)
    assert "Managed by CloudFormation stack vault-prod under the logical id CardVault." in form.visible_text
    assert preformatted(form) == ["EnableKeyRotation: true\nRotationPeriodInDays: 180"]


def test_for_several_keys_the_price_of_all_and_the_lines_once(house: House) -> None:
    for number in range(3):
        house.key(f"batch/{number}", tags={"managed-by": "terraform"})
    house.key("batch/by-hand")
    house.key("batch/stack", tags=OF_A_STACK)
    with house.running():
        open_form(house, house.mara)
        form = house.mara.modal
    text = form.visible_text
    assert "For all 5 keys that is up to $10 a month more than now." in text
    assert "4 of these keys are managed by code: batch/0, batch/1, batch/2, batch/stack." in text
    assert preformatted(form) == [TERRAFORM, CLOUDFORMATION]


def test_the_result_of_a_managed_key_says_what_to_write_so_that_it_lasts(house: House) -> None:
    house.key(KEY, tags={"managed-by": "terraform"})
    with house.running():
        message = house.ask(house.mara, KEY)
        house.press(house.jonas, message, "Approve")
        house.slack.wait_for(lambda: house.channel.thread(message.ts), what="the result")
        (told,) = house.channel.thread(message.ts)
    assert f"{KEY} is managed by Terraform." in shown(told)
    assert preformatted(told) == [TERRAFORM]


def test_the_result_of_a_key_that_no_code_manages_has_no_such_lines(house: House) -> None:
    house.key(KEY)
    with house.running():
        message = house.ask(house.mara, KEY)
        house.press(house.jonas, message, "Approve")
        house.slack.wait_for(lambda: house.channel.thread(message.ts), what="the result")
        (told,) = house.channel.thread(message.ts)
        eventually(lambda: not house.requests.in_state(RequestState.APPROVED), "the end")
    assert preformatted(told) == []
