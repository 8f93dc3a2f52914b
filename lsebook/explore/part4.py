"""Figures of Part 4: the trick at work on real data, in the order of the chapters."""
