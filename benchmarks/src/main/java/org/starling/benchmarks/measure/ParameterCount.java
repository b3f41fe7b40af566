package org.starling.benchmarks.measure;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How many parameters a model has, as it is written on the command line: {@code 1000} or {@code 16M}. */
public final class ParameterCount implements ITypeConverter<Integer> {
    public static final int MILLION = 1_000_000;

    private static final int MAX = 1 << 28;

    @Override
    public Integer convert(String number) {
        try {
            boolean millions = number.endsWith("M");
            int value = Integer.parseInt(millions ? number.substring(0, number.length() - 1) : number);
            int elements = Math.multiplyExact(value, millions ? MILLION : 1);
            if (elements < 1 || elements > MAX) {
                throw new TypeConversionException("Parameters must be from 1 to " + MAX + ", not " + number);
            }
            return elements;
        } catch (NumberFormatException | ArithmeticException e) {
            throw new TypeConversionException("Parameters must be numbers such as 1000 or 16M, not " + number);
        }
    }
}
