package org.starling.spring;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.identity.CredentialException;
import org.starling.swarm.identity.Role;

/**
 * Gets a membership: has the peer's owner log in, asks the auth service, waits for a moderator where needed; or else takes
 * the last membership that was kept.
 */
final class Enrollment {
    private static final Logger log = LoggerFactory.getLogger(Enrollment.class);
    private static final int UNAUTHORIZED = 401;

    private final StarlingProperties properties;
    private final PeerFolder folder;
    private final Set<Role> roles;
    private final PeerLogin login;
    private final AuthClient client;
    private final InstantSource clock;
    private final Pace pace;
    private final Reminder reminder;
    private boolean answered;
    private boolean silent;
    private boolean credentialWorked;
    /** Whether the hub token was shown again because the hub had to confirm something. */
    private boolean confirmed;

    Enrollment(
            StarlingProperties properties,
            PeerFolder folder,
            Set<Role> roles,
            PeerLogin login,
            AuthClient client,
            InstantSource clock,
            Pace pace) {
        this.properties = properties;
        this.folder = folder;
        this.roles = roles;
        this.login = login;
        this.client = client;
        this.clock = clock;
        this.pace = pace;
        this.reminder = new Reminder(clock);
    }

    /**
     * How patiently to ask.
     *
     * @param first pause before asking again; the following ones grow by half
     * @param longest pause
     * @param patience how long an auth service that has never answered is asked again; one that has is asked for ever
     */
    record Pace(Duration first, Duration longest, Duration patience) {
        static Pace defaults() {
            return new Pace(Duration.ofSeconds(1), Duration.ofSeconds(15), Duration.ofMinutes(2));
        }

        Duration after(Duration pause) {
            Duration longer = pause.multipliedBy(3).dividedBy(2);
            return longer.compareTo(longest) < 0 ? longer : longest;
        }
    }

    /** @throws StartupProblem if there is no membership to be had */
    SwarmMembership join() {
        Optional<SwarmMembership> kept = recall();
        if (kept.isPresent() && login.credential().isEmpty() && !login.hasHubToken()) {
            return goOnWith(kept.get(), "nobody is logged in here any more");
        }
        try {
            return ask(kept);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartupProblem("This peer was stopped before it had joined the run.", "Start it again.");
        }
    }

    private SwarmMembership ask(Optional<SwarmMembership> kept) throws InterruptedException {
        long start = System.nanoTime();
        Duration pause = pace.first();
        while (true) {
            Step step = login.credential().isEmpty()
                    ? logIn()
                    : askForToken(login.credential().get());
            if (step instanceof Step.Joined joined) {
                return joined.membership();
            } else if (step instanceof Step.Silence silence) {
                if (kept.isPresent()) {
                    return goOnWith(kept.get(), silence.reason());
                }
                boolean inVain = !silence.nameResolves()
                        || System.nanoTime() - start > pace.patience().toNanos();
                if (!answered && inVain) {
                    throw new StartupProblem(
                            "The auth service at " + properties.auth().url() + " cannot be asked to join the run "
                                    + properties.run() + ": " + silence.reason() + ".",
                            "Start it, or correct starling.auth.url.");
                }
                if (!silent || reminder.isDue()) {
                    log.warn(
                            "The auth service at {} cannot be asked ({}); asking again until it can.",
                            properties.auth().url(),
                            silence.reason());
                }
                silent = true;
                waitFor(pause);
                pause = pace.after(pause);
            } else {
                if (silent) {
                    log.info("The auth service answers again.");
                }
                silent = false;
                answered = true;
                Duration wanted = ((Step.Again) step).pause();
                Duration least = wanted.isNegative() ? pause : wanted;
                waitFor(least.compareTo(pace.first()) < 0 ? pace.first() : least);
                pause = wanted.isNegative() ? pace.after(pause) : pace.first();
            }
        }
    }

    /** What came of one call. */
    private sealed interface Step {
        record Joined(SwarmMembership membership) implements Step {}

        /** An answer, but no decision: ask again after the pause, or, if it is negative, at one's own pace. */
        record Again(Duration pause) implements Step {}

        record Silence(String reason, boolean nameResolves) implements Step {}
    }

    private static final Step.Again AT_OWN_PACE = new Step.Again(Duration.ofSeconds(-1));

    private Step logIn() throws InterruptedException {
        PeerLogin.Outcome outcome = login.attempt();
        if (outcome instanceof PeerLogin.Outcome.LoggedIn) {
            return new Step.Again(Duration.ZERO);
        }
        if (outcome instanceof PeerLogin.Outcome.Waiting waiting) {
            return new Step.Again(waiting.pause());
        }
        if (outcome instanceof PeerLogin.Outcome.Unavailable unavailable) {
            return new Step.Silence(unavailable.reason(), unavailable.nameResolves());
        }
        PeerLogin.Outcome.Refused refused = (PeerLogin.Outcome.Refused) outcome;
        String problem = "The auth service at " + properties.auth().url()
                + " does not let this peer log in for the run " + properties.run() + ": " + sentence(refused.reason());
        if (refused.byAPerson()) {
            throw new StartupProblem(problem, "Start it again to get another code.", StartupProblem.REFUSED);
        }
        throw new StartupProblem(
                problem,
                login.hasHubToken()
                        ? "Set HF_TOKEN or starling.auth.hub-token to a valid access token of your account, or leave it out"
                                + " and log in with a browser."
                        : "Correct the run (--run, starling.run) or the address of the auth service (starling.auth.url).");
    }

    private Step askForToken(String credential) throws InterruptedException {
        AuthClient.Answer answer = client.requestToken(credential);
        if (answer instanceof AuthClient.Answer.Granted granted) {
            SwarmMembership membership = accept(granted.reply());
            folder.remember(properties, granted.reply());
            log.info(
                    "Joined {} as {}, peer {}. The token is good until {} and renewed before.",
                    properties.run(),
                    membership.token().accountName(),
                    membership.identity().id().abbreviated(),
                    membership.token().expiresAt());
            return new Step.Joined(membership);
        }
        if (answer instanceof AuthClient.Answer.Pending pending) {
            credentialWorked = true;
            if (reminder.isDue()) {
                log.info(
                        "Waiting for a moderator of {} {}.",
                        properties.run(),
                        Reminder.since(pending.since(), clock.instant()));
            }
            return AT_OWN_PACE;
        }
        if (answer instanceof AuthClient.Answer.Unconfirmed unconfirmed) {
            credentialWorked = true;
            if (login.hasHubToken() && !confirmed) {
                confirmed = true;
                return logIn();
            }
            if (reminder.isDue()) {
                log.info("Waiting to be let into {}: {}.", properties.run(), unconfirmed.message());
            }
            return AT_OWN_PACE;
        }
        if (answer instanceof AuthClient.Answer.Unavailable unavailable) {
            return new Step.Silence(unavailable.reason(), unavailable.nameResolves());
        }
        AuthClient.Answer.Refused refused = (AuthClient.Answer.Refused) answer;
        if (refused.status() == UNAUTHORIZED && !credentialWorked) {
            log.info("The login of the last start is of no use any more: {}", refused.reason());
            login.forget();
            // A new one that is not good either is refused for good.
            credentialWorked = true;
            return new Step.Again(Duration.ZERO);
        }
        throw refusal(refused);
    }

    private SwarmMembership goOnWith(SwarmMembership kept, String why) {
        log.warn(
                "The auth service at {} cannot be asked ({}); going on with the membership of the last start, good until {}",
                properties.auth().url(),
                why,
                kept.token().expiresAt());
        kept.renewalFailed(why);
        return kept;
    }

    private Optional<SwarmMembership> recall() {
        return folder.recall(properties).flatMap(reply -> {
            try {
                return Optional.of(verify(reply));
            } catch (CredentialException | IllegalArgumentException e) {
                log.info("The membership of the last start is of no use any more: {}", e.getMessage());
                return Optional.empty();
            }
        });
    }

    private SwarmMembership accept(TokenReply reply) {
        try {
            return verify(reply);
        } catch (CredentialException | IllegalArgumentException e) {
            throw new StartupProblem(
                    "The membership that the auth service at "
                            + properties.auth().url() + " gave cannot be used: " + e.getMessage() + ".",
                    "Check starling.peer.roles and the clock of this machine, then ask the run's owner.");
        }
    }

    private SwarmMembership verify(TokenReply reply) {
        return SwarmMembership.verify(
                reply,
                properties.run(),
                folder.identity(),
                roles,
                properties.peer().entryPoints(),
                clock);
    }

    private StartupProblem refusal(AuthClient.Answer.Refused refused) {
        return new StartupProblem(
                "The auth service at " + properties.auth().url() + " does not admit this peer to the run "
                        + properties.run() + " (" + refused.status() + "): " + sentence(refused.reason()),
                switch (refused.status()) {
                    case 200 ->
                        "Check starling.auth.url; if it is right, the auth service is of another version than this peer.";
                    case UNAUTHORIZED -> "Start it again to log in anew.";
                    case 403 ->
                        refused.byAPerson()
                                ? "Ask a moderator of the run."
                                : "Check the clock of this machine and starling.peer.roles, then ask the run's operator.";
                    case 404 ->
                        "Correct the run (--run, starling.run) or the address of the auth service (starling.auth.url).";
                    default -> "Correct this peer's configuration, or ask the run's owner.";
                },
                refused.byAPerson() ? StartupProblem.REFUSED : 1);
    }

    private static String sentence(String reason) {
        return reason + (reason.endsWith(".") ? "" : ".");
    }

    /** Waits in a way that the application's end interrupts. */
    private static void waitFor(Duration pause) throws InterruptedException {
        try {
            new CompletableFuture<>()
                    .completeOnTimeout(null, pause.toNanos(), TimeUnit.NANOSECONDS)
                    .get();
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
