"""Pure decisions: no clock, no environment, no input or output."""
