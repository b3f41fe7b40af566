package org.starling.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.List;
import org.htmlunit.BrowserVersion;
import org.htmlunit.HttpMethod;
import org.htmlunit.WebClient;
import org.htmlunit.WebRequest;
import org.htmlunit.html.DomElement;
import org.htmlunit.html.HtmlElement;
import org.htmlunit.html.HtmlForm;
import org.htmlunit.html.HtmlInput;
import org.htmlunit.html.HtmlPage;
import org.htmlunit.html.HtmlSelect;
import org.htmlunit.html.HtmlTextArea;
import org.htmlunit.util.NameValuePair;
import org.jspecify.annotations.NullUnmarked;

/** A person before a browser that knows no scripts. */
@NullUnmarked
final class PersonsBrowser implements AutoCloseable {

    private final WebClient client = new WebClient(BrowserVersion.CHROME);
    private final String url;
    HtmlPage page;

    /** @param url of the service, without a slash at the end */
    PersonsBrowser(String url) {
        this.url = url;
        client.getOptions().setJavaScriptEnabled(false);
        client.getOptions().setCssEnabled(false);
        client.getOptions().setThrowExceptionOnFailingStatusCode(false);
    }

    WebClient client() {
        return client;
    }

    PersonsBrowser open(String path) {
        try {
            page = client.getPage(path.startsWith("http") ? path : url + path);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Clicks the link or button that reads so. */
    PersonsBrowser click(String text) {
        HtmlElement element = page.getByXPath("//a | //button").stream()
                .map(HtmlElement.class::cast)
                .filter(each -> each.asNormalizedText().equals(text))
                .findFirst()
                .orElseThrow(() -> new AssertionError("No link or button '" + text + "' on\n" + text()));
        try {
            page = element.click();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    PersonsBrowser type(String id, String text) {
        DomElement field = page.getElementById(id);
        if (field == null) {
            throw new AssertionError("No field '" + id + "' on\n" + text());
        }
        try {
            ((HtmlElement) field).type(text);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lets the field say nothing else. */
    PersonsBrowser fill(String id, String text) {
        DomElement field = page.getElementById(id);
        if (field instanceof HtmlTextArea area) {
            area.setText(text);
        } else {
            ((HtmlInput) field).setValue(text);
        }
        return this;
    }

    /** Chooses in a list. */
    PersonsBrowser choose(String id, String value) {
        page.<HtmlSelect>getHtmlElementById(id).setSelectedAttribute(value, true);
        return this;
    }

    /** What the page says to be wrong with a field; the field itself refers to it for those who do not see. */
    String wrong(String id) {
        DomElement field = page.getElementById(id);
        DomElement message = page.getElementById(id + "-wrong");
        if (field == null || message == null) {
            throw new AssertionError("Nothing is said to be wrong with '" + id + "' on\n" + text());
        }
        assertThat(field.getAttribute("aria-invalid")).isEqualTo("true");
        assertThat(field.getAttribute("aria-describedby")).isEqualTo(id + "-wrong");
        return message.asNormalizedText();
    }

    /** Sends the form whose address ends so, as its only button does. */
    PersonsBrowser submit(String action) {
        HtmlForm form = page.getForms().stream()
                .filter(each -> each.getActionAttribute().endsWith(action))
                .findFirst()
                .orElseThrow(() -> new AssertionError("No form '" + action + "' on\n" + text()));
        form.getElementsByTagName("textarea").forEach(each -> each.removeAttribute("required"));
        form.getElementsByTagName("input").forEach(each -> each.removeAttribute("required"));
        try {
            page = form.getElementsByTagName("button").get(0).click();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends an empty form there, as a page of this session could. */
    PersonsBrowser post(String path) {
        try {
            WebRequest request = new WebRequest(URI.create(url + path).toURL(), HttpMethod.POST);
            request.setAdditionalHeader("Accept", "text/html");
            DomElement token = page.getFirstByXPath("//input[@name='_csrf']");
            if (token != null) {
                request.setRequestParameters(List.of(new NameValuePair("_csrf", token.getAttribute("value"))));
            }
            page = client.getPage(request);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** From a page that offers it: to the hub, where the person is this account, and back. */
    PersonsBrowser logIn(String account) {
        return click("Log in with Hugging Face").click(account);
    }

    String text() {
        return page.asNormalizedText();
    }

    int status() {
        return page.getWebResponse().getStatusCode();
    }

    @Override
    public void close() {
        client.close();
    }
}
