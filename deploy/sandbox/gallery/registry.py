"""All samples, by group, in the order in which they are shown."""

from collections.abc import Mapping
from functools import cache

from deploy.sandbox.gallery.sample import Sample, Samples
from deploy.sandbox.gallery.samples.answers import answers
from deploy.sandbox.gallery.samples.asking import declines, modals
from deploy.sandbox.gallery.samples.digests import digests
from deploy.sandbox.gallery.samples.exempt_forms import forms as exemption_forms
from deploy.sandbox.gallery.samples.exemptions import exempt_keys
from deploy.sandbox.gallery.samples.exemptions import in_the_channel as exemption_requests
from deploy.sandbox.gallery.samples.exemptions import in_the_thread as exemption_ends
from deploy.sandbox.gallery.samples.exemptions import lists as exemption_lists
from deploy.sandbox.gallery.samples.keys import keys
from deploy.sandbox.gallery.samples.looking import coverages, helps, pages, scans, statuses
from deploy.sandbox.gallery.samples.personal import hidden, homes, snoozes
from deploy.sandbox.gallery.samples.record import records
from deploy.sandbox.gallery.samples.refusals import late, refusals
from deploy.sandbox.gallery.samples.requests import (
    glass,
    in_the_channel,
    in_the_thread,
    keys_of_a_request,
    lists,
    reminders,
)
from deploy.sandbox.gallery.samples.rotating import rotatable_keys, rotation_modals, rotation_requests
from deploy.sandbox.gallery.samples.routes import owners, previews, route_lists, route_modals
from deploy.sandbox.gallery.samples.rules import explanations, lists_of_rules
from deploy.sandbox.gallery.samples.trends import trends
from deploy.sandbox.gallery.samples.troubles import settings, troubles
from deploy.sandbox.gallery.samples.undone import undone_fixes

GROUPS: Mapping[str, Samples] = {
    "digest": digests,
    "digest-preview": previews,
    "digest-owners": owners,
    "routes": route_lists,
    "route-edit": route_modals,
    "trend": trends,
    "trouble": troubles,
    "settings": settings,
    "ask": modals,
    "ask-declined": declines,
    "rotate": rotation_modals,
    "rotate-request": rotation_requests,
    "exempt": exemption_forms,
    "exempt-request": exemption_requests,
    "exempt-thread": exemption_ends,
    "exemptions": exemption_lists,
    "key-exempt": exempt_keys,
    "request": in_the_channel,
    "request-keys": keys_of_a_request,
    "result": in_the_thread,
    "reminder": reminders,
    "undone": undone_fixes,
    "glass": glass,
    "refusals": refusals,
    "too-late": late,
    "requests": lists,
    "status": statuses,
    "list": pages,
    "key": keys,
    "key-on-demand": rotatable_keys,
    "accounts": coverages,
    "history": records,
    "rules": lists_of_rules,
    "rules-key": explanations,
    "scan": scans,
    "home": homes,
    "snooze": snoozes,
    "hidden": hidden,
    "help": helps,
    "answers": answers,
}


@cache
def gallery() -> Mapping[str, tuple[Sample, ...]]:
    """Make every sample. Raises ValueError where two of a group go by one name."""
    made = {group: tuple(samples()) for group, samples in GROUPS.items()}
    for group, samples in made.items():
        names = [sample.name for sample in samples]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"{group}: {', '.join(sorted(twice))} stands there more than once")
    return made
