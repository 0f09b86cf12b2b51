"""A whole dataset as a file: what may be exported, in which format, with which receipt."""
