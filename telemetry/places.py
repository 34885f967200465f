"""Where something failed, without what it said: messages quote tokens, addresses, and what people typed."""

import traceback
from collections.abc import Iterator
from pathlib import Path

from settings import ROOT


def places(problem: BaseException | None) -> Iterator[str]:
    """Each exception by its kind, and the way to it through our own code, with the last step wherever that is."""
    while problem is not None:
        steps = traceback.extract_tb(problem.__traceback__)
        own = [
            one
            for one in steps
            if one is steps[-1] or (one.filename.startswith(str(ROOT)) and "site-packages" not in one.filename)
        ]
        yield " > ".join(
            [*(f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in own), type(problem).__name__]
        )
        problem = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)
