package org.starling.swarm.simulation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.compression.Codec;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.run.MembershipSettings;
import org.starling.swarm.simulation.Scenario.Churn;
import org.starling.swarm.simulation.Scenario.Fault;
import org.starling.swarm.simulation.Scenario.Lie;
import org.starling.swarm.simulation.Scenario.PeerGroup;
import org.starling.swarm.simulation.Scenario.Range;
import org.starling.swarm.simulation.Scenario.Role;
import org.starling.swarm.virtual.Links;

/**
 * A small swarm in which much goes wrong for a minute or two and nothing after that; everything is drawn from the seed. What ten
 * thousand of these do not find, few users will.
 */
public final class RandomSchedule {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final List<String> REGIONS = List.of("north", "south");
    private static final List<String> GROUPS = List.of("home", "office", "keeper");

    /** The lies that the first edition knew, in its order. */
    private static final List<Lie> FIRST_LIES =
            List.of(Lie.EPOCH, Lie.WEIGHT, Lie.DIGEST, Lie.PARTS, Lie.REDUCE, Lie.REPLAY, Lie.FORGE);

    private static final List<Lie> NEWER_LIES = List.of(Lie.ROOT, Lie.LIMIT);
    private static final double NEW_LIES = 0.3;

    /**
     * What there is to draw from. What a seed of an edition means never changes, so that a seed that once found something goes on
     * to mean the same; whatever is to be drawn besides is a new edition.
     */
    public enum Edition {
        /** Two codecs, no error feedback, seven lies. */
        FIRST,
        /** The schedule of the first edition, with any codec, error feedback, and more lies. */
        SECOND,
        /** The schedule of the second edition, with full queues. */
        THIRD;

        /** The one that draws most. */
        public static Edition latest() {
            return values()[values().length - 1];
        }
    }

    private final Edition edition;
    private final SplittableRandom random;
    /** Of what the first edition does not draw, so that the rest stays as it was. */
    private final SplittableRandom added;
    /** Of what the second edition does not draw. */
    private final SplittableRandom addedLast;

    private RandomSchedule(Edition edition, long seed) {
        this.edition = edition;
        random = new SplittableRandom(seed * 0x9e3779b97f4a7c15L + 1);
        added = new SplittableRandom(seed * 0x9e3779b97f4a7c15L + 2);
        addedLast = new SplittableRandom(seed * 0x9e3779b97f4a7c15L + 3);
    }

    /** Runs the schedule of a seed in the latest edition. */
    public static SimulationResult run(long seed) {
        return run(Edition.latest(), seed);
    }

    /** Runs the schedule of a seed. */
    public static SimulationResult run(Edition edition, long seed) {
        RandomSchedule schedule = new RandomSchedule(edition, seed);
        Scenario scenario = schedule.scenario(seed);
        int peers = schedule.random.nextInt(5, 21);
        return Simulation.run(
                scenario,
                new Simulation.Options(
                        seed, peers, scenario.calm().plus(PATIENCE).plusSeconds(20), PATIENCE, progress -> {}));
    }

    private boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    private Duration seconds(double from, double to) {
        return Duration.ofMillis((long) (1000 * random.nextDouble(from, to)));
    }

    private Scenario scenario(long seed) {
        Duration calm = seconds(40, 140);
        List<PeerGroup> groups = new ArrayList<>();
        groups.add(trainers("home", 0.6, "north", null));
        groups.add(trainers("office", 0.3, "south", null));
        if (chance(0.3)) {
            groups.add(trainers("liar", 0.1, "south", lie()));
        }
        groups.add(servers("keeper", 0.07, Role.KEEPER));
        if (chance(0.5)) {
            groups.add(servers("entry", 0.07, Role.ENTRY_POINT));
        }
        List<Fault> faults = new ArrayList<>();
        for (int i = random.nextInt(0, 6); i > 0; i--) {
            faults.add(fault(calm));
        }
        if (edition == Edition.THIRD) {
            for (int i = addedLast.nextInt(0, 3); i > 0; i--) {
                faults.add(fullQueues(calm));
            }
        }
        return new Scenario(
                "Random schedule " + seed,
                new Scenario.Run(
                        random.nextInt(100, 2000),
                        edition == Edition.FIRST || added.nextDouble() < 0.5 ? 0 : added.nextInt(100, 1000),
                        random.nextInt(1, 200),
                        new AveragingSettings(
                                codec(chance(0.5) ? "none" : "blockwise8"),
                                random.nextInt(8, 64),
                                random.nextInt(1, 9),
                                0,
                                seconds(1, 3),
                                seconds(1, 3),
                                seconds(10, 30),
                                2,
                                3,
                                groupSize(chance(0.3) ? random.nextInt(2, 8) : 64, groups),
                                edition != Edition.FIRST && added.nextDouble() < 0.3),
                        new MembershipSettings(seconds(0.5, 2), seconds(4, 8), 3),
                        random.nextInt(1, 10),
                        chance(0.2) ? seconds(30, 100) : Duration.ofHours(24)),
                new Links(
                        Duration.ofMillis(random.nextInt(1, 80)),
                        Map.of("north-south", Duration.ofMillis(random.nextInt(1, 300))),
                        chance(0.5) ? 0.2 : 3,
                        chance(0.5) ? 0 : random.nextDouble(0.02),
                        chance(0.5) ? 0 : random.nextDouble(0.02),
                        chance(0.5) ? 0 : random.nextDouble(0.05)),
                groups,
                faults,
                calm);
    }

    private Lie lie() {
        Lie first = FIRST_LIES.get(random.nextInt(FIRST_LIES.size()));
        return edition == Edition.FIRST || added.nextDouble() >= NEW_LIES
                ? first
                : NEWER_LIES.get(added.nextInt(NEWER_LIES.size()));
    }

    private String codec(String first) {
        List<String> names = Codec.names();
        return edition == Edition.FIRST ? first : names.get(added.nextInt(names.size()));
    }

    /** Where roots lie there must be some. */
    private int groupSize(int first, List<PeerGroup> groups) {
        return groups.stream().anyMatch(group -> group.lie() == Lie.ROOT) ? added.nextInt(2, 5) : first;
    }

    private PeerGroup trainers(String name, double share, String region, @Nullable Lie lie) {
        return new PeerGroup(
                name,
                share,
                Role.TRAINER,
                region,
                new Range(5, 60),
                new Range(1e5, 2e6),
                new Range(5e5, 1e7),
                chance(0.5) ? 1 : random.nextDouble(0.3, 1),
                new Range(1, chance(0.3) ? 200 : 3),
                chance(0.3) ? new Range(-10, 10) : Range.of(0),
                new Range(0, chance(0.5) ? 1 : 60),
                chance(0.5)
                        ? new Churn(
                                seconds(20, 120),
                                chance(0.8) ? seconds(1, 40) : Duration.ZERO,
                                random.nextDouble(0.5),
                                random.nextDouble(0.5),
                                random.nextDouble())
                        : null,
                lie);
    }

    private PeerGroup servers(String name, double share, Role role) {
        return new PeerGroup(
                name,
                share,
                role,
                pick(REGIONS.toArray(String[]::new)),
                Range.of(0),
                Range.of(2e6),
                Range.of(1e7),
                1,
                Range.of(1),
                Range.of(0),
                Range.of(0),
                null,
                null);
    }

    private <T> T pick(T[] from) {
        return from[random.nextInt(from.length)];
    }

    private Fault fullQueues(Duration calm) {
        return new Fault.FullQueues(
                Duration.ofMillis((long) (1000 * addedLast.nextDouble(5, calm.toSeconds()))),
                Duration.ofMillis((long) (1000 * addedLast.nextDouble(1, 60))),
                GROUPS.get(addedLast.nextInt(GROUPS.size())),
                addedLast.nextDouble(),
                addedLast.nextInt(0, 4));
    }

    private Fault fault(Duration calm) {
        Duration at = seconds(5, calm.toSeconds());
        Duration length = seconds(1, 60);
        String group = pick(GROUPS.toArray(String[]::new));
        double share = random.nextDouble();
        return switch (random.nextInt(9)) {
            case 0, 1 -> new Fault.Cut(at, length, "north", "south", chance(0.7));
            case 2, 3 -> new Fault.Outage(at, length, group, share);
            case 4 -> new Fault.AuthAway(at, length);
            case 5 -> new Fault.BadLinks(at, length, random.nextDouble(0.2), random.nextDouble(0.2));
            case 6 -> new Fault.ClockJump(at, group, share, new Range(-10, 10));
            case 7 -> new Fault.Ban(at, pick(new String[] {"home", "office"}), 0.2 * share);
            default -> new Fault.Rollback(at);
        };
    }
}
