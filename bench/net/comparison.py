"""Servers by turns, and what is asked of ours beside a peer. What a request costs counts: `cpu_us`, the time of the
server's processor. Ratios are those of the same round, the peer's over ours."""
import statistics

import verdicts

ROUNDS = 7        # medians of fewer only indicate
SATURATED = 0.95  # of a core: it has no more to give


def by_turns(servers, rounds, once):
    """Every server once a round, another one first each time: name -> its runs."""
    runs = {name: [] for name in servers}
    names = list(servers)
    for turn in range(rounds):
        for name in names[turn % len(names):] + names[:turn % len(names)]:
            runs[name].append(once(servers[name]))
    return runs


def middle(runs, key):
    return statistics.median(run[key] for run in runs)


def limit(client_share, server_share):
    """Whose core was the limit. Only where the server had no more to give has its throughput been seen; what a
    request costs a server that could have done more is another thing, too, for it finds less to do at a time."""
    client, server = client_share > SATURATED, server_share > SATURATED
    return {(True, False): "client-bound", (True, True): "both saturated"}.get((client, server), "")


def limit_of(runs):
    return limit(middle(runs, "client_share"), middle(runs, "server_share"))


def beside(runs, ours, peer, wanted, goal=None):
    """What is asked of ours beside the peer, and what became of it. `goal`: more than what is asked."""
    ratio = verdicts.quartiles(p["cpu_us"] / o["cpu_us"] for p, o in zip(runs[peer], runs[ours], strict=True))
    met = ratio["median"] >= wanted
    verdict = verdicts.word(met, verdicts.steady(ratio), len(runs[ours]) >= ROUNDS)
    limits = {limit_of(runs[name]) for name in (ours, peer)}
    if "client-bound" in limits and verdict != verdicts.NOT_MEASURED:
        verdict = "client-bound"
    notes = ["both saturated"] if "both saturated" in limits else []
    if goal:
        notes.append(f"goal of {goal:.1f} {'reached' if ratio['median'] >= goal else 'not reached'}")
    return {"server": ours, "beside": peer, "ratio": ratio, "wanted": wanted, "verdict": verdict, "notes": notes}


def not_there(server, why):
    return {"server": server, "verdict": verdicts.NOT_MEASURED, "notes": [why]}


def told(asked):
    """One line of what was asked."""
    notes = f" ({', '.join(asked['notes'])})" if asked["notes"] else ""
    if "ratio" not in asked:
        return f"{asked['server']}: {asked['verdict']}{notes}"
    r = asked["ratio"]
    return (f"{asked['server']} beside {asked['beside']}: {r['median']:.2f} ({r['q1']:.2f}..{r['q3']:.2f}), "
            f"at least {asked['wanted']:.1f}: {asked['verdict']}{notes}")
