"""What a reader takes away: one EPUB and one PDF an edition, and the site as a zip.

``python -m takeaway`` (``make takeaway``) makes them all in ``_build/takeaway``; the next build of
the site offers them on the first page of each edition (``extensions.offers``).
"""
