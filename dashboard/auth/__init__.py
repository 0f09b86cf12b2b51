"""Who is in front: the gate, cookies and sessions."""
