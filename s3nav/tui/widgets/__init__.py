"""Widgets every pane may use."""
