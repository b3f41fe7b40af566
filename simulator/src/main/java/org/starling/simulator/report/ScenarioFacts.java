package org.starling.simulator.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;
import org.starling.swarm.simulation.Scenario;
import org.starling.swarm.simulation.Scenario.Churn;
import org.starling.swarm.simulation.Scenario.Fault;
import org.starling.swarm.simulation.Scenario.PeerGroup;
import org.starling.swarm.simulation.Scenario.Range;
import org.starling.swarm.simulation.Scenario.Role;

/** What a scenario says, in words. */
final class ScenarioFacts {
    private ScenarioFacts() {}

    static String sentence(Scenario scenario) {
        return ("A batch of %s samples, %s parameters, codec %s, heartbeats every %s; calls take %s one way and up to %s more,"
                        + " %s are lost, %s break.")
                .formatted(
                        Quantity.count(scenario.run().targetBatchSize()),
                        Quantity.count(scenario.run().elements()),
                        scenario.run().averaging().codec(),
                        Quantity.duration(scenario.run().membership().heartbeat()),
                        Quantity.duration(scenario.network().delay()),
                        percent(scenario.network().jitter()),
                        percent(scenario.network().loss()),
                        percent(scenario.network().reset()));
    }

    static String percent(double share) {
        return Markup.number(100 * share) + " %";
    }

    static String share(PeerGroup group, Scenario scenario, int peers) {
        double all = scenario.groups().stream().mapToDouble(PeerGroup::share).sum();
        return "about " + Math.round(peers * group.share() / all);
    }

    static String role(PeerGroup group) {
        String role = written(group.role());
        return group.lie() == null ? role : role + " that lies: " + written(group.lie());
    }

    static String speed(PeerGroup group) {
        return group.role() == Role.TRAINER ? range(group.speed(), Quantity::number) + "/s" : "";
    }

    static String links(PeerGroup group) {
        return range(group.upload(), Quantity::bytes) + " up, " + range(group.download(), Quantity::bytes) + " down; "
                + percent(group.reachable()) + " reachable";
    }

    static String comings(PeerGroup group) {
        List<String> parts = new ArrayList<>();
        if (group.joins().max() > 0) {
            parts.add("joins after " + range(group.joins(), Quantity::seconds));
        }
        Churn churn = group.churn();
        if (churn == null) {
            parts.add("stays");
        } else {
            parts.add("stays " + Quantity.duration(churn.online())
                    + (churn.offline().isZero()
                            ? ", does not come back"
                            : ", is away " + Quantity.duration(churn.offline())));
            parts.add(percent(churn.crash()) + " vanish, " + percent(churn.kill()) + " are killed");
        }
        return String.join("; ", parts);
    }

    static String describe(Fault fault) {
        if (fault instanceof Fault.Cut cut) {
            return cut.bothWays()
                    ? "No calls between " + cut.from() + " and " + cut.to()
                    : "No calls from " + cut.from() + " to " + cut.to();
        } else if (fault instanceof Fault.Outage outage) {
            return percent(outage.share()) + " of " + outage.group() + " vanish";
        } else if (fault instanceof Fault.AuthAway) {
            return "No tokens are issued";
        } else if (fault instanceof Fault.BadLinks bad) {
            return "Of the calls " + percent(bad.loss()) + " are lost and " + percent(bad.reset()) + " break";
        } else if (fault instanceof Fault.FullQueues full) {
            return percent(full.share()) + " of " + full.group() + " take no more than " + full.calls()
                    + " calls at once";
        } else if (fault instanceof Fault.ClockJump jump) {
            return "The clocks of " + percent(jump.share()) + " of " + jump.group() + " jump by "
                    + range(jump.seconds(), Quantity::seconds);
        } else if (fault instanceof Fault.Rollback) {
            return "The operator orders a rollback to the newest state kept";
        } else if (fault instanceof Fault.Ban ban) {
            return percent(ban.share()) + " of " + ban.group() + " are banned";
        }
        throw new AssertionError(fault);
    }

    private static String range(Range range, DoubleFunction<String> format) {
        String min = format.apply(range.min());
        String max = format.apply(range.max());
        return min.equals(max) ? min : min + " to " + max;
    }

    private static String written(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
