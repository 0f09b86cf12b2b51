"""Users ranked by the items they own: a ranking that is not rewritten, found, paged and streamed.

To rewrite a million rows for each item that finds an owner would cost more than all the rest of a
refresh. So the ranking is written once, and each snapshot after that adds its *ranking delta*:
which places of the ranking were *removed*, and which rows were *added*, with their ranks of today.
All rows between keep their order, so the rest is arithmetic. Ten owners, as written and today:

    place  owner  items      rank  owner  items
      1    Ann       90        1   Ann       90
      2    Bob       80        2   Fay       85   added
      3    Cat       70        3   Bob       80
      4    Dan       60        4   Dan       60
      5    Eve       50        5   Eve       50
      6    Fay       40        6   Gus       30
      7    Gus       30        7   Cat       25   added
      8    Hal       20        8   Hal       20
      9    Ida       15        9   Kim       20   added, and after Hal: ties go by id
     10    Jon       10       10   Jon       10

>>> from core.analytics.ranking.delta import RankingDelta, integers
>>> delta = RankingDelta(size=10, removed=integers(3, 6, 9), added=integers(2, 7, 9))

The first page of five is Ann to Eve, without the place that was removed and with the row of rank 2:

>>> delta.places_within(skip=0, limit=5), delta.removed_between(1, 5)
((1, 5), [3])

Gus, Hal and Jon kept their places, which are other ranks today:

>>> delta.ranks_at(integers(7, 8, 10)).tolist()
[6, 8, 10]

The other way round, ranks 6 to 9 are two places of the ranking and two rows that were added:

>>> places, added = delta.locate(integers(6, 7, 8, 9))
>>> places.tolist(), added.tolist()
([7, 8], [7, 9])

A *slot* names a row in either of the two files: its place, or below zero its rank if it was added.
Those with 50 items or more have the slots 1 to 5 and -2. That Cat is still in the file as she was
does no harm, as place 3 was removed. The *match bitmap* of a filter has one bit for each rank:

>>> matching = delta.flag_ranks(integers(1, 2, 3, 4, 5, -2))
>>> matching.astype(int).tolist()
[1, 1, 1, 1, 1, 0, 0, 0, 0, 0]
"""

from core.analytics.ranking.match_bitmap import MatchBitmap
from core.analytics.ranking.pages import find_owners, page_of_owners, stream_owners

__all__ = ["MatchBitmap", "find_owners", "page_of_owners", "stream_owners"]
