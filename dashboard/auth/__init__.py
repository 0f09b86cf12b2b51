"""Authentication of requests: the gate, cookies, tokens and cached sessions."""
