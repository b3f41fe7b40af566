package org.starling.training.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code starling dataset pack}: makes a dataset from a folder of images with captions. */
@Command(
        name = "pack",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Makes a dataset from a folder of images with captions.",
            "Images are scaled onto a white square, cut into patches, and stored as codes of a codebook that is learned "
                    + "from the training images. Exit codes: 0 done, 1 the files cannot be used, 2 wrong arguments."
        })
public final class PackDatasetCommand implements Callable<Integer> {
    @Option(names = "--images", required = true, description = "Folder with the images.")
    private @Nullable Path images;

    @Option(
            names = "--captions",
            required = true,
            description =
                    "File (.csv or .tsv) that begins with a line of column names, among them image (a path within "
                            + "the folder) and caption. An image may have several captions.")
    private @Nullable Path captions;

    @Option(names = "--out", required = true, description = "Folder to write; its name is the name of the dataset.")
    private @Nullable Path out;

    @Option(names = "--attribution", required = true, description = "Who made the images, and under which licence.")
    private String attribution = "";

    @Option(names = "--size", description = "Side of an image in pixels (default: ${DEFAULT-VALUE}).")
    private int size = 32;

    @Option(names = "--patch", description = "Side of a patch in pixels (default: ${DEFAULT-VALUE}).")
    private int patch = 4;

    @Option(names = "--codebook", description = "Number of codes (default: ${DEFAULT-VALUE}).")
    private int codebook = 512;

    @Option(names = "--validation", description = "Part of the groups to hold out (default: ${DEFAULT-VALUE}).")
    private double validation = 0.05;

    @Option(
            names = "--group-by",
            description = "Column by which images belong together, so that variants of one image are never divided "
                    + "between training and validation (default: ${DEFAULT-VALUE}).")
    private String groupBy = "image";

    @Option(names = "--shard-rows", description = "Rows of a Parquet shard (default: ${DEFAULT-VALUE}).")
    private int shardRows = 10_000;

    @Option(names = "--seed", description = "Decides division and codebook (default: ${DEFAULT-VALUE}).")
    private long seed = 1;

    @Spec
    private @Nullable CommandSpec spec;

    /** Runs the command; returns the exit code. */
    public static int run(String... arguments) {
        return new CommandLine(new PackDatasetCommand()).execute(arguments);
    }

    @Override
    public Integer call() {
        if (images == null || captions == null || out == null || spec == null) {
            throw new IllegalStateException("picocli fills required options");
        }
        if (!Files.isDirectory(images)) {
            throw new CommandLine.ParameterException(spec.commandLine(), "--images: there is no folder " + images);
        }
        DatasetPacker packer;
        try {
            String name = String.valueOf(out.toAbsolutePath().normalize().getFileName());
            packer = new DatasetPacker(name, size, patch, codebook, validation, shardRows, seed, attribution);
        } catch (IllegalArgumentException e) {
            throw new CommandLine.ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        try {
            DatasetDescription description = packer.pack(images, CaptionsFile.read(captions, groupBy), out);
            spec.commandLine()
                    .getOut()
                    .printf(
                            "%s: %d images, %d training and %d validation captions, %d codes, %.2f dB%n",
                            out,
                            description.images(),
                            description.trainingSamples(),
                            description.validationSamples(),
                            description.codebookSize(),
                            description.decibels());
            return CommandLine.ExitCode.OK;
        } catch (IOException e) {
            spec.commandLine().getErr().println("cannot pack the dataset: " + e.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
        }
    }
}
