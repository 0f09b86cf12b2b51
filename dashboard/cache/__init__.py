"""What is cached between page runs, and the queue in which pages run."""
