"""Probabilistic linkage: which descriptions are of one person, and how sure. Splink's model, pure computation.

`fields` prepares a description, `conditions` says when a level holds (once, for SQL and for Python), `model` holds the trained
weights, `scoring` weighs one pair at once, `batch` all pairs through Splink, `clusters` keeps numbers stable, `quality` measures.
"""
