package org.starling.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.starling.swarm.wire.proto.FetchOutcomeRequest;
import org.starling.swarm.wire.proto.HelloReply;
import org.starling.swarm.wire.proto.HelloRequest;
import org.starling.swarm.wire.proto.OutcomeMessage;
import org.starling.swarm.wire.proto.SwarmGrpc;

class HelloMeterTest {
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final HelloMeter meter = new HelloMeter();
    private boolean silent;
    private Server server;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new SwarmGrpc.SwarmImplBase() {
                    @Override
                    public void hello(HelloRequest request, StreamObserver<HelloReply> response) {
                        if (!silent) {
                            response.onNext(HelloReply.getDefaultInstance());
                            response.onCompleted();
                        }
                    }

                    @Override
                    public void fetchOutcome(FetchOutcomeRequest request, StreamObserver<OutcomeMessage> response) {
                        response.onNext(OutcomeMessage.getDefaultInstance());
                        response.onCompleted();
                    }
                })
                .build()
                .start();
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort())
                .usePlaintext()
                .intercept(meter)
                .build();
        meter.bindTo(registry);
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        server.shutdownNow();
    }

    private SwarmGrpc.SwarmBlockingStub peer(long deadlineMillis) {
        return SwarmGrpc.newBlockingStub(channel).withDeadlineAfter(deadlineMillis, TimeUnit.MILLISECONDS);
    }

    private DistributionSummary used() {
        return registry.get("starling.deadline.used").tag("deadline", "hello").summary();
    }

    @Test
    void greetingsAreMeasuredAndNothingElse() {
        peer(60_000).hello(HelloRequest.getDefaultInstance());
        peer(60_000).fetchOutcome(FetchOutcomeRequest.getDefaultInstance());

        assertThat(used().count()).isEqualTo(1);
        assertThat(used().max()).isGreaterThan(0).isLessThan(1);
    }

    @Test
    void oneThatIsNotAnsweredHasTakenAllOfItsTime() {
        silent = true;

        assertThatThrownBy(() -> peer(50).hello(HelloRequest.getDefaultInstance()))
                .isInstanceOf(StatusRuntimeException.class);

        assertThat(used().count()).isEqualTo(1);
        assertThat(used().max()).isGreaterThanOrEqualTo(1);
    }

    @Test
    void whereNobodyListensNothingIsMeasured() throws InterruptedException {
        server.shutdownNow().awaitTermination();

        assertThatThrownBy(() -> peer(60_000).hello(HelloRequest.getDefaultInstance()))
                .isInstanceOf(StatusRuntimeException.class);

        assertThat(used().count()).isZero();
    }
}
