"""What is computed once for each snapshot, so that pages need not."""
