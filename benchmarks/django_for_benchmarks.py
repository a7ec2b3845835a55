"""Importing this sets Django up, in whatever process, with a home that a benchmark may throw away."""

import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("SOONER_HOME", tempfile.mkdtemp(prefix="sooner-benchmark-"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sooner.settings")
sys.path.insert(0, str(Path(__file__).parent))

import django

django.setup()
