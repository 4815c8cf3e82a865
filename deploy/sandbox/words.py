"""What the sandbox prints."""

import os
import shlex
import sys
from collections.abc import Mapping

from deploy.sandbox.aws.world import TOOLING_ACCOUNT, World

KEY_ALIAS = "alias/security/audit-log"


def exports(environment: Mapping[str, str]) -> str:
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in environment.items())


def servers_only(environment: Mapping[str, str], page: str, world: World) -> str:
    """All of it can be read by a shell: what is not `export` is a comment."""
    return f"""\
# Slack's page: {page}
{exports(environment)}
# The AWS keys are an administrator's of account {TOOLING_ACCOUNT}. With all of this in a shell, for example:
#   {_python()} -m bot run
#   {_python()} -m bot scan
#   {_status_command(world)}
# Ctrl-C ends it."""


def welcome(page: str, aws: Mapping[str, str], state: Mapping[str, str], world: World) -> str:
    return f"""
Open {page}

Try this. “You are”, at the top left, makes you somebody else.
  1. As Mara, press “Enable rotation” beside a key of prod-payments in the digest, and send the form.
  2. Approve it as Mara: refused, because she has asked for it. As Jonas: done, and read back from AWS.
  3. As Mara, ask for a key of data-lake: it takes two people, Jonas and Aiko. Or break the glass: she is on call.
  4. Press Approve as Gus, who is a guest, or as Eve, who is of another company.
  5. Type / in the message field: it offers /kms-rotation and all that may follow. Open Home.
  6. Press “Emulated AWS”, at the top right: the keys as AWS holds them, every call with who asked and who approved,
     and levers that change keys behind the bot's back, take its permissions away, or break Slack.

AWS is at {aws["AWS_ENDPOINT_URL"]}. In another terminal, as an administrator of account {TOOLING_ACCOUNT}:
{_indented(exports(aws))}
  {_status_command(world)}
  {_disable_command(world)}
After the last one, as Jonas, /kms-rotation scan and then /kms-rotation digest name a key that has stopped rotating.

Which rule decides over a key, and the record of who did what, proved entry by entry:
{_indented(exports(state))}
  {_python()} -m bot rules explain lake/pii-vault
  {_python()} -m bot audit verify

Ctrl-C ends it all."""


def ended_by_itself(status: int, last_lines: str) -> str:
    how = f"with exit status {status}" if status >= 0 else f"by signal {-status}"
    return f"The bot ended by itself, {how}. The last lines of its log:\n{_indented(last_lines or 'it is empty')}"


def slow(what: str, log: str) -> str:
    return f"{what} Its log: {log}"


def _status_command(world: World) -> str:
    return f"aws kms get-key-rotation-status --key-id {_example_key(world)}"


def _disable_command(world: World) -> str:
    return f"aws kms disable-key-rotation --key-id {_example_key(world)}"


def _example_key(world: World) -> str:
    """A key in the administrator's own account, by its ARN: these calls take no alias."""
    arn = world.find(f"arn:aws:kms:eu-central-1:{TOOLING_ACCOUNT}:{KEY_ALIAS}").arn
    return str(arn)


def _python() -> str:
    near = os.path.relpath(sys.executable)
    return shlex.quote(sys.executable if near.startswith("..") else near)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
