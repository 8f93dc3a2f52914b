"""Tools for those who write the book; they are run from the repository and not installed.

``python -m authoring.outputs`` runs notebooks and writes their outputs back in normal form,
``python -m authoring.translations`` records which Korean text belongs to which English text.
The rules that the tests in ``tests/book`` apply to every page live here too.
"""
