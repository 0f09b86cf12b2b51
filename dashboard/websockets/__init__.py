"""Open pages: their websockets, their number per person, their pace, and their end."""
