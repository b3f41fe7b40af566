package org.starling.spring;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.CredentialException;
import org.starling.swarm.identity.TrustedAuthority;
import org.starling.swarm.node.NodeListener;
import org.starling.swarm.node.SwarmNode;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.wire.Endpoint;

/**
 * Keeps a membership alive: renews the token after half of its life, at a random moment so that peers that joined together
 * do not come together, and remembers what a restart without the auth service needs. Has a thread of its own.
 */
final class MembershipKeeper implements NodeListener, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(MembershipKeeper.class);
    private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(5);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);
    private static final int UNAUTHORIZED = 401;
    private static final Duration ADDRESSES_INTERVAL = Duration.ofMinutes(1);

    /** Peers whose tokens a revoked key has signed all need new ones at once, and come one after the other. */
    private static final Duration SPREAD_AFTER_REVOCATION = Duration.ofSeconds(2);

    private final StarlingProperties properties;
    private final PeerFolder folder;
    private final PeerLogin login;
    private final AuthClient client;
    private final SwarmMembership membership;
    private final InstantSource clock;
    private List<Endpoint> rememberedAddresses = List.of();
    private volatile @Nullable SwarmNode node;
    private final Doubts doubts = new Doubts();
    private @Nullable ScheduledFuture<?> renewal;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread t = new Thread(task, "membership");
        t.setDaemon(true);
        return t;
    });

    MembershipKeeper(
            StarlingProperties properties,
            PeerFolder folder,
            PeerLogin login,
            AuthClient client,
            SwarmMembership membership,
            InstantSource clock) {
        this.properties = properties;
        this.folder = folder;
        this.login = login;
        this.client = client;
        this.membership = membership;
        this.clock = clock;
    }

    /** @param node told of renewed tokens and of the orders that come with them; asked now and then where it met others */
    void start(SwarmNode node) {
        this.node = node;
        thread.scheduleWithFixedDelay(
                () -> rememberAddresses(node),
                ADDRESSES_INTERVAL.toMillis(),
                ADDRESSES_INTERVAL.toMillis(),
                TimeUnit.MILLISECONDS);
        scheduleRenewal(node, membership.renewalProblem().isPresent());
        membership.credentials().onKeysDiffer(() -> askWhoseKeysAreRight(node));
    }

    /**
     * Others trust other keys of the authority than this peer: they have missed something, or it has, or they lie. The auth
     * service knows.
     */
    private void askWhoseKeysAreRight(SwarmNode node) {
        if (doubts.isWorthAsking(clock.instant())) {
            log.info("Another peer trusts other keys of the authority than this one; asking the auth service which");
            scheduleRenewalSoon(node);
        }
    }

    private void rememberAddresses(SwarmNode node) {
        List<Endpoint> addresses = node.addresses();
        if (!addresses.equals(rememberedAddresses)) {
            rememberedAddresses = addresses;
            folder.rememberAddresses(addresses);
        }
    }

    private void scheduleRenewal(SwarmNode node, boolean lastFailed) {
        Duration pause = lastFailed
                ? retryPause(membership.token(), clock.instant())
                : Duration.between(
                        clock.instant(),
                        renewalTime(
                                membership.token(), ThreadLocalRandom.current().nextDouble()));
        scheduleRenewal(node, pause);
    }

    private void scheduleRenewalSoon(SwarmNode node) {
        scheduleRenewal(
                node, Duration.ofMillis(ThreadLocalRandom.current().nextLong(SPREAD_AFTER_REVOCATION.toMillis())));
    }

    /** In place of the renewal that was planned. */
    private synchronized void scheduleRenewal(SwarmNode node, Duration pause) {
        if (renewal != null) {
            renewal.cancel(false);
        }
        try {
            renewal = thread.schedule(() -> renew(node), Math.max(0, pause.toMillis()), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException closed) {
            log.debug("No renewal after the end");
        }
    }

    /** Between half and three quarters of the token's life. */
    static Instant renewalTime(AccessToken token, double random) {
        Duration life = Duration.between(token.issuedAt(), token.expiresAt());
        return token.issuedAt().plusMillis((long) (life.toMillis() * (0.5 + 0.25 * random)));
    }

    private static Duration retryPause(AccessToken token, Instant now) {
        Duration pause = Duration.between(now, token.expiresAt()).dividedBy(8);
        return pause.compareTo(SHORTEST_PAUSE) < 0
                ? SHORTEST_PAUSE
                : pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
    }

    private void renew(SwarmNode node) {
        Optional<String> problem;
        try {
            AuthClient.Answer answer = ask();
            if (answer instanceof AuthClient.Answer.Granted granted) {
                problem = take(granted.reply(), node);
            } else if (answer instanceof AuthClient.Answer.Pending pending) {
                problem = Optional.of("waiting for a moderator since " + pending.since());
            } else if (answer instanceof AuthClient.Answer.Unconfirmed unconfirmed) {
                problem = Optional.of(unconfirmed.message());
            } else if (answer instanceof AuthClient.Answer.Refused refused) {
                problem = Optional.of("refused: " + refused.reason());
            } else {
                problem = Optional.of(((AuthClient.Answer.Unavailable) answer).reason());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        } catch (RuntimeException e) {
            log.error("Renewing the token failed; this is a defect, please report it", e);
            problem = Optional.of(e.toString());
        }
        problem.ifPresent(why -> {
            membership.renewalFailed(why);
            log.warn(
                    "The token could not be renewed ({}); it is good until {}, asking again",
                    why,
                    membership.token().expiresAt());
        });
        scheduleRenewal(node, problem.isPresent());
    }

    /** With a hub token the owner logs in anew each time, so that the hub says again of what they are a member. */
    private AuthClient.Answer ask() throws InterruptedException {
        if (login.hasHubToken()) {
            PeerLogin.Outcome outcome = login.attempt();
            boolean known = login.credential().isPresent();
            if (outcome instanceof PeerLogin.Outcome.Refused refused) {
                if (!known) {
                    return new AuthClient.Answer.Refused(UNAUTHORIZED, false, refused.reason());
                }
                log.warn(
                        "The hub token is not accepted any more ({}); going on with the login of before",
                        refused.reason());
            } else if (outcome instanceof PeerLogin.Outcome.Unavailable unavailable) {
                if (!known) {
                    return new AuthClient.Answer.Unavailable(unavailable.reason(), unavailable.nameResolves());
                }
                log.debug("Going on with the login of before: {}", unavailable.reason());
            }
        }
        Optional<String> credential = login.credential();
        if (credential.isEmpty()) {
            return new AuthClient.Answer.Refused(
                    UNAUTHORIZED,
                    false,
                    "this peer's owner has to log in again: restart it, and enter the code that it shows");
        }
        AuthClient.Answer answer = client.requestToken(credential.get());
        if (answer instanceof AuthClient.Answer.Refused refused && refused.status() == UNAUTHORIZED) {
            login.forget();
        }
        return answer;
    }

    private Optional<String> take(TokenReply reply, SwarmNode node) {
        try {
            TrustedAuthority before = membership.authority();
            List<SignedOrder> orders = membership.renew(reply);
            if (!membership.authority().hasKeysOf(before)) {
                doubts.wereRight();
            }
            folder.remember(properties, reply);
            log.info(
                    "Renewed the token; it is good until {}", membership.token().expiresAt());
            node.announceToken();
            orders.forEach(order -> submit(node, order));
            return Optional.empty();
        } catch (CredentialException | IllegalArgumentException e) {
            return Optional.of("the answer cannot be used: " + e.getMessage());
        }
    }

    private static void submit(SwarmNode node, SignedOrder order) {
        node.submit(order).exceptionally(failure -> {
            log.info("An order that came with the token was not taken: {}", failure.getMessage());
            return null;
        });
    }

    /** Remembers an order, so that a restart without the auth service obeys it from the beginning. */
    @Override
    public void ordered(SignedOrder order) {
        boolean trusted = membership.isTokenTrusted();
        membership.obey(order);
        SwarmNode self = node;
        if (trusted && !membership.isTokenTrusted() && self != null) {
            log.warn("The authority has revoked the key that signed this peer's token; asking for another token");
            scheduleRenewalSoon(self);
        }
        String encoded = Base64.getEncoder().encodeToString(order.toBytes());
        try {
            thread.execute(() -> folder.recall(properties)
                    .filter(reply -> !reply.orders().contains(encoded))
                    .ifPresent(reply -> {
                        List<String> orders = new ArrayList<>(reply.orders());
                        orders.add(encoded);
                        folder.remember(properties, reply.withOrders(orders));
                    }));
        } catch (RejectedExecutionException closed) {
            log.debug("An order came after the end");
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
