"""The panes of the cockpit: five with a number, and overlays over them."""
