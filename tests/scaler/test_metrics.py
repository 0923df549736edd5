"""What is exported, and to whom."""

from threading import Event, Thread, current_thread

from scaler import contract
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
