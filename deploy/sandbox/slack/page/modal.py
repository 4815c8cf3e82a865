"""The topmost modal."""

from deploy.sandbox.slack.page import blocks
from deploy.sandbox.slack.page.emoji import plain
from deploy.sandbox.slack.page.html import Html, element, join
from deploy.sandbox.slack.page.place import Place
from deploy.sandbox.slack.page.reader import Origin
from deploy.sandbox.slack.things import View


def modal(where: Place) -> Html:
    stack = where.reader.state.stack(where.reader.person.id)
    if not stack:
        return Html()
    view = stack[-1]
    trouble = element("p", view.trouble, class_="trouble", role="alert") if view.trouble else ""
    content = blocks.render(view.blocks, where.reader, Origin(view.id), view)
    form = element(
        "form",
        element("header", element("h2", plain(view.body["title"]), id="modal-title"), _close_button(view)),
        element("div", trouble, content, class_="fields-of-modal"),
        element("footer", _footer(view)),
        method="dialog",
        novalidate=True,
    )
    return element(
        "dialog",
        form,
        aria_labelledby="modal-title",
        data_view=view.id,
        data_testid="modal",
        class_="modal",
    )


def _close_button(view: View) -> Html:
    return element(
        "button", "✕", type="button", aria_label="Close", data_act="close", data_where=view.id, data_all=True
    )


def _footer(view: View) -> Html:
    close = view.body.get("close", {"text": "Close" if view.previous_view_id is None else "Back"})
    parts = [element("button", plain(close), type="button", class_="button", data_act="close", data_where=view.id)]
    if view.body.get("submit"):
        parts.append(
            element(
                "button",
                plain(view.body["submit"]),
                type="submit",
                class_="button primary",
                data_testid="submit",
            )
        )
    return join(parts)
