"""Components of the pages of the section System."""
