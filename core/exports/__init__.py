"""Exports whole datasets as files: what may be exported, in which formats, with which receipts."""
