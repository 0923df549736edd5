"""Ports follow from one base, are unique, and stay when bounds change."""

from infra.local.ports import ports_of, span
from infra.services.catalogue import catalogue
from infra.settings import ApiSettings, Settings


def test_no_two_replicas_share_a_port() -> None:
    ports = ports_of(catalogue(Settings()).services, base=9_000)
    numbers = [n for named in ports.values() for group in named.values() for n in group]
    assert len(set(numbers)) == len(numbers)


def test_all_ports_move_with_the_base() -> None:
    services = catalogue(Settings()).services
    low, high = ports_of(services, base=9_000), ports_of(services, base=9_500)
    assert span(high).start - span(low).start == 500
    assert len(span(high)) == len(span(low))


def test_more_replicas_of_one_service_move_no_port_of_another() -> None:
    few = ports_of(catalogue(Settings()).services, base=9_000)
    api = ApiSettings(min_replicas=2, max_replicas=16)
    assert ports_of(catalogue(Settings(api=api)).services, base=9_000) == few
