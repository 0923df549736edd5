"""The edge of a cluster."""

from infra.platform.gateway import _size
from tests.infra.kubernetes.stacks import found, of

DEV = of()


def test_http_is_answered_with_a_redirect_and_nothing_else() -> None:
    http, https = found(DEV, "Gateway", "edge")["spec"]["listeners"]
    assert (http["port"], http["allowedRoutes"]["namespaces"]["from"]) == (80, "Same")
    assert https["tls"]["mode"] == "Terminate"
    (rule,) = found(DEV, "HTTPRoute", "redirect")["spec"]["rules"]
    assert rule["filters"][0]["requestRedirect"] == {"scheme": "https", "statusCode": 301}


def test_each_published_service_has_a_route_with_strict_transport() -> None:
    routes = {
        each["metadata"]["name"]: each["spec"]["rules"][0]
        for each in DEV.manifests
        if each["kind"] == "HTTPRoute" and each["metadata"]["name"] != "redirect"
    }
    assert {name: rule["matches"][0]["path"]["value"] for name, rule in routes.items()} == {
        "api": "/api",
        "web": "/",
    }
    for rule in routes.values():
        (header,) = rule["filters"][0]["responseHeaderModifier"]["set"]
        assert header["name"] == "Strict-Transport-Security"


def test_a_client_is_held_to_its_rate_and_an_upload_to_its_size() -> None:
    stack = of({"edge": {"requestsPerSecond": 20}}, api={"maxUploadMib": 100})
    limit = found(stack, "RateLimitPolicy", "edge")["spec"]["rateLimit"]
    (rule,) = limit["local"]["rules"]
    assert (rule["rate"], rule["burst"], limit["rejectCode"]) == ("20r/s", 40, 429)
    assert found(stack, "ClientSettingsPolicy", "edge")["spec"]["body"]["maxSize"] == "101m"


def test_a_size_is_written_as_nginx_reads_it() -> None:
    assert _size(9_998) == "9999m"
    assert _size(65_536) == "65g"


def test_a_certificate_is_signed_by_itself_unless_an_authority_is_named() -> None:
    assert found(DEV, "Issuer", "edge")["spec"] == {"selfSigned": {}}
    stack = of({"edge": {"issuer": "letsencrypt", "email": "ops@example.org"}})
    acme = found(stack, "Issuer", "edge")["spec"]["acme"]
    assert acme["email"] == "ops@example.org"
    assert acme["server"].startswith("https://acme-v02.")
    solver = found(stack, "NetworkPolicy", "solver")["spec"]
    assert solver["ingress"][0]["ports"] == [{"protocol": "TCP", "port": 8089}]
    assert found(stack, "Certificate", "edge")["spec"]["secretName"] == "edge-certificate"
