package org.starling.swarm.simulation;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.digest.Hashes;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.runtime.Scheduler;
import org.starling.swarm.simulation.Scenario.Lie;
import org.starling.swarm.wire.proto.Contribution;
import org.starling.swarm.wire.proto.EpochRecordBody;
import org.starling.swarm.wire.proto.EpochRecordMessage;
import org.starling.swarm.wire.proto.GossipReply;
import org.starling.swarm.wire.proto.GossipRequest;
import org.starling.swarm.wire.proto.GroupManifest;
import org.starling.swarm.wire.proto.GroupManifestMessage;
import org.starling.swarm.wire.proto.MeanRequest;
import org.starling.swarm.wire.proto.NewsBody;
import org.starling.swarm.wire.proto.NewsItem;
import org.starling.swarm.wire.proto.PartReply;
import org.starling.swarm.wire.proto.PartRequest;
import org.starling.swarm.wire.proto.Progress;
import org.starling.swarm.wire.proto.RecordSignature;
import org.starling.swarm.wire.proto.VoteMessage;
import org.starling.swarm.wire.proto.VotesMessage;

/**
 * Changes what a peer says on its way out. The peer itself runs the production code and knows nothing of it; what has to be
 * signed is signed with its own key, for nobody can do more.
 */
final class Liar {
    private static final int REMEMBERED = 64;
    private static final double SHARE_OF_LIES = 0.5;

    private final Lie lie;
    private final PeerIdentity identity;
    private final String account;
    private final String run;
    private final Scheduler clock;
    private final RandomGenerator random;
    private final Consumer<Digest> onForged;
    private final Map<ByteString, Learned> manifests = new HashMap<>();
    private final Deque<NewsItem> oldNews = new ArrayDeque<>();
    private final Deque<EpochRecordMessage> oldRecords = new ArrayDeque<>();

    /** A group that it has been in. */
    private record Learned(GroupManifest manifest, byte[] hash) {}

    /** @param onForged told of each record that it makes up */
    Liar(
            Lie lie,
            PeerIdentity identity,
            String account,
            String run,
            Scheduler clock,
            RandomGenerator random,
            Consumer<Digest> onForged) {
        this.lie = lie;
        this.identity = identity;
        this.account = account;
        this.run = run;
        this.clock = clock;
        this.random = random;
        this.onForged = onForged;
    }

    /** What goes out instead of a request. */
    Message request(Message honest) {
        if (honest instanceof GossipRequest gossip) {
            remember(gossip.getItemsList(), gossip.getRecordsList());
        }
        if (random.nextDouble() > SHARE_OF_LIES) {
            return honest;
        }
        return switch (lie) {
            case EPOCH -> honest instanceof GossipRequest gossip ? withWrongEpoch(gossip) : honest;
            case DIGEST -> honest instanceof VotesMessage votes ? withWrongDigests(votes) : honest;
            case PARTS -> honest instanceof PartRequest part ? spoiled(part) : honest;
            case REPLAY ->
                honest instanceof GossipRequest gossip
                        ? gossip.toBuilder()
                                .addAllItems(oldNews)
                                .addAllRecords(oldRecords)
                                .build()
                        : honest;
            case FORGE ->
                honest instanceof GossipRequest gossip
                        ? gossip.toBuilder().addRecords(forged()).build()
                        : honest;
            case REDUCE, ROOT, WEIGHT, LIMIT -> honest;
        };
    }

    /** What goes out instead of an answer. */
    Message reply(Message request, Message honest) {
        if (honest instanceof GroupManifestMessage manifest) {
            learn(manifest);
        }
        boolean falsified = lie == Lie.REDUCE && request instanceof PartRequest
                || lie == Lie.ROOT && request instanceof MeanRequest;
        if (falsified && honest instanceof PartReply part) {
            return random.nextDouble() < SHARE_OF_LIES ? falsified(request, part) : honest;
        }
        return honest;
    }

    /** Hears what others answer. */
    void received(Message reply) {
        if (reply instanceof GroupManifestMessage manifest) {
            learn(manifest);
        } else if (reply instanceof GossipReply gossip) {
            remember(gossip.getItemsList(), gossip.getRecordsList());
        }
    }

    private void learn(GroupManifestMessage manifest) {
        try {
            GroupManifest parsed = GroupManifest.parseFrom(manifest.getManifest());
            manifests.put(
                    parsed.getGroupId(),
                    new Learned(parsed, Hashes.sha256(manifest.getManifest().toByteArray())));
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    private void remember(List<NewsItem> items, List<EpochRecordMessage> records) {
        if (lie == Lie.REPLAY || lie == Lie.FORGE) {
            oldNews.addAll(items);
            oldRecords.addAll(records);
            while (oldNews.size() > REMEMBERED) {
                oldNews.remove();
            }
            while (oldRecords.size() > REMEMBERED / 8) {
                oldRecords.remove();
            }
        }
    }

    private GossipRequest withWrongEpoch(GossipRequest gossip) {
        List<NewsItem> items = new ArrayList<>();
        for (NewsItem item : gossip.getItemsList()) {
            items.add(item.getAuthor().equals(ByteString.copyFrom(identity.publicKey())) ? withWrongEpoch(item) : item);
        }
        return gossip.toBuilder().clearItems().addAllItems(items).build();
    }

    private NewsItem withWrongEpoch(NewsItem item) {
        NewsBody body;
        try {
            body = NewsBody.parseFrom(item.getPayload());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
        if (!body.hasProgress()) {
            return item;
        }
        Progress progress = body.getProgress();
        ByteString payload = body.toBuilder()
                .setProgress(progress.toBuilder()
                        .setEpoch(progress.getEpoch() + random.nextInt(1, 10))
                        .setSamples(progress.getSamples() + random.nextInt(1_000_000))
                        .setStateDigest(random.nextBoolean() ? progress.getStateDigest() : noise(32)))
                .build()
                .toByteString();
        return item.toBuilder()
                .setPayload(payload)
                .setSignature(sign("starling-news-v2" + run + "\0", payload))
                .build();
    }

    /** Good only for its own vote; those that it has gathered are no longer signed by who has given them. */
    private VotesMessage withWrongDigests(VotesMessage votes) {
        Learned group = manifests.get(votes.getGroupId());
        if (group == null) {
            return votes;
        }
        ByteString digest = noise(32);
        ByteString signature =
                sign("starling-vote-v1", ByteString.copyFrom(group.hash()).concat(digest));
        VotesMessage.Builder wrong = VotesMessage.newBuilder().setGroupId(votes.getGroupId());
        for (VoteMessage vote : votes.getVotesList()) {
            wrong.addVotes(vote.toBuilder().setGradientDigest(digest).setSignature(signature));
        }
        return wrong.build();
    }

    /** Signed anew where the average is this peer's own; what it only hands on it cannot sign. */
    private PartReply falsified(Message request, PartReply average) {
        PartReply.Builder wrong = average.toBuilder().setPayload(changed(average.getPayload()));
        ByteString groupId =
                request instanceof PartRequest part ? part.getGroupId() : ((MeanRequest) request).getGroupId();
        int index = request instanceof PartRequest part ? part.getPart() : ((MeanRequest) request).getPart();
        Learned group = manifests.get(groupId);
        if (group != null
                && group.manifest()
                        .getMembers(average.getRoot())
                        .getPublicKey()
                        .equals(ByteString.copyFrom(identity.publicKey()))) {
            byte[] hash = Hashes.sha256(
                    ByteBuffer.allocate(4).putInt(wrong.getIncluded().size()).array(),
                    wrong.getIncluded().toByteArray(),
                    wrong.getPayload().toByteArray());
            byte[] numbers = ByteBuffer.allocate(12)
                    .putLong(group.manifest().getStartedAtMillis())
                    .putInt(index)
                    .array();
            wrong.setSignature(sign(
                    "starling-part-v1",
                    ByteString.copyFrom(group.hash())
                            .concat(ByteString.copyFrom(numbers))
                            .concat(ByteString.copyFrom(hash))));
        }
        return wrong.build();
    }

    private PartRequest spoiled(PartRequest part) {
        return switch (random.nextInt(3)) {
            case 0 ->
                part.toBuilder()
                        .setPayload(
                                part.getPayload().substring(0, part.getPayload().size() / 2))
                        .build();
            case 1 ->
                part.toBuilder()
                        .setPayload(
                                ByteString.copyFrom(notFinite(part.getPayload().size())))
                        .build();
            default -> part.toBuilder().setGroupId(noise(16)).build();
        };
    }

    private static byte[] notFinite(int size) {
        byte[] bytes = new byte[size];
        java.util.Arrays.fill(bytes, (byte) 0xff);
        return bytes;
    }

    private ByteString changed(ByteString payload) {
        byte[] bytes = payload.toByteArray();
        if (bytes.length > 0) {
            bytes[random.nextInt(bytes.length)] ^= 1;
        }
        return ByteString.copyFrom(bytes);
    }

    /** A record of an epoch that never was, with this peer as its only member and therefore its quorum. */
    private EpochRecordMessage forged() {
        EpochRecordBody.Builder body = EpochRecordBody.newBuilder()
                .setRun(run)
                .setEpoch(random.nextInt(1, 1000))
                .setParent(noise(32))
                .setTotalSamples(1L << 40)
                .setGroupId(noise(16))
                .setGradientDigest(noise(32))
                .setStateBefore(noise(32))
                .setStateAfter(noise(32))
                .setStartedAtMillis(clock.instant().toEpochMilli())
                .addMembers(Contribution.newBuilder()
                        .setPublicKey(ByteString.copyFrom(identity.publicKey()))
                        .setAccountId("id-of-" + account)
                        .setAccountName(account)
                        .setSamples(1000));
        if (!oldRecords.isEmpty()) {
            pretendToFollow(body, oldRecords.getLast());
        }
        ByteString bytes = body.build().toByteString();
        onForged.accept(EpochRecord.idOf(bytes));
        return EpochRecordMessage.newBuilder()
                .setBody(bytes)
                .addSignatures(RecordSignature.newBuilder()
                        .setSignature(
                                sign("starling-epoch-v1", ByteString.copyFrom(Hashes.sha256(bytes.toByteArray())))))
                .build();
    }

    private static void pretendToFollow(EpochRecordBody.Builder body, EpochRecordMessage parent) {
        try {
            EpochRecordBody before = EpochRecordBody.parseFrom(parent.getBody());
            body.setParent(ByteString.copyFrom(Hashes.sha256(parent.getBody().toByteArray())))
                    .setGeneration(before.getGeneration())
                    .setEpoch(before.getEpoch() + 1)
                    .setStateBefore(before.getStateAfter())
                    .setTotalSamples(before.getTotalSamples() + 1000);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    private ByteString sign(String context, ByteString bytes) {
        return ByteString.copyFrom(identity.sign(ByteString.copyFrom(context, StandardCharsets.US_ASCII)
                .concat(bytes)
                .toByteArray()));
    }

    private ByteString noise(int size) {
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        return ByteString.copyFrom(bytes);
    }
}
