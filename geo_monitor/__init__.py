"""Scheduled overlay of reported incidents on a city's rivers, heritage sites and food businesses."""

__version__ = "0.1.0"
