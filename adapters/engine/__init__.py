"""Background work: what is due is found in the tables, done once, and told once."""
