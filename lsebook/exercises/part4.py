"""Cases of Part 4: classes, mixtures, sequences, evidence, transport and alignments."""

from lsebook.exercises.cases import Exercise

# By chapter, in the order in which a reader meets them.
PART4: tuple[Exercise, ...] = ()
