"""Signatures: verify, explain and sign, driven by recipes."""
