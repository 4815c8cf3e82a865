"""What stands below the help of a command: settings, examples, and what the exit status says."""

PROGRAM = "python -m bot"

ENVIRONMENT = """\
settings:
  KMS_ROTATION_CONFIG   the TOML file with everything that is not a secret (default: kms-rotation.toml)
  DATABASE_URL          sqlite:///… or postgresql+psycopg://… (default: a SQLite file beside the TOML file)
  AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, …   as for the AWS CLI
"""

_EXITS = """\
exit status:
  0    all keys comply, and all were read
  1    something is non-compliant
  2    bad usage or configuration, a database that cannot be used, or a scan that runs already
  3    something could not be read; this wins over 1
  70   a defect of the bot
  130  interrupted
"""

RUN_EXITS = """\
exit status:
  0   it was told to stop
  2   bad usage or configuration, or a database, AWS or Slack that cannot be used; nothing was begun
  70  a defect of the bot
  77  Slack does not accept a token any more
"""

WORKER_EXITS = """\
exit status:
  0   it was told to stop
  2   bad usage or configuration, or a database that cannot be used; nothing was begun
  70  a defect of the bot
"""

DB_EXAMPLES = f"""\
examples:
  {PROGRAM} db upgrade
  {PROGRAM} db backup kms-rotation-2026-11-27.sqlite3

exit status:
  0  done
  2  bad usage, or a database that cannot be used
"""

SCAN_EXAMPLES = f"""\
examples:
  {PROGRAM} scan                                     everything that the settings name
  {PROGRAM} scan --account 'prod-*' --region 'eu-*'  a part of it, by id or name, with shell wildcards
  {PROGRAM} scan --format json --no-store | jq '.findings[] | select(.verdict == "NON_COMPLIANT")'

{_EXITS}"""

AUDIT_EXAMPLES = f"""\
examples:
  {PROGRAM} audit show --limit 20
  {PROGRAM} audit verify
  {PROGRAM} audit verify --anchor 1234:9f86d081…   as the digest in Slack shows it at its foot, whole
  {PROGRAM} audit export > trail.jsonl             the hash of each line can be computed from its other fields

A chain that somebody rewrote from some entry to its end, head and all, holds in itself. The digests' anchors, kept in
Slack or wherever the database's users cannot write, find that.

exit status:
  0  done; with verify, the chain and every anchor hold
  1  with verify, they do not
  2  bad usage, or the database cannot be used
"""

RULES_EXAMPLES = f"""\
examples:
  {PROGRAM} rules list
  {PROGRAM} rules explain arn:aws:kms:eu-central-1:111122223333:key/1234abcd-…
  {PROGRAM} rules explain payments/card-vault   an alias that the last scan knows
  {PROGRAM} rules check

exit status:
  0  done; with explain, enough could approve, or nobody was looked up; with check, nothing is wrong
  1  with explain, too few could approve or nobody; with check, there are warnings
  2  bad usage or configuration; with check, also what the bot would not start with
  3  something could not be read or looked up; this wins over 1

People are looked up with SLACK_BOT_TOKEN. Where that is not set, explain says so and does the rest; check ends with 3.
"""

DOCTOR_EXITS = f"""\
examples:
  {PROGRAM} doctor
  {PROGRAM} doctor --only aws --account 'prod-*'
  {PROGRAM} doctor --json | jq '.[] | select(.status != "OK")'

what is said of each thing:
  FAILED      it does not work, and the bot misses it
  UNKNOWN     it was tried, and no answer came
  WARNING     the bot works, and somebody should know
  NOT_TESTED  it cannot be tried without changing something, or rests on what has failed
  OK

exit status:
  0  nothing failed, and everything that can be tried answered
  1  something failed
  2  bad usage, or a configuration with which no bot starts; this wins over 3
  3  something could not be found out; this wins over 1
"""
