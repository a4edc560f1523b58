"""A preference study as in Table 5 of the paper: people choose between versions of the same photos by different systems."""
