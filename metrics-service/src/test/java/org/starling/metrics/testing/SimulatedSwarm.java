package org.starling.metrics.testing;

import com.google.protobuf.ByteString;
import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.starling.metrics.swarm.SwarmView;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.digest.Hashes;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.Role;
import org.starling.swarm.ledger.EpochRecord;
import org.starling.swarm.ledger.StateReference;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.node.NodeStatus;
import org.starling.swarm.orders.Order;
import org.starling.swarm.orders.SignedOrder;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.run.MembershipSettings;
import org.starling.swarm.run.RunConfiguration;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.proto.Contribution;
import org.starling.swarm.wire.proto.EpochRecordBody;
import org.starling.swarm.wire.proto.Evaluation;
import org.starling.swarm.wire.proto.Gallery;
import org.starling.swarm.wire.proto.PeerRecord;
import org.starling.swarm.wire.proto.Picture;
import org.starling.swarm.wire.proto.Progress;

/** Peers, records and pictures as a test asks for them. Safe for use by several threads. */
public final class SimulatedSwarm implements SwarmView {
    private static final java.util.Comparator<EpochRecord> HEAVIER = java.util.Comparator.comparingLong(
                    EpochRecord::generation)
            .thenComparingLong(EpochRecord::totalSamples)
            .thenComparing(EpochRecord::id);
    private static final String RUN = "birds/emoji";

    private final Map<String, PeerView> peers = new LinkedHashMap<>();
    private final Map<Digest, EpochRecord> records = new LinkedHashMap<>();
    private final List<SignedOrder> orders = new ArrayList<>();
    private @Nullable EpochRecord head;
    private long generation;
    private @Nullable StateReference origin;
    private Gallery gallery = Gallery.getDefaultInstance();

    /** One member of a group. */
    public record Share(String account, long samples) {}

    /** A record that follows another one, or begins the run; it becomes the head if it is heavier. */
    public synchronized EpochRecord commit(@Nullable EpochRecord parent, String fork, Share... shares) {
        long epoch = parent == null ? 1 : parent.epoch() + 1;
        long total = parent == null ? 0 : parent.totalSamples();
        return commit(
                generation,
                epoch,
                parent == null ? name("genesis") : parent.id(),
                parent == null ? name("initial") : parent.stateAfter(),
                total,
                fork,
                shares);
    }

    /** The first record after a rollback: its parent is no record. */
    public synchronized EpochRecord commitAfterRollback(Share... shares) {
        StateReference state = java.util.Objects.requireNonNull(origin);
        return commit(
                generation,
                state.epoch() + 1,
                name("origin of generation " + generation),
                state.digest(),
                state.samples(),
                "",
                shares);
    }

    private EpochRecord commit(
            long inGeneration, long epoch, Digest parent, Digest before, long total, String fork, Share... shares) {
        EpochRecordBody.Builder body = EpochRecordBody.newBuilder()
                .setRun(RUN)
                .setGeneration(inGeneration)
                .setEpoch(epoch)
                .setParent(parent.toByteString())
                .setGroupId(ByteString.copyFrom(new byte[16]))
                .setGradientDigest(name("gradient").toByteString())
                .setStateBefore(before.toByteString())
                .setStateAfter(
                        name("state " + inGeneration + "/" + epoch + fork).toByteString())
                .setStartedAtMillis(1_800_000_000_000L + epoch * 4_000);
        long samples = 0;
        for (Share share : shares) {
            samples += share.samples();
            body.addMembers(Contribution.newBuilder()
                    .setPublicKey(ByteString.copyFrom(key(share.account())))
                    .setAccountId("id-" + share.account())
                    .setAccountName(share.account())
                    .setSamples(share.samples()));
        }
        EpochRecord record =
                EpochRecord.of(body.setTotalSamples(total + samples).build());
        records.put(record.id(), record);
        if (head == null || HEAVIER.compare(record, head) > 0) {
            head = record;
        }
        return record;
    }

    /** An order that takes the swarm back to the state after a record. */
    public synchronized Order.Rollback rollBack(long number, EpochRecord target) {
        generation++;
        origin = target.stateReference();
        return new Order.Rollback(RUN, number, Instant.ofEpochSecond(1_800_000_000L), generation, origin);
    }

    /** A peer says how far it is. */
    public synchronized PeerView says(String account, Set<Role> roles, String device, Progress.Builder progress) {
        PeerId id = PeerId.ofPublicKey(key(account));
        PeerView view = new PeerView(
                id,
                key(account),
                new AccessToken("token", "1", RUN, "id-" + account, account, roles, "", id, Instant.EPOCH, Instant.MAX),
                PeerRecord.newBuilder()
                        .setAddress("127.0.0.1:7001")
                        .addAllRoles(roles.stream().map(Role::claim).toList())
                        .setAgent("starling/0.1.0")
                        .setDevice(device)
                        .build(),
                roles,
                Optional.of(new Endpoint("127.0.0.1:7001", id)),
                progress.build(),
                Instant.now(),
                System.nanoTime());
        peers.put(account, view);
        return view;
    }

    /** Progress of a trainer that is at the head. */
    public synchronized Progress.Builder atHead(double trainingLoss, double samplesPerSecond) {
        EpochRecord at = java.util.Objects.requireNonNull(head);
        return Progress.newBuilder()
                .setGeneration(at.generation())
                .setEpoch(at.epoch())
                .setStateDigest(at.stateAfter().toByteString())
                .setTrainingLoss(trainingLoss)
                .setSamplesPerSecond(samplesPerSecond)
                .setSamples(17)
                .setSamplesTotal(at.totalSamples() / 3);
    }

    public static Evaluation evaluation(long generation, long epoch, double loss) {
        return Evaluation.newBuilder()
                .setGeneration(generation)
                .setEpoch(epoch)
                .setLoss(loss)
                .setSamples(185)
                .putBaselines("frequency", 5.21)
                .putBaselines("position", 4.62)
                .build();
    }

    public synchronized void forgetPeers() {
        peers.clear();
    }

    public synchronized void draw(long inGeneration, long epoch, List<String> prompts) {
        Gallery.Builder drawn = Gallery.newBuilder().setGeneration(inGeneration).setEpoch(epoch);
        prompts.forEach(prompt -> drawn.addPictures(
                Picture.newBuilder().setPrompt(prompt).setPng(ByteString.copyFrom(picture(prompt.hashCode())))));
        gallery = drawn.build();
    }

    public synchronized void offer(Gallery offered) {
        gallery = offered;
    }

    public static byte[] picture(int seed) {
        BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
        Graphics2D paint = image.createGraphics();
        Color one = Color.getHSBColor((seed & 255) / 255f, 0.6f, 0.95f);
        paint.setPaint(new GradientPaint(0, 0, Color.WHITE, 32, 32, one));
        paint.fillRect(0, 0, 32, 32);
        paint.setPaint(one.darker());
        paint.fillOval(8, 8, 16, 16);
        paint.dispose();
        try (ByteArrayOutputStream png = new ByteArrayOutputStream()) {
            ImageIO.write(image, "png", png);
            return png.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static Digest name(String what) {
        return Digest.of(Hashes.sha256(what.getBytes(StandardCharsets.UTF_8)));
    }

    private static byte[] key(String account) {
        return Hashes.sha256(account.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public RunConfiguration run() {
        return new RunConfiguration(
                RUN, "text-to-image", Map.of(), 512, AveragingSettings.defaults(), MembershipSettings.defaults());
    }

    @Override
    public List<SignedOrder> orders() {
        return orders;
    }

    @Override
    public synchronized NodeStatus status() {
        EpochRecord at = head;
        return new NodeStatus(
                NodeStatus.Phase.ACCUMULATING,
                "Follows the run; 3 trainers compute towards the next epoch.",
                generation,
                Optional.empty(),
                Optional.ofNullable(at),
                at == null ? name("genesis") : at.id(),
                List.copyOf(peers.values()),
                peers.values().stream()
                        .mapToLong(p -> p.progress() == null ? 0 : p.progress().getSamples())
                        .sum(),
                0,
                0,
                0,
                0);
    }

    @Override
    public synchronized CompletableFuture<List<EpochRecord>> fetchHistory(Digest from, int limit) {
        List<EpochRecord> history = new ArrayList<>();
        for (EpochRecord r = records.get(from); r != null && history.size() < limit; r = records.get(r.parent())) {
            history.add(r);
        }
        return CompletableFuture.completedFuture(history);
    }

    @Override
    public synchronized CompletableFuture<Gallery> fetchGallery(PeerId peer) {
        return CompletableFuture.completedFuture(gallery);
    }
}
