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

/** Gets a membership: from the auth service, waiting for a moderator where needed, or else the last one that was kept. */
final class Enrollment {
    private static final Logger log = LoggerFactory.getLogger(Enrollment.class);

    private final StarlingProperties properties;
    private final PeerFolder folder;
    private final Set<Role> roles;
    private final AuthClient client;
    private final InstantSource clock;
    private final Pace pace;

    Enrollment(
            StarlingProperties properties,
            PeerFolder folder,
            Set<Role> roles,
            AuthClient client,
            InstantSource clock,
            Pace pace) {
        this.properties = properties;
        this.folder = folder;
        this.roles = roles;
        this.client = client;
        this.clock = clock;
        this.pace = pace;
    }

    /**
     * How patiently to ask.
     *
     * @param first pause before asking again; the following ones grow by half
     * @param longest pause
     * @param reminder how often the log says that a moderator is being waited for
     * @param patience how long an auth service that does not answer is asked again
     */
    record Pace(Duration first, Duration longest, Duration reminder, Duration patience) {
        static Pace defaults() {
            return new Pace(
                    Duration.ofSeconds(1), Duration.ofSeconds(15), Duration.ofMinutes(5), Duration.ofMinutes(2));
        }

        Duration after(Duration pause) {
            Duration longer = pause.multipliedBy(3).dividedBy(2);
            return longer.compareTo(longest) < 0 ? longer : longest;
        }
    }

    /** @throws StartupProblem if there is no membership to be had */
    SwarmMembership join() {
        Optional<SwarmMembership> kept = recall();
        if (properties.auth().hubToken().isEmpty()) {
            return kept.orElseThrow(() -> new StartupProblem(
                    "There is no Hugging Face access token to join the run " + properties.run() + " with.",
                    "Set the environment variable HF_TOKEN, or starling.auth.hub-token, to an access token of your"
                            + " account."));
        }
        try {
            return ask(kept);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartupProblem("This peer was stopped before it had joined the run.", "Start it again.");
        }
    }

    private SwarmMembership ask(Optional<SwarmMembership> kept) throws InterruptedException {
        String auth = properties.auth().url();
        long start = System.nanoTime();
        long lastReminder = 0;
        boolean reminded = false;
        Duration pause = pace.first();
        while (true) {
            AuthClient.Answer answer = client.requestToken();
            long now = System.nanoTime();
            if (answer instanceof AuthClient.Answer.Granted granted) {
                SwarmMembership membership = accept(granted.reply());
                folder.remember(properties, granted.reply());
                log.info("Joined {} as {}, {}", properties.run(), membership.token(), membership.identity());
                return membership;
            } else if (answer instanceof AuthClient.Answer.Refused refused) {
                throw refusal(refused);
            } else if (answer instanceof AuthClient.Answer.Pending pending) {
                if (!reminded || now - lastReminder > pace.reminder().toNanos()) {
                    log.info(
                            "Waiting for a moderator of {} to approve this peer since {}. {}",
                            properties.run(),
                            pending.since(),
                            pending.message());
                    reminded = true;
                    lastReminder = now;
                }
            } else if (answer instanceof AuthClient.Answer.Unavailable unavailable) {
                if (kept.isPresent()) {
                    log.warn(
                            "The auth service at {} cannot be asked ({}); going on with the membership of the last start,"
                                    + " good until {}",
                            auth,
                            unavailable.reason(),
                            kept.get().token().expiresAt());
                    kept.get().renewalFailed(unavailable.reason());
                    return kept.get();
                }
                if (!unavailable.nameResolves() || now - start > pace.patience().toNanos()) {
                    throw new StartupProblem(
                            "The auth service at " + auth + " cannot be asked to join the run " + properties.run()
                                    + ": " + unavailable.reason() + ".",
                            "Start it, or correct starling.auth.url.");
                }
                log.warn("The auth service at {} does not answer yet ({}); asking again", auth, unavailable.reason());
            }
            waitFor(pause);
            pause = pace.after(pause);
        }
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
        String problem = "The auth service at " + properties.auth().url() + " does not admit this peer to the run "
                + properties.run() + " (" + refused.status() + "): " + refused.reason()
                + (refused.reason().endsWith(".") ? "" : ".");
        return new StartupProblem(
                problem,
                switch (refused.status()) {
                    case 200 ->
                        "Check starling.auth.url; if it is right, the auth service is of another version than this peer.";
                    case 401 -> "Set HF_TOKEN or starling.auth.hub-token to a valid access token of your account.";
                    case 403 -> "Ask a moderator of the run.";
                    case 404 -> "Correct starling.run or starling.auth.url.";
                    default -> "Correct this peer's configuration, or ask the run's owner.";
                });
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
