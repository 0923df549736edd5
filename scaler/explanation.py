"""Why a decision is as it is: its sentence and every figure behind it, in one document.

The page and the command line show this same document, so that they cannot disagree.
"""

from typing import Any

from scaler.records import DecisionRow

__all__ = ["explanation_of"]

REPLICAS = "replicas"


def explanation_of(row: DecisionRow) -> dict[str, Any]:
    """The document of one decision; figures that are not known are left out of ``inputs``."""
    shown = row.shown()
    details: dict[str, Any] = shown["details"]
    unit = details.get("load_unit") or ""
    inputs = (
        ("load", details.get("load"), unit),
        ("ready", details.get("ready"), REPLICAS),
        ("from_replicas", shown["from_replicas"], REPLICAS),
        ("capacity", details.get("capacity"), f"{unit} per replica".strip()),
        ("target", details.get("target"), "share of the capacity"),
        ("wanted", details.get("wanted"), REPLICAS),
        ("reactive", details.get("reactive"), REPLICAS),
        ("alone", details.get("alone"), REPLICAS),
        ("forecast", details.get("forecast"), unit),
        ("raised", details.get("raised") or None, "share of the forecast, for what came since"),
        ("floor", details.get("floor"), REPLICAS),
    )
    return {
        "workload": shown["workload"],
        "at": shown["at"],
        "sentence": shown["reason"],
        "inputs": [
            {"name": name, "value": value, "unit": its_unit}
            for name, value, its_unit in inputs
            if value is not None
        ],
        "interval": _interval(details),
        "absence": details.get("absence"),
        "clamps": details.get("clamps") or [],
        "decision": shown,
    }


def _interval(details: dict[str, Any]) -> dict[str, Any] | None:
    """The forecast with its band, where the decision had one."""
    if details.get("forecast") is None:
        return None
    names = ("lower", "median", "upper", "quantile", "horizon_s")
    return {"peak": details["forecast"], **{name: details.get(name) for name in names}}
