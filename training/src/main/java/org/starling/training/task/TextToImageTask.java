package org.starling.training.task;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.starling.training.backend.BackendSettings;
import org.starling.training.backend.Backends;
import org.starling.training.data.ByteTokenizer;
import org.starling.training.data.CaptionedImage;
import org.starling.training.data.TextImageDataset;
import org.starling.training.model.Dalle;
import org.starling.training.model.DalleShape;
import org.starling.training.optimizer.OptimizerSettings;
import org.starling.training.settings.InvalidSettingException;
import org.starling.training.settings.Settings;
import org.starling.training.tensor.TensorLayout;

/** Draws what a caption says: a {@link Dalle} over the codes of a packed dataset. */
final class TextToImageTask implements TrainingTask {
    private final SortedMap<String, String> settings;
    private final OptimizerSettings optimizer;
    private final TextImageDataset dataset;
    private final Dalle model;
    private final TensorLayout layout;
    private final long seed;

    private TextToImageTask(Map<String, String> given) {
        Settings reader = Settings.of(given);
        seed = reader.wholeNumber("seed", 1, Long.MIN_VALUE, Long.MAX_VALUE);
        dataset = TextImageDataset.named(reader.text("dataset", "twemoji"));
        requireDigest(reader.text("dataset.digest", dataset.description().digest()));
        model = new Dalle(new DalleShape(
                reader.integer("model.caption-tokens", 32, 1, 1024),
                ByteTokenizer.VOCABULARY,
                ByteTokenizer.PADDING,
                ByteTokenizer.START,
                dataset.description().codesPerImage(),
                dataset.description().codebookSize(),
                reader.integer("model.width", 128, 8, 8192),
                reader.integer("model.heads", 4, 1, 128),
                reader.integer("model.depth", 4, 1, 256),
                reader.integer("model.distinct-layers", 2, 1, 256)));
        // From learning curves over 5,000 samples at rates 0.01 to 0.08 and batches of 64 to 128; 0.05 is the limit.
        optimizer = OptimizerSettings.ofOriginalRun()
                .withSchedule(0.04, 12, 4000, 0.1)
                .overriddenBy(reader);
        settings = reader.finish();
        layout = model.layout();
    }

    /** Registers the task. */
    public static final class Provider implements TrainingTaskProvider {
        @Override
        public String name() {
            return "text-to-image";
        }

        @Override
        public String description() {
            return "a DALL-E-like transformer that draws what a caption says, on a packed dataset (default: twemoji)";
        }

        @Override
        public TrainingTask create(Map<String, String> settings) {
            return new TextToImageTask(settings);
        }
    }

    @Override
    public String name() {
        return "text-to-image";
    }

    @Override
    public SortedMap<String, String> settings() {
        return settings;
    }

    @Override
    public TensorLayout layout() {
        return layout;
    }

    @Override
    public float[] initialParameters() {
        return model.initialParameters(seed);
    }

    @Override
    public OptimizerSettings optimizerSettings() {
        return optimizer;
    }

    @Override
    public BatchSizes batchSizes() {
        return new BatchSizes(96, 16);
    }

    @Override
    public String metric() {
        return "nats per image code";
    }

    @Override
    public List<Baseline> baselines() {
        CodeFrequencies frequencies = CodeFrequencies.of(dataset.training(), dataset.description());
        List<CaptionedImage> validation = dataset.validation();
        return List.of(
                new Baseline("code frequencies", frequencies.nats(validation)),
                new Baseline("code frequencies by position", frequencies.natsByPosition(validation)));
    }

    @Override
    public List<String> prompts() {
        return List.of("grinning face", "green heart", "italy flag", "large green circle", "confused face", "crown");
    }

    @Override
    public String attribution() {
        return dataset.description().attribution();
    }

    @Override
    public TrainingSession open(BackendSettings backend, long shuffleSeed) {
        return new TextToImageSession(
                dataset,
                model.shape(),
                Backends.open(model, backend),
                shuffleSeed,
                batchSizes().micro());
    }

    private void requireDigest(String wanted) {
        String found = dataset.description().digest();
        if (!wanted.equals(found)) {
            throw new InvalidSettingException("the run trains on dataset '"
                    + dataset.description().name() + "' with digest " + wanted + ", but the one here has " + found
                    + ": get the run's version of it");
        }
    }
}
