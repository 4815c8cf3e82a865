"""The approval rules: all of them in words, and which one decides over a key, with who could approve."""

from collections.abc import Iterator, Sequence

from bot.models.approval import Permitted, Refused
from bot.models.messages import Block, Rendered
from bot.models.staffing import GroupState, Hindrance, NamedGroup, NamedPerson, Strength
from bot.rules.explanation import (
    Explanation,
    Fact,
    say_group,
    say_hindrance,
    which_decides,
    who_could,
    who_is_left,
)
from bot.rules.house import House
from bot.rules.wording import what_it_asks_for, whom_it_means
from bot.views.budget import message
from bot.views.parts import context, note
from bot.views.rich import Inline, bold, bullets, code, group, rich, user
from bot.views.sentences import fallback, meant
from bot.views.words import counted, cut, listed, some

MOST_RULES = 20
MOST_PEOPLE = 20
MOST_PASSED_OVER = 10
MOST_VALUES = 10

NO_RULES = "There is no approval rule, so nobody may approve anything. Add one to the configuration."
FIRST_DECIDES = "The first rule that means a key decides over it."

MARKS = {Strength.ENOUGH: "✅", Strength.TOO_FEW: "⛔", Strength.NOBODY: "⛔", Strength.UNKNOWN: "⚠️"}


def rules(house: House) -> Rendered:
    """Every rule in the order in which they are tried."""
    if not house.rules:
        return message(NO_RULES, [rich(NO_RULES)])
    blocks: list[Block] = [rich(bold(FIRST_DECIDES))]
    for number, rule in enumerate(house.rules[:MOST_RULES], start=1):
        terms = (meant(term) for term in what_it_asks_for(rule, house))
        blocks.append(rich([bold(f"{number}. {rule.name}"), f"  {cut(whom_it_means(rule), 500)}"], *terms))
    left = len(house.rules) - MOST_RULES
    if left > 0:
        blocks.append(context(note(f"And {counted(left, 'more rule')}: python -m bot rules list shows all.")))
    return message(f"There {'is 1 rule' if len(house.rules) == 1 else f'are {len(house.rules)} rules'}.", blocks)


def explanation(told: Explanation) -> Rendered:
    """One key: its rule, whether a request for it could be approved, by whom, and why not by others."""
    key = told.key
    blocks: list[Block] = [
        rich(
            bold(cut(told.name, 200)),
            [f"{cut(key.account.name, 60)} ({key.account.id}) · {key.region}"],
            code(key.arn),
        ),
        rich(bold(cut(which_decides(told), 500)), f"{_mark(told)} {who_is_left(told)}"),
    ]
    if told.rule is not None:
        blocks.append(bullets(*(meant(term) for term in what_it_asks_for(told.rule, told.house))))
    for title, lines in (("You", _yourself(told)), ("People", _people(told)), ("Passed over", _passed_over(told))):
        if lines:
            blocks += [rich(bold(title)), bullets(*lines)]
    if told.facts:
        blocks.append(context(*_facts(told.facts)))
    return message(fallback(f"{cut(told.name, 200)}: {which_decides(told)} {who_is_left(told)}"), blocks)


def _mark(told: Explanation) -> str:
    if told.strength is None or (told.rule is not None and told.used is not None and told.used >= told.rule.daily_cap):
        return "⚠️"
    return MARKS[told.strength]


def _yourself(told: Explanation) -> list[list[Inline]]:
    """Say what whoever asks could do; where no rule decides, that is said of everybody already."""
    if told.yourself is None or told.rule is None:
        return []
    lines = [_could(told.yourself.ask, "You may ask for it.", "You may not ask for it.")]
    if not told.rule.is_pre_approved:
        approving = "You could approve it if somebody else asks."
        lines.append(_could(told.yourself.approve, approving, "You could not approve it."))
    if told.yourself.glass is not None:
        lines.append(_could(told.yourself.glass, "You could break the glass.", "You could not break the glass."))
    return lines


def _could(decided: Permitted | Refused, yes: str, no: str) -> list[Inline]:
    return [yes] if isinstance(decided, Permitted) else meant(f"{no} {decided.sentence}")


def _people(told: Explanation) -> list[list[Inline]]:
    if told.roll is None:
        return []
    lines: list[list[Inline]] = []
    hindered: dict[str, NamedPerson] = {}
    for act, named in who_could(told):
        people = [told.roll.people[user_id] for user_id in named]
        hindered |= {each.user_id: each for each in people if not each.is_able}
        doubt = " for certain" if any(each.may_be_able and not each.is_able for each in people) else ""
        lines.append([f"Could {act}: ", *_mentions([each for each in people if each.is_able], f"nobody{doubt}")])
    idle = [each for each in told.roll.groups.values() if each.state is not GroupState.MANNED]
    lines += [[_group(each), f" {say_group(each)}."] for each in idle[:MOST_PEOPLE]]
    known = [each for each in hindered.values() if each.hindrance is not Hindrance.NOT_LOOKED_UP]
    lines += [[_person(each), f" {say_hindrance(each)}."] for each in known[:MOST_PEOPLE]]
    if len(known) > MOST_PEOPLE:
        lines.append([f"{len(known) - MOST_PEOPLE} more are not shown."])
    unseen = len(hindered) - len(known)
    if unseen:
        lines.append([f"{unseen} more {'was' if unseen == 1 else 'were'} not looked up: too many are named."])
    return lines


def _mentions(able: Sequence[NamedPerson], nobody: str) -> Iterator[Inline]:
    if not able:
        yield nobody
    for number, each in enumerate(able[:MOST_PEOPLE]):
        yield ", " if number else ""
        yield user(each.user_id)
    if len(able) > MOST_PEOPLE:
        yield f" and {len(able) - MOST_PEOPLE} more"


def _person(person: NamedPerson) -> Inline:
    return code(person.user_id) if person.hindrance is Hindrance.NO_SUCH_USER else user(person.user_id)


def _group(named: NamedGroup) -> Inline:
    return code(named.id) if named.state is GroupState.NO_SUCH_GROUP else group(named.id)


def _passed_over(told: Explanation) -> list[list[Inline]]:
    passed = told.ruling.passed_over
    lines: list[list[Inline]] = [[bold(rule.name), f": {cut(why, 300)}"] for rule, why in passed[:MOST_PASSED_OVER]]
    if len(passed) > MOST_PASSED_OVER:
        lines.append([f"and {len(passed) - MOST_PASSED_OVER} more"])
    return lines


def _facts(facts: Sequence[Fact]) -> Iterator[dict[str, object]]:
    for fact in facts:
        if fact.why:
            yield note(f"⚠️ {fact.name.capitalize()} could not be read: {fact.why}")
        elif fact.values is not None:
            yield note(f"{fact.name.capitalize()}: {some(fact.values, MOST_VALUES) or 'none'}")
    unused = [fact.name for fact in facts if fact.values is None and not fact.why]
    if unused:
        yield note(f"No rule looks at {listed(unused)}.")
