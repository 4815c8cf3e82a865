"""Every message, modal and Home tab that the bot can show, on one page; and the pictures of the documents."""
