"""The gallery as one HTML file that needs nothing else."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.models.messages import Attachment, Rendered
from deploy.sandbox.gallery.checking import usage
from deploy.sandbox.gallery.reading import questions, spoken
from deploy.sandbox.gallery.sample import Sample, Surface
from deploy.sandbox.gallery.samples.trends import pictures
from deploy.sandbox.gallery.things import CHANNEL, MARA, NOW
from deploy.sandbox.slack.clock import Clock
from deploy.sandbox.slack.page import blocks
from deploy.sandbox.slack.page.html import Html, element, join
from deploy.sandbox.slack.page.messages import thread_log
from deploy.sandbox.slack.page.modal import modal
from deploy.sandbox.slack.page.place import Place
from deploy.sandbox.slack.page.reader import Origin, Reader
from deploy.sandbox.slack.posting import from_bot, with_ids
from deploy.sandbox.slack.state import State
from deploy.sandbox.slack.things import View
from deploy.sandbox.slack.workspace import default_workspace

TITLE = "Everything that the bot can show"
SLACK_STYLE = Path(__file__).parents[1] / "slack" / "page" / "static" / "page.css"
OWN_STYLE = Path(__file__).parent / "gallery.css"


def page(gallery: Mapping[str, Sequence[Sample]]) -> str:
    """Show every sample as Slack's page would, with a table of contents before them."""
    wall = _Wall()
    count = sum(map(len, gallery.values()))
    style = SLACK_STYLE.read_text(encoding="utf-8") + OWN_STYLE.read_text(encoding="utf-8")
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", TITLE),
        element("link", rel="icon", href="data:,"),
        element("style", Html(style)),
    )
    contents = [
        element("li", element("a", f"{group} ({len(samples)})", href=f"#{group}")) for group, samples in gallery.items()
    ]
    body = element(
        "body",
        element("nav", element("h1", TITLE), element("p", f"{count} samples"), element("ul", contents)),
        element("main", [_group(wall, group, samples) for group, samples in gallery.items()]),
    )
    return join(Html("<!doctype html>"), element("html", head, body, lang="en"))


def _group(wall: "_Wall", group: str, samples: Sequence[Sample]) -> Html:
    return element("section", element("h2", group), [_sample(wall, group, sample) for sample in samples], id=group)


def _sample(wall: "_Wall", group: str, sample: Sample) -> Html:
    name = f"{group}-{sample.name}".replace(" ", "-")
    facts = f"{sample.surface} · {sample.view}"
    if not isinstance(sample.content, Attachment):
        facts += f" · {usage(sample)}"
    text = spoken(sample)
    return element(
        "figure",
        element(
            "figcaption",
            element("a", sample.name, href=f"#{name}"),
            element("p", sample.shows),
            element("p", facts, class_="facts"),
            [] if text is None else element("p", element("b", "Read aloud: "), text, class_="aloud"),
            [element("p", asked, class_="aloud") for asked in questions(sample)],
        ),
        wall.hang(sample),
        id=name,
    )


class Still(Clock):
    """It is always the same moment."""

    def now(self) -> float:
        return NOW.timestamp()


class _Wall:
    """Where the samples hang: a workspace in which nothing happens. Mara looks at it."""

    def __init__(self) -> None:
        self._state = State(default_workspace(), Still())
        self._reader = Reader(self._state, self._state.people[MARA])
        self._state.files.update(pictures())

    def hang(self, sample: Sample) -> Html:
        content = sample.content
        if isinstance(content, Attachment):
            return element("pre", f"{content.comment}\n\n📄 {content.title} ({content.name})\n\n{content.content}")
        if isinstance(content, Rendered):
            return self._message(content, MARA if sample.surface is Surface.REPLY else None)
        named = {**content, "blocks": with_ids(self._state, content["blocks"])}
        view = View(self._state.new_id("V"), MARA, "", named, "", errors=sample.errors)
        if sample.surface is Surface.HOME:
            return element("div", blocks.render(view.blocks, self._reader, Origin(view.id), view), class_="home")
        self._state.views[view.id] = view
        self._state.modals[MARA] = [view.id]
        alone = modal(Place(self._reader, CHANNEL, None))  # Slack's page shows one at a time, and names its title so
        return Html(alone.replace('"modal-title"', f'"{view.id}-title"'))

    def _message(self, content: Rendered, only_for: str | None) -> Html:
        named = with_ids(self._state, list(content.blocks))
        message = from_bot(self._state, CHANNEL, content.text, named, ephemeral_for=only_for)
        shown = thread_log(self._reader, CHANNEL, message.ts)
        self._state.drop_message(CHANNEL, message.ts)
        return shown
