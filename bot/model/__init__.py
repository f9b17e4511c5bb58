"""Values that everything else speaks in: targets, endpoints, certificates, verdicts, requests."""
