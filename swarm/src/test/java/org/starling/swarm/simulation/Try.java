package org.starling.swarm.simulation;

public final class Try {
    private Try() {}

    public static void main(String[] args) {
        long from = Long.parseLong(args[0]);
        long to = Long.parseLong(args[1]);
        java.util.Map<String, Integer> kinds = new java.util.TreeMap<>();
        long begun = System.nanoTime();
        java.util.stream.LongStream.range(from, to).parallel().forEach(seed -> {
            SimulationResult r = RandomSchedule.run(seed);
            synchronized (kinds) {
                kinds.merge(
                        r.violation().map(SimulationResult.Violation::invariant).orElse("ok"), 1, Integer::sum);
                if (args.length > 2) {
                    System.out.println(seed + " " + r.eventHash() + " peers " + r.peers() + " events " + r.events()
                            + " wall " + r.wall().toMillis() + " epochs " + r.epochs() + " voids " + r.roundsVoid()
                            + " samples " + r.samples() + " forks " + r.forks());
                    r.waits().forEach((k, v) -> System.out.println("   " + k + " " + v));
                    r.traffic().forEach((k, v) -> System.out.println("   " + k + " " + v));
                }
                r.violation().ifPresent(v -> {
                    System.out.println(seed + " VIOLATION " + v.invariant() + " at " + v.at() + ": "
                            + v.what()
                                    .lines()
                                    .limit(args.length > 2 ? 30 : 3)
                                    .collect(java.util.stream.Collectors.joining(" | ")));
                    if (args.length > 2)
                        v.trace()
                                .forEach(t -> System.out.println("   " + t.at().toMillis() / 1e3 + " " + t.from()
                                        + " -> " + t.to() + ": " + t.what()));
                });
            }
        });
        System.out.println(kinds + " in " + (System.nanoTime() - begun) / 1000000 + " ms");
    }
}
