package org.starling.swarm.averaging;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.testing.VirtualSwarm;
import org.starling.swarm.virtual.Interference;
import org.starling.swarm.virtual.VirtualTime;
import org.starling.swarm.wire.proto.FetchPartRequest;
import org.starling.swarm.wire.proto.GroupManifest;
import org.starling.swarm.wire.proto.GroupManifestMessage;
import org.starling.swarm.wire.proto.JoinGroupRequest;
import org.starling.swarm.wire.proto.OutcomeMessage;
import org.starling.swarm.wire.proto.PartReply;
import org.starling.swarm.wire.proto.PartRequest;
import org.starling.swarm.wire.proto.VotesMessage;

/** Makes peers faulty, on the network or by ending them, and keeps what was sent for those who check the result. */
final class Sabotage implements Interference {
    private static final int BEFORE_DEATH = 3;
    private static final Duration UNTIL_IT_HAS_ARRIVED = Duration.ofMillis(200);
    private static final int RESET_ONE_IN = 24;
    private static final int LOST_ONE_IN = 40;
    private static final long[] IMPOSSIBLE_SAMPLES = {-1, 0, (1L << 40) + 1, Long.MIN_VALUE};

    private final VirtualSwarm swarm;
    private final VirtualTime time;
    private final Map<String, Saboteur> saboteurs = new HashMap<>();
    private final Map<ByteString, GroupManifest> manifests = new HashMap<>();
    private @Nullable Instant firstManifestAt;
    private String confidant = "";
    private boolean active;

    /** One faulty peer. */
    private static final class Saboteur {
        final VirtualSwarm.Peer peer;
        final PeerFault fault;
        final Random random;
        Instant uploadFreeAt = Instant.MIN;
        int sent;
        int reduced;
        /** To whom it has brought a part, and in which round. */
        final Set<String> brought = new HashSet<>();

        Saboteur(VirtualSwarm.Peer peer, PeerFault fault) {
            this.peer = peer;
            this.fault = fault;
            this.random = new Random(peer.address.hashCode() + fault.ordinal());
        }

        /** A claim or a manifest that is lost costs its sender the round, as it must. */
        boolean loses(Message message) {
            return !(message instanceof JoinGroupRequest)
                    && !(message instanceof GroupManifestMessage)
                    && random.nextInt(LOST_ONE_IN) == 0;
        }
    }

    Sabotage(VirtualSwarm swarm) {
        this.swarm = swarm;
        this.time = swarm.time;
    }

    void add(VirtualSwarm.Peer peer, PeerFault fault) {
        saboteurs.put(peer.address, new Saboteur(peer, fault));
    }

    /** The one to whom those answer who answer one alone. */
    void confideIn(VirtualSwarm.Peer peer) {
        confidant = peer.address;
    }

    /** From now on those that have been added are faulty. */
    void begin() {
        active = true;
        firstManifestAt = null;
    }

    /** From now on nobody is faulty any more; who is dead remains dead. */
    void lift() {
        active = false;
    }

    /** When the first manifest went out since the beginning. */
    Optional<Instant> firstManifestAt() {
        return Optional.ofNullable(firstManifestAt);
    }

    GroupManifest manifest(ByteString groupId) {
        return Objects.requireNonNull(manifests.get(groupId));
    }

    private @Nullable Saboteur saboteur(String address) {
        return active ? saboteurs.get(address) : null;
    }

    @Override
    public @Nullable Message onRequest(String from, String to, MethodDescriptor<?, ?> method, Message request) {
        Message arrives = request;
        for (String address : List.of(from, to)) {
            Saboteur saboteur = saboteur(address);
            if (arrives != null && saboteur != null) {
                arrives = spoil(saboteur, address.equals(from), arrives);
            }
            if (arrives instanceof PartRequest part
                    && saboteur != null
                    && saboteur.fault == PeerFault.REPEATS_PART
                    && address.equals(from)) {
                arrives = repeats(saboteur, to, method, part) ? part : null;
            }
        }
        return arrives;
    }

    /** Whether it is the first part for a reducer, which is brought again and again from then on. */
    private boolean repeats(Saboteur saboteur, String to, MethodDescriptor<?, ?> method, PartRequest part) {
        boolean first = saboteur.brought.add(to + part.getGroupId().toStringUtf8());
        if (first) {
            Stream.concat(swarm.peers.stream(), swarm.helpers.stream())
                    .filter(peer -> peer.address.equals(to))
                    .forEach(peer -> bringAgain(saboteur, peer, method, part));
        }
        return first;
    }

    private void bringAgain(Saboteur saboteur, VirtualSwarm.Peer to, MethodDescriptor<?, ?> method, PartRequest part) {
        time.at(VirtualSwarm.PART_TIMEOUT.dividedBy(2), () -> {
            if (active && !to.scheduler.isStopped()) {
                to.node.handler().handle(saboteur.peer.caller, method, part);
                bringAgain(saboteur, to, method, part);
            }
        });
    }

    private @Nullable Message spoil(Saboteur saboteur, boolean sends, Message request) {
        boolean part = request instanceof PartRequest;
        int sent = part && sends ? ++saboteur.sent : saboteur.sent;
        int reduced = part && !sends ? ++saboteur.reduced : saboteur.reduced;
        switch (saboteur.fault) {
            case FAILS_BEFORE -> {
                return part ? kill(saboteur) : request;
            }
            case FAILS_SENDING -> {
                return part && sends && sent == BEFORE_DEATH ? kill(saboteur) : request;
            }
            case FAILS_REDUCING -> {
                return part && !sends && reduced == BEFORE_DEATH ? kill(saboteur) : request;
            }
            case VANISHES -> {
                if (part && sent + reduced == BEFORE_DEATH) {
                    saboteur.peer.vanish();
                    return null;
                }
                return request;
            }
            case FAILS_VOTING -> {
                return isVote(request) ? kill(saboteur) : request;
            }
            case VANISHES_VOTING -> {
                if (isVote(request)) {
                    saboteur.peer.vanish();
                    return null;
                }
                return request;
            }
            case LOSES_CALLS -> {
                return saboteur.loses(request) ? null : request;
            }
            case CANCELS -> {
                if (part && sent + reduced == BEFORE_DEATH) {
                    saboteur.peer.node.close();
                }
                return request;
            }
            case CORRUPTS_PARTS -> {
                return sends && request instanceof PartRequest p
                        ? p.toBuilder()
                                .setPayload(p.getPayload()
                                        .substring(0, p.getPayload().size() - 1))
                                .build()
                        : request;
            }
            case SENDS_NAN -> {
                return sends && request instanceof PartRequest p
                        ? p.toBuilder().setPayload(notNumbers(p.getPayload())).build()
                        : request;
            }
            case LIES_ABOUT_WEIGHT -> {
                return sends && request instanceof JoinGroupRequest claim ? impossible(saboteur, claim) : request;
            }
            case KEEPS_AVERAGES -> {
                // it says that it does not have the part
                return !sends && request instanceof FetchPartRequest fetch
                        ? fetch.toBuilder().clearGroupId().build()
                        : request;
            }
            case REPEATS_PART,
                    ANSWERS_ONE,
                    SENDS_SLOWLY,
                    REDUCES_SLOWLY,
                    CORRUPTS_AVERAGES,
                    RESETS,
                    STUTTERS,
                    SAYS_VOID -> {
                return request;
            }
        }
        throw new IllegalArgumentException("Unknown " + saboteur.fault);
    }

    /** Whether it is one of the round at hand: those of the round before may still be on their way. */
    private boolean isVote(Message request) {
        return request instanceof VotesMessage && firstManifestAt != null;
    }

    private static @Nullable Message kill(Saboteur saboteur) {
        saboteur.peer.kill();
        return null;
    }

    private static ByteString notNumbers(ByteString payload) {
        byte[] bytes = payload.toByteArray();
        Arrays.fill(bytes, bytes.length / 2, bytes.length, (byte) 0xff);
        return ByteString.copyFrom(bytes);
    }

    private static long impossibleSamples(Saboteur saboteur) {
        return IMPOSSIBLE_SAMPLES[saboteur.random.nextInt(IMPOSSIBLE_SAMPLES.length)];
    }

    private static JoinGroupRequest impossible(Saboteur saboteur, JoinGroupRequest claim) {
        JoinGroupRequest.Builder lie = claim.toBuilder();
        if (saboteur.random.nextInt(4) == 0) {
            lie.setBandwidth(Double.NaN);
        } else {
            lie.setSamples(impossibleSamples(saboteur));
        }
        return Claim.sign(lie.clearSignature(), saboteur.peer.identity);
    }

    @Override
    public @Nullable Message onReply(String caller, String answerer, Message request, Message reply) {
        Message arrives = reply;
        for (String address : List.of(caller, answerer)) {
            Saboteur saboteur = saboteur(address);
            if (saboteur != null && saboteur.fault == PeerFault.LOSES_CALLS && saboteur.loses(reply)) {
                return null;
            }
        }
        Saboteur saboteur = saboteur(answerer);
        if (saboteur != null && saboteur.fault == PeerFault.ANSWERS_ONE && reply instanceof PartReply) {
            if (!caller.equals(confidant)) {
                return null;
            }
            time.at(UNTIL_IT_HAS_ARRIVED, saboteur.peer::kill);
        }
        if (saboteur != null && saboteur.fault == PeerFault.KEEPS_AVERAGES && reply instanceof PartReply) {
            return null;
        }
        if (saboteur != null) {
            arrives = spoilReply(saboteur, reply);
        }
        if (arrives instanceof GroupManifestMessage message) {
            note(message);
        }
        return arrives;
    }

    private static Message spoilReply(Saboteur saboteur, Message reply) {
        if (saboteur.fault == PeerFault.CORRUPTS_AVERAGES && reply instanceof PartReply part) {
            byte[] bytes = part.getPayload().toByteArray();
            bytes[saboteur.random.nextInt(bytes.length / 4) * 4] ^= (byte) (1 + saboteur.random.nextInt(255));
            return part.toBuilder().setPayload(ByteString.copyFrom(bytes)).build();
        }
        if (saboteur.fault == PeerFault.KEEPS_AVERAGES && reply instanceof OutcomeMessage outcome) {
            return outcome.toBuilder().clearReady().build();
        }
        if (saboteur.fault == PeerFault.SAYS_VOID && reply instanceof OutcomeMessage) {
            return OutcomeMessage.newBuilder()
                    .setState(OutcomeMessage.State.VOID)
                    .setReason("because it says so")
                    .build();
        }
        if (saboteur.fault == PeerFault.LIES_ABOUT_WEIGHT && reply instanceof GroupManifestMessage message) {
            return impossible(saboteur, message);
        }
        return reply;
    }

    private static GroupManifestMessage impossible(Saboteur saboteur, GroupManifestMessage message) {
        GroupManifest.Builder manifest = parse(message).toBuilder();
        manifest.setMembers(0, manifest.getMembers(0).toBuilder().setSamples(impossibleSamples(saboteur)));
        ByteString bytes = manifest.build().toByteString();
        byte[] signed = ByteString.copyFrom("starling-group-v1", StandardCharsets.US_ASCII)
                .concat(bytes)
                .toByteArray();
        return GroupManifestMessage.newBuilder()
                .setManifest(bytes)
                .setSignature(ByteString.copyFrom(saboteur.peer.identity.sign(signed)))
                .build();
    }

    private void note(GroupManifestMessage message) {
        GroupManifest manifest = parse(message);
        manifests.put(manifest.getGroupId(), manifest);
        if (firstManifestAt == null) {
            firstManifestAt = time.now();
        }
    }

    private static GroupManifest parse(GroupManifestMessage message) {
        try {
            return GroupManifest.parseFrom(message.getManifest());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public Duration lateness(String from, String to, Message message) {
        Saboteur saboteur = saboteur(from);
        if (saboteur == null) {
            return Duration.ZERO;
        }
        if (saboteur.fault == PeerFault.SENDS_SLOWLY && message instanceof PartRequest) {
            Instant begin = saboteur.uploadFreeAt.isAfter(time.now()) ? saboteur.uploadFreeAt : time.now();
            saboteur.uploadFreeAt = begin.plus(VirtualSwarm.PART_TIMEOUT.dividedBy(2));
            return Duration.between(time.now(), saboteur.uploadFreeAt);
        }
        if (saboteur.fault == PeerFault.REDUCES_SLOWLY && message instanceof PartReply) {
            return VirtualSwarm.PART_TIMEOUT.multipliedBy(5);
        }
        if (saboteur.fault == PeerFault.STUTTERS && saboteur.random.nextInt(4) == 0) {
            return VirtualSwarm.PART_TIMEOUT.dividedBy(3);
        }
        return Duration.ZERO;
    }

    @Override
    public boolean resets(String from, String to, Message message) {
        for (String address : List.of(from, to)) {
            Saboteur saboteur = saboteur(address);
            if (saboteur != null && saboteur.fault == PeerFault.RESETS && saboteur.random.nextInt(RESET_ONE_IN) == 0) {
                return true;
            }
        }
        return false;
    }
}
