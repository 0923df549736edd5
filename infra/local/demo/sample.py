"""The table that the demo uploads when no file is given: hourly rides of a bike hire.

The same for the same seed. It has what real tables have: dates, numbers, categories and missing
values, and a column (``rides``) that can be learned from the others.
"""

import csv
import io
from datetime import UTC, datetime, timedelta

import numpy as np

TARGET = "rides"
COLUMNS = ("time", "station", "weather", "temperature_c", "humidity", "holiday", TARGET)
STATIONS = ("Harbour", "Market", "Museum", "University")
WEATHERS = ("clear", "cloudy", "rain")
START = datetime(2025, 1, 1, tzinfo=UTC)


def sample_csv(*, rows: int = 6000, seed: int = 7) -> bytes:
    """The table as CSV, UTF-8.

    Args:
        rows: without the header, > 0.
        seed: of every random number in it.
    """
    rng = np.random.default_rng(seed)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for index in range(rows):
        writer.writerow(_row(START + timedelta(hours=index), rng))
    return text.getvalue().encode()


def _row(at: datetime, rng: np.random.Generator) -> list[str]:
    station = int(rng.integers(len(STATIONS)))
    weather = int(rng.choice(len(WEATHERS), p=[0.55, 0.3, 0.15]))
    season = -np.cos((at.timetuple().tm_yday - 20) / 365 * 2 * np.pi)
    temperature = 11 + 9 * season + 4 * np.sin((at.hour - 9) / 24 * 2 * np.pi) + rng.normal(0, 2)
    humidity = np.clip(70 - 1.2 * (temperature - 10) + 8 * weather + rng.normal(0, 6), 15, 100)
    holiday = at.weekday() >= 5 or (at.month, at.day) in {(1, 1), (5, 1), (12, 25)}
    commute = 0 if holiday else np.exp(-0.5 * ((at.hour - 8) / 1.3) ** 2) * 40
    leisure = np.exp(-0.5 * ((at.hour - 16) / 4) ** 2) * (45 if holiday else 30)
    warmth = np.clip(temperature / 18, 0.1, 1.6)
    mean = (3 + commute + leisure * warmth) * (1.0, 0.85, 0.4)[weather] * (1 + 0.15 * station)
    return [
        at.strftime("%Y-%m-%d %H:%M:%S"),
        STATIONS[station],
        WEATHERS[weather] if rng.random() > 0.02 else "",
        f"{temperature:.1f}" if rng.random() > 0.04 else "",
        f"{humidity:.0f}" if rng.random() > 0.03 else "",
        "yes" if holiday else "no",
        str(int(rng.poisson(mean))),
    ]
