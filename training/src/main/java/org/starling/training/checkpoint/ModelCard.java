package org.starling.training.checkpoint;

import java.util.Locale;

/** The page that people see first when they find a checkpoint on the Hub. */
final class ModelCard {
    private ModelCard() {}

    static String render(RunSummary run) {
        StringBuilder settings = new StringBuilder();
        run.settings()
                .forEach((key, value) -> settings.append("| `")
                        .append(key)
                        .append("` | `")
                        .append(value)
                        .append("` |\n"));
        return String.format(
                Locale.ROOT,
                """
                ---
                library_name: starling
                tags:
                - collaborative-training
                - %s
                ---

                # %s, epoch %d

                Trained by volunteers over the internet with Starling: no coordinator, every peer holding the same bits.

                | | |
                | --- | --- |
                | task | %s |
                | parameters | %,d |
                | samples seen | %,d |
                | validation loss | %s |
                | generation | %d |
                | state digest | `%s` |
                | epoch record | %s |
                | written | %s |

                Anyone can recompute the digest from `model.safetensors` and `optimizer.safetensors` and compare it with
                the one that the members of the swarm signed.

                ## Data

                %s

                ## Settings

                | key | value |
                | --- | --- |
                %s""",
                run.task(),
                run.run(),
                run.epoch(),
                run.task(),
                run.parameters(),
                run.samples(),
                run.loss() == null ? "not known" : String.format(Locale.ROOT, "%.3f %s", run.loss(), run.metric()),
                run.generation(),
                run.stateDigest(),
                run.recordId() == null ? "none" : "`" + run.recordId() + "`",
                run.created(),
                run.attribution(),
                settings);
    }
}
