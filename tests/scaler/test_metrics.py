"""What is exported, and to whom."""

import re
from threading import Event, Thread, current_thread

import numpy as np

from scaler import contract
from scaler.core.forecast import Absence, Forecast, Why
from scaler.metrics import Metrics

FLOOR = f'{contract.FLOOR_REPLICAS}{{workload="worker"}} 7.0'


def test_a_scrape_sees_the_floors_while_another_one_begins() -> None:
    is_second_in, is_first_done = Event(), Event()

    def may_hold() -> bool:
        if current_thread() is second:  # asked between the floors of before and those of now
            is_second_in.set()
            is_first_done.wait(10)
        return True

    metrics = Metrics(may_hold=may_hold)
    second = Thread(target=metrics.exposition)
    metrics.held("worker", 7, for_s=600)

    def meanwhile() -> float:
        if second.ident is None:
            second.start()
            is_second_in.wait(0.3)
        return 1.0

    metrics._load.labels("worker").set_function(meanwhile)  # collected before the floors
    text = metrics.exposition().decode()
    is_first_done.set()
    second.join()
    assert FLOOR in text


def test_a_level_that_is_left_leaves_no_forecast_behind() -> None:
    metrics = Metrics(may_hold=lambda: True)

    def exported(said: Forecast | Absence) -> list[str]:
        metrics.said("worker", said)
        text = metrics.exposition().decode()
        return re.findall(rf'{contract.FORECAST}{{quantile="(.*?)"', text)

    def at(level: float) -> Forecast:
        levels, quantiles = (0.5, level), np.array([[1.0, 2.0]])
        return Forecast(step=1, leads=(1,), levels=levels, quantiles=quantiles, skill=0.0)

    metrics.said("api", at(0.9))
    assert exported(at(0.95)) == ["0.5", "0.9", "0.5", "0.95"]
    assert exported(at(0.94)) == ["0.5", "0.9", "0.5", "0.94"]
    assert exported(Absence(why=Why.OFF, sentence="off")) == ["0.5", "0.9"]
    metrics.forget("api")
    assert exported(at(0.95)) == ["0.5", "0.95"]
