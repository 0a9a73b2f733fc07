"""Faults made on purpose, against a whole installation of real processes: `make faults`."""
