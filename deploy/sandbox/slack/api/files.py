"""The three steps of an upload: ask for an address, put the content there, share it."""

from dataclasses import replace

from deploy.sandbox.slack.api.arguments import as_json, required
from deploy.sandbox.slack.errors import SlackError
from deploy.sandbox.slack.posting import from_bot, require_open
from deploy.sandbox.slack.state import State
from deploy.sandbox.slack.things import File, Json

MOST_BYTES = 1024**3


def get_upload_url(state: State, args: Json) -> Json:
    """Errors: `invalid_arguments`; `length` is in bytes; `file_too_large` for more than a gigabyte."""
    name, length = required(args, "filename"), required(args, "length")
    if not length.isdigit() or int(length) == 0:
        raise SlackError("invalid_arguments", ["[ERROR] length must be greater than 0"])
    if int(length) > MOST_BYTES:
        raise SlackError("file_too_large")
    file = File(state.new_id("F0"), name, None, int(length), state.workspace.app.bot_user)
    state.files[file.id] = file
    return {"upload_url": f"http://{state.address}/upload/{file.id}", "file_id": file.id}


def complete_upload(state: State, args: Json) -> Json:
    """Without a channel a file is private: seen where a message of its app shows it, and nowhere else.

    Errors: `file_not_found` for one that was never put there, and those of posting to the channel.
    """
    listed = as_json(args.get("files"))
    if not isinstance(listed, list) or not listed:
        raise SlackError("invalid_arguments", ["[ERROR] missing required field: files"])
    files = [_uploaded(state, entry) for entry in listed]
    for file in files:
        state.files[file.id] = file
    told = [described(state, file) for file in files]
    if args.get("channel_id"):
        channel = state.channel(str(args["channel_id"]))
        require_open(state, channel)
        thread_ts = str(args["thread_ts"]) if args.get("thread_ts") else None
        comment = str(args.get("initial_comment") or "")
        from_bot(state, channel.id, comment, (), thread_ts=thread_ts, files=tuple(told))
    return {"files": told}


def described(state: State, file: File) -> Json:
    return {
        "id": file.id,
        "name": file.name,
        "title": file.title or file.name,
        "size": file.length,
        "mode": "hosted",
        "user": file.owner,
        "url_private": f"http://{state.address}/files/{file.id}/{file.name}",
        "permalink": f"http://{state.address}/files/{file.id}/{file.name}",
    }


def _uploaded(state: State, entry: object) -> File:
    file = state.files.get(str(entry.get("id"))) if isinstance(entry, dict) else None
    if file is None or file.content is None:
        raise SlackError("file_not_found")
    title = str(entry.get("title") or "") if isinstance(entry, dict) else ""
    return replace(file, title=title, shared=True, ready_at=state.clock.now() + state.file_seconds)
