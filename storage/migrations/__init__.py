"""Alembic migrations; `versions/` holds one file per revision."""
