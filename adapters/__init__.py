"""Everything that touches the world: the network, Slack, Discord, the terminal and the browser."""
