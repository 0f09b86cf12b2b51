"""The server's process: its start, its scheduler, whether it is alive, its end."""
