"""When a ratio counts, and what is said of it: for all that is measured beside a peer."""
import statistics

SPREAD = 0.20  # quartiles that are further apart, as a part of the median, tell of the machine
NOT_MEASURED = "not measured"


def quartiles(values):
    values = list(values)
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
    return {"median": middle, "q1": low, "q3": high, "min": min(values), "max": max(values)}


def steady(ratio):
    return ratio["q3"] - ratio["q1"] <= SPREAD * ratio["median"]


def word(met, is_steady, enough):
    """`met` is None where nothing is asked. What was not repeated often enough only indicates."""
    if not is_steady:
        return NOT_MEASURED
    told = "reported" if met is None else "met" if met else "MISSED"
    return told if enough or met is None else f"indicative: {told}"
