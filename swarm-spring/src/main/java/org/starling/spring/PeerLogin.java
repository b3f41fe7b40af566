package org.starling.spring;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says who this peer's owner is, once: by a Hugging Face token if there is one, else by showing a code that the owner enters
 * in a browser. The credential that comes of it is kept in the peer's folder, so a restart asks nobody again.
 */
final class PeerLogin {
    private static final Logger log = LoggerFactory.getLogger(PeerLogin.class);
    private static final Duration SLOWER = Duration.ofSeconds(5);

    private final StarlingProperties properties;
    private final PeerFolder folder;
    private final LoginClient client;
    private volatile Optional<String> credential;
    private LoginClient.Answer.@Nullable Codes shown;
    private Duration interval = Duration.ZERO;

    PeerLogin(StarlingProperties properties, PeerFolder folder, LoginClient client) {
        this.properties = properties;
        this.folder = folder;
        this.client = client;
        this.credential = folder.recallCredential(properties);
    }

    /** What came of an attempt. */
    sealed interface Outcome {
        record LoggedIn() implements Outcome {}

        /** Nobody has entered the code yet; attempt again after the pause. */
        record Waiting(Duration pause) implements Outcome {}

        /**
         * It will not help to ask again.
         *
         * @param byAPerson whether somebody at the page said no
         */
        record Refused(String reason, boolean byAPerson) implements Outcome {}

        record Unavailable(String reason, boolean nameResolves) implements Outcome {}
    }

    /** What this peer asks for tokens with, once it is logged in. Callable from any thread. */
    Optional<String> credential() {
        return credential;
    }

    boolean hasHubToken() {
        return !properties.auth().hubToken().isEmpty();
    }

    /** Forgets a credential that the auth service does not accept any more. */
    void forget() {
        credential = Optional.empty();
        folder.forgetCredential();
    }

    /** One step towards the credential. Blocks for a call; used by one thread at a time. */
    Outcome attempt() throws InterruptedException {
        if (hasHubToken()) {
            return take(client.exchangeHubToken());
        }
        LoginClient.Answer.Codes codes = shown;
        if (codes == null) {
            LoginClient.Answer answer = client.begin();
            if (answer instanceof LoginClient.Answer.Codes begun) {
                show(begun);
                return new Outcome.Waiting(interval);
            }
            return take(answer);
        }
        return take(client.poll(codes.deviceCode()));
    }

    private void show(LoginClient.Answer.Codes codes) {
        shown = codes;
        interval = codes.interval();
        log.info(
                """
                To let this machine take part in {} in your name, log in with Hugging Face:

                    open       {}
                    enter      {}

                or open        {}
                The page must show this key:
                               {}
                The code is good for {} minutes; another follows it.
                """,
                properties.run(),
                codes.page(),
                codes.userCode(),
                codes.completePage(),
                folder.identity().id(),
                codes.lifetime().toMinutes());
    }

    private Outcome take(LoginClient.Answer answer) {
        if (answer instanceof LoginClient.Answer.LoggedIn loggedIn) {
            shown = null;
            credential = Optional.of(loggedIn.credential());
            folder.rememberCredential(properties, loggedIn.credential());
            log.info("Logged in as {}.", loggedIn.account());
            return new Outcome.LoggedIn();
        }
        if (answer instanceof LoginClient.Answer.Unavailable unavailable) {
            return new Outcome.Unavailable(unavailable.reason(), unavailable.nameResolves());
        }
        if (answer instanceof LoginClient.Answer.Refused refused) {
            return refused(refused);
        }
        return new Outcome.Unavailable("it answers a question that was not asked", true);
    }

    private Outcome refused(LoginClient.Answer.Refused refused) {
        switch (refused.error()) {
            case "authorization_pending" -> {
                return new Outcome.Waiting(interval);
            }
            case "slow_down" -> {
                interval = interval.plus(SLOWER);
                return new Outcome.Waiting(interval);
            }
            case "expired_token" -> {
                shown = null;
                log.info("The code has expired.");
                return new Outcome.Waiting(Duration.ZERO);
            }
            default -> {
                if (shown != null && refused.error().equals("invalid_grant")) {
                    shown = null;
                    log.info("The auth service does not know the code any more.");
                    return new Outcome.Waiting(interval);
                }
                return new Outcome.Refused(
                        refused.description().isEmpty() ? refused.error() : refused.description(),
                        refused.error().equals("access_denied"));
            }
        }
    }
}
