package org.starling.benchmarks;

/**
 * How far decoded values are from the original ones, as a fraction of the original ones' root mean square.
 *
 * @param greatest of all elements
 * @param rootMeanSquare over the elements
 */
record CodecError(double greatest, double rootMeanSquare) {
    static CodecError of(float[] original, float[] decoded) {
        double greatest = 0;
        double errors = 0;
        double values = 0;
        for (int i = 0; i < original.length; i++) {
            double error = (double) decoded[i] - original[i];
            greatest = Math.max(greatest, Math.abs(error));
            errors += error * error;
            values += (double) original[i] * original[i];
        }
        double scale = Math.sqrt(values / original.length);
        return new CodecError(greatest / scale, Math.sqrt(errors / original.length) / scale);
    }
}
