package org.starling.hub.web;

import org.springframework.web.util.HtmlUtils;

/** A plain page. */
public final class Page {

    private Page() {}

    /** The page with a title and a body of ready HTML. */
    public static String of(String title, String body) {
        return """
                <!doctype html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <title>%1$s</title>
                <style>
                  :root { color-scheme: light dark; }
                  body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem; }
                  h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
                  table { border-collapse: collapse; width: 100%%; } td { padding: .3rem .6rem .3rem 0; }
                  tr { border-bottom: 1px solid #8884; } td.n { text-align: right; } code { font-size: .85em; }
                  button { font: inherit; padding: .5rem 1rem; margin: .25rem .25rem .25rem 0; cursor: pointer; }
                  small { opacity: .7; }
                </style>
                </head>
                <body>
                <h1>%1$s</h1>
                %2$s
                <p><small>Local hub: a stand-in for the Hugging Face Hub on this machine.</small></p>
                </body>
                </html>
                """.formatted(escape(title), body);
    }

    /** Text made safe inside HTML and its attributes. */
    public static String escape(String text) {
        return HtmlUtils.htmlEscape(text);
    }
}
