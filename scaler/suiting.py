"""Whether a kept forecaster suits what is forecast here.

It may be of another load, of another step (a demo has one of its own), or of another version of the
scaler, which looks at other figures of the load.
"""

import numpy as np

from scaler.book import Book
from scaler.core.backtest import Plan
from scaler.core.features import Design
from scaler.core.forecaster import LoadForecaster
from scaler.core.series import Series
from scaler.records import Kept

__all__ = ["unfit"]


def unfit(kept: Kept, book: Book, plan: Plan) -> str | None:
    """Why a kept forecaster does not suit, a clause; ``None`` where it does."""
    step_ms = book.load.step_ms
    if kept.about.load_query not in (None, book.workload.load_query):
        return f"it learnt another load, {kept.about.load_query!r}"
    if kept.about.step_ms != step_ms:
        return f"its steps are {kept.about.step_ms / 1000:g} s, here {step_ms / 1000:g} s"
    return _unfit_model(kept.model, plan, step_ms=step_ms)


def _unfit_model(model: object, plan: Plan, *, step_ms: int) -> str | None:
    if not isinstance(model, LoadForecaster):
        return f"it is no forecaster but {type(model).__name__}"
    if tuple(model.leads) != plan.leads:
        return f"it forecasts {model.leads} steps ahead, needed are {plan.leads}"
    if model.seasons_ != plan.seasons:
        return f"it knows seasons of {model.seasons_} steps, not {plan.seasons}"
    nothing = Series(step_ms=step_ms, first=0, values=np.empty(0))
    of_load = Design(series=nothing, seasons=plan.seasons).names
    if model.features_ != (*of_load, *model.columns_):
        return "it looks at other figures of the load than this version of the scaler"
    return None
