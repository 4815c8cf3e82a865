"""The gateway to AWS. Reads answer with a value or a ReadFailure, so that one denied key never stops the rest."""
