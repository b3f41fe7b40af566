package org.starling.training.task;

import java.util.List;
import org.starling.training.data.CaptionedImage;
import org.starling.training.data.DatasetDescription;

/**
 * How well image codes are predicted by their frequencies in the training samples alone, in nats per code.
 *
 * <p>Frequencies are smoothed, so that a code that was never seen costs something finite: by one occurrence of each code
 * in all, and by position towards the frequencies in all with the weight of {@value #PRIOR} occurrences.
 */
final class CodeFrequencies {
    private static final double PRIOR = 64;

    private final double[] overall;
    private final double[][] byPosition;

    private CodeFrequencies(double[] overall, double[][] byPosition) {
        this.overall = overall;
        this.byPosition = byPosition;
    }

    static CodeFrequencies of(List<CaptionedImage> training, DatasetDescription description) {
        int codebook = description.codebookSize();
        int positions = description.codesPerImage();
        double[] overall = new double[codebook];
        double[][] byPosition = new double[positions][codebook];
        for (CaptionedImage sample : training) {
            for (int position = 0; position < positions; position++) {
                overall[sample.codes()[position]]++;
                byPosition[position][sample.codes()[position]]++;
            }
        }
        for (int code = 0; code < codebook; code++) {
            overall[code] = (overall[code] + 1) / ((double) training.size() * positions + codebook);
            for (double[] counts : byPosition) {
                counts[code] = (counts[code] + PRIOR * overall[code]) / (training.size() + PRIOR);
            }
        }
        return new CodeFrequencies(overall, byPosition);
    }

    double nats(List<CaptionedImage> samples) {
        double sum = 0;
        long codes = 0;
        for (CaptionedImage sample : samples) {
            for (int code : sample.codes()) {
                sum -= StrictMath.log(overall[code]);
                codes++;
            }
        }
        return sum / codes;
    }

    double natsByPosition(List<CaptionedImage> samples) {
        double sum = 0;
        long codes = 0;
        for (CaptionedImage sample : samples) {
            for (int position = 0; position < sample.codes().length; position++) {
                sum -= StrictMath.log(byPosition[position][sample.codes()[position]]);
                codes++;
            }
        }
        return sum / codes;
    }
}
