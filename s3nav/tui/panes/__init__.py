"""The five panes of the cockpit, and the browser."""
