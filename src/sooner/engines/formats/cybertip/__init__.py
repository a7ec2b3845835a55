"""CyberTipline reports: the typed model and its readers for XML and JSON."""
