"""Builds the running bot out of its parts. Only here, in `bot.app` and in `bot.rulebook` is anything built."""
