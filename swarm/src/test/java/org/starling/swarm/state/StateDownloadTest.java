package org.starling.swarm.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.virtual.VirtualScheduler;
import org.starling.swarm.virtual.VirtualTime;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.Transport;
import org.starling.swarm.wire.UnreachableException;
import org.starling.swarm.wire.proto.DescribeStateRequest;
import org.starling.swarm.wire.proto.FetchStateChunkRequest;
import org.starling.swarm.wire.proto.StateChunk;

class StateDownloadTest {
    private final VirtualTime time = new VirtualTime();
    private final VirtualScheduler scheduler = time.scheduler();
    private final byte[] bytes = randomBytes(3 * StateDescription.CHUNK_BYTES + 17);
    private final StateSnapshot state = StateSnapshot.copyOf(of(bytes));
    private final Digest digest = state.description().digest();
    private long maxBytes = Long.MAX_VALUE;
    private final Map<String, Integer> chunksFrom = new HashMap<>();

    private static byte[] randomBytes(int length) {
        byte[] bytes = new byte[length];
        new Random(1).nextBytes(bytes);
        return bytes;
    }

    private static StateBytes of(byte[] bytes) {
        return new StateBytes() {
            @Override
            public long size() {
                return bytes.length;
            }

            @Override
            public void read(long offset, ByteBuffer target) {
                target.put(bytes, (int) offset, target.remaining());
            }
        };
    }

    /**
     * Sources by what they do: good, liar (wrong chunk), stranger (another state), gone (refuses chunks), going (the first chunk
     * does not come, then it refuses them).
     */
    private Transport network() {
        return new Transport() {
            @Override
            @SuppressWarnings("unchecked")
            public <Q extends Message, R extends Message> CompletableFuture<R> call(
                    Endpoint to, MethodDescriptor<Q, R> method, Q request, Duration deadline) {
                CompletableFuture<R> reply = new CompletableFuture<>();
                String kind = to.address().substring(0, to.address().indexOf('.'));
                scheduler.schedule(Duration.ofMillis(10), () -> {
                    if (request instanceof DescribeStateRequest) {
                        reply.complete((R) description(kind));
                    } else if (kind.equals("going") && chunksFrom.merge(kind, 1, Integer::sum) == 1) {
                        scheduler.schedule(
                                deadline,
                                () -> reply.completeExceptionally(new UnreachableException("no answer in time", null)));
                    } else if (kind.equals("gone") || kind.equals("going")) {
                        reply.completeExceptionally(
                                new RefusalException(RefusalException.Reason.UNKNOWN_STATE, "gone"));
                    } else {
                        chunksFrom.merge(kind, 1, Integer::sum);
                        byte[] chunk = state.chunk(((FetchStateChunkRequest) request).getChunk())
                                .clone();
                        if (kind.equals("liar")) {
                            chunk[5] ^= 1;
                        }
                        reply.complete((R) StateChunk.newBuilder()
                                .setPayload(ByteString.copyFrom(chunk))
                                .build());
                    }
                });
                return reply;
            }
        };
    }

    private Message description(String kind) {
        var message = org.starling.swarm.wire.proto.StateDescription.newBuilder()
                .setBytes(state.description().bytes())
                .setChunkBytes(state.description().chunkBytes());
        state.description().chunks().forEach(chunk -> message.addChunkHashes(chunk.toByteString()));
        if (kind.equals("stranger")) {
            message.setChunkHashes(0, Digest.ZERO.toByteString());
        }
        return message.build();
    }

    private CompletableFuture<StateSnapshot> download(String... kinds) {
        List<Endpoint> sources = java.util.Arrays.stream(kinds)
                .map(kind -> new Endpoint(kind + ".example:1", null))
                .toList();
        CompletableFuture<StateSnapshot> result = StateDownload.start(digest, maxBytes, sources, network(), scheduler);
        time.run(Duration.ofMinutes(1));
        assertThat(result).isDone();
        return result;
    }

    @Test
    void comesFromSeveralSourcesAtOnce() {
        StateSnapshot downloaded = download("good", "good2").join();

        ByteBuffer copy = ByteBuffer.allocate(bytes.length);
        downloaded.read(0, copy);
        assertThat(copy.array()).isEqualTo(bytes);
        assertThat(downloaded.description().digest()).isEqualTo(digest);
        assertThat(chunksFrom).containsOnlyKeys("good", "good2");
    }

    @Test
    void survivesSourcesThatLieOrLeave() {
        assertThat(download("liar", "gone", "stranger", "good").join().description())
                .isEqualTo(state.description());
    }

    @Test
    void saysWhatEachSourceSaidWhenNoneIsGood() {
        assertThatThrownBy(() -> download("liar", "stranger").join())
                .hasCauseInstanceOf(StateUnavailableException.class)
                .hasMessageContaining("does not match its hash")
                .hasMessageContaining("another state");
        assertThatThrownBy(() -> download().join()).hasMessageContaining("No peer says");
    }

    @Test
    void aStateThatIsLargerThanAnyOfTheModelIsNotDownloaded() {
        maxBytes = bytes.length - 1;

        assertThatThrownBy(() -> download("good").join()).hasMessageContaining("at most " + maxBytes);
        assertThat(chunksFrom).isEmpty();
    }

    /** Found by schedule 3103: a minute went by, and with it as many epochs, before a newer state was asked for. */
    @Test
    void doesNotWaitForALateChunkOfAStateThatHasGone() {
        assertThatThrownBy(() -> download("going", "gone").join())
                .hasCauseInstanceOf(StateUnavailableException.class)
                .hasMessageContaining("gone");
    }

    @Test
    void theDigestCoversLengthAndEveryChunk() {
        byte[] other = bytes.clone();
        other[other.length - 1] ^= 1;
        assertThat(StateDescription.of(of(other)).digest()).isNotEqualTo(digest);
        assertThat(StateDescription.of(of(new byte[0])).digest())
                .isNotEqualTo(StateDescription.of(of(new byte[1])).digest());
        assertThat(StateDescription.of(of(bytes))).isEqualTo(state.description());
    }
}
