package org.starling.launcher;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.starling.training.data.EmojiCaptionsCommand;
import org.starling.training.data.PackDatasetCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code starling dataset}: the tools that make datasets. */
@Command(
        name = "dataset",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Makes datasets to train on.",
        subcommands = {PackDatasetCommand.class, EmojiCaptionsCommand.class})
final class DatasetCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                Objects.requireNonNull(spec).commandLine(), "Say which command: pack or emoji-captions.");
    }
}
