package org.starling.launcher;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.starling.launcher.suite.SuiteStatus;
import org.starling.launcher.suite.SuiteStatus.Losses;

/** A swarm's state in one line. */
final class StatusLine {
    private StatusLine() {}

    static String of(SuiteStatus status) {
        List<String> parts = new ArrayList<>();
        parts.add("epoch " + status.epoch());
        if (status.generation() > 0) {
            parts.add("generation " + status.generation());
        }
        parts.add("loss " + losses(status.losses()));
        long peers = status.peers().stream().filter(SuiteStatus.Peer::takesPart).count();
        parts.add(peers + (peers == 1 ? " peer" : " peers"));
        parts.add(String.format(Locale.ROOT, "%.0f samples/s", status.samplesPerSecond()));
        parts.add(status.newestCheckpoint()
                .map(checkpoint ->
                        "checkpoint at epoch " + checkpoint.path("epoch").asLong(0))
                .orElse("no checkpoint yet"));
        return String.join(" · ", parts);
    }

    private static String losses(Losses losses) {
        String training = losses.training() == null ? "-" : number(losses.training());
        return losses.validation() == null ? training : training + " (validation " + number(losses.validation()) + ")";
    }

    private static String number(double loss) {
        return String.format(Locale.ROOT, "%.3f", loss);
    }
}
