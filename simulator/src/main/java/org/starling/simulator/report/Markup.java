package org.starling.simulator.report;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;

/** Writes HTML and SVG that is well-formed XML too: elements are closed in order, text is escaped. */
final class Markup {
    private final StringBuilder out = new StringBuilder();
    private final Deque<String> open = new ArrayDeque<>();
    private boolean inTag;

    Markup open(String element) {
        endTag();
        out.append('<').append(element);
        open.push(element);
        inTag = true;
        return this;
    }

    Markup open(String element, String cssClass) {
        return open(element).attribute("class", cssClass);
    }

    Markup attribute(String name, String value) {
        if (!inTag) {
            throw new IllegalStateException("Attributes come before the content: " + name);
        }
        out.append(' ').append(name).append("=\"").append(escape(value)).append('"');
        return this;
    }

    Markup attribute(String name, double value) {
        return attribute(name, number(value));
    }

    Markup text(String text) {
        endTag();
        out.append(escape(text));
        return this;
    }

    /** Text that is markup already. */
    Markup raw(String markup) {
        endTag();
        out.append(markup);
        return this;
    }

    Markup close() {
        String element = open.pop();
        if (inTag && isVoid(element)) {
            out.append("/>");
            inTag = false;
        } else {
            endTag();
            out.append("</").append(element).append('>');
        }
        return this;
    }

    /** An element with nothing but text. */
    Markup element(String element, String text) {
        return open(element).text(text).close();
    }

    Markup element(String element, String cssClass, String text) {
        return open(element, cssClass).text(text).close();
    }

    private static boolean isVoid(String element) {
        return switch (element) {
            case "meta", "line", "rect", "circle", "path", "br" -> true;
            default -> false;
        };
    }

    private void endTag() {
        if (inTag) {
            out.append('>');
            inTag = false;
        }
    }

    /** A coordinate, to a hundredth of a pixel. */
    static String number(double value) {
        String text = String.format(Locale.ROOT, "%.2f", value);
        return text.replaceAll("\\.?0+$", "");
    }

    private static String escape(String text) {
        StringBuilder escaped = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                default -> escaped.append(c < ' ' && c != '\n' && c != '\t' ? '\ufffd' : c);
            }
        }
        return escaped.toString();
    }

    @Override
    public String toString() {
        if (!open.isEmpty()) {
            throw new IllegalStateException("Still open: " + open);
        }
        return out.toString();
    }
}
