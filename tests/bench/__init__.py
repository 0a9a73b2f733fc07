"""`make bench`: what things cost, each against the least that a thing of its kind needs, measured in the same run.

    make bench                          all parts, in full
    make bench ONLY=documents,start     these parts
    make bench QUICK=1                  small figures in seconds: to see that all of it runs, not to be believed
    make bench WRITE=docs/benchmarks.md   and the table goes into that file, between its two marks

A part is one or more modules of this folder; parts.PARTS names them and the databases on which each runs. A module has

    def measure(quick: bool) -> Iterator[Figure]

and runs in a process of its own for each database, with the product's own settings, a DATA_DIR and a migrated empty
database of its own (DATABASE_URL and REDIS_URL are set on PostgreSQL), and Django set up: it may import models at its
top. It makes its own data, yields each figure as soon as it has it, and leaves nothing behind but what lies in DATA_DIR
and in its database, which are thrown away. With `quick` it takes a second; QUICK leaves PostgreSQL out.

A figure (figure.Figure) is a ratio wherever one can be measured:

    cost = side_by_side(ours, floor, rounds=15)     # two functions without arguments; A B A B, CPU time, medians
    yield cost.figure("vendor list, 50 of 100,000", unit="ms", floor_is="the same rows in a bare view", goal=1.2)
    yield Figure("queries of the vendor list", 7, unit="queries", goal=8, goal_is="value")

`goal` is a bound that is not to be passed: of the ratio (`goal_is="ratio"`, as a figure with a floor has it) or of the
value; `better="more"` turns it round, as for mails a second. A goal is missed when it is passed by more than the noise,
which side_by_side measures: half the width of the 95 % interval of the ratio. Other figures bring their own.

Other clocks than this process's own (clocks.py): `clock=children_cpu` for programs that are started and waited for,
`clock=cpu_with_server(pid)` where PostgreSQL does the work (the pid of the connection's backend), `clock=wall` only
where waiting is the point. `fresh(function, ...)` (processes.py) calls a function in a new process and tells what it
answered, and the CPU seconds and the memory that took: for imports and for memory.
"""
