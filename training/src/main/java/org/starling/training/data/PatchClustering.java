package org.starling.training.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * k-means over patches (Lloyd 1982) with k-means++ seeding (Arthur and Vassilvitskii 2007); equal patches are counted,
 * not repeated. Deterministic for a seed.
 */
final class PatchClustering {
    private static final int ITERATIONS = 25;

    private final float[][] points;
    private final int[] weights;
    private final int dimensions;

    PatchClustering(List<int[]> patches) {
        Map<List<Integer>, Integer> counts = new LinkedHashMap<>();
        for (int[] patch : patches) {
            counts.merge(IntStream.of(patch).boxed().toList(), 1, Integer::sum);
        }
        points = new float[counts.size()][];
        weights = new int[counts.size()];
        int next = 0;
        for (Map.Entry<List<Integer>, Integer> entry : counts.entrySet()) {
            List<Integer> patch = entry.getKey();
            float[] point = new float[patch.size()];
            for (int i = 0; i < point.length; i++) {
                point[i] = patch.get(i);
            }
            points[next] = point;
            weights[next++] = entry.getValue();
        }
        dimensions = points[0].length;
    }

    /** Number of patches that differ. */
    int distinct() {
        return points.length;
    }

    /** {@code k} patches, or as many as differ if those are fewer, most used first, rounded to whole values. */
    int[] cluster(int k, long seed) {
        int clusters = Math.min(k, points.length);
        float[][] centers = seedCenters(clusters, new SplittableRandom(seed));
        int[] assigned = new int[points.length];
        long[] population = new long[clusters];
        for (int iteration = 0; iteration < ITERATIONS; iteration++) {
            float[][] current = centers;
            IntStream.range(0, points.length).parallel().forEach(i -> assigned[i] = nearest(points[i], current));
            double[][] sums = new double[clusters][dimensions];
            population = new long[clusters];
            for (int i = 0; i < points.length; i++) {
                population[assigned[i]] += weights[i];
                for (int d = 0; d < dimensions; d++) {
                    sums[assigned[i]][d] += (double) weights[i] * points[i][d];
                }
            }
            centers = new float[clusters][dimensions];
            for (int c = 0; c < clusters; c++) {
                for (int d = 0; d < dimensions; d++) {
                    centers[c][d] = population[c] == 0 ? current[c][d] : (float) (sums[c][d] / population[c]);
                }
            }
        }
        return byPopulation(centers, population);
    }

    private float[][] seedCenters(int clusters, SplittableRandom random) {
        List<float[]> centers = new ArrayList<>();
        double[] distances = new double[points.length];
        Arrays.fill(distances, Double.MAX_VALUE);
        float[] chosen = points[random.nextInt(points.length)];
        while (true) {
            centers.add(chosen);
            if (centers.size() == clusters) {
                return centers.toArray(float[][]::new);
            }
            float[] latest = chosen;
            IntStream.range(0, points.length)
                    .parallel()
                    .forEach(i -> distances[i] = Math.min(distances[i], distance(points[i], latest)));
            double total = 0;
            for (int i = 0; i < points.length; i++) {
                total += distances[i] * weights[i];
            }
            double target = random.nextDouble() * total;
            int index = -1;
            do {
                index++;
                target -= distances[index] * weights[index];
            } while (target > 0 && index < points.length - 1);
            chosen = points[index];
        }
    }

    private static int nearest(float[] point, float[][] centers) {
        int best = 0;
        float bestDistance = Float.MAX_VALUE;
        for (int c = 0; c < centers.length; c++) {
            float distance = distance(point, centers[c]);
            if (distance < bestDistance) {
                bestDistance = distance;
                best = c;
            }
        }
        return best;
    }

    private static float distance(float[] a, float[] b) {
        float sum = 0;
        for (int i = 0; i < a.length; i++) {
            float difference = a[i] - b[i];
            sum += difference * difference;
        }
        return sum;
    }

    private int[] byPopulation(float[][] centers, long[] population) {
        int[] order = IntStream.range(0, centers.length)
                .boxed()
                .sorted((a, b) -> Long.compare(population[b], population[a]))
                .mapToInt(Integer::intValue)
                .toArray();
        int[] values = new int[centers.length * dimensions];
        for (int c = 0; c < order.length; c++) {
            for (int d = 0; d < dimensions; d++) {
                values[c * dimensions + d] = Math.round(centers[order[c]][d]);
            }
        }
        return values;
    }
}
