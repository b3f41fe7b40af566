package org.starling.launcher.suite;

import java.util.List;

/**
 * An account of the local hub.
 *
 * @param name user name
 * @param fullName name for people
 * @param member whether it belongs to the run's organization and may write there
 */
public record Account(String name, String fullName, boolean member) {
    /** Decides who may take part, and may give orders. */
    public static final Account MODERATOR = new Account("flock-warden", "Ada Featherstone", true);

    /** Runs the metrics service. */
    public static final Account METRICS = new Account("bird-counter", "The Bird Counter (service)", false);

    /** Runs the checkpoint service, which uploads into the organization's repository. */
    public static final Account CHECKPOINT = new Account("nest-keeper", "The Nest Keeper (service)", true);

    /** People who give computing time. */
    public static final List<Account> VOLUNTEERS = List.of(
            volunteer("fan-noise-fiona", "Fiona Fannoise"),
            volunteer("basement-rack-bob", "Bob of the Basement Rack"),
            volunteer("solar-powered-sam", "Sam Sunnyside"),
            volunteer("late-bird-lena", "Lena Latebird"),
            volunteer("old-laptop-otto", "Otto Oldlaptop"),
            volunteer("night-shift-nora", "Nora Nightshift"),
            volunteer("spare-cycles-cyril", "Cyril Sparecycles"),
            volunteer("attic-server-agnes", "Agnes Atticserver"));

    private static Account volunteer(String name, String fullName) {
        return new Account(name, fullName, false);
    }
}
