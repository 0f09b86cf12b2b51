"""What is asked of a snapshot, and the SQL that answers it."""
