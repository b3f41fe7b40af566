package org.starling.training.data;

import java.awt.image.BufferedImage;

/** Fits an image of any size and transparency into a white square, each pixel the mean of the area it covers. */
final class ImageScaler {
    private ImageScaler() {}

    static BufferedImage fitOnWhite(BufferedImage source, int size) {
        double scale = (double) Math.max(source.getWidth(), source.getHeight()) / size;
        double left = (source.getWidth() - size * scale) / 2;
        double top = (source.getHeight() - size * scale) / 2;
        BufferedImage target = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                target.setRGB(x, y, meanOnWhite(source, left + x * scale, top + y * scale, scale));
            }
        }
        return target;
    }

    private static int meanOnWhite(BufferedImage source, double left, double top, double side) {
        double red = 0;
        double green = 0;
        double blue = 0;
        double covered = 0;
        for (int y = Math.max(0, (int) Math.floor(top)); y < Math.min(source.getHeight(), top + side); y++) {
            double height = Math.min(y + 1, top + side) - Math.max(y, top);
            for (int x = Math.max(0, (int) Math.floor(left)); x < Math.min(source.getWidth(), left + side); x++) {
                double area = height * (Math.min(x + 1, left + side) - Math.max(x, left));
                int argb = source.getRGB(x, y);
                double alpha = area * (argb >>> 24) / 255;
                red += alpha * (argb >> 16 & 0xff);
                green += alpha * (argb >> 8 & 0xff);
                blue += alpha * (argb & 0xff);
                covered += alpha;
            }
        }
        double area = side * side;
        double white = 255 * (area - covered);
        return channel((red + white) / area) << 16
                | channel((green + white) / area) << 8
                | channel((blue + white) / area);
    }

    private static int channel(double value) {
        return (int) Math.max(0, Math.min(255, Math.round(value)));
    }
}
