"""Network: dialer, resolver, fetcher, trust store, each with the target policy built in."""
