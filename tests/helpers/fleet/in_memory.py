"""A fleet of a few machines in an engine's memory, as the API sees it."""

from aircherd.shared_state.base import Bucket, CounterReport, DayUse, MachineReport
from aircherd.shared_state.fleet_status import FleetStatus, MachineWatch
from aircherd.shared_state.memory import MemoryEngine

DAY = Bucket(label="2026-11-30", start=1_795_996_800.0, end=1_796_083_200.0)
NOON = DAY.start + 43_200
OWN = {"2026-11-29": DayUse(1, 100, 10**9), "2026-11-30": DayUse(2, 300, 5 * 10**8)}


class SmallFleet:
    """This machine, `laptop`, and the others in an engine's memory; implements `Fleet`."""

    def __init__(self):
        self.now = NOON
        self.engine = MemoryEngine(lambda: self.now)
        self.sequence = 0
        self.watch = MachineWatch(
            self.engine, lambda: [("usd", DAY)], lambda: None, lambda: self.now
        )
        self.machines = self.watch.machines
        self.forget = self.engine.forget

    def status(self):
        return FleetStatus(
            state="ok",
            engine="redis://engine:6379",
            namespace="team",
            time_zone="UTC",
            on_outage="local",
            label="laptop",
            machine="1",
        )

    def time(self):
        return self.now

    def own_days(self):
        return OWN

    def counter_name(self, limit):
        return "usd" if limit.counted == "usd" else None

    async def report(self, machine, label, used, days, held=0):
        self.sequence += 1
        counter = CounterReport(
            name="usd", maximum=10**12, bucket=DAY, used={DAY.label: used}, is_whole=True, held=held
        )
        await self.engine.sync(
            MachineReport(
                machine=machine,
                label=label,
                sequence=self.sequence,
                limits="x",
                zone="UTC",
                machines=1,
                lease_seconds=10.0,
                counters=[counter],
                days=days,
            ),
            0.1,
        )


async def three_machines():
    """Return a fleet of this one, a server, and one that is silent."""
    fleet = SmallFleet()
    await fleet.report("9", "ci", 10**9, {"2026-11-30": DayUse(7, 70, 7 * 10**9)}, held=10**8)
    fleet.now += 3600
    await fleet.report("2", "server", 2 * 10**9, {"2026-11-30": DayUse(4, 40, 2 * 10**9)})
    await fleet.report("1", "laptop", 5 * 10**8, {"2026-11-30": DayUse(1, 1, 1)}, held=10**7)
    return fleet
