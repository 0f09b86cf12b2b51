"""How people and scripts sign in, and how sessions and tokens end."""
