"""Merkle trees as RFC 9162 defines them, stored in tiles, and signed checkpoints of them. Pure: no clock, no database."""
