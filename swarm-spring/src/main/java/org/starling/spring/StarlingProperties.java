package org.starling.spring;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.starling.swarm.identity.Role;
import org.starling.swarm.wire.Endpoint;

/**
 * What a peer's operator decides.
 *
 * @param run {@code organisation/name} of the run to take part in
 * @param auth where to ask for admission
 * @param peer this peer
 */
@ConfigurationProperties("starling")
public record StarlingProperties(
        @DefaultValue("") String run,
        @DefaultValue Auth auth,
        @DefaultValue Peer peer) {
    private static final Pattern RUN_NAME = Pattern.compile("[A-Za-z0-9._-]{1,96}/[A-Za-z0-9._-]{1,96}");

    public StarlingProperties {
        run = run.strip();
        if (!RUN_NAME.matcher(run).matches()) {
            throw new StartupProblem(
                    run.isEmpty()
                            ? "It is not configured which run this peer takes part in (starling.run)."
                            : "'" + run + "' (starling.run) is not the name of a run.",
                    "Set starling.run to organisation/name, for example starling.run=starling/emoji.");
        }
    }

    /**
     * The auth service.
     *
     * @param url its base URL, http or https
     * @param hubToken the account's Hugging Face access token; empty if the last membership is still good
     */
    public record Auth(
            @DefaultValue("") String url, @DefaultValue("") String hubToken) {
        public Auth {
            url = url.strip().replaceAll("/+$", "");
            hubToken = hubToken.strip();
            URI uri = null;
            try {
                uri = URI.create(url);
            } catch (IllegalArgumentException malformed) {
                // reported below
            }
            if (uri == null
                    || uri.getHost() == null
                    || !("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
                throw new StartupProblem(
                        url.isEmpty()
                                ? "The address of the auth service is not configured (starling.auth.url)."
                                : "'" + url + "' (starling.auth.url) is not the URL of an auth service.",
                        "Set starling.auth.url to a URL such as https://auth.example.org.");
            }
            if (!hubToken.chars().allMatch(c -> c > ' ' && c < 127)) {
                throw new StartupProblem(
                        "The Hugging Face access token has a character that no token has.",
                        "Copy it again into HF_TOKEN or starling.auth.hub-token.");
            }
        }

        /** Keeps the token out of logs. */
        @Override
        public String toString() {
            return "Auth[" + url + "]";
        }
    }

    /**
     * This peer.
     *
     * @param data folder that is kept between starts; holds this peer's keys
     * @param host host name or IP address under which other peers reach this one; empty if it can only dial out
     * @param roles what the peer wants to be
     * @param bandwidth bytes a second that it can send
     * @param maxUpload how much it sends a second at most, such as {@code 2MB}; 0 for no limit
     * @param maxDownload how much it receives a second at most; 0 for no limit
     * @param connections to one other peer at most; more than one help where a long line loses packets, or the system's windows are
     *     small
     * @param entryPoints peers to ask first, {@code host:port}, besides those that the auth service names
     * @param workerThreads threads for averaging and the optimizer step
     */
    public record Peer(
            @DefaultValue("./peer-data") Path data,
            @DefaultValue("") String host,
            @DefaultValue({}) List<String> roles,
            @DefaultValue("12500000") double bandwidth,
            @DefaultValue("0") DataSize maxUpload,
            @DefaultValue("0") DataSize maxDownload,
            @DefaultValue("1") int connections,
            @DefaultValue({}) List<String> entryPoints,
            @Nullable Integer workerThreads) {
        public Peer {
            host = host.strip();
            if (!host.isEmpty()) {
                requireResolves(
                        host,
                        "starling.peer.host",
                        "Set it to a name or IP address of this machine that others"
                                + " can reach, or leave it empty for a peer that only dials out.");
            }
            if (!(bandwidth >= 0) || Double.isInfinite(bandwidth)) {
                throw new StartupProblem(
                        "The bandwidth " + bandwidth + " (starling.peer.bandwidth) is not a number of bytes a second.",
                        "Set it to what this machine can send, for example 12500000 for 100 Mbit/s.");
            }
            requireLimit(maxUpload, "starling.peer.max-upload");
            requireLimit(maxDownload, "starling.peer.max-download");
            if (connections < 1 || connections > MAX_CONNECTIONS) {
                throw new StartupProblem(
                        "The number of connections " + connections + " (starling.peer.connections) cannot be.",
                        "Set it to a number from 1 to " + MAX_CONNECTIONS + ", or leave it out.");
            }
            for (String entryPoint : entryPoints) {
                requireEntryPoint(entryPoint);
            }
            if (workerThreads != null && (workerThreads < 1 || workerThreads > 256)) {
                throw new StartupProblem(
                        "The number of worker threads " + workerThreads + " (starling.peer.worker-threads) cannot be.",
                        "Set it to a number from 1 to 256, or leave it out.");
            }
        }

        private static final int MAX_CONNECTIONS = 8;

        /** Below it a part of a gradient takes longer than others wait for it. */
        private static final DataSize MIN_LIMIT = DataSize.ofKilobytes(64);

        private static void requireLimit(DataSize limit, String property) {
            if (limit.toBytes() != 0 && limit.compareTo(MIN_LIMIT) < 0) {
                throw new StartupProblem(
                        "With " + limit + " a second (" + property + ") this peer could not take part.",
                        "Set it to at least 64KB, for example 2MB, or to 0 for no limit.");
            }
        }

        /** What the others may count on: the bandwidth, but no more than the limits allow. */
        double usableBandwidth() {
            double usable = bandwidth;
            for (DataSize limit : List.of(maxUpload, maxDownload)) {
                usable = limit.toBytes() == 0 ? usable : Math.min(usable, limit.toBytes());
            }
            return usable;
        }

        private static void requireEntryPoint(String entryPoint) {
            try {
                Endpoint.requireAddress(entryPoint);
            } catch (IllegalArgumentException e) {
                throw new StartupProblem(
                        e.getMessage() + " (starling.peer.entry-points).", "Correct it or leave it out.");
            }
            requireResolves(
                    entryPoint.substring(0, entryPoint.lastIndexOf(':')),
                    "starling.peer.entry-points",
                    "Correct the name or leave it out; the auth service names entry points, too.");
        }

        private static void requireResolves(String host, String property, String remedy) {
            try {
                InetAddress.getByName(host);
            } catch (UnknownHostException e) {
                throw new StartupProblem(
                        "The host name '" + host + "' (" + property + ") does not resolve to an address.", remedy);
            }
        }

        /** @throws StartupProblem if there is none, or one that does not exist */
        Set<Role> requireRoles() {
            Set<Role> wanted = new TreeSet<>();
            for (String role : roles) {
                try {
                    wanted.add(Role.ofClaim(role.strip()));
                } catch (IllegalArgumentException e) {
                    throw new StartupProblem(e.getMessage() + " (starling.peer.roles).", "Choose among these.");
                }
            }
            if (wanted.isEmpty()) {
                throw new StartupProblem(
                        "It is not configured what this peer is to do (starling.peer.roles).",
                        "Choose one or more of trainer, auxiliary, inference.");
            }
            return wanted;
        }

        /** Half of the cores unless configured: the other half computes gradients. */
        int effectiveWorkerThreads() {
            return workerThreads != null
                    ? workerThreads
                    : Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        }
    }
}
