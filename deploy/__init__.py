"""How Mailport is set up and run: generators, the tour, packaging."""
