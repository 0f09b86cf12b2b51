"""How somebody comes in, and how a session or token ends."""
