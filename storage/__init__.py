"""What is remembered: SQLAlchemy tables, one store per subject, and the same in memory."""
