"""What outcomes mean: findings, verdicts, settings to type, snippets."""
