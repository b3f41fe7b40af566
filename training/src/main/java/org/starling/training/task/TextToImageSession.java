package org.starling.training.task;

import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.starling.training.backend.Losses;
import org.starling.training.backend.SequenceBackend;
import org.starling.training.backend.TokenBatch;
import org.starling.training.data.ByteTokenizer;
import org.starling.training.data.CaptionedImage;
import org.starling.training.data.SampleStream;
import org.starling.training.data.TextImageDataset;
import org.starling.training.model.DalleShape;

/** Feeds captioned images to the backend and draws images from its predictions. */
final class TextToImageSession implements TrainingSession {
    private final TextImageDataset dataset;
    private final DalleShape shape;
    private final SequenceBackend backend;
    private final SampleStream stream;
    private final int microBatch;

    TextToImageSession(
            TextImageDataset dataset, DalleShape shape, SequenceBackend backend, long shuffleSeed, int microBatch) {
        this.dataset = dataset;
        this.shape = shape;
        this.backend = backend;
        this.stream = new SampleStream(dataset.training().size(), shuffleSeed);
        this.microBatch = microBatch;
    }

    @Override
    public void loadParameters(float[] parameters) {
        backend.loadParameters(parameters);
    }

    @Override
    public Losses accumulate(int samples) {
        return backend.accumulate(batch(Arrays.stream(stream.next(samples))
                .mapToObj(dataset.training()::get)
                .toList()));
    }

    @Override
    public long drainGradient(float[] destination) {
        return backend.drainGradient(destination);
    }

    @Override
    public Losses evaluate(int maxSamples) {
        List<CaptionedImage> validation = dataset.validation();
        int count = Math.min(maxSamples, validation.size());
        Losses losses = Losses.NONE;
        for (int begin = 0; begin < count; begin += microBatch) {
            List<CaptionedImage> chosen = IntStream.range(begin, Math.min(count, begin + microBatch))
                    .mapToObj(i -> validation.get((int) ((long) i * validation.size() / count)))
                    .toList();
            losses = losses.plus(backend.evaluate(batch(chosen)));
        }
        return losses;
    }

    @Override
    public List<BufferedImage> draw(List<String> prompts, Sampling sampling) {
        List<BufferedImage> images = new ArrayList<>();
        for (int begin = 0; begin < prompts.size(); begin += microBatch) {
            images.addAll(drawTogether(prompts.subList(begin, Math.min(prompts.size(), begin + microBatch)), sampling));
        }
        return images;
    }

    @Override
    public void close() {
        backend.close();
    }

    private List<BufferedImage> drawTogether(List<String> prompts, Sampling sampling) {
        int[][] sequences = new int[prompts.size()][];
        SplittableRandom[] random = new SplittableRandom[sequences.length];
        for (int i = 0; i < sequences.length; i++) {
            random[i] = new SplittableRandom(sampling.seed() + i);
            sequences[i] = Arrays.copyOf(
                    ByteTokenizer.encode(prompts.get(i), shape.caption()), shape.caption() + shape.codes());
        }
        for (int place = shape.caption(); place < shape.caption() + shape.codes(); place++) {
            int length = place;
            int[] prefixes = Arrays.stream(sequences)
                    .flatMapToInt(sequence -> Arrays.stream(sequence, 0, length))
                    .toArray();
            float[][] logits = backend.predictNext(new TokenBatch(sequences.length, prefixes));
            for (int i = 0; i < sequences.length; i++) {
                sequences[i][place] = choose(logits[i], sampling, random[i]);
            }
        }
        return Arrays.stream(sequences)
                .map(sequence -> dataset.codebook()
                        .decode(
                                Arrays.copyOfRange(sequence, shape.caption(), sequence.length),
                                dataset.description().columns()))
                .toList();
    }

    /** Draws from the likeliest codes, their logits divided by the temperature. */
    private static int choose(float[] logits, Sampling sampling, SplittableRandom random) {
        int[] likeliest = IntStream.range(0, logits.length)
                .boxed()
                .sorted(Comparator.comparingDouble(code -> -logits[code]))
                .limit((long) Math.ceil(sampling.topFraction() * logits.length))
                .mapToInt(Integer::intValue)
                .toArray();
        if (sampling.temperature() == 0) {
            return likeliest[0];
        }
        double[] cumulative = new double[likeliest.length];
        double sum = 0;
        for (int i = 0; i < likeliest.length; i++) {
            sum += Math.exp((logits[likeliest[i]] - logits[likeliest[0]]) / sampling.temperature());
            cumulative[i] = sum;
        }
        double target = random.nextDouble() * sum;
        int chosen = 0;
        while (chosen < likeliest.length - 1 && cumulative[chosen] <= target) {
            chosen++;
        }
        return likeliest[chosen];
    }

    private TokenBatch batch(List<CaptionedImage> samples) {
        int length = shape.caption() + shape.codes();
        int[] tokens = new int[samples.size() * length];
        for (int i = 0; i < samples.size(); i++) {
            int[] caption = ByteTokenizer.encode(samples.get(i).caption(), shape.caption());
            System.arraycopy(caption, 0, tokens, i * length, shape.caption());
            System.arraycopy(samples.get(i).codes(), 0, tokens, i * length + shape.caption(), shape.codes());
        }
        return new TokenBatch(samples.size(), tokens);
    }
}
