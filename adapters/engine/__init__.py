"""The engine that keeps watch: sweeps, reports, the sender, and what keeps them honest.

The tables decide what is due; any number of processes may run this engine on one database.

    sweeps        claims due watches, probes them, a few at once per host
    pace          how many run at once without making people wait
    recorder      judges what came back and writes states and messages in one transaction
    reports       puts due reports into the outbox
    sender        takes messages out of the outbox and posts them, in order per channel
    uplink        asks control targets whether our own network works
    heartbeat     says that this process lives, and which places nobody probes from
    housekeeping  rolls history up and drops what is past its time
    leader        lets one process hold what only one may hold

Every part is a `Steady`: one step, done again and again, whose failures are said once and retried.
"""
