"""What every chat platform needs between an event and its answer: order, once-only, shared runs, pauses."""
