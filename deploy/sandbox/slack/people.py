"""The people, groups and channels of the default workspace."""

from dataclasses import dataclass, field

OURS = "T0OURS"
OTHERS = "T0OTHER"
BOT_USER = "U0KMSBOT"


@dataclass(frozen=True)
class Person:
    """One Slack user. `team_id` other than the workspace's own makes them a stranger met in a shared channel."""

    id: str
    real_name: str
    name: str
    title: str = ""
    team_id: str = OURS
    tz: str = "Europe/Berlin"
    deleted: bool = False
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_admin: bool = False

    @property
    def email(self) -> str:
        return f"{self.name}@example.com"


@dataclass(frozen=True)
class Group:
    """A user group, such as @key-admins. Slack deletes none: it disables them."""

    id: str
    handle: str
    name: str
    users: tuple[str, ...] = ()
    is_disabled: bool = False


@dataclass(frozen=True)
class Channel:
    id: str
    name: str
    members: frozenset[str] = field(default_factory=frozenset)
    is_private: bool = False
    is_archived: bool = False
    is_ext_shared: bool = False
    is_read_only: bool = False
    topic: str = ""
    im_user: str | None = None

    @property
    def is_im(self) -> bool:
        return self.im_user is not None


def default_people() -> tuple[Person, ...]:
    return (
        Person("U0MARA", "Mara Lindqvist", "mara", "Platform engineer"),
        Person("U0JONAS", "Jonas Weber", "jonas", "Security lead", is_admin=True),
        Person("U0AIKO", "Aiko Tanaka", "aiko", "Security engineer", tz="Asia/Tokyo"),
        Person("U0PRIYA", "Priya Nair", "priya", "Chief information security officer", tz="Asia/Kolkata"),
        Person("U0GUEST", "Gus Guest", "gus", "Contractor", is_restricted=True, is_ultra_restricted=True),
        Person("U0ELSE", "Eve Elsewhere", "eve", "Consultant at Elsewhere Ltd", team_id=OTHERS, tz="Europe/London"),
        Person("U0LEFT", "Lena Left", "lena", "Left the company", deleted=True),
        Person(BOT_USER, "KMS rotation", "kms_rotation", is_bot=True, tz="Etc/UTC"),
    )


def default_groups() -> tuple[Group, ...]:
    return (
        Group("S0KEYADMINS", "key-admins", "Key administrators", ("U0JONAS", "U0AIKO")),
        Group("S0ONCALL", "on-call", "Platform on call", ("U0MARA", "U0PRIYA")),
        Group("S0EMPTY", "nobody", "A group without members"),
    )


def default_channels() -> tuple[Channel, ...]:
    colleagues = {"U0MARA", "U0JONAS", "U0AIKO", "U0PRIYA"}
    return (
        Channel(
            "C0SECURITY",
            "security-keys",
            frozenset(colleagues | {"U0GUEST", "U0ELSE", BOT_USER}),
            is_ext_shared=True,
            topic="Encryption keys and their rotation",
        ),
        Channel("C0PAYMENTS", "payments", frozenset(colleagues | {BOT_USER}), topic="The payments team"),
        Channel("C0GENERAL", "general", frozenset(colleagues), topic="Everybody"),
    )
