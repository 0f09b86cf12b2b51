"""Open pages: their websockets, how many one person may have, and how fast they run."""
