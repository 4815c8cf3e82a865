"""The kinds of value that the file holds, each with what is wrong and what to do when it is not one."""
