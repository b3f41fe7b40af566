package org.starling.it;

import static org.awaitility.Awaitility.await;

import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.htmlunit.BrowserVersion;
import org.openqa.selenium.By;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebDriver;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.htmlunit.HtmlUnitDriver;

/**
 * A person's browser: a headless Chromium where one is installed with its driver, elsewhere HtmlUnit, which does the same with
 * the same pages. Nothing is downloaded.
 */
final class Browser implements AutoCloseable {
    /** Environment variable that may ask for {@code htmlunit}. */
    private static final String CHOICE = "STARLING_BROWSER";

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final WebDriver driver;

    Browser() {
        Optional<Path> chromium = find("chromium", "chromium-browser", "google-chrome");
        Optional<Path> chromeDriver = find("chromedriver");
        if (chromium.isPresent() && chromeDriver.isPresent() && !"htmlunit".equals(System.getenv(CHOICE))) {
            driver = chromium(chromium.get(), chromeDriver.get());
            System.out.println("The browser is " + chromium.get());
        } else {
            driver = new HtmlUnitDriver(BrowserVersion.CHROME, false);
            System.out.println(
                    "The browser is HtmlUnit, because there is no Chromium with a chromedriver on the path, or "
                            + CHOICE + " says so");
        }
    }

    private static WebDriver chromium(Path chromium, Path chromeDriver) {
        ChromeOptions options = new ChromeOptions();
        options.setBinary(chromium.toString());
        options.addArguments(
                "--headless=new",
                // Tests run as root in containers, where Chromium's own sandbox cannot be had.
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--disable-gpu",
                "--disable-background-networking",
                "--no-first-run",
                "--window-size=1100,900");
        return new ChromeDriver(
                new ChromeDriverService.Builder()
                        .usingDriverExecutable(chromeDriver.toFile())
                        .usingAnyFreePort()
                        .build(),
                options);
    }

    private static Optional<Path> find(String... programs) {
        List<String> folders =
                List.of(Optional.ofNullable(System.getenv("PATH")).orElse("").split(File.pathSeparator));
        return Stream.of(programs)
                .flatMap(program -> folders.stream().map(folder -> Path.of(folder, program)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    Browser open(URI address) {
        driver.get(address.toString());
        return this;
    }

    /** Clicks what reads so, as soon as it is there. */
    Browser click(String text) {
        return click(By.cssSelector("a, button, summary"), text);
    }

    /** Clicks what reads so in the card of somebody. */
    Browser clickInCardOf(String name, String text) {
        return click(
                By.xpath("//article[.//h3[normalize-space()='" + name
                        + "']]//*[self::a or self::button or self::summary]"),
                text);
    }

    private Browser click(By among, String text) {
        await("'" + text + "' to click")
                .atMost(PATIENCE)
                .ignoreException(StaleElementReferenceException.class)
                .until(() -> {
                    Optional<WebElement> element = driver.findElements(among).stream()
                            .filter(each -> each.getText().strip().equals(text))
                            .findFirst();
                    element.ifPresent(WebElement::click);
                    return element.isPresent();
                });
        return this;
    }

    Browser type(String id, String text) {
        driver.findElement(By.id(id)).sendKeys(text);
        return this;
    }

    /** The page as it is read. */
    String text() {
        return driver.findElement(By.tagName("body")).getText();
    }

    /** Waits until the page says so. */
    Browser awaitText(String text) {
        await("'" + text + "' on the page")
                .atMost(PATIENCE)
                .ignoreExceptions()
                .until(this::text, page -> page.contains(text));
        return this;
    }

    @Override
    public void close() {
        driver.quit();
    }
}
