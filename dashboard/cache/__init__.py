"""What is kept between runs of a page, and in which order pages run."""
