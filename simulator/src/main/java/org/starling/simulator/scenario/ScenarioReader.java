package org.starling.simulator.scenario;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.compression.Codec;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.run.InvalidRunConfigurationException;
import org.starling.swarm.run.MembershipSettings;
import org.starling.swarm.simulation.Scenario;
import org.starling.swarm.simulation.Scenario.Churn;
import org.starling.swarm.simulation.Scenario.Fault;
import org.starling.swarm.simulation.Scenario.Lie;
import org.starling.swarm.simulation.Scenario.PeerGroup;
import org.starling.swarm.simulation.Scenario.Range;
import org.starling.swarm.simulation.Scenario.Role;
import org.starling.swarm.simulation.Scenario.Run;
import org.starling.swarm.virtual.Links;
import org.starling.swarm.virtual.VirtualNetwork;

/** Turns the text of a scenario into a {@link Scenario}; what it leaves out takes the defaults of production. */
final class ScenarioReader {
    private static final long DEFAULT_PEERS = 100;
    private static final long MAX_PEERS = 100_000;
    private static final Duration DEFAULT_LENGTH = Duration.ofHours(1);
    private static final Duration DEFAULT_PATIENCE = Duration.ofMinutes(2);
    private static final Duration DEFAULT_DELAY = Duration.ofMillis(20);
    private static final Duration DEFAULT_TOKEN_LIFETIME = Duration.ofHours(24);
    private static final long DEFAULT_BATCH = 1024;
    private static final long DEFAULT_ELEMENTS = 1000;
    private static final long MAX_ELEMENTS = 10_000_000;
    private static final Range DEFAULT_SPEED = Range.of(10);
    private static final Range DEFAULT_UPLOAD = Range.of(1.25e6);
    private static final Range DEFAULT_DOWNLOAD = Range.of(12.5e6);
    private static final String ONLY_REGION = "earth";
    private static final Pattern NAME = Pattern.compile("[a-z0-9_-]{1,40}");
    private static final Pattern REGION = Pattern.compile("[a-z0-9_]{1,40}");
    private static final Pattern QUORUM = Pattern.compile("(\\d{1,3})\\s*/\\s*(\\d{1,3})");
    private static final String NAME_RULE = "a name of at most 40 small letters, digits, '-' and '_'";
    private static final String REGION_RULE = "a name of at most 40 small letters, digits and '_'";

    private final Set<String> groupNames = new LinkedHashSet<>();
    private final Set<String> regions = new LinkedHashSet<>();

    private ScenarioReader() {}

    /**
     * @param source what messages call the text
     * @throws InvalidScenarioException saying what is wrong, where, and what would be accepted
     */
    static ScenarioFile read(String source, String text) throws InvalidScenarioException {
        return new ScenarioReader().read(source, Section.parse(source, text));
    }

    private ScenarioFile read(String source, Section root) throws InvalidScenarioException {
        String title = root.text("title", source);
        int peers = (int) root.whole("peers", DEFAULT_PEERS, 1, MAX_PEERS);
        Duration length = root.duration("length", DEFAULT_LENGTH);
        if (length.isZero()) {
            throw root.invalid("length", "more than zero");
        }
        Duration calm = root.duration("calm", Duration.ZERO);
        if (calm.compareTo(length) >= 0) {
            throw root.invalid("calm", "before the end, which is after " + root.text("length", "1h"));
        }
        Duration patience = root.duration("patience", DEFAULT_PATIENCE);
        if (patience.isZero()) {
            throw root.invalid("patience", "more than zero");
        }
        Section runSection = root.section("run");
        boolean batchGrows = runSection.has("batch-per-peer");
        Run run = run(runSection, peers);
        List<PeerGroup> groups = new ArrayList<>();
        for (Section group : root.sections("groups")) {
            groups.add(group(group));
        }
        if (groups.isEmpty()) {
            throw root.missing("groups", "a list of at least one group of peers");
        }
        Links network = network(root.section("network"));
        List<Fault> faults = new ArrayList<>();
        for (Section fault : root.sections("faults")) {
            faults.add(fault(fault));
        }
        root.refuseUnknownKeys();
        return new ScenarioFile(
                source, new Scenario(title, run, network, groups, faults, calm), peers, length, patience, batchGrows);
    }

    private static Run run(Section section, int peers) throws InvalidScenarioException {
        Duration tokenLifetime = section.duration("token-lifetime", DEFAULT_TOKEN_LIFETIME);
        if (tokenLifetime.compareTo(Duration.ofSeconds(10)) < 0) {
            throw section.invalid("token-lifetime", "at least 10s");
        }
        Run run = new Run(
                batch(section, peers),
                section.whole("max-samples-per-second", 0, 0, 1_000_000_000),
                (int) section.whole("elements", DEFAULT_ELEMENTS, 1, MAX_ELEMENTS),
                averaging(section.section("averaging")),
                membership(section.section("membership")),
                (int) section.whole("keep-every", 10, 1, 1_000_000),
                tokenLifetime);
        section.refuseUnknownKeys();
        return run;
    }

    private static long batch(Section section, int peers) throws InvalidScenarioException {
        if (!section.has("batch-per-peer")) {
            return section.whole("target-batch-size", DEFAULT_BATCH, 1, 1_000_000_000);
        } else if (section.has("target-batch-size")) {
            throw section.invalid("batch-per-peer", "left out where there is a target-batch-size");
        }
        return peers * section.whole("batch-per-peer", 1, 1, 1_000_000);
    }

    private static AveragingSettings averaging(Section section) throws InvalidScenarioException {
        AveragingSettings defaults = AveragingSettings.defaults();
        String codec = section.text("codec", defaults.codec());
        if (!Codec.names().contains(codec)) {
            throw section.invalid("codec", "one of " + String.join(", ", Codec.names()));
        }
        Matcher quorum =
                QUORUM.matcher(section.text("quorum", defaults.quorumNumerator() + "/" + defaults.quorumDenominator()));
        if (!quorum.matches()) {
            throw section.invalid("quorum", "a fraction such as 2/3");
        }
        try {
            AveragingSettings averaging = new AveragingSettings(
                    codec,
                    (int) section.whole("part-elements", defaults.partElements(), 1, 1 << 19),
                    (int) section.whole("parts-in-flight", defaults.partsInFlight(), 1, 256),
                    section.whole("bytes-in-flight", defaults.bytesInFlight(), 1, 1 << 30),
                    section.duration("matchmaking-window", defaults.matchmakingWindow()),
                    section.duration("part-timeout", defaults.partTimeout()),
                    section.duration("round-timeout", defaults.roundTimeout()),
                    Integer.parseInt(quorum.group(1)),
                    Integer.parseInt(quorum.group(2)),
                    (int) section.whole("max-group-size", defaults.maxGroupSize(), 1, 64),
                    section.flag("error-feedback", defaults.errorFeedback()));
            section.refuseUnknownKeys();
            return averaging;
        } catch (InvalidRunConfigurationException e) {
            throw section.invalid("is not possible: " + e.getMessage());
        }
    }

    private static MembershipSettings membership(Section section) throws InvalidScenarioException {
        MembershipSettings defaults = MembershipSettings.defaults();
        Duration heartbeat = section.duration("heartbeat", defaults.heartbeat());
        try {
            MembershipSettings membership = new MembershipSettings(
                    heartbeat,
                    section.duration(
                            "lifetime",
                            heartbeat.multipliedBy(defaults.lifetime().dividedBy(defaults.heartbeat()))),
                    (int) section.whole("fanout", defaults.fanout(), 1, 32));
            section.refuseUnknownKeys();
            return membership;
        } catch (InvalidRunConfigurationException e) {
            throw section.invalid("is not possible: " + e.getMessage());
        }
    }

    private PeerGroup group(Section section) throws InvalidScenarioException {
        String name = section.name("name", NAME_RULE);
        if (!NAME.matcher(name).matches()) {
            throw section.invalid("name", NAME_RULE);
        }
        if (!groupNames.add(name)) {
            throw section.invalid("name", "another name, because a group before it has this one");
        }
        Role role = section.choice("role", Role.class, Role.TRAINER);
        String region = section.text("region", ONLY_REGION);
        if (!REGION.matcher(region).matches()) {
            throw section.invalid("region", REGION_RULE);
        }
        regions.add(region);
        if (role != Role.TRAINER && section.has("speed")) {
            throw section.invalid("speed", "left out, because only trainers compute samples");
        }
        Predicate<Double> positive = value -> value > 0;
        PeerGroup group = new PeerGroup(
                name,
                section.quantity(
                        "share", Unit.SHARE, 1, positive, ", or the number of such peers in proportion to others"),
                role,
                region,
                section.range(
                        "speed",
                        Unit.NUMBER,
                        role == Role.TRAINER ? DEFAULT_SPEED : Range.of(0),
                        value -> value >= 0,
                        ", in samples a second"),
                section.range("upload", Unit.SIZE, DEFAULT_UPLOAD, positive, ", a second"),
                section.range("download", Unit.SIZE, DEFAULT_DOWNLOAD, positive, ", a second"),
                section.share("reachable", 1),
                section.range("slowness", Unit.NUMBER, Range.of(1), positive, ", more than zero"),
                section.range("clock-offset", Unit.TIME, Range.of(0), value -> true, ", negative for behind"),
                section.range("joins", Unit.TIME, Range.of(0), value -> value >= 0, ", after the start"),
                section.has("churn") ? churn(section.section("churn")) : null,
                section.has("lie") ? section.choice("lie", Lie.class, Lie.EPOCH) : null);
        section.refuseUnknownKeys();
        if (role == Role.ENTRY_POINT && group.reachable() < 1) {
            throw section.invalid("reachable", "100%, because newcomers dial entry points");
        }
        return group;
    }

    private static Churn churn(Section section) throws InvalidScenarioException {
        Duration online = section.time("online");
        if (online.isZero()) {
            throw section.invalid("online", "more than zero");
        }
        Churn churn = new Churn(
                online,
                section.duration("offline", Duration.ZERO),
                section.share("crash", 0),
                section.share("kill", 0),
                section.share("lose-disk", 0));
        if (churn.crash() + churn.kill() > 1) {
            throw section.invalid("crash", "at most 100% together with kill");
        }
        section.refuseUnknownKeys();
        return churn;
    }

    private Links network(Section section) throws InvalidScenarioException {
        Section named = section.section("delays");
        Map<String, Duration> delays = new LinkedHashMap<>();
        for (String pair : named.names()) {
            Duration delay = named.time(pair);
            String[] ends = pair.split("-", -1);
            if (ends.length != 2 || !regions.contains(ends[0]) || !regions.contains(ends[1])) {
                throw named.invalid(
                        "names '" + pair + "', which is not two of the regions of the groups with '-' between: "
                                + String.join(", ", regions));
            }
            if (delays.containsKey(ends[1] + "-" + ends[0])) {
                throw named.invalid("has the regions of '" + pair + "' twice; a delay holds in both directions");
            }
            delays.put(pair, delay);
        }
        Links network = new Links(
                section.duration("delay", DEFAULT_DELAY),
                delays,
                section.share("jitter", 0.3),
                section.share("loss", 0),
                section.share("reset", 0),
                section.share("duplicate", 0));
        section.refuseUnknownKeys();
        return network;
    }

    private Fault fault(Section entry) throws InvalidScenarioException {
        @Nullable Fault fault = null;
        for (String kind :
                List.of("cut", "outage", "auth-away", "bad-links", "full-queues", "clock-jump", "rollback", "ban")) {
            if (!entry.has(kind)) {
                continue;
            }
            if (fault != null) {
                throw entry.invalid("names two faults; begin each with '- '");
            }
            Section section = entry.section(kind);
            Duration at = section.time("at");
            fault = switch (kind) {
                case "cut" ->
                    new Fault.Cut(
                            at,
                            length(section),
                            region(section, "from"),
                            region(section, "to"),
                            section.flag("both-ways", true));
                case "outage" -> new Fault.Outage(at, length(section), groupName(section), section.share("share", 1));
                case "auth-away" -> new Fault.AuthAway(at, length(section));
                case "bad-links" ->
                    new Fault.BadLinks(at, length(section), section.share("loss", 0), section.share("reset", 0));
                case "full-queues" ->
                    new Fault.FullQueues(at, length(section), groupName(section), section.share("share", 1), (int)
                            section.whole("calls", 0, 0, VirtualNetwork.MAX_PENDING));
                case "clock-jump" ->
                    new Fault.ClockJump(
                            at,
                            groupName(section),
                            section.share("share", 1),
                            section.range("jump", Unit.TIME, Range.of(60), value -> true, ", negative for back"));
                case "rollback" -> new Fault.Rollback(at);
                case "ban" -> new Fault.Ban(at, groupName(section), section.share("share", 1));
                default -> throw new AssertionError(kind);
            };
            section.refuseUnknownKeys();
        }
        entry.refuseUnknownKeys();
        if (fault == null) {
            throw entry.invalid(
                    "names no fault; it must be one of cut, outage, auth-away, bad-links, full-queues, clock-jump,"
                            + " rollback, ban");
        }
        return fault;
    }

    private static Duration length(Section section) throws InvalidScenarioException {
        Duration length = section.time("length");
        if (length.isZero()) {
            throw section.invalid("length", "more than zero");
        }
        return length;
    }

    private String region(Section section, String key) throws InvalidScenarioException {
        String rule = "the region of a group: " + String.join(", ", regions);
        String region = section.name(key, rule);
        if (!regions.contains(region)) {
            throw section.invalid(key, rule);
        }
        return region;
    }

    private String groupName(Section section) throws InvalidScenarioException {
        String rule = "the name of a group: " + String.join(", ", groupNames);
        String group = section.name("group", rule);
        if (!groupNames.contains(group)) {
            throw section.invalid("group", rule);
        }
        return group;
    }
}
