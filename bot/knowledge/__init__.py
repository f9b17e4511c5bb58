"""What is known: facts with sources, topics in two languages, causes of errors."""
