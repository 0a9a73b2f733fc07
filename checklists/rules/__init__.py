"""One file for each matter a verdict judges. Each rule takes a `Case` and returns findings."""
