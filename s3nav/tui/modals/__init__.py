"""Dialogs over the panes."""
