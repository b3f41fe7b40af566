package org.starling.swarm.simulation;

import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Why a round was void, without the names and numbers in it, so that like ones can be counted together. */
final class VoidReason {
    private static final Pattern BEFORE = Pattern.compile("^.*?The last round was void: ");
    private static final Pattern NAME =
            Pattern.compile("\\S+/[0-9a-f]{8}\\b|\\b[0-9a-f]{8}@\\S+:\\d+|\\b[0-9a-f]{8}\\b");
    private static final Pattern NUMBER = Pattern.compile("\\d+");
    private static final Pattern OWNER = Pattern.compile("\\ba peer: ");
    private static final Pattern MORE = Pattern.compile("; (?=a peer: )");

    private VoidReason() {}

    /** The reason in what a peer says of itself. */
    static String of(String explanation) {
        String reason = BEFORE.matcher(explanation).replaceFirst("").strip().replaceAll("\\.$", "");
        reason = NUMBER.matcher(NAME.matcher(reason).replaceAll("a peer")).replaceAll("n");
        var owner = OWNER.matcher(reason);
        if (!owner.find()) {
            return reason;
        }
        // what follows says of each of several peers what is wrong with it
        return reason.substring(0, owner.start())
                + Arrays.stream(MORE.split(reason.substring(owner.start())))
                        .map(each -> OWNER.matcher(each).replaceAll(""))
                        .distinct()
                        .sorted()
                        .collect(Collectors.joining("; "));
    }
}
