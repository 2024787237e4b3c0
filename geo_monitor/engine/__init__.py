"""The overlay: one plan for all models, joins in true metres, thresholds over sorted runs. No database here."""
