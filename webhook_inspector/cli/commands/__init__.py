"""One file a command, each exposing `COMMAND`. The folder is the list of commands."""
