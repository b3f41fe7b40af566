package org.starling.auth.run;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.starling.auth.Problem;

/** What an account may do in a run beyond taking part. */
public enum Office {
    /** Decides about requests to join. */
    MODERATOR,
    /** Gives orders to the swarm. */
    OPERATOR,
    /** Runs auxiliary peers: dashboards, checkpoints, entry points. */
    AUXILIARY;

    /** What people and requests call it. */
    public String title() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** All titles. */
    public static List<String> titles() {
        return Arrays.stream(values()).map(Office::title).toList();
    }

    /**
     * The office of that title.
     *
     * @throws Problem if there is none; it names those that there are
     */
    public static Office of(String title) {
        return Arrays.stream(values())
                .filter(each -> each.title().equals(title))
                .findFirst()
                .orElseThrow(() -> Problem.invalid(
                        "office", "The office must be moderator, operator or auxiliary, not '" + title + "'"));
    }
}
